"""Choosing how a net is trained and how large it is: a learning rate from one short training, a size by growing."""

from skdeep.model_selection._growing import GrowingSearchCV
from skdeep.model_selection._learning_rate import LearningRateFinder

__all__ = ["GrowingSearchCV", "LearningRateFinder"]
