"""Networks with weights that did not come from photographs: drawn here, and saved in files as Keras saves them."""

import functools

import keras
import numpy as np
import pytest

import skdeep
from skdeep._engine.cache import cache


def healthy(model, seed=0):
    """Give a model weights with which its features differ from image to image, and statistics that are not 0 and 1."""
    rng = np.random.default_rng(seed)
    for variable in model.variables:
        shape = variable.shape
        if len(shape) > 1:
            inputs = np.prod(shape[:2] if "depthwise" in variable.path else shape[:-1])
            value = rng.normal(scale=np.sqrt(2 / inputs), size=shape)
        else:
            value = rng.normal(loc="gamma" in variable.path, scale=0.1, size=shape)
        variable.assign(value)
    normalizations = [layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)]
    for layer in normalizations:
        layer.momentum = 0.0
    model(rng.uniform(-1, 1, (20, 32, 32, 3)) * rng.uniform(size=(20, 1, 1, 3)), training=True)
    return model


@pytest.fixture(scope="module")
def pretrained(tmp_path_factory):
    """Return a function from the name of a class of keras.applications to (model, file with its weights)."""
    folder = tmp_path_factory.mktemp("weights")

    @functools.cache
    def get(name):
        model = healthy(getattr(keras.applications, name)(include_top=False, weights=None, input_shape=(32, 32, 3)))
        path = folder / f"{name}.weights.h5"
        model.save_weights(path)
        return model, path

    return get


def tiny(include_top=True, weights="imagenet", input_shape=None, pooling=None, name="tiny"):
    """A network with the manners of keras.applications and a handful of weights, quickly built."""
    assert not include_top
    images = keras.Input(input_shape)
    hidden = keras.layers.Conv2D(6, 3, strides=4, name="convolution")(images)
    hidden = keras.layers.BatchNormalization(name="normalization")(hidden)
    hidden = keras.layers.Activation("relu", name="activation")(hidden)
    pool = {"avg": keras.layers.GlobalAveragePooling2D, "max": keras.layers.GlobalMaxPooling2D}[pooling]
    model = keras.Model(images, pool(name="pooling")(hidden), name=name)
    if weights is not None:
        model.load_weights(weights)
    return model


TINY = "resnet50v2"  # in whose place it is; images are preprocessed to -1 .. 1


@pytest.fixture(scope="module")
def _cache_cleared_afterwards():
    yield
    skdeep.clear_cache()


@pytest.fixture
def tiny_network(monkeypatch, _cache_cleared_afterwards):
    """Put the tiny network in the place of a real one, for the time of a test; return a function that saves weights."""
    monkeypatch.setattr(keras.applications, "ResNet50V2", tiny)
    cache.memory.clear()

    def save(path, seed=0):
        model = healthy(tiny(False, None, (32, 32, 3), "avg"), seed)
        model.save_weights(path)
        return model

    return save


@pytest.fixture
def tiny_file(tiny_network, tmp_path):
    """Return a file with weights of the tiny network."""
    path = tmp_path / "tiny.weights.h5"
    tiny_network(path)
    return path


@pytest.fixture
def rows_computed(monkeypatch):
    """Return a list that grows by the number of rows whenever a net computes outputs."""
    from skdeep._engine.predict import Predictor

    counts, call = [], Predictor.__call__

    def counted(self, weights, arrays):
        counts.append(len(next(iter(arrays.values()))))
        return call(self, weights, arrays)

    monkeypatch.setattr(Predictor, "__call__", counted)
    return counts


@pytest.fixture
def files_read(monkeypatch):
    """Return a list of the files from which Keras loaded weights."""
    paths, load = [], keras.Model.load_weights

    def counted(self, path, *args, **kwargs):
        paths.append(str(path))
        return load(self, path, *args, **kwargs)

    monkeypatch.setattr(keras.Model, "load_weights", counted)
    return paths
