"""Rows and targets of every kind that an estimator takes."""

import keras
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin

from skdeep.wrappers import KerasClassifier, KerasRegressor
from tests.wrappers.models import (
    X,
    X_new,
    assert_same_history,
    classification_net,
    compile_model,
    keras_fit,
    layers,
    net_like,
    regression_net,
    y,
    y_binary,
    y_new,
    y_three,
)

SETTINGS = {
    "optimizer": "adam",
    "optimizer__learning_rate": 0.03125,
    "epochs": 3,
    "batch_size": 11,
    "verbose": 0,
    "random_state": 0,
    "shuffle": False,
    "engine": "compiled",
}


def classifier(loss="sparse_categorical_crossentropy", **parameters):
    return KerasClassifier(classification_net, **SETTINGS | {"loss": loss} | parameters)


def regressor(**parameters):
    return KerasRegressor(regression_net, **SETTINGS | {"loss": "mse"} | parameters)


def of_keras(net, X, targets, loss, **arguments):
    """Return the model of Keras that starts as that of an estimator, trained on targets that are encoded here."""
    model = compile_model(net_like(net, X, arguments.pop("y")), keras.optimizers.Adam(0.03125), loss)
    return model, keras_fit(model, X, targets, **arguments)


# -- labels -----------------------------------------------------------------------------------------------------------


def test_two_classes_are_zero_and_one():
    words = np.array(["no", "yes"])[y_binary]
    net = classifier("binary_crossentropy").fit(X, words)
    model, history = of_keras(classifier("binary_crossentropy"), X, y_binary[:, None], "binary_crossentropy", y=words)
    assert_same_history(net.history_, history)
    positive = model.predict(X_new, verbose=0)[:, 0]
    assert_allclose(net.predict_proba(X_new), np.column_stack([1 - positive, positive]), atol=1e-5)
    assert_array_equal(net.predict(X_new), np.array(["no", "yes"])[(positive > 0.5).astype(int)])
    assert net.classes_.tolist() == ["no", "yes"]
    assert net.target_type_ == "binary"


@pytest.mark.parametrize("loss", ["sparse_categorical_crossentropy", "categorical_crossentropy"])
@pytest.mark.parametrize("names", [[0, 1, 2], ["b", "c", "d"], [-3, 5, 70]])
def test_three_classes_are_numbers_or_zeros_and_ones_by_the_loss(loss, names):
    labels = np.array(names)[y_three]
    net = classifier(loss).fit(X, labels)
    encoded = y_three if loss.startswith("sparse") else np.eye(3, dtype=np.float32)[y_three]
    model, history = of_keras(classifier(loss), X, encoded, loss, y=labels)
    assert_same_history(net.history_, history)
    expected = model.predict(X_new, verbose=0)
    assert_allclose(net.predict_proba(X_new), expected, atol=1e-5)
    assert_array_equal(net.predict(X_new), np.array(names)[expected.argmax(axis=1)])
    assert net.score(X, labels) == np.mean(net.predict(X) == labels)


def test_one_hot_labels_come_back_one_hot():
    one_hot = np.eye(3, dtype=int)[y_three]
    net = classifier("categorical_crossentropy").fit(X, one_hot)
    plain = classifier("categorical_crossentropy").fit(X, y_three)
    assert_array_equal(net.predict(X_new), np.eye(3, dtype=int)[plain.predict(X_new)])


def test_several_labels_a_row():
    several = np.column_stack([y_binary, y_three == 0, np.ones(len(X), int)]).astype(int)
    several[:3, 2] = 0
    net = classifier("binary_crossentropy").fit(X, several)
    model, history = of_keras(classifier("binary_crossentropy"), X, several, "binary_crossentropy", y=several)
    assert_same_history(net.history_, history)
    expected = model.predict(X_new, verbose=0)
    assert_allclose(net.predict_proba(X_new), expected, atol=1e-5)
    assert_array_equal(net.predict(X_new), (expected > 0.5).astype(int))
    assert net.target_type_ == "multilabel-indicator"


def test_a_column_of_labels_comes_back_as_a_column():
    net = classifier().fit(X, y_three[:, None])
    assert net.predict(X_new).shape == (20, 1)
    assert_array_equal(net.predict(X_new)[:, 0], classifier().fit(X, y_three).predict(X_new))


def test_labels_that_come_later_are_told_to_partial_fit():
    net = classifier().partial_fit(X[y_three < 2], y_three[y_three < 2], classes=[0, 1, 2])
    net.partial_fit(X, y_three)
    assert net.classes_.tolist() == [0, 1, 2]
    assert net.predict_proba(X_new).shape == (20, 3)


