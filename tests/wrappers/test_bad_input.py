"""What cannot be trained raises, and says why."""

import keras
import numpy as np
import pytest

from skdeep.wrappers import BaseWrapper, KerasClassifier, KerasRegressor
from tests.wrappers.models import (
    X,
    classification_net,
    compile_model,
    dense,
    layers,
    regression_net,
    wrapped,
    y,
    y_three,
)

ENGINES = ["auto", "keras"]


def regressor(model=regression_net, **parameters):
    return KerasRegressor(model, **{"loss": "mse", "verbose": 0, "random_state": 0} | parameters)


def classifier(**parameters):
    shared = {"loss": "sparse_categorical_crossentropy", "verbose": 0, "random_state": 0}
    return KerasClassifier(classification_net, **shared | parameters)


# -- models -----------------------------------------------------------------------------------------------------------


def nothing(meta):
    keras.Input((4,))


@pytest.mark.parametrize("engine", ENGINES)
def test_functions_that_return_no_model(engine):
    with pytest.raises(TypeError, match=r"must return a keras.Model, got None"):
        regressor(nothing, engine=engine).fit(X, y)


def test_models_that_are_neither_functions_nor_models():
    for wrong in ("net", 3, keras.Model):
        with pytest.raises(TypeError, match="must be a callable, a Keras Model instance or None"):
            regressor(wrong).fit(X, y)


def test_no_model_at_all():
    with pytest.raises(ValueError, match="you must implement ``_keras_build_fn``"):
        regressor(None).fit(X, y)


@pytest.mark.parametrize("engine", ENGINES)
def test_no_loss(engine):
    with pytest.raises(ValueError, match="You must provide a loss or a compiled model"):
        regressor(loss=None, engine=engine).fit(X, y)


def test_a_loss_that_is_not_that_of_the_model():
    with pytest.raises(ValueError, match="model compiled with"):
        regressor(lambda meta: dense(), loss="mae").fit(X, y)


def test_a_model_without_an_optimizer():
    def net(meta):
        model = regression_net(meta)
        model.compile(optimizer=None, loss="mse")
        return model

    with pytest.raises(ValueError, match="You must provide an optimizer or a compiled model"):
        regressor(net).fit(X, y)


def test_the_old_name_of_the_model_warns():
    with pytest.warns(UserWarning, match="``build_fn`` will be renamed to ``model``"):
        regressor(None, build_fn=regression_net).fit(X, y)


# -- shapes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ENGINES)
def test_rows_that_the_model_does_not_take(engine):
    net = wrapped(dense(), engine=engine)
    with pytest.raises(ValueError, match="shape"):
        net.fit(X[:, :3], y)
    assert not net.initialized_


@pytest.mark.parametrize("engine", ENGINES)
def test_targets_that_the_outputs_do_not_have(engine):
    model = compile_model(keras.Sequential([keras.Input((4,)), layers.Dense(3)]))
    with pytest.raises(ValueError, match=r"shape|broadcast|dimension|incompatible"):
        wrapped(model, engine=engine).fit(X, np.repeat(y, 2, axis=1))


def two_outputs():
    inputs = keras.Input((4,))
    outputs = {name: layers.Dense(1, name=name)(inputs) for name in ("a", "b")}
    return compile_model(keras.Model(inputs, outputs), loss={"a": "mse", "b": "mse"})


def test_targets_for_outputs_that_are_not_there():
    with pytest.raises(
        ValueError, match=r"targets for the outputs \['c'\], but the model has the outputs \['a', 'b'\]"
    ):
        wrapped(two_outputs()).fit(X, {"a": y, "b": y, "c": y})


def test_weights_for_outputs_that_are_not_there():
    weights = np.ones(len(X))
    with pytest.raises(ValueError, match=r"weights for the outputs \['c'\]"):
        wrapped(two_outputs()).fit(X, {"a": y, "b": y}, {"a": weights, "c": weights})


def test_one_target_for_two_outputs():
    with pytest.raises(ValueError, match="The model has 2 outputs, but there are targets for 1"):
        wrapped(two_outputs()).fit(X, y)
    with pytest.raises(ValueError, match="has 2 outputs"):
        regressor(lambda meta: two_outputs(), loss=None).fit(X, y)


