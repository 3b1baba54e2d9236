"""The life of a fit: order of the rows, when training stops, which weights are kept, what divergence says, going on."""

import copy
import re

import keras
import numpy as np
import pytest
from sklearn.datasets import make_classification, make_regression
from sklearn.metrics import log_loss
from sklearn.neural_network import MLPClassifier as ScikitClassifier
from sklearn.neural_network import MLPRegressor as ScikitRegressor

import skdeep
from skdeep._engine import predict
from skdeep._engine.cache import cache
from skdeep._engine.fit.monitor import Monitor
from skdeep._engine.views import outputs
from skdeep.tabular import MLPClassifier, MLPRegressor

X, y = make_regression(60, 4, noise=5.0, random_state=0)
y = (y - y.mean()) / y.std()
X_labelled, labels = make_classification(60, 4, n_informative=3, n_redundant=0, flip_y=0.2, random_state=0)
WEIGHTS = np.random.default_rng(0).uniform(0.2, 3.0, 60)


def regressor(**parameters):
    shared = {"hidden_layer_sizes": (5,), "batch_size": 20, "epochs": 6, "dtype": "float64", "random_state": 0}
    return MLPRegressor(**shared | {"n_iter_no_change": np.inf} | parameters)


def classifier(**parameters):
    shared = {"hidden_layer_sizes": (5,), "batch_size": 20, "epochs": 6, "dtype": "float64", "random_state": 0}
    return MLPClassifier(**shared | {"n_iter_no_change": np.inf} | parameters)


def same_bits(one, other):
    return all(np.array_equal(mine, theirs) for mine, theirs in zip(one.weights_, other.weights_, strict=True))


# -- the order of the rows --------------------------------------------------------------------------------------

ROWS, SHRINK = 8, 0.25


class Kernels(keras.callbacks.Callback):
    """Notes the first kernel before the first epoch and after every one."""

    def on_train_begin(self, logs=None):
        self.seen = [self.model.get_weights()[0][:, 0]]

    def on_epoch_end(self, epoch, logs=None):
        self.seen.append(self.model.get_weights()[0][:, 0])


def positions(epochs, **parameters):
    """Return when each row was visited, one line an epoch.

    Row r is the r-th unit vector, so visiting it adds one to weight r, and every later step shrinks the weight by a
    quarter: its size tells how many steps ago the row was visited.
    """
    model = regressor(
        hidden_layer_sizes=(), optimizer="sgd", learning_rate=1.0, alpha=SHRINK, batch_size=1, epochs=epochs,
        loss=lambda targets, outputs: -outputs[:, 0], callbacks=[Kernels()], **parameters,
    ).fit(np.eye(ROWS), np.arange(ROWS))  # fmt: skip
    kernels = np.array(model.callbacks_[0].seen)
    fresh = kernels[1:] - kernels[:-1] * (1 - SHRINK) ** ROWS
    steps_ago = np.log(fresh) / np.log(1 - SHRINK)
    np.testing.assert_allclose(steps_ago, np.rint(steps_ago), atol=1e-6)
    return ROWS - 1 - np.rint(steps_ago).astype(int)


def test_every_epoch_visits_every_row_once_in_a_random_order():
    visited, n_epochs = positions(400), 400
    np.testing.assert_array_equal(np.sort(visited, axis=1), np.tile(np.arange(ROWS), (n_epochs, 1)))
    sigma = np.sqrt((ROWS**2 - 1) / 12 / n_epochs)
    assert np.all(np.abs(visited.mean(axis=0) - (ROWS - 1) / 2) < 5 * sigma)
    centred = (visited - visited.mean(axis=0)) / visited.std(axis=0)
    assert abs(np.mean(centred[1:] * centred[:-1])) < 5 / np.sqrt(visited.size)  # the next epoch has forgotten this one


def test_the_order_depends_on_the_seed_only():
    np.testing.assert_array_equal(positions(3), positions(3))
    assert not np.array_equal(positions(3, random_state=1), positions(3))


def test_without_shuffling_rows_come_in_their_order():
    np.testing.assert_array_equal(positions(3, shuffle=False), np.tile(np.arange(ROWS), (3, 1)))


