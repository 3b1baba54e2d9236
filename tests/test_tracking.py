"""Experiment trackers get what a training knows; each test needs the tracker, and no network."""

import pickle

import keras
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import load_breast_cancer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdeep.tabular import MLPClassifier

# Trackers warn of their own affairs, with every release of others.
pytestmark = pytest.mark.filterwarnings("default")

X, y = load_breast_cancer(return_X_y=True)
X = StandardScaler().fit_transform(X)
EPOCHS = 3


def net(**given):
    return MLPClassifier((8,), epochs=EPOCHS, early_stopping=True, random_state=0, **given)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """A store of mlflow in a folder of its own."""
    mlflow = pytest.importorskip("mlflow")
    folder = tmp_path_factory.mktemp("mlflow")
    mlflow.set_tracking_uri(f"sqlite:///{folder}/runs.db")
    mlflow.create_experiment("nets", artifact_location=f"file://{folder}/artifacts")
    mlflow.set_experiment("nets")
    return mlflow


def values_by_epoch(store, run, name):
    entries = store.tracking.MlflowClient().get_metric_history(run.info.run_id, name)
    return [entry.value for entry in sorted(entries, key=lambda entry: entry.step)]


def test_mlflow_gets_parameters_and_epochs(store):
    model = net().fit(X, y)
    with store.start_run() as run:
        store.log_params(model.get_params())
        for epoch in range(model.n_iter_):
            store.log_metrics({name: values[epoch] for name, values in model.history_.items()}, step=epoch)
    logged = store.get_run(run.info.run_id).data
    assert logged.params == {name: str(value) for name, value in model.get_params().items()}
    assert set(logged.metrics) == set(model.history_)
    assert values_by_epoch(store, run, "val_loss") == model.history_["val_loss"]


def test_mlflow_hears_of_epochs_by_its_callback(store):
    with store.start_run() as run:
        model = net(callbacks=[store.keras.MlflowCallback()]).fit(X, y)
    for name in ("loss", "val_loss"):
        assert_allclose(values_by_epoch(store, run, name), model.history_[name], rtol=1e-6)


def test_mlflow_keeps_a_model_that_predicts_the_same(store):
    model = make_pipeline(StandardScaler(), net()).fit(X, y)
    with store.start_run():
        kept = store.sklearn.log_model(
            model, name="model", serialization_format="cloudpickle", pip_requirements=["scikit-deep"]
        )
    assert_array_equal(store.sklearn.load_model(kept.model_uri).predict_proba(X), model.predict_proba(X))


def test_mlflow_logs_a_pipeline_by_itself(store):
    store.sklearn.autolog(log_models=False)
    try:
        with store.start_run() as run:
            model = make_pipeline(StandardScaler(), net()).fit(X, y)
    finally:
        store.sklearn.autolog(disable=True)
    logged = store.get_run(run.info.run_id).data
    assert logged.params == {name: str(value) for name, value in model.get_params().items()}
    assert logged.metrics["training_score"] == model.score(X, y)


def test_wandb_hears_of_epochs_by_its_callback(monkeypatch, tmp_path):
    wandb = pytest.importorskip("wandb")
    for name, value in {"MODE": "offline", "SILENT": "true", "DIR": str(tmp_path)}.items():
        monkeypatch.setenv(f"WANDB_{name}", value)
    from wandb.integration.keras import WandbMetricsLogger

    run = wandb.init(project="nets", config=net().get_params())
    model = net(callbacks=[WandbMetricsLogger()]).fit(X, y)
    last, config = dict(run.summary), dict(run.config)
    run.finish()
    assert last["epoch/epoch"] == EPOCHS - 1
    for name in ("loss", "val_loss"):
        assert_allclose(last[f"epoch/{name}"], model.history_[name][-1], rtol=1e-6)
    assert {**config, "hidden_layer_sizes": (8,)} == net().get_params()
    assert_array_equal(pickle.loads(pickle.dumps(model)).predict_proba(X), model.predict_proba(X))


def test_tensor_board_reads_what_the_history_has(tmp_path):
    reading = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    import tensorflow as tf

    model = net(callbacks=[keras.callbacks.TensorBoard(tmp_path, histogram_freq=1)]).fit(X, y)
    for folder, name in (("train", "loss"), ("validation", "val_loss")):
        events = reading.EventAccumulator(str(tmp_path / folder), size_guidance={"tensors": 0}).Reload()
        seen = [float(tf.make_ndarray(event.tensor_proto)) for event in events.Tensors("epoch_loss")]
        assert_allclose(seen, model.history_[name], rtol=1e-6)
    again = pickle.loads(pickle.dumps(model))
    assert_array_equal(again.predict_proba(X), model.predict_proba(X))
    assert np.isfinite(again.fit(X, y).history_["loss"]).all()
