"""The displays, after scikit-learn's conventions."""
