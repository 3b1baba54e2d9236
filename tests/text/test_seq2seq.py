"""From strings to strings: what is learned, found and scored, against oracles."""

import itertools
import pickle

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score

from skdeep._engine import decoding
from skdeep._engine.predict import Predictor
from skdeep._engine.program import Program
from skdeep.text import Seq2SeqTransducer

RNG = np.random.default_rng(0)
X = ["".join(RNG.choice(list("abc"), RNG.integers(1, 5))) for _ in range(40)]
Y = [text.upper()[::-1] for text in X]
SMALL = {"units": 8, "embedding_dim": 6, "epochs": 6, "batch_size": 8, "learning_rate": 0.02, "dropout": 0.0,
         "random_state": 0}  # fmt: skip
NETS = {
    "multiplicative": Seq2SeqTransducer(n_layers=2, **SMALL),
    "additive": Seq2SeqTransducer(attention="additive", **SMALL),
    "states": Seq2SeqTransducer(attention=None, n_layers=2, **SMALL),
    "transformer": Seq2SeqTransducer("transformer", n_heads=2, n_layers=2, **SMALL),
}
by_net = pytest.mark.parametrize("net", NETS)


@pytest.fixture(scope="module")
def fitted():
    return {name: clone(net).fit(X, Y) for name, net in NETS.items()}


@pytest.fixture(scope="module")
def gru(fitted):
    return fitted["multiplicative"]


def read(model, texts):
    """Return the ids that the net reads, padded, and their lengths."""
    end = model.source_sequencer_.n_ids_
    rows = [np.append(ids, end) for ids in model.source_sequencer_.ids(texts)]
    rows = [row[::-1] if model._net.inputs.reverse else row for row in rows]
    longest = max(map(len, rows))
    return np.array([np.pad(row, (0, longest - len(row))) for row in rows]), np.array([len(row) for row in rows])


def logs_of(model, keras_model, texts, written):
    """Return what a Keras model says of the ids that follow the end and some written ones, as log-probabilities."""
    ids, lengths = read(model, texts)
    end = model.target_sequencer_.n_ids_
    before = np.array([[end, *row] for row in written])
    return np.log(keras_model({"X": ids, "X_lengths": lengths, "written": before}).numpy())


@by_net
def test_each_token_is_the_most_likely_after_those_before(fitted, net):
    model = fitted[net]
    end, keras_model = model.target_sequencer_.n_ids_, model.model_
    for text, predicted in zip(X[:8], model.predict(X[:8]), strict=True):
        written = [*model.target_sequencer_.ids([predicted])[0]]
        logs = logs_of(model, keras_model, [text], [[*written, end]])[0]
        most_likely = 2 + logs[:, 2 : end + 1].argmax(axis=1)
        np.testing.assert_array_equal(most_likely[: len(written)], written)
        assert most_likely[len(written)] == end or len(written) == max(map(len, Y))


@by_net
def test_a_beam_that_is_wide_enough_finds_the_most_likely_of_all_texts(fitted, net):
    model = clone(fitted[net]).set_params(beam_size=64, max_length=3, epochs=2).fit(X, Y)
    end, keras_model = model.target_sequencer_.n_ids_, model.model_
    texts = [ids for length in range(4) for ids in itertools.product(range(2, end), repeat=length)]
    padded = np.array([[*ids, *[end] * (4 - len(ids))] for ids in texts])
    for text, predicted in zip(X[:5], model.predict(X[:5]), strict=True):
        logs = logs_of(model, keras_model, [text] * len(texts), padded)
        chosen = np.take_along_axis(logs[:, :4], padded[:, :, None], axis=2)[:, :, 0]
        totals = [row[: len(ids) + 1].sum() for row, ids in zip(chosen, texts, strict=True)]
        best = np.array(texts[int(np.argmax(totals))], int)
        np.testing.assert_array_equal(model.target_sequencer_.ids([predicted])[0], best)


def test_a_wider_beam_finds_a_text_that_is_at_least_as_likely(gru):
    model = clone(gru).set_params(epochs=2).fit(X, Y)
    keras_model, texts = model.model_, X[:12]

    def total(text, predicted):
        written = [*model.target_sequencer_.ids([predicted])[0], model.target_sequencer_.n_ids_]
        logs = logs_of(model, keras_model, [text], [written])[0]
        return logs[np.arange(len(written)), written].sum()

    greedy = model.predict(texts)
    wide = model.set_params(beam_size=64).predict(texts)
    for text, one, other in zip(texts, wide, greedy, strict=True):
        assert total(text, one) > total(text, other) - 1e-4


