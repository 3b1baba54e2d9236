"""Estimators for images, the architectures of their nets, random changes in training, and what reads files."""

from skdeep.image import architectures, augmentation
from skdeep.image._cnn import CNNClassifier, CNNRegressor
from skdeep.image._embedding import ImageEmbedding
from skdeep.image._files import list_images
from skdeep.image._loader import ImageLoader
from skdeep.image.architectures import (
    VGG,
    AlexNet,
    Backbone,
    Custom,
    DenseNet,
    Inception,
    LeNet,
    NiN,
    ResNet,
    Small,
)

__all__ = [
    "VGG",
    "AlexNet",
    "Backbone",
    "CNNClassifier",
    "CNNRegressor",
    "Custom",
    "DenseNet",
    "ImageEmbedding",
    "ImageLoader",
    "Inception",
    "LeNet",
    "NiN",
    "ResNet",
    "Small",
    "architectures",
    "augmentation",
    "list_images",
]  # fmt: skip