# -- numbers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("columns", [None, 1, 2])
def test_predictions_have_the_shape_of_the_targets(columns):
    targets = y[:, 0] if columns is None else np.repeat(y, columns, axis=1) * np.arange(1, columns + 1)
    net = regressor().fit(X, targets)
    model, history = of_keras(regressor(), X, targets.reshape(len(X), -1), "mse", y=targets)
    assert_same_history(net.history_, history)
    expected = model.predict(X_new, verbose=0)
    assert_allclose(net.predict(X_new), expected[:, 0] if columns is None else expected, rtol=1e-4, atol=1e-5)


# -- rows -------------------------------------------------------------------------------------------------------------


def test_columns_of_a_frame_are_those_of_its_values_and_keep_their_names():
    frame = pd.DataFrame(X, columns=list("abcd"))
    net = regressor().fit(frame, pd.Series(y[:, 0]))
    assert_array_equal(net.predict(frame), regressor().fit(X, y[:, 0]).predict(X))
    assert net.feature_names_in_.tolist() == ["a", "b", "c", "d"]
    with pytest.raises(ValueError, match="feature names should match"):
        net.predict(frame[list("dcba")])


@pytest.mark.parametrize("make", [sparse.csr_matrix, sparse.csc_array, sparse.coo_array])
def test_sparse_rows_are_those_of_the_dense_array(make):
    few = np.where(X > 0, X, 0).astype(np.float32)
    net = regressor().fit(make(few), y)
    dense = regressor().fit(few, y)
    assert_allclose(net.predict(make(few)), dense.predict(few), rtol=1e-5, atol=1e-6)
    assert_same_history(net.history_, dense.history_)
    assert net.engine_ == "compiled"


@pytest.mark.parametrize("dtype", ["int8", "int32", "int64", "uint8", "bool", "float64"])
def test_rows_of_other_dtypes_are_the_same_numbers(dtype):
    numbers = np.abs(np.round(4 * X)).astype(dtype)
    net = regressor().fit(numbers, y)
    plain = regressor().fit(numbers.astype(np.float32), y)
    assert_allclose(net.predict(numbers), plain.predict(numbers.astype(np.float32)), rtol=1e-5, atol=1e-6)


def test_lists_are_arrays():
    net = regressor().fit(X.tolist(), y[:, 0].tolist())
    assert_allclose(net.predict(X.tolist()), regressor().fit(X, y[:, 0]).predict(X), rtol=1e-5, atol=1e-6)


def double_net(meta):
    inputs = keras.Input((4,), dtype="float64")
    hidden = layers.Dense(5, "tanh", dtype="float64")(inputs)
    return keras.Model(inputs, layers.Dense(1, dtype="float64")(hidden))


def test_models_of_double_precision_are_trained_in_it():
    tiny = y.astype(np.float64) * 1e-9 + 1.0
    net = KerasRegressor(double_net, **SETTINGS | {"loss": keras.losses.MeanSquaredError(dtype="float64")})
    net.fit(X.astype(np.float64), tiny)
    assert net.engine_ == "compiled"
    assert {one.dtype for one in net.model_.weights} == {"float64"}
    assert net.predict(X.astype(np.float64)).dtype == np.float64
    flat = net.model_.layers[1]
    hidden = np.tanh(X.astype(np.float64) @ flat.kernel.numpy() + flat.bias.numpy())
    last = net.model_.layers[2]
    assert_allclose(net.predict(X.astype(np.float64)), hidden @ last.kernel.numpy() + last.bias.numpy(), rtol=1e-13)


def image_net(meta):
    inputs = keras.Input(meta["X_shape_"][1:], dtype="uint8")
    scaled = layers.Rescaling(1 / 255)(inputs)
    pooled = layers.GlobalMaxPooling2D()(layers.Conv2D(4, 3)(scaled))
    return keras.Model(inputs, layers.Dense(meta["n_classes_"], "softmax")(pooled))


def test_images_of_whole_numbers():
    images = np.random.default_rng(0).integers(0, 256, (len(X), 6, 5, 3)).astype(np.uint8)
    loss = "sparse_categorical_crossentropy"
    net = KerasClassifier(image_net, **SETTINGS | {"loss": loss}).fit(images, y_three)
    model, history = of_keras(KerasClassifier(image_net, loss=loss, random_state=0), images, y_three, loss, y=y_three)
    assert_same_history(net.history_, history)
    assert_allclose(net.predict_proba(images), model.predict(images, verbose=0), atol=1e-5)


# -- several inputs and outputs ---------------------------------------------------------------------------------------


def two_inputs(meta):
    left, right = keras.Input((4,)), keras.Input((3,))
    both = layers.Concatenate()([layers.Dense(5, "tanh")(left), right])
    return keras.Model([left, right], layers.Dense(1)(both))


