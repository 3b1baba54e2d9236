"""scikit-learn's own callbacks, set with `set_callbacks`, see every epoch."""

import numpy as np
import pytest
from sklearn.callback import ProgressBar, ScoringMonitor
from sklearn.datasets import load_diabetes, load_iris
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, scale

from skdeep.tabular import MLPClassifier, MLPRegressor

FLOWERS, SPECIES = load_iris(return_X_y=True)
FLOWERS = scale(FLOWERS)
PATIENTS, PROGRESSION = (half[:200] for half in load_diabetes(return_X_y=True))


def net(**parameters):
    defaults = {"hidden_layer_sizes": (8,), "learning_rate": 0.03, "epochs": 5, "random_state": 0}
    return MLPClassifier(**defaults | parameters)


class Recorder:
    """A callback of one's own that writes down what it is told, and stops after some epochs."""

    def __init__(self, stop_after=None):
        self.stop_after = stop_after
        self.events = []
        self.scores = []

    def setup(self, estimator, context):
        self.events.append("setup")

    def on_fit_task_begin(self, estimator, context):
        self.events.append(f"begin {context.task_name}")

    def on_fit_task_end(self, estimator, context, *, X, y, fitted_estimator):
        self.events.append(f"end {context.task_name}")
        if context.task_name == "epoch":
            self.scores.append(fitted_estimator.score(X, y))
            return len(self.scores) == self.stop_after
        return None

    def teardown(self, estimator, context):
        self.events.append("teardown")


def test_scoring_monitor_scores_every_epoch():
    monitor = ScoringMonitor(scoring=["accuracy", "neg_log_loss"])
    model = net().set_callbacks(monitor).fit(FLOWERS, SPECIES)
    log = [row for row in monitor.get_logs().data if row["task_name"] == "epoch"]
    assert [row["task_id"] for row in log] == [0, 1, 2, 3, 4]
    for epochs, row in enumerate(log, 1):
        shorter = net(epochs=epochs).fit(FLOWERS, SPECIES)
        assert row["accuracy"] == shorter.score(FLOWERS, SPECIES)
    assert log[-1]["accuracy"] == model.score(FLOWERS, SPECIES)
    assert log[-1]["neg_log_loss"] > log[0]["neg_log_loss"]


def test_scoring_monitor_of_a_regressor():
    monitor = ScoringMonitor(scoring="r2")
    model = MLPRegressor((8,), learning_rate=0.03, epochs=5, random_state=0).set_callbacks(monitor)
    model.fit(PATIENTS, PROGRESSION)
    log = [row for row in monitor.get_logs().data if row["task_name"] == "epoch"]
    assert len(log) == 5
    assert log[-1]["r2"] == pytest.approx(model.score(PATIENTS, PROGRESSION))


def test_callbacks_change_no_bit_of_the_training():
    watched = net(dropout=0.2, batch_size=40).set_callbacks(ScoringMonitor(scoring="accuracy")).fit(FLOWERS, SPECIES)
    plain = net(dropout=0.2, batch_size=40).fit(FLOWERS, SPECIES)
    assert watched.loss_curve_ == plain.loss_curve_
    np.testing.assert_array_equal(watched.coefs_[0], plain.coefs_[0])


def test_scoring_monitor_inside_a_search():
    monitor = ScoringMonitor(scoring="accuracy")
    search = GridSearchCV(net().set_callbacks(monitor), {"learning_rate": [0.01, 0.1]}, cv=2).fit(FLOWERS, SPECIES)
    log = [row for row in monitor.get_logs().data if row["task_name"] == "epoch"]
    assert len(log) == 5 * (2 * 2 + 1), "5 epochs of 2 candidates on 2 folds, and of the refit"
    assert search.best_score_ > 0.6


def test_progress_bar_of_a_net(capsys):
    pytest.importorskip("rich")
    net().set_callbacks(ProgressBar()).fit(FLOWERS, SPECIES)
    shown = capsys.readouterr().out
    assert "MLPClassifier" in shown
    assert "100%" in shown


def test_progress_bar_of_a_search_goes_down_to_the_epochs(capsys):
    pytest.importorskip("rich")
    model = make_pipeline(StandardScaler(), net())
    search = GridSearchCV(model, {"mlpclassifier__learning_rate": [0.01, 0.1]}, cv=2)
    search.set_callbacks(ProgressBar(max_propagation_depth=None)).fit(FLOWERS, SPECIES)
    shown = capsys.readouterr().out
    assert "GridSearchCV" in shown
    assert "MLPClassifier" in shown


def test_hooks_come_in_order():
    recorder = Recorder()
    net(epochs=2).set_callbacks(recorder).fit(FLOWERS, SPECIES)
    epochs = ["begin epoch", "end epoch"] * 2
    assert recorder.events == ["setup", "begin fit", *epochs, "end fit", "teardown"]


def test_a_callback_can_stop_the_training():
    model = net().set_callbacks(Recorder(stop_after=3)).fit(FLOWERS, SPECIES)
    assert model.n_iter_ == 3
    np.testing.assert_array_equal(model.coefs_[0], net(epochs=3).fit(FLOWERS, SPECIES).coefs_[0])


def test_early_stopping_announces_no_epoch_that_does_not_come():
    recorder = Recorder()
    model = net(epochs=30, tol=10.0, n_iter_no_change=2).set_callbacks(recorder).fit(FLOWERS, SPECIES)
    assert model.n_iter_ == 4
    assert recorder.events.count("end epoch") == 4
    assert recorder.events.count("begin epoch") == 4


@pytest.mark.parametrize(
    "trouble",
    [
        pytest.param({"learning_rate": 1e30, "optimizer": "sgd", "loss": "squared_hinge"}, id="while training"),
        pytest.param({"momentum": 0.9}, id="before training"),
    ],
)
def test_a_failed_fit_tears_its_callbacks_down(trouble):
    recorder = Recorder()
    with pytest.raises(ValueError, match=r"learning rate|momentum"):
        net(**trouble, epochs=100).set_callbacks(recorder).fit(FLOWERS, SPECIES)
    assert recorder.events.count("teardown") == recorder.events.count("setup")


def test_incremental_fits_leave_no_trace_of_callbacks():
    model = net().partial_fit(FLOWERS, SPECIES, classes=[0, 1, 2])
    assert set(vars(model)) == set(vars(net().fit(FLOWERS, SPECIES)))


def test_incremental_fits_tear_their_callbacks_down():
    recorder = Recorder()
    net().set_callbacks(recorder).partial_fit(FLOWERS, SPECIES, classes=[0, 1, 2])
    assert recorder.events.count("teardown") == recorder.events.count("setup")