# -- going on ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("parameters", [{}, {"dropout": 0.3, "normalization": "batch", "optimizer": "nadam"}], ids=str)
def test_training_in_parts_is_training_in_one(parameters):
    whole = regressor(**parameters).fit(X, y)
    parts = regressor(**parameters)
    for epochs in (1, 2, 3):
        parts.partial_fit(X, y, epochs=epochs)
    assert same_bits(whole, parts)
    assert parts.loss_curve_ == whole.loss_curve_
    assert (parts.n_iter_, parts.n_epochs_) == (6, 6)
    warm = regressor(**parameters, warm_start=True, epochs=2).fit(X, y)
    warm.set_params(epochs=4).fit(X, y)
    assert same_bits(whole, warm)
    assert warm.loss_curve_ == whole.loss_curve_[2:]
    assert (warm.n_iter_, warm.n_epochs_) == (4, 6)


def test_a_fit_does_not_depend_on_what_the_program_trained_before():
    first = regressor(dropout=0.2, optimizer="adam").fit(X, y)
    regressor(dropout=0.5, optimizer="adam", random_state=3, epochs=3, learning_rate=0.1).fit(-X, y**2)
    assert same_bits(regressor(dropout=0.2, optimizer="adam").fit(X, y), first)


def test_many_epochs_in_one_call_are_the_same_as_one_at_a_time():
    """A callback makes every epoch a call of its own; without one several are run at once."""
    note = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: None)
    fast, slow = (
        regressor(epochs=100, dropout=0.1).fit(X, y),
        regressor(epochs=100, dropout=0.1, callbacks=[note]).fit(X, y),
    )
    assert same_bits(fast, slow)
    assert fast.loss_curve_ == slow.loss_curve_


# -- stopping ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n_iter_no_change", [1, 3, 10])
@pytest.mark.parametrize("tol", [0.0, 1e-4, 1e-2])
def test_training_stops_by_the_rule_of_scikit_learn(tol, n_iter_no_change):
    """Their net writes down its losses and when it stopped; the rule has to stop at the same of these losses."""
    parameters = {"hidden_layer_sizes": (5,), "tol": tol, "n_iter_no_change": n_iter_no_change, "random_state": 0}
    parameters |= {"max_iter": 5000, "learning_rate_init": 0.03}
    theirs = ScikitRegressor(**parameters).fit(X, y)
    curves = [(theirs.loss_curve_, False)]
    theirs = ScikitClassifier(**parameters, early_stopping=True).fit(X_labelled, labels)
    curves.append((theirs.validation_scores_, True))
    for values, greater_is_better in curves:
        assert len(values) < 5000
        monitor = Monitor(tol, n_iter_no_change, greater_is_better)
        stopped = []
        for value in values:
            monitor.update(value)
            stopped.append(monitor.exhausted)
        assert stopped == [False] * (len(values) - 1) + [True]
        assert monitor.best == (max(values) if greater_is_better else min(values))


def test_as_many_epochs_are_sure_as_are_run_if_nothing_improves_any_more():
    monitor = Monitor(0.01, 4)
    for value in np.random.default_rng(0).normal(size=30).cumsum()[::-1]:
        monitor.update(value)
        sure, hopeless = monitor.sure_epochs, copy.copy(monitor)
        for _ in range(sure):
            assert not hopeless.exhausted
            hopeless.update(1e9)
        assert hopeless.exhausted
        if monitor.exhausted:
            break
    else:
        pytest.fail("the example never stops improving")


@pytest.mark.parametrize("n_iter_no_change", [1, 4])
@pytest.mark.parametrize("early_stopping", [False, True])
def test_training_that_stands_still_stops_when_scikit_learn_does(early_stopping, n_iter_no_change):
    still = {"early_stopping": early_stopping, "n_iter_no_change": n_iter_no_change}
    theirs = ScikitRegressor(hidden_layer_sizes=(5,), learning_rate_init=1e-300, random_state=0, **still).fit(X, y)
    ours = regressor(epochs=200, learning_rate=1e-300, **still).fit(X, y)
    assert ours.n_iter_ == theirs.n_iter_ == n_iter_no_change + 2


def test_the_weights_of_the_best_epoch_are_kept():
    model = classifier(epochs=60, learning_rate=0.1, early_stopping=True, n_iter_no_change=20, scoring="neg_log_loss")
    model.fit(X_labelled[:40], labels[:40], X_val=X_labelled[40:], y_val=labels[40:])
    best = int(np.argmax(model.validation_scores_))
    assert model.validation_scores_[best] > model.validation_scores_[-1]
    assert model.n_iter_ == best + 22
    achieved = -log_loss(labels[40:], model.predict_proba(X_labelled[40:]))
    assert achieved == pytest.approx(model.best_validation_score_, rel=1e-9)
    assert model.best_validation_score_ == model.validation_scores_[best]
    assert same_bits(model, classifier(epochs=best + 1, learning_rate=0.1).fit(X_labelled[:40], labels[:40]))