def test_rows_and_targets_of_other_lengths():
    for net in (regressor(), classifier()):
        with pytest.raises(ValueError, match="inconsistent numbers of samples"):
            net.fit(X, y_three[:-1])


@pytest.mark.parametrize("net", [regressor(), classifier()])
def test_no_targets(net):
    with pytest.raises(ValueError, match="requires y to be passed, but the target y is None"):
        net.fit(X, None)


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_numbers_that_are_none(wrong):
    rows, targets = X.copy(), y[:, 0].copy()
    rows[3, 1] = targets[5] = wrong
    for given in ((rows, y[:, 0]), (X, targets)):
        with pytest.raises(ValueError, match=r"contains (NaN|infinity)|Input (X|y) contains"):
            regressor().fit(*given)


# -- weights ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ENGINES)
def test_no_row_has_any_weight(engine):
    with pytest.raises(ValueError, match="No training samples had any weight"):
        regressor(engine=engine).fit(X, y, np.zeros(len(X)))


def test_weights_of_another_length():
    with pytest.raises(ValueError, match="sample_weight"):
        regressor().fit(X, y, np.ones(len(X) - 1))


# -- later rows -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["predict", "partial_fit", "score"])
def test_rows_with_other_columns_than_in_the_fit(method):
    net = regressor().fit(X, y)
    arguments = (X[:, :3],) if method == "predict" else (X[:, :3], y)
    with pytest.raises(ValueError, match="X has 3 features, but KerasRegressor is expecting 4 features"):
        getattr(net, method)(*arguments)


def test_rows_with_other_dimensions_than_in_the_fit():
    net = regressor().fit(X, y)
    with pytest.raises(ValueError, match="X has 3 dimensions, but this KerasRegressor is expecting 2"):
        net.predict(X[:, :, None])


def test_rows_of_another_kind_than_in_the_fit():
    whole = np.round(X).astype(np.int32)
    net = regressor().fit(whole, y)
    with pytest.raises(ValueError, match=r"Got X with dtype float32.*expected int32"):
        net.predict(X)
    floating = regressor().fit(X, y)
    np.testing.assert_allclose(floating.predict(X.astype(np.float64)), floating.predict(X), rtol=1e-6)


def test_targets_with_other_dimensions_than_in_the_fit():
    net = regressor().fit(X, y[:, 0])
    with pytest.raises(ValueError, match="y has 2 dimensions, but this KerasRegressor is expecting 1"):
        net.partial_fit(X, y)
    columns = regressor().fit(X, y)
    with pytest.raises(ValueError, match="Detected ``y`` to have 2 outputs"):
        columns.partial_fit(X, np.repeat(y, 2, axis=1))


def test_labels_that_were_not_there_in_the_fit():
    net = classifier().fit(X, y_three)
    with pytest.raises(ValueError, match="unknown categories"):
        net.partial_fit(X, y_three + 1)
    with pytest.raises(ValueError, match="unknown categories"):
        net.set_params(warm_start=True).fit(X, y_three, X_val=X, y_val=y_three + 1)
    assert net.classes_.tolist() == [0, 1, 2]


def test_numbers_are_no_labels():
    with pytest.raises(ValueError, match="Unknown label type: continuous"):
        classifier().fit(X, y[:, 0])


def test_validation_rows_come_with_targets():
    for given in ({"X_val": X}, {"y_val": y}):
        with pytest.raises(ValueError, match="X_val and y_val go together"):
            regressor().fit(X, y, **given)
    with pytest.raises(ValueError, match="sample_weight_val is given without X_val"):
        regressor().fit(X, y, sample_weight_val=np.ones(3))


def test_a_share_of_rows_that_leaves_none():
    with pytest.raises(ValueError, match=r"validation_split=0.99 of 53 rows leaves none"):
        regressor(validation_split=0.99).fit(X, y)


def test_partial_fit_trains_one_epoch_and_takes_no_other_number():
    for name in ("epochs", "initial_epoch"):
        with pytest.raises(TypeError, match=f"Invalid argument `{name}` to `partial_fit`"):
            regressor().partial_fit(X, y, **{name: 2})


def test_a_wrapper_has_no_score_of_its_own():
    net = BaseWrapper(regression_net, loss="mse", verbose=0).fit(X, y)
    assert not hasattr(net, "score")
    with pytest.raises(NotImplementedError, match="Scoring is not implemented"):
        net.scorer(y, y)