@by_net
def test_a_net_moment_by_moment_is_the_net_as_a_whole(fitted, net):
    model = fitted[net]
    spec, signature = model._net.spec, model._net.signature
    built = spec.build(spec.config, signature, dict.fromkeys(spec.numbers, 0.0))
    built.set_weights(model.weights_)
    ids, lengths = read(model, X[:3])
    written = np.random.default_rng(0).integers(2, 6, size=(3, 5)).astype(np.int32)
    whole = built({"X": ids, "X_lengths": lengths, "written": written}).numpy()
    steps = decoding.MomentByMoment(built, "written")
    constant = steps.constant({"X": tf.constant(ids), "X_lengths": tf.constant(lengths)})
    kept = steps.begin(3, 5)
    for moment in range(5):
        output, kept = steps.step(kept, tf.constant(moment), tf.constant(written[:, moment]), constant)
        np.testing.assert_allclose(output, whole[:, moment], atol=2e-5)
        # The rows may change places from one moment to the next.
        kept = steps.of_rows(steps.of_rows(kept, [2, 0, 1]), [1, 2, 0])


@by_net
def test_what_a_text_becomes_depends_on_no_other(fitted, net):
    model = fitted[net]
    expected = model.predict(X)
    np.testing.assert_array_equal(model.predict(X[3:4]), expected[3:4])
    np.testing.assert_array_equal(model.predict([*X, "abcab" * 20])[:-1], expected)


def losses_of(model):
    """Return the loss of each token of Y, and how many tokens each text has."""
    end = model.target_sequencer_.n_ids_
    rows = [[*ids, end] for ids in model.target_sequencer_.ids(Y)]
    padded = np.array([row + [0] * (6 - len(row)) for row in rows])
    logs = logs_of(model, model.model_, X, padded)
    losses = [-logs[number, place, one] for number, row in enumerate(rows) for place, one in enumerate(row)]
    return losses, [len(row) for row in rows]


def test_the_loss_is_the_mean_over_tokens():
    model = Seq2SeqTransducer(**SMALL | {"epochs": 1, "learning_rate": 1e-12}).fit(X, Y)
    assert model.loss_curve_[0] == pytest.approx(np.mean(losses_of(model)[0]), rel=1e-4)
    weights = np.arange(len(X)) % 3
    model.fit(X, Y, sample_weight=weights, X_val=X, y_val=Y, sample_weight_val=weights)
    losses, lengths = losses_of(model)
    expected = np.average(losses, weights=np.repeat(weights, lengths))
    assert model.history_["val_loss"][0] == pytest.approx(expected, rel=1e-4)


