"""Layers are called the same whenever a net is built, and every one has a name that tells what it is."""

import numpy as np
import pytest

from skdeep.image import CNNClassifier, CNNRegressor
from skdeep.image.architectures import VGG, AlexNet, Custom, DenseNet, Inception, LeNet, NiN, ResNet, Small
from skdeep.tabular import MLPClassifier

IMAGES = np.random.default_rng(0).uniform(size=(24, 12, 12, 1))
LABELS = np.arange(24) % 3
NAMED = (Small, LeNet, AlexNet, VGG, NiN, Inception, ResNet, DenseNet)


def names(model):
    return [layer.name for layer in model.layers]


@pytest.mark.parametrize(
    "architecture", [*(one(width=0.1) for one in NAMED), Custom(filters=(2, 2), head="average")], ids=str
)
def test_names_are_the_same_at_every_access(architecture):
    model = CNNClassifier(architecture, dropout=0.1, epochs=1, random_state=0).fit(IMAGES, LABELS)
    first, second = names(model.model_), names(model.model_)
    assert first == second
    assert len(set(first)) == len(first)
    kinds = {"X", "rescaling", "convolution", "normalization", "activation", "pooling", "flat", "dense", "dropout"}
    kinds |= {"global_average", "sum", "stack", "output", "prediction"}
    assert {name.rstrip("_0123456789") for name in first} <= kinds


def test_names_of_a_perceptron():
    model = MLPClassifier((4, 3), "maxout", normalization="batch", epochs=1, dropout=0.1).fit(
        IMAGES[:, 0, :, 0], LABELS
    )
    assert names(model.model_) == [
        "X", "hidden_0", "normalization_0", "pieces_0", "largest_0", "dropout_0",
        "hidden_1", "normalization_1", "pieces_1", "largest_1", "dropout_1", "output_0", "prediction_0",
    ]  # fmt: skip


def test_a_width_that_no_machine_holds_is_refused():
    with pytest.raises(ValueError, match="width"):
        CNNRegressor(Small(width=1e9), epochs=1).fit(IMAGES, LABELS)
