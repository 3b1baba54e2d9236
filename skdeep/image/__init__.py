"""Estimators for images, what reads them from files, and random changes of them in training."""

from skdeep.image import augmentation
from skdeep.image._cnn import CNNClassifier, CNNRegressor
from skdeep.image._embedding import ImageEmbedding
from skdeep.image._files import list_images
from skdeep.image._loader import ImageLoader

__all__ = ["CNNClassifier", "CNNRegressor", "ImageEmbedding", "ImageLoader", "augmentation", "list_images"]
