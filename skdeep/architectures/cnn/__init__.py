"""Convolutional networks for small images: LeNet to DenseNet, and nets of the user's own measures."""
