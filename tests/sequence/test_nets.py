"""What the nets over time compute: as Keras' own layers do, as members do alone, and without compiling anew."""

import pickle

import keras
import numpy as np
import pytest
from sklearn.base import clone

import skdeep
from skdeep._engine.members import together
from skdeep.sequence import RNNClassifier, TemporalCNNClassifier, TransformerClassifier
from skdeep.utils._tensorflow import tf
from tests.sequence.data import EQUAL, LABELS, LENGTHS, NETS, RAGGED, REGRESSORS, VALUES, net


@pytest.mark.parametrize("name", NETS)
def test_the_keras_model_predicts_the_same(name, tmp_path):
    model = net(name).fit(EQUAL, LABELS)
    exported = model.model_
    np.testing.assert_allclose(exported.predict(EQUAL, verbose=0), model.predict_proba(EQUAL), atol=1e-5)
    longer = np.concatenate([EQUAL, EQUAL[:, :3]], axis=1)
    if name != "patches":
        np.testing.assert_allclose(exported.predict(longer, verbose=0), model.predict_proba(longer), atol=1e-5)
    exported.save(tmp_path / "net.keras")
    loaded = keras.models.load_model(tmp_path / "net.keras")
    np.testing.assert_allclose(loaded.predict(EQUAL, verbose=0), model.predict_proba(EQUAL), atol=1e-5)


@pytest.mark.parametrize("name", NETS)
def test_the_keras_model_of_ragged_series_predicts_the_same(name):
    model = net(name, dtype="float64").fit(RAGGED, LABELS)
    padded = np.zeros((12, 9, 2))
    for row, series in zip(padded, RAGGED, strict=True):
        row[: len(series)] = series
    predicted = model.model_.predict({"X": padded, "X_lengths": LENGTHS.astype("int32")}, verbose=0)
    np.testing.assert_allclose(predicted, model.predict_proba(RAGGED), atol=1e-5)


@pytest.mark.parametrize(("cell", "bidirectional"), [("gru", False), ("lstm", False), ("lstm", True), ("simple", True)])
def test_equal_series_are_read_by_keras_own_layers_alone(cell, bidirectional):
    model = RNNClassifier(cell, units=(3, 4), bidirectional=bidirectional, epochs=1).fit(EQUAL, LABELS)
    for layer in model.model_.layers:
        assert type(layer).__module__.startswith("keras."), layer


@pytest.mark.parametrize("bidirectional", [False, True])
def test_the_fused_kernel_is_the_plain_lstm(bidirectional):
    """Single precision takes TensorFlow's kernel, double precision Keras' own cell; training, and so gradients, too."""
    parameters = {"cell": "lstm", "units": (5, 4), "bidirectional": bidirectional, "random_state": 0, "epochs": 3,
                  "optimizer": "sgd", "learning_rate": 0.1}  # fmt: skip
    for X in (EQUAL, RAGGED):
        fused = RNNClassifier(**parameters, dtype="float32").fit(X, LABELS)
        plain = RNNClassifier(**parameters, dtype="float64").fit(X, LABELS)
        for one, other in zip(fused.weights_, plain.weights_, strict=True):
            np.testing.assert_allclose(one, other, atol=1e-5)
        np.testing.assert_allclose(fused.decision_function(X), plain.decision_function(X), atol=1e-5)


def test_the_kernel_is_in_the_graph():
    from skdeep.architectures.sequence._cells import FusedLSTM

    layer = FusedLSTM(3, return_sequences=True)
    graph = tf.function(layer).get_concrete_function(tf.TensorSpec((None, None, 2), tf.float32))
    nodes = [node.op for function in graph.graph.as_graph_def().library.function for node in function.node_def]
    assert "BlockLSTM" in [*nodes, *(node.op for node in graph.graph.as_graph_def().node)]


@pytest.mark.parametrize("name", ["gru", "inception", "transformer"])
def test_other_lengths_compile_nothing(name):
    model = net(name).fit(EQUAL, LABELS)
    model.predict(EQUAL)
    before = skdeep.cache_info().misses
    net(name, random_state=1).fit(EQUAL[:, :5], LABELS).predict(EQUAL[:, :7])
    net(name, learning_rate=0.02).fit(np.concatenate([EQUAL, EQUAL], axis=1), LABELS)
    assert skdeep.cache_info().misses == before


@pytest.mark.parametrize("cls", [RNNClassifier, TransformerClassifier])
def test_what_is_a_number_compiles_nothing(cls):
    own = {"recurrent_dropout": 0.2} if cls is RNNClassifier else {}
    size = {"units": 3} if cls is RNNClassifier else {"width": 8, "n_heads": 2}
    first = cls(**size, **own, dropout=0.1, epochs=1, random_state=0).fit(RAGGED, LABELS)
    before = skdeep.cache_info().misses
    other = dict.fromkeys(own, 0.5)
    second = cls(**size, **other, dropout=0.6, epochs=1, random_state=0).fit(RAGGED, LABELS)
    assert skdeep.cache_info().misses == before
    assert any((a != b).any() for a, b in zip(first.weights_, second.weights_, strict=True))


