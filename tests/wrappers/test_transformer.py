"""Features that a Keras model computes."""

import pickle

import keras
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from skdeep.wrappers import KerasTransformer
from tests.wrappers.models import X, X_new, layers, y_three

SETTINGS = {"loss": "mse", "optimizer": "adam", "epochs": 3, "verbose": 0, "random_state": 0}


def autoencoder(meta, units=2):
    inputs = keras.Input((meta["n_features_in_"],))
    code = layers.Dense(units, "tanh", name="code")(inputs)
    return keras.Model(inputs, layers.Dense(meta["n_features_in_"], name="out")(code))


def transformer(model=autoencoder, **parameters):
    return KerasTransformer(model, **SETTINGS | parameters)


@pytest.mark.parametrize("engine", ["compiled", "keras"])
def test_a_layer_gives_what_the_part_of_the_model_up_to_it_does(engine):
    net = transformer(layer="code", engine=engine).fit(X)
    model = net.model_
    part = keras.Model(model.input, model.get_layer("code").output)
    assert_allclose(net.transform(X_new), part.predict(X_new, verbose=0), rtol=1e-5, atol=1e-6)
    kernel, bias = model.get_layer("code").get_weights()
    assert_allclose(net.transform(X_new), np.tanh(X_new @ kernel + bias), rtol=1e-4, atol=1e-5)


def test_without_targets_it_learns_to_return_its_rows():
    net = transformer(units=4, epochs=150, optimizer__learning_rate=0.03125).fit(X)
    assert net.history_["loss"][-1] < net.history_["loss"][0] / 4
    assert_allclose(net.history_["loss"][0], transformer(units=4).fit(X, X).history_["loss"][0], rtol=0.5)
    assert_array_equal(transformer().fit(X).transform(X_new), transformer().fit(X, X).transform(X_new))
    assert np.mean((net.transform(X) - X) ** 2) < np.var(X) / 4


def test_fit_transform_is_fit_and_transform():
    assert_array_equal(transformer(layer="code").fit_transform(X), transformer(layer="code").fit(X).transform(X))


def supervised(meta):
    inputs = keras.Input((meta["n_features_in_"],))
    hidden = layers.Dense(5, "tanh", name="hidden")(inputs)
    return keras.Model(inputs, layers.Dense(3, "softmax")(hidden))


def test_features_of_a_net_that_learns_labels():
    net = transformer(supervised, layer="hidden", loss="sparse_categorical_crossentropy").fit(X, y_three)
    assert net.transform(X_new).shape == (20, 5)
    pipeline = make_pipeline(net, LogisticRegression()).fit(X, y_three)
    again = transformer(supervised, layer="hidden", loss="sparse_categorical_crossentropy").fit(X, y_three)
    assert_array_equal(
        pipeline.predict(X), LogisticRegression().fit(again.transform(X), y_three).predict(again.transform(X))
    )


def test_features_have_names():
    net = transformer(layer="code").fit(X)
    names = ["kerastransformer0", "kerastransformer1"]
    assert net.get_feature_names_out().tolist() == names
    frame = net.set_output(transform="pandas").transform(X_new)
    assert frame.columns.tolist() == names
    net.set_output(transform="default")
    assert_array_equal(frame.to_numpy(), net.transform(X_new))


def maps_net(meta):
    inputs = keras.Input((4,))
    maps = layers.Reshape((2, 2), name="maps")(layers.Dense(4)(inputs))
    return keras.Model(inputs, layers.Dense(4)(layers.Flatten()(maps)))


def test_outputs_with_more_axes_are_laid_end_to_end():
    net = transformer(maps_net, layer="maps").fit(X)
    kernel, bias = net.model_.layers[1].get_weights()
    assert_allclose(net.transform(X_new), X_new @ kernel + bias, rtol=1e-4, atol=1e-5)
    assert len(net.get_feature_names_out()) == 4


def two_outputs(meta):
    inputs = keras.Input((4,))
    return keras.Model(inputs, [layers.Dense(2, name="a")(inputs), layers.Dense(3, name="b")(inputs)])


def test_several_outputs_are_laid_end_to_end():
    targets = {"a": X[:, :2], "b": X[:, 1:]}
    net = transformer(two_outputs, loss=["mse", "mse"]).fit(X, targets)
    expected = np.hstack(net.model_.predict(X_new, verbose=0))
    assert_allclose(net.transform(X_new), expected, rtol=1e-5, atol=1e-6)
    assert len(net.get_feature_names_out()) == 5


def test_a_layer_within_a_model_within():
    def nested(meta):
        inner = keras.Sequential([keras.Input((4,)), layers.Dense(3, "tanh", name="inner_code")], name="encoder")
        inputs = keras.Input((4,))
        return keras.Model(inputs, layers.Dense(4)(inner(inputs)))

    net = transformer(nested, layer="encoder").fit(X)
    encoder = net.model_.get_layer("encoder")
    assert_allclose(net.transform(X_new), encoder.predict(X_new, verbose=0), rtol=1e-5, atol=1e-6)


def test_a_layer_that_is_not_there_raises_with_the_nearest():
    with pytest.raises(ValueError, match=r"no layer 'cod' in the model. Did you mean 'code'"):
        transformer(layer="cod").fit(X).transform(X)


def test_before_a_fit_there_are_no_features():
    with pytest.raises(NotFittedError):
        transformer(layer="code").transform(X)


@pytest.mark.parametrize("layer", [None, "code"])
def test_copies_give_the_same_features(layer):
    net = transformer(layer=layer).fit(X)
    assert_allclose(pickle.loads(pickle.dumps(net)).transform(X_new), net.transform(X_new), rtol=1e-6, atol=1e-7)