def test_pairs_of_weight_zero_are_not_there():
    weights = np.arange(len(X)) % 3
    kept = np.flatnonzero(weights)
    weighed = Seq2SeqTransducer(**SMALL).fit([*X, "zz"], [*Y, "ZZ"], sample_weight=[*weights, 0])
    without = Seq2SeqTransducer(**SMALL).fit(np.array(X)[kept], np.array(Y)[kept], sample_weight=weights[kept])
    for one, other in zip(weighed.weights_, without.weights_, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_text_can_be_read_from_its_end():
    backward = Seq2SeqTransducer(reverse=True, **SMALL).fit(X, Y)
    turned = [text[::-1] for text in X]
    assert backward._net.inputs.reverse
    assert not Seq2SeqTransducer(**SMALL).fit(turned, Y)._net.inputs.reverse
    assert Seq2SeqTransducer(attention=None, **SMALL).fit(X, Y)._net.inputs.reverse
    encoded = backward._net.inputs.encode_read(backward._source(X))["X"]
    for row, ids in zip(encoded, backward.source_sequencer_.ids(X), strict=True):
        np.testing.assert_array_equal(row, [backward.source_sequencer_.n_ids_, *ids[::-1]])


@pytest.mark.parametrize("architecture", ["gru", "transformer"])
def test_texts_that_were_never_seen_are_turned_around(architecture):
    rng = np.random.default_rng(1)
    texts = sorted({"".join(rng.choice(list("abcdef"), rng.integers(1, 6))) for _ in range(1200)})
    rng.shuffle(texts)
    turned = [text[::-1] for text in texts]
    model = Seq2SeqTransducer(architecture, units=32, epochs=60, batch_size=32, random_state=0)
    model.fit(texts[:400], turned[:400])
    assert len(texts) > 500
    assert model.score(texts[400:], turned[400:]) > 0.8


def test_words_are_joined_and_compared_word_by_word():
    settings = SMALL | {"units": 32, "epochs": 100, "learning_rate": 0.01}
    english = ["I see the dog.", "I see a cat!", "you see the cat.", "the dog sees a cat."] * 4
    french = ["je vois le chien.", "je vois un chat !", "tu vois le chat.", "le chien voit l'ami."] * 4
    model = Seq2SeqTransducer(level="word", **settings).fit(english, french)
    assert model.score(english, french) == 1
    assert model.predict(english[:4]).tolist() == [text.replace(" !", "!") for text in french[:4]]
    assert model.score(["I see the dog."] * 2, ["je vois le chien.", "je  vois le chien ."]) == 1
    assert model.score(["I see the dog."] * 2, ["je vois le chien.", "Je vois le zèbre."]) == 0.5
    pytest.importorskip("tokenizers")
    settings["epochs"] = 300
    parts = Seq2SeqTransducer(level="subword", max_tokens=60, **settings).fit(english, french)
    assert parts.score(english, french) == 1


def test_score_is_the_share_of_exact_matches(gru):
    predicted = gru.predict(X)
    assert gru.score(X, predicted) == 1
    wrong = [text + "A" if number % 4 == 0 else text for number, text in enumerate(predicted)]
    assert gru.score(X, wrong) == 0.75
    assert gru.score(X, wrong, sample_weight=np.arange(len(X)) % 4 == 0) == 0
    scores = cross_val_score(clone(gru).set_params(epochs=2), X, Y, cv=2)
    assert ((scores >= 0) & (scores <= 1)).all()


def test_texts_end_after_as_many_tokens_as_are_allowed(gru):
    model = pickle.loads(pickle.dumps(gru))
    assert max(map(len, model.predict(X))) <= max(map(len, Y))
    model.set_params(max_length=1)
    assert max(map(len, model.predict(X))) == 1
    long = Seq2SeqTransducer(max_length=9, **SMALL | {"epochs": 1, "learning_rate": 1e-9}).fit(X, Y)
    assert set(map(len, long.predict(X))) <= {0, 9}


def test_unknown_tokens_are_read_but_never_written(gru):
    assert gru.predict(["aß"])[0] == gru.predict(["a?"])[0]
    few = Seq2SeqTransducer(max_tokens=1, **SMALL).fit(X, Y)
    assert len(few.target_sequencer_.vocabulary_) == 1
    assert set("".join(few.predict(X))) <= set(few.target_sequencer_.vocabulary_)
    assert few.score(["a"], ["Z"]) == 0


def test_empty_texts_are_read_and_written():
    texts, wanted = ["", "a", "b"] * 10, ["A", "", "BB"] * 10
    model = Seq2SeqTransducer(**SMALL | {"epochs": 40}).fit(texts, wanted)
    assert model.predict(["", "a", "b"]).tolist() == ["A", "", "BB"]
    with pytest.warns(UserWarning, match="1 of 2 texts in X are missing"):
        assert model.predict([None, "b"]).tolist() == ["A", "BB"]


def test_a_second_fit_and_other_lengths_compile_nothing(gru, monkeypatch):
    traced, built = [], []
    trace, init = Predictor._trace, Program.__init__
    monkeypatch.setattr(Predictor, "_trace", lambda self: traced.append(self) or trace(self))
    monkeypatch.setattr(Program, "__init__", lambda self, *spec: built.append(self) or init(self, *spec))
    model = clone(gru).set_params(epochs=1).fit(X, Y)
    model.predict(X)
    before = len(traced), len(built)
    model.predict([*X, "abcab" * 9])
    model.set_params(max_length=2).predict(X[:1])
    again = clone(model).set_params(random_state=1, learning_rate=0.01).fit(X[:30], Y[:30])
    again.predict(X)
    assert (len(traced), len(built)) == before


def test_folds_and_rates_share_a_program(gru, monkeypatch):
    built = []
    original = Program.__init__
    monkeypatch.setattr(Program, "__init__", lambda self, *spec: built.append(self) or original(self, *spec))
    texts = [text + chr(100 + number % 7) for number, text in enumerate(X)]
    model = clone(gru).set_params(units=7, epochs=2, dropout=0.1)
    search = GridSearchCV(model, {"learning_rate": [1e-9, 0.02], "dropout": [0.2, 0.3]}, cv=2, error_score="raise")
    search.fit(texts, Y)
    assert len(built) == 1


def test_scikit_learn_manners(gru):
    model = clone(gru).set_params(epochs=2)
    with pytest.raises(NotFittedError):
        model.predict(X)
    with pytest.raises(NotFittedError):
        model.score(X, Y)
    model.fit(X, Y)
    again = clone(model).fit(pd.DataFrame({"text": X}), pd.Series(Y, index=range(3, 3 + len(Y))))
    for one, other in zip(model.weights_, again.weights_, strict=True):
        np.testing.assert_array_equal(one, other)
    loaded = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(loaded.predict(X), model.predict(X))
    loaded.set_params(reverse=True, architecture="transformer", level="word", units=5, lowercase=True, attention=None)
    np.testing.assert_array_equal(loaded.predict(X), model.predict(X))


def test_training_goes_on(gru):
    model = clone(gru).set_params(epochs=3)
    for _ in range(6):
        model.partial_fit(X, Y)
    assert model.n_epochs_ == 6
    assert model.loss_curve_[-1] < model.loss_curve_[0]
    before = model.source_sequencer_
    model.partial_fit(["xyz"], ["Z"], epochs=2)
    model.set_params(warm_start=True).fit(X, Y)
    assert model.n_epochs_ == 11
    assert model.source_sequencer_ is before
    with pytest.raises(ValueError, match="does not support early_stopping"):
        model.set_params(early_stopping=True).partial_fit(X, Y)


def test_early_stopping_keeps_the_best_weights(gru):
    model = clone(gru).set_params(early_stopping=True, n_iter_no_change=2, epochs=100, learning_rate=0.05)
    model.fit(X, Y, X_val=["abc", "cb"], y_val=["AAA", "B"])
    assert model.n_iter_ < 100
    assert model.best_validation_score_ == -min(model.history_["val_loss"])
    model.fit(X, Y)
    assert len(model.history_["val_loss"]) == model.n_iter_


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((X, None), ValueError, "requires y to be passed, but the target y is None"),
        ((X, Y[:-1]), ValueError, "inconsistent numbers of samples"),
        ((X, "AB"), TypeError, "y is one str"),
        ((X, [1] * len(X)), TypeError, "y must hold strings only"),
        ((X, [""] * len(X)), ValueError, "y has no token"),
        (([" "] * len(X), Y), ValueError, "X has no token"),
        ((X, Y, [-1] * len(X)), ValueError, "Negative values"),
    ],
    ids=str,
)
def test_bad_pairs_are_refused_and_change_nothing(gru, arguments, error, message):
    model = pickle.loads(pickle.dumps(gru))
    expected = model.predict(X)
    with pytest.raises(error, match=message):
        model.fit(*arguments)
    np.testing.assert_array_equal(model.predict(X), expected)


def test_bad_parameters():
    with pytest.raises(ValueError, match="units=6 cannot be shared by n_heads=4"):
        Seq2SeqTransducer("transformer", units=6).fit(X, Y)
    for wrong in ({"architecture": "lstm"}, {"level": "line"}, {"attention": "dot"}, {"beam_size": 0}, {"reverse": 2}):
        with pytest.raises(ValueError, match=f"The '{next(iter(wrong))}' parameter"):
            Seq2SeqTransducer(**wrong).fit(X, Y)
    with pytest.raises(ValueError, match="X_val and y_val go together"):
        Seq2SeqTransducer(**SMALL).fit(X, Y, X_val=X)


def test_the_keras_model_of_a_recurrent_net_is_plain(fitted):
    for net in ("multiplicative", "additive", "states"):
        layers = fitted[net].model_._flatten_layers()
        assert not [layer for layer in layers if type(layer).__module__.startswith("skdeep") and layer.weights]