def test_a_list_has_one_array_for_each_input():
    right = X[:, 1:].copy()
    net = KerasRegressor(two_inputs, **SETTINGS | {"loss": "mse"}).fit([X, right], y)
    model = compile_model(keras.models.clone_model(net.model_))
    model.set_weights(net.model_.get_weights())
    assert_allclose(net.predict([X, right]), model.predict([X, right], verbose=0), atol=1e-6)
    assert net.engine_ == "compiled"
    with pytest.raises(ValueError, match="rows of shape"):
        net.predict([right, X])


class Halves(TransformerMixin, BaseEstimator):
    """Makes of one array the two inputs of a model, by name."""

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return {"first": X[:, :2], "second": X[:, 2:]}


def halves_net(meta):
    first, second = keras.Input((2,), name="first"), keras.Input((2,), name="second")
    hidden = layers.Dense(4, "tanh")(layers.Concatenate()([first, second]))
    return keras.Model({"first": first, "second": second}, layers.Dense(1)(hidden))


class OfHalves(KerasRegressor):
    @property
    def feature_encoder(self):
        return Halves()


def test_a_feature_encoder_may_make_several_inputs():
    net = OfHalves(halves_net, **SETTINGS | {"loss": "mse"}).fit(X, y)
    assert net.engine_ == "compiled"
    inputs = {"first": X_new[:, :2], "second": X_new[:, 2:]}
    assert_allclose(net.predict(X_new), net.model_.predict(inputs, verbose=0), atol=1e-6)


class TwoColumns(TransformerMixin, BaseEstimator):
    """Makes two targets of two columns, a label and a number, and puts predictions side by side."""

    def fit(self, y):
        return self

    def transform(self, y):
        return [y[:, :1], y[:, 1:]]

    def inverse_transform(self, y, return_proba=False):
        label, number = y
        return np.column_stack([label if return_proba else np.round(label), number])

    def get_metadata(self):
        return {"n_outputs_expected_": 2}


class OfTwoColumns(KerasRegressor):
    @property
    def target_encoder(self):
        return TwoColumns()


def two_columns_net(meta, one=False):
    inputs = keras.Input((4,))
    hidden = layers.Dense(5, "tanh")(inputs)
    outputs = [layers.Dense(1, "sigmoid")(hidden), layers.Dense(1)(hidden)]
    return keras.Model(inputs, outputs[0] if one else outputs)


def test_a_target_encoder_may_make_several_targets():
    targets = np.column_stack([y_binary, y]).astype(np.float32)
    net = OfTwoColumns(two_columns_net, **SETTINGS | {"loss": ["binary_crossentropy", "mse"]}).fit(X, targets)
    assert net.engine_ == "compiled"
    label, number = net.model_.predict(X_new, verbose=0)
    assert_allclose(net.predict(X_new), np.column_stack([np.round(label), number]), atol=1e-6)
    assert_allclose(net.predict(X)[:, 1], net.model_(X)[1].numpy()[:, 0], atol=1e-6)


def test_a_model_with_too_few_outputs_for_the_targets_raises():
    targets = np.column_stack([y_binary, y]).astype(np.float32)
    with pytest.raises(ValueError, match="has 1 outputs"):
        OfTwoColumns(two_columns_net, one=True, **SETTINGS | {"loss": "mse"}).fit(X, targets)


# -- validation rows --------------------------------------------------------------------------------------------------


def test_validation_split_takes_the_last_rows():
    net = regressor(validation_split=0.25).fit(X, y)
    stop = int(len(X) * 0.75)
    given = regressor().fit(X[:stop], y[:stop], X_val=X[stop:], y_val=y[stop:])
    assert net.history_ == given.history_
    _model, history = of_keras(regressor(), X, y, "mse", y=y, validation_split=0.25)
    assert_same_history(net.history_, history)


def test_validation_rows_are_encoded_as_those_of_training():
    words = np.array(["a", "b", "c"])
    net = classifier().fit(X, words[y_three], X_val=X_new, y_val=words[y_three[:20]])
    proba = net.predict_proba(X_new)
    expected = -np.log(proba[np.arange(20), y_three[:20]]).mean()
    assert_allclose(net.history_["val_loss"][-1], expected, rtol=1e-4)


def test_validation_rows_count_more_than_the_share():
    net = regressor(validation_split=0.5).fit(X, y, X_val=X_new, y_val=y_new)
    assert net.history_ == regressor().fit(X, y, X_val=X_new, y_val=y_new).history_


def test_validation_data_of_keras_are_taken():
    net = regressor().fit(X, y, validation_data=(X_new, y_new))
    assert net.history_ == regressor().fit(X, y, X_val=X_new, y_val=y_new).history_
