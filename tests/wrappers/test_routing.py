"""Parameters with a destination in their name go there, and those that go nowhere are found out."""

import keras
import numpy as np
import pytest

from skdeep.wrappers import BaseWrapper, KerasClassifier, KerasRegressor
from tests.wrappers.models import X, classification_net, layers, regression_net, y, y_binary, y_three

optimizers = keras.optimizers


def regressor(**parameters):
    return KerasRegressor(regression_net, **{"loss": "mse", "verbose": 0, "random_state": 0} | parameters)


def built(**parameters):
    return regressor(**parameters).fit(X, y).model_


def test_parameters_of_the_model_with_and_without_the_prefix():
    assert built(model__units=3).layers[1].units == 3
    assert built(units=4).layers[1].units == 4
    assert built(units=4, model__units=3).layers[1].units == 3


def test_names_classes_and_instances_of_optimizers():
    for given in ("sgd", "SGD", optimizers.SGD, optimizers.SGD(0.01)):
        assert type(built(optimizer=given).optimizer) is optimizers.SGD
    rate = built(optimizer="sgd", optimizer__learning_rate=0.25, optimizer__momentum=0.5).optimizer
    assert (float(rate.learning_rate), rate.momentum) == (0.25, 0.5)


def test_classes_among_parameters_are_made_too():
    class Part:
        def __init__(self, size=1):
            self.size = size

    class Whole(keras.callbacks.Callback):
        made = []

        def __init__(self, part):
            super().__init__()
            self.made.append(part)

    regressor(callbacks=Whole, callbacks__part=Part, callbacks__part__size=3).fit(X, y)
    assert [(type(one), one.size) for one in Whole.made] == [(Part, 3)]


def test_parameters_of_losses_and_metrics():
    model = built(
        loss=keras.losses.Huber,
        loss__delta=0.5,
        metrics=[keras.metrics.MeanMetricWrapper, keras.metrics.RootMeanSquaredError],
        metrics__0__fn=keras.losses.mean_absolute_error,
        metrics__0__name="absolute",
        metrics__1__name="root",
    )
    assert model.loss._fn_kwargs["delta"] == 0.5
    assert [one.name for one in model._compile_metrics.metrics] == ["absolute", "root"]


def test_positional_arguments_by_their_number():
    model = built(loss=keras.losses.Huber, loss__0=0.5)
    assert model.loss._fn_kwargs["delta"] == 0.5


def two_outputs(compile_kwargs):
    inputs = keras.Input((4,))
    hidden = layers.Dense(5)(inputs)
    outputs = {name: layers.Dense(1, name=name)(hidden) for name in ("a", "b")}
    model = keras.Model(inputs, outputs)
    model.compile(**compile_kwargs)
    return model


def test_parameters_for_all_outputs_and_for_one():
    model = (
        BaseWrapper(
            two_outputs,
            loss={"a": keras.losses.Huber, "b": keras.losses.Huber},
            loss__delta=2.0,
            loss__b__delta=0.5,
            metrics={"a": [keras.metrics.RootMeanSquaredError], "b": [keras.metrics.RootMeanSquaredError]},
            metrics__a__0__name="first",
            metrics__b__0__name="second",
            verbose=0,
        )
        .fit(X, {"a": y, "b": y})
        .model_
    )
    assert {name: one._fn_kwargs["delta"] for name, one in model.loss.items()} == {"a": 2.0, "b": 0.5}
    assert [one.name for one in model._compile_metrics.metrics] == ["first", "second"]


def test_parameters_of_compile():
    model = built(compile__loss_weights=[0.25], compile__weighted_metrics=["mse"])
    assert model._compile_loss._user_loss_weights == [0.25]
    assert model._compile_metrics._user_weighted_metrics == ["mse"]
    assert built(compile__loss="mae", loss="mae").loss.name == "mean_absolute_error"


def test_arguments_of_fit_count_more_than_parameters_with_a_prefix_and_these_more_than_those_without():
    assert regressor(epochs=2).fit(X, y).current_epoch == 2
    assert regressor(epochs=2, fit__epochs=3).fit(X, y).current_epoch == 3
    assert regressor(epochs=2, fit__epochs=3).fit(X, y, epochs=1).current_epoch == 1
    assert int(regressor(batch_size=10).fit(X, y).model_.optimizer.iterations) == 6
    assert int(regressor(batch_size=10, fit__batch_size=20).fit(X, y).model_.optimizer.iterations) == 3
    assert int(regressor(batch_size=10, fit__batch_size=20).fit(X, y, batch_size=53).model_.optimizer.iterations) == 1


def test_callbacks_of_a_class_are_made_with_their_parameters():
    class Counter(keras.callbacks.Callback):
        made = []

        def __init__(self, start=0):
            super().__init__()
            self.made.append(self)
            self.count = start

        def on_epoch_end(self, epoch, logs=None):
            self.count += 1

    regressor(epochs=3, callbacks={"one": Counter, "two": Counter}, callbacks__start=10, callbacks__one__start=20).fit(
        X, y
    )
    assert sorted(one.count for one in Counter.made) == [13, 23]