def test_an_ensemble_predicts_the_mean_of_its_members():
    ensemble = net("ensemble", dtype="float64", clip_norm=0.5).fit(EQUAL, LABELS)
    probabilities = ensemble.predict_proba(EQUAL)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0)
    first = net("ensemble", dtype="float64", clip_norm=0.5, n_estimators=1).fit(EQUAL, LABELS)
    for one, other in zip(first.weights_, ensemble.weights_, strict=False):
        np.testing.assert_allclose(one, other, atol=1e-10, err_msg="the first member learns what it learns alone")
    sizes = [len(model.weights) for model in together_models(ensemble)]
    assert sizes[0] == len(first.weights_)
    shapes = [model.weights[2].shape for model in together_models(ensemble)]
    assert [shape[1] for shape in shapes] == [2, 4, 2], "every second member reads differences too"


def together_models(estimator):
    from skdeep._estimator.keras_model import networks

    assert estimator._net.spec.build is together(()).build
    return networks(estimator)


def test_the_loss_of_an_ensemble_is_the_mean_of_its_members():
    history = net("ensemble").fit(EQUAL, LABELS, X_val=EQUAL, y_val=LABELS).history_
    for loss, prefix in (("loss", "member"), ("val_loss", "val_member")):
        members = [values for name, values in history.items() if name.startswith(prefix)]
        np.testing.assert_allclose(history[loss], np.mean(members, axis=0), rtol=1e-5)


@pytest.mark.parametrize("loss", ["squared_error", "poisson"])
def test_an_ensemble_of_regressors_predicts_the_mean(loss):
    cls = REGRESSORS[TemporalCNNClassifier]
    model = cls("fcn", filters=2, n_estimators=2, loss=loss, epochs=2, random_state=0, dtype="float64")
    model.fit(RAGGED, np.abs(VALUES))
    members = [keras_prediction(model, one) for one in together_models(model)]
    np.testing.assert_allclose(model.predict(EQUAL), np.mean(members, axis=0), rtol=1e-6)


def keras_prediction(estimator, member):
    from skdeep._estimator.keras_model import with_predictions

    exported = with_predictions(member, estimator._net)
    lengths = np.full(12, 9, dtype="int32")
    return np.ravel(exported.predict({"X": EQUAL, "X_lengths": lengths}, verbose=0))


@pytest.mark.parametrize("name", ["gru", "ensemble", "transformer"])
def test_pickles_and_clones(name):
    model = net(name).fit(RAGGED, LABELS)
    copied = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(copied.predict_proba(RAGGED), model.predict_proba(RAGGED))
    again = clone(model).fit(RAGGED, LABELS)
    np.testing.assert_array_equal(again.predict_proba(RAGGED), model.predict_proba(RAGGED))


@pytest.mark.parametrize("name", ["gru", "ensemble", "transformer"])
def test_training_goes_on(name):
    settings = {"dtype": "float64", "dropout": 0.0, "learning_rate_schedule": None, "shuffle": False, "batch_size": 12}
    whole = net(name, **settings, epochs=4).fit(RAGGED, LABELS)
    parts = net(name, **settings, epochs=2, warm_start=True).fit(RAGGED, LABELS).fit(RAGGED, LABELS)
    for one, other in zip(whole.weights_, parts.weights_, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-12)
    longer = [np.concatenate([row, row]) for row in RAGGED]
    assert np.isfinite(parts.partial_fit(longer, LABELS).loss_curve_).all()


def test_attention_looks_only_at_what_is_there():
    model = net("transformer", dtype="float64").fit(RAGGED, LABELS)
    weights = model.attention_weights(RAGGED)
    assert weights.shape == (12, 2, 2, 9, 9)
    for length, one in zip(LENGTHS, weights, strict=True):
        np.testing.assert_allclose(one[:, :, :length, :length].sum(axis=-1), 1.0)
        assert not one[:, :, length:].any()
        assert not one[:, :, :, length:].any()
    alone = model.attention_weights([RAGGED[1]])
    np.testing.assert_allclose(weights[1, :, :, :4, :4], alone[0], atol=1e-12)


@pytest.mark.parametrize("n_rows", [20, 100, 700, 9000])
def test_few_series_are_visited_more_often_than_many(n_rows):
    model = RNNClassifier("simple", units=1, n_iter_no_change=np.inf).fit(
        np.zeros((n_rows, 2)) + np.arange(2), np.arange(n_rows) % 2
    )
    n_steps = -(-n_rows // int(np.clip(n_rows // 16, 16, 64)))
    assert model.n_iter_ == max(10, -(-400 // n_steps))


def test_units_and_widths_that_do_not_fit():
    with pytest.raises(ValueError, match="units must be a positive int, or hold one for each layer"):
        RNNClassifier(units=(3, 0)).fit(EQUAL, LABELS)
    with pytest.raises(ValueError, match="width=10 cannot be shared by n_heads=4"):
        TransformerClassifier(width=10).fit(EQUAL, LABELS)
