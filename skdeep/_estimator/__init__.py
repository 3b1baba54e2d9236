"""What estimators are made of: parameters, the one fit, problems, and the faces that scikit-learn knows."""