@pytest.mark.parametrize("sample_weight", [None, WEIGHTS[40:]], ids=["", "weighted"])
def test_the_validation_loss_is_the_loss_of_the_validation_rows(sample_weight):
    held_out = {"X_val": X_labelled[40:], "y_val": labels[40:], "sample_weight_val": sample_weight}
    model = classifier(normalization="batch", dropout=0.5).fit(X_labelled[:40], labels[:40], **held_out)
    expected = log_loss(labels[40:], model.predict_proba(X_labelled[40:]), sample_weight=sample_weight)
    assert model.history_["val_loss"][-1] == pytest.approx(expected, rel=1e-9)
    assert len(model.history_["val_loss"]) == model.n_iter_ == 6


# -- divergence -------------------------------------------------------------------------------------------------


def test_diverging_training_names_the_epoch_and_leaves_the_estimator_as_it_was():
    losses = []
    note = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: losses.append(logs["loss"]))
    model = regressor(optimizer="sgd").fit(X, y)
    before = model.predict(X)
    model.set_params(learning_rate=1e6, hidden_layer_sizes=(), epochs=500, callbacks=[note])
    with pytest.raises(ValueError, match=r"training loss became (inf|nan) in epoch \d+\. Likely causes") as error:
        model.fit(X, y)
    message = str(error.value)
    assert int(re.search(r"epoch (\d+)", message)[1]) == len(losses) + 1 > 2
    assert np.isfinite(losses).all()
    assert "learning_rate=1e+06" in message
    np.testing.assert_array_equal(model.predict(X), before)


def test_weights_that_become_infinite_in_the_last_step_are_noticed():
    with pytest.raises(ValueError, match="weights became infinite or NaN"):
        regressor(optimizer="sgd", learning_rate=1e308, hidden_layer_sizes=(), batch_size=60, epochs=1).fit(1e3 * X, y)


def test_fits_after_a_diverged_one_are_not_affected():
    expected = regressor().fit(X, y)
    with pytest.raises(ValueError, match="learning rate that is too high"):
        regressor(learning_rate=1e200, epochs=50).fit(X, y)
    assert same_bits(regressor().fit(X, y), expected)


# -- prediction -------------------------------------------------------------------------------------------------


def test_predictions_in_chunks_are_the_whole(monkeypatch):
    model = classifier().fit(X_labelled, labels)
    rows = np.random.default_rng(0).normal(size=(1500, 4))
    whole = model.predict_proba(rows)
    monkeypatch.setattr(predict, "_VALUES_PER_CALL", 256 * 64)
    skdeep.clear_cache()
    calls, run = [], predict.Predictor._run
    monkeypatch.setattr(predict.Predictor, "_run", lambda *given: calls.append(1) or run(*given))
    np.testing.assert_allclose(model.predict_proba(rows), whole, rtol=1e-12)
    assert len(calls) == 6
    assert model.predict_proba(rows[:1]).shape == (1, 2)
    skdeep.clear_cache()


@pytest.mark.usefixtures("by_tensorflow")
def test_the_rows_of_a_call_are_few_where_the_net_is_wide():
    narrow, wide = (
        classifier(hidden_layer_sizes=sizes, epochs=1).fit(X_labelled, labels) for sizes in ((8,), (2**16,))
    )
    rows = []
    for model in (narrow, wide):
        model.predict(X_labelled)
        predictor = cache._predictor(model._net.spec, model._net.signature, outputs(model._net.target.names))
        rows.append(predict.rows_per_call(predictor._shapes, 0))
    assert rows == [predict._VALUES_PER_CALL // 64, predict._VALUES_PER_CALL // 2**16]


def test_the_rows_of_a_call_are_few_where_they_are_long():
    shapes = [(None, 32), (4, None, None), (10,)]
    assert predict.rows_per_call(shapes, 10) == predict.rows_per_call(shapes, 64) == 2**22 // (4 * 64 * 64)
    assert predict.rows_per_call(shapes, 128) == 2**22 // (4 * 128 * 128)
    assert predict.rows_per_call(shapes, 10_000) == 16