def test_callbacks_of_fit_and_of_predict_are_called_in_one_of_both():
    heard = []

    class Listener(keras.callbacks.Callback):
        def __init__(self, name):
            super().__init__()
            self.name = name

        def on_train_begin(self, logs=None):
            heard.append((self.name, "fit"))

        def on_predict_begin(self, logs=None):
            heard.append((self.name, "predict"))

    both, one, other = map(Listener, ("both", "fit", "predict"))
    regressor(callbacks=both, fit__callbacks=[one], predict__callbacks=[other]).fit(X, y).predict(X)
    assert heard == [("both", "fit"), ("fit", "fit"), ("both", "predict"), ("predict", "predict")]


def test_functions_are_given_what_they_ask_for():
    seen = {}

    def ask(meta, compile_kwargs, params, units=2):
        seen.update(meta=meta, compile_kwargs=compile_kwargs, params=params)
        return regression_net(meta, units)

    regressor(optimizer__learning_rate=0.25, units=3).set_params(model=ask).fit(X, y)
    assert (seen["meta"]["n_features_in_"], seen["meta"]["n_outputs_"]) == (4, 1)
    assert seen["meta"]["X_dtype_"] == np.float32
    assert float(seen["compile_kwargs"]["optimizer"].learning_rate) == 0.25
    assert isinstance(seen["compile_kwargs"]["loss"], keras.losses.MeanSquaredError)
    assert (seen["params"]["units"], seen["params"]["optimizer__learning_rate"]) == (3, 0.25)


def test_a_classifier_tells_of_its_labels():
    seen = {}

    def ask(meta):
        seen.update(meta)
        return classification_net(meta)

    KerasClassifier(ask, loss="sparse_categorical_crossentropy", verbose=0).fit(X, y_three)
    assert seen["n_classes_"] == 3
    assert seen["classes_"].tolist() == [0, 1, 2]
    assert (seen["target_type_"], seen["n_outputs_expected_"]) == ("multiclass", 1)


# -- setting ----------------------------------------------------------------------------------------------------------


def test_set_params_takes_parameters_with_a_destination():
    net = regressor().set_params(optimizer__learning_rate=0.25, model__units=3, loss="mae")
    assert net.get_params()["optimizer__learning_rate"] == 0.25
    model = net.fit(X, y).model_
    assert (float(model.optimizer.learning_rate), model.layers[1].units) == (0.25, 3)
    assert model.loss.name == "mean_absolute_error"


@pytest.mark.parametrize(("name", "nearest"), [("epoch", "epochs"), ("warm_strat", "warm_start")])
def test_set_params_names_the_nearest_of_a_wrong_name(name, nearest):
    net = regressor()
    with pytest.raises(ValueError, match=f"Invalid parameter {name} .*Did you mean '{nearest}'"):
        net.set_params(**{name: 1})
    assert name not in net.get_params()


def test_an_unknown_destination_raises_before_anything_is_built():
    def never(meta):
        raise AssertionError

    net = KerasRegressor(never, loss="mse", optimiser__learning_rate=0.1)
    with pytest.raises(ValueError, match=r"no destination 'optimiser'.* Did you mean 'optimizer'"):
        net.fit(X, y)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"model__unit": 3}, "unexpected keyword argument 'unit'. Did you mean 'units'"),
        ({"unitz": 3}, "unexpected keyword argument 'unitz'. Did you mean 'units'"),
        ({"optimizer__learning_rat": 3}, r"unexpected keyword argument 'learning_rat'. Did you mean 'learning_rate'"),
        ({"loss": keras.losses.Huber, "loss__detla": 3}, "unexpected keyword argument 'detla'. Did you mean 'delta'"),
        ({"loss": keras.losses.Huber(), "loss__delta": 3.0}, "does not accept parameters because it's not a class"),
        ({"optimizer": optimizers.SGD(), "optimizer__momentum": 0.5}, "does not accept parameters because"),
        ({"metrics": ["mse"], "metrics__nam": "a"}, "unexpected keyword argument 'nam'. Did you mean 'name'"),
        ({"callbacks": [3]}, "``callbacks`` must be one of"),
        ({"callbacks": keras.callbacks.EarlyStopping, "callbacks__patienc": 3}, "Did you mean 'patience'"),
    ],
)
def test_wrong_parameters_of_a_destination_raise(parameters, message):
    with pytest.raises(TypeError, match=message):
        regressor(**parameters).fit(X, y)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"optimizer": "adm"}, "optimizer='adm'.*Did you mean 'adam'"),
        ({"loss": "mean_square_error"}, "'mean_square_error'.*Did you mean 'mean_squared_error'"),
        ({"metrics": ["mean_square_error"]}, "'mean_square_error'.*Did you mean 'mean_squared_error'"),
        ({"epochs": 0}, "The 'epochs' parameter of KerasRegressor must be an int"),
        ({"batch_size": 0}, "The 'batch_size' parameter"),
        ({"engine": "fast"}, "The 'engine' parameter"),
        ({"validation_split": 1.5}, "The 'validation_split' parameter"),
    ],
)
def test_wrong_values_raise(parameters, message):
    with pytest.raises(ValueError, match=message):
        regressor(**parameters).fit(X, y)


def test_a_binary_problem_has_one_unit():
    net = KerasClassifier(classification_net, loss="binary_crossentropy", verbose=0).fit(X, y_binary)
    assert net.model_.output_shape == (None, 1)
