"""Language models: what is learned, scored and written, against oracles."""

import pickle
import warnings
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from scipy.special import log_softmax
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV

from skdeep._engine import decoding, state
from skdeep._engine.predict import Predictor
from skdeep._engine.program import Program
from skdeep.text import TextGenerator, _ended

CYCLE = ["abcdabcdabcdabcdabcd", "abcdabcd", "abcdabcdabcdabcd"] * 8
NETS = {
    "lstm": TextGenerator("lstm", units=16, n_layers=2),
    "gru": TextGenerator("gru", units=16),
    "transformer": TextGenerator("transformer", units=16, n_heads=2, n_layers=2),
}
SMALL = {"embedding_dim": 8, "context": 12, "epochs": 40, "batch_size": 16, "learning_rate": 0.02, "random_state": 0,
         "weight_decay": 0.0}  # fmt: skip
PLAIN = WeakKeyDictionary()
by_net = pytest.mark.parametrize("net", NETS)


@pytest.fixture(scope="module")
def fitted():
    return {name: net.set_params(**SMALL).fit(CYCLE) for name, net in NETS.items()}


@pytest.fixture(scope="module")
def lstm(fitted):
    return fitted["lstm"]


@pytest.fixture(scope="module")
def uncertain():
    """A model of texts in which nothing follows from what was before."""
    rng = np.random.default_rng(0)
    texts = ["".join(rng.choice(list("abc"), 30, p=[0.6, 0.3, 0.1])) for _ in range(40)]
    return TextGenerator(**SMALL | {"epochs": 8}, units=4).fit(texts)


def logits_of(model, ids):
    """Return what the plain Keras model says of rows of ids, as log-probabilities."""
    net = PLAIN.setdefault(model, model.model_)
    # One more id, because Keras warns of a softmax over one value; it is later than all others.
    return np.log(net(np.pad(ids, [(0, 0), (0, 1)])).numpy())[:, :-1]


def enclosed(model, text):
    end = model.sequencer_.n_ids_
    return [end, *model.sequencer_.ids([text])[0], end]


@by_net
def test_what_is_certain_is_continued_correctly(fitted, net):
    model = fitted[net]
    expected = ("abcd" * 40)[:60]
    for prompt in ("ab", "abcdabc", "abcda" + "bcda" * 6):
        text = model.sample(prompt=prompt, length=3, temperature=0)[0]
        assert text == expected[: len(prompt) + 3]
    assert all(set("".join(texts)) <= set("abcd") for texts in [model.sample(5, temperature=3.0, random_state=0)])


@by_net
def test_a_net_moment_by_moment_is_the_net_as_a_whole(fitted, net):
    model = fitted[net]
    spec, signature = model._net.spec, model._net.signature
    built = spec.build(spec.config, signature, dict.fromkeys(spec.numbers, 0.0))
    built.set_weights(model.weights_)
    ids = np.random.default_rng(0).integers(2, 6, size=(3, 12)).astype(np.int32)
    steps = decoding.MomentByMoment(built, "X")
    kept, outputs = steps.begin(3, 12), []
    for moment in range(12):
        output, kept = steps.step(kept, tf.constant(moment), tf.constant(ids[:, moment]))
        outputs.append(log_softmax(output.numpy(), axis=1))
    np.testing.assert_allclose(np.stack(outputs, axis=1), logits_of(model, ids), atol=2e-5)
    assert sum(name in kept for name in ("recurrence_0", "attention_0")) == 1


@by_net
def test_greedy_texts_take_what_the_whole_net_thinks_most_likely(fitted, net):
    model = fitted[net]
    end = model.sequencer_.n_ids_
    for prompt in ("", "ca", "dd"):
        n_new = 11 - len(prompt)
        text = model.sample(prompt=prompt, length=n_new, temperature=0)[0]
        ids = enclosed(model, text)
        expected = 2 + np.argmax(logits_of(model, [ids[:-1]])[0, :, 2 : end + 1], axis=1)
        drawn = ids[1 + len(prompt) :][:n_new]
        np.testing.assert_array_equal(expected[len(prompt) :][:n_new], drawn)


@by_net
def test_score_is_the_mean_log_probability(fitted, net):
    model = fitted[net]
    texts = ["abcd", "", "abdc", "dcba"]
    totals = []
    for text in texts:
        ids = enclosed(model, text)
        logs = logits_of(model, [ids[:-1]])[0]
        totals.append(logs[np.arange(len(ids) - 1), ids[1:]].sum())
    np.testing.assert_allclose(model.log_likelihood(texts), totals, rtol=1e-4)
    n_tokens = sum(len(text) + 1 for text in texts)
    assert model.score(texts) == pytest.approx(sum(totals) / n_tokens, rel=1e-4)
    assert model.perplexity(texts) == pytest.approx(np.exp(-sum(totals) / n_tokens), rel=1e-4)


@by_net
def test_long_texts_are_scored_in_windows_that_overlap_by_half(fitted, net):
    model = fitted[net]
    ids = enclosed(model, "abcdbcadacbdabcdabcdabcdbbcd")
    logs = []
    for start in range(0, len(ids), 6):
        found = logits_of(model, [ids[start : start + 12]])[0]
        places = range(1 if start == 0 else start + 7, min(start + 13, len(ids)))
        logs += [found[place - start - 1, ids[place]] for place in places]
    assert len(logs) == len(ids) - 1
    text = model.sequencer_.inverse_transform([ids[1:-1]])[0]
    np.testing.assert_allclose(model.log_likelihood([text]), [sum(logs)], rtol=1e-4)


def test_loss_is_the_negative_score_of_stretches():
    model = TextGenerator(**SMALL | {"epochs": 1, "learning_rate": 1e-12, "context": 30}, units=4, dropout=0.0)
    model.fit(CYCLE)
    assert model.loss_curve_[0] == pytest.approx(-model.score(CYCLE), rel=1e-5)
    model.set_params(early_stopping=True).fit(CYCLE, X_val=["abcabc", "a"])
    assert model.history_["val_loss"][0] == pytest.approx(-model.score(["abcabc", "a"]), rel=1e-5)


@pytest.mark.parametrize(("net", "spread"), [("gru", 0.05), ("transformer", 2.0)])
def test_vectors_begin_as_large_as_what_is_added_to_them(net, spread):
    settings = SMALL | {"epochs": 1, "learning_rate": 1e-12}
    vectors = clone(NETS[net]).set_params(**settings).fit(CYCLE).model_.get_layer("embedding").get_weights()[0]
    assert not vectors[0].any()
    assert 0.8 * spread < np.abs(vectors[1:]).max() <= 1.001 * spread


def test_padding_does_not_count():
    settings = SMALL | {"epochs": 1, "learning_rate": 1e-12}
    alone, padded = (TextGenerator(units=4, dropout=0.0, **settings).fit(texts) for texts in (["abc"], ["abc"] * 2))
    assert alone.loss_curve_[0] == pytest.approx(padded.loss_curve_[0], rel=1e-5)
    mixed = TextGenerator(units=4, dropout=0.0, **settings).fit(["abc", "abcabcabcabc"])
    assert mixed.loss_curve_[0] == pytest.approx(-mixed.score(["abc", "abcabcabcabc"]), rel=1e-3)


def test_one_candidate_is_greedy(uncertain):
    greedy = uncertain.sample(3, temperature=0, length=20)
    np.testing.assert_array_equal(uncertain.sample(3, top_k=1, length=20, random_state=0), greedy)
    np.testing.assert_array_equal(uncertain.sample(3, top_p=1e-6, length=20, random_state=0), greedy)
    np.testing.assert_array_equal(uncertain.sample(3, temperature=1e-9, length=20, random_state=0), greedy)
    assert len(set(greedy)) == 1


def shares(model, **rules):
    """Return the shares of a, b, c and the end among what is drawn after "ab"."""
    drawn = [text[2:] for text in model.sample(4_000, prompt="ab", length=1, random_state=0, **rules)]
    return np.array([np.mean([one == token for one in drawn]) for token in ("a", "b", "c", "")])


def expected_shares(model):
    logs = logits_of(model, [enclosed(model, "ab")[:-1]])[0, -1]
    ids = [*(model.sequencer_.ids([token])[0][0] for token in "abc"), model.sequencer_.n_ids_]
    return logs[ids]


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_tokens_are_drawn_from_the_softmax(uncertain, temperature):
    expected = np.exp(log_softmax(expected_shares(uncertain) / temperature))
    np.testing.assert_allclose(shares(uncertain, temperature=temperature), expected, atol=0.03)


def test_few_candidates(uncertain):
    likely = np.exp(expected_shares(uncertain))
    likely /= likely.sum()  # what is never drawn has a share in the softmax of a net that has learned little
    order = np.argsort(-likely)
    two = np.where(np.isin(np.arange(4), order[:2]), likely, 0)
    np.testing.assert_allclose(shares(uncertain, top_k=2), two / two.sum(), atol=0.03)
    np.testing.assert_allclose(shares(uncertain, top_p=likely[order[0]] + 0.01), two / two.sum(), atol=0.03)
    first = (np.arange(4) == order[0]).astype(float)
    np.testing.assert_array_equal(shares(uncertain, top_p=likely[order[0]] - 0.01), first)
    np.testing.assert_array_equal(shares(uncertain, top_k=2, top_p=likely[order[0]] / two.sum() - 0.01), first)
    np.testing.assert_allclose(shares(uncertain, top_k=100, top_p=1.0), likely / likely.sum(), atol=0.03)


def test_a_text_ends_by_itself_or_when_it_is_long_enough_or_before_what_stops_it(lstm):
    texts = lstm.sample(20, length=100, random_state=0)
    assert max(map(len, texts)) < 100
    assert lstm.sample(prompt="ab", length=5, temperature=0)[0] == "abcdabc"
    assert lstm.sample(prompt="ab", length=9, temperature=0, stop="da")[0] == "abc"
    assert lstm.sample(prompt="ab", length=9, temperature=0, stop=["bcd", "da"])[0] == "abc"
    assert lstm.sample(prompt="ab", length=5, temperature=0, stop="x")[0] == "abcdabc"


def test_seeds_fix_what_is_drawn_whatever_the_batch(uncertain):
    texts = uncertain.sample(6, random_state=3, length=30)
    np.testing.assert_array_equal(uncertain.sample(6, random_state=3, length=30), texts)
    np.testing.assert_array_equal(uncertain.sample(2, random_state=3, length=30), texts[:2])
    assert len(set(texts)) > 1
    assert list(uncertain.sample(6, random_state=4, length=30)) != list(texts)
    mixed = uncertain.sample(prompt=["", "abcab", ""], random_state=3, length=30)
    assert mixed[0] == texts[0]
    assert mixed[2] == texts[2]
    assert list(uncertain.sample(20, length=30)) != list(uncertain.sample(20, length=30))


def test_prompts_of_any_lengths_in_one_call_are_those_alone(lstm):
    prompts = ["ab", "", "abcdabcda", "cd"]
    together = lstm.sample(2, prompt=prompts, length=6, temperature=0)
    alone = [lstm.sample(prompt=prompt, length=6, temperature=0)[0] for prompt in prompts]
    np.testing.assert_array_equal(together, np.repeat(alone, 2))
    np.testing.assert_array_equal(lstm.sample(2, prompt=pd.Series(prompts), length=6, temperature=0), together)


def test_a_transformer_goes_on_after_its_context(fitted):
    texts = fitted["transformer"].sample(3, prompt=["abc", "abcdabcdabcd" * 4, ""], length=50, random_state=0)
    again = fitted["transformer"].sample(3, prompt=["abc", "abcdabcdabcd" * 4, ""], length=50, random_state=0)
    np.testing.assert_array_equal(texts, again)
    assert texts[3].startswith("abcdabcdabcd" * 4)
    assert len({len(text) for text in texts}) > 1


def test_unknown_characters_are_read_but_never_written(lstm, uncertain):
    text = lstm.sample(prompt="aß", length=30, random_state=0)[0]
    assert text.startswith("aß")
    assert set(text[2:]) <= set("abcd")
    assert lstm.sample(prompt="aß", temperature=0)[0][2:] == lstm.sample(prompt="a?", temperature=0)[0][2:]
    model = TextGenerator(max_tokens=1, **SMALL | {"epochs": 4}, units=4).fit(["abcabcabc"] * 8)
    assert set("".join(model.sample(5, length=50, temperature=5.0, random_state=0))) <= {"a"}
    assert np.isfinite(lstm.score(["ß" * 5]))
    assert lstm.score(["ßßßß"]) < lstm.score(["abcd"])


def test_words_and_subwords():
    texts = ["the cat sat, a dog ran (fast)."] * 16
    settings = SMALL | {"learning_rate": 0.05, "context": 30, "dropout": 0.0}
    words = TextGenerator(level="word", units=16, **settings).fit(texts)
    assert words.sample(length=50, temperature=0)[0] == texts[0]
    assert words.sample(prompt="the cat sat, a", length=2, temperature=0)[0] == "the cat sat, a dog ran"
    assert words.sample(prompt="the cat sat, a ", length=2, temperature=0)[0] == "the cat sat, a dog ran"
    assert (
        "The Cat"
        not in TextGenerator(level="word", lowercase=True, **settings, units=4)
        .fit(["The Cat"] * 4)
        .sequencer_.vocabulary_
    )
    pytest.importorskip("tokenizers")
    settings |= {"learning_rate": 0.02, "epochs": 150}
    parts = TextGenerator(level="subword", units=32, max_tokens=30, **settings).fit(texts)
    assert parts.sample(prompt="the cat", length=50, temperature=0)[0] == texts[0]


def test_a_second_call_compiles_nothing(lstm, monkeypatch):
    traced = []
    original = Predictor._trace
    monkeypatch.setattr(Predictor, "_trace", lambda self: traced.append(self) or original(self))
    model = clone(lstm).set_params(context=13, epochs=1).fit(CYCLE)
    model.sample(prompt="ab", length=5)
    before = len(traced)
    model.sample(3, prompt="abcdabcd", length=17, temperature=0.3, top_k=2, top_p=0.9, random_state=0)
    model.sample(prompt=["a", "abcd"], length=2, temperature=0)
    clone(model).set_params(random_state=1, learning_rate=0.01).fit(CYCLE).sample()
    assert len(traced) == before


def test_folds_and_rates_share_a_program(lstm, monkeypatch):
    built = []
    original = Program.__init__
    monkeypatch.setattr(Program, "__init__", lambda self, *spec: built.append(self) or original(self, *spec))
    texts = [f"{text} {number}" for number, text in enumerate(CYCLE)]
    search = GridSearchCV(
        clone(lstm).set_params(units=7, epochs=2), {"learning_rate": [1e-9, 0.02], "dropout": [0.2, 0.3]}, cv=2
    )
    search.fit(texts)
    assert search.best_params_["learning_rate"] == 0.02
    assert len(built) == 1


def test_scikit_learn_manners(lstm):
    texts = np.array(CYCLE, dtype=object)
    model = clone(lstm).set_params(epochs=2)
    with pytest.raises(NotFittedError):
        model.sample()
    with pytest.raises(NotFittedError):
        model.score(texts)
    model.fit(texts)
    assert list(texts) == CYCLE
    again = clone(model).fit(pd.DataFrame({"text": CYCLE}))
    for one, other in zip(model.weights_, again.weights_, strict=True):
        np.testing.assert_array_equal(one, other)
    loaded = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(loaded.sample(4, random_state=0), model.sample(4, random_state=0))
    assert loaded.score(CYCLE) == model.score(CYCLE)


def test_a_failed_fit_changes_nothing(lstm):
    model = clone(lstm).set_params(epochs=1).fit(CYCLE)
    score = model.score(CYCLE)
    for X, error, message in (
        (["", " "], ValueError, "no token"),
        ("abc", TypeError, "one str"),
        ([1, 2], TypeError, "must hold strings only"),
    ):
        with pytest.raises(error, match=message):
            model.fit(X)
    with pytest.raises(TypeError, match="X_val must hold strings"):
        model.fit(["other"], X_val=[1])
    assert model.score(CYCLE) == score


def test_training_goes_on(lstm):
    model = clone(lstm).set_params(epochs=3)
    for _ in range(6):
        model.partial_fit(CYCLE)
    assert model.n_epochs_ == 6
    assert model.loss_curve_[-1] < model.loss_curve_[0]
    before = model.sequencer_
    model.partial_fit(["xyz"], epochs=2)
    assert model.sequencer_ is before
    model.set_params(warm_start=True).fit(CYCLE)
    assert model.n_epochs_ == 11
    assert model.sequencer_ is before
    with pytest.raises(ValueError, match="epochs must be an integer"):
        model.partial_fit(CYCLE, epochs=0)
    with pytest.raises(ValueError, match="does not support early_stopping"):
        model.set_params(early_stopping=True).partial_fit(CYCLE)


def test_early_stopping_keeps_the_best_weights(lstm):
    model = clone(lstm).set_params(early_stopping=True, n_iter_no_change=2, epochs=30, learning_rate=0.05)
    model.fit(CYCLE, X_val=["abcabd"])
    assert model.n_iter_ < 30
    assert -model.score(["abcabd"]) == pytest.approx(min(model.history_["val_loss"]), rel=1e-4)


def test_missing_texts_are_empty(lstm):
    with pytest.warns(UserWarning, match="1 of 3 texts in X are missing"):
        likelihoods = lstm.log_likelihood(["abcd", None, ""])
    assert likelihoods[1] == likelihoods[2]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"n_samples": 0}, ValueError, "'n_samples' parameter of sample"),
        ({"length": 0}, ValueError, "'length' parameter"),
        ({"temperature": -0.1}, ValueError, "'temperature' parameter"),
        ({"top_k": 0}, ValueError, "'top_k' parameter"),
        ({"top_p": 0.0}, ValueError, "'top_p' parameter"),
        ({"top_p": 1.1}, ValueError, "'top_p' parameter"),
        ({"stop": ""}, ValueError, "stop must be a string that is not empty"),
        ({"stop": [1]}, ValueError, "stop must be a string"),
        ({"random_state": "x"}, ValueError, "'random_state' parameter"),
        ({"prompt": 3}, TypeError, "prompt is a int"),
        ({"prompt": [3]}, TypeError, "prompt must hold strings"),
        ({"prompt": []}, ValueError, "prompt has no texts"),
    ],
    ids=str,
)
def test_bad_arguments_of_sample(lstm, arguments, error, message):
    with pytest.raises(error, match=message):
        lstm.sample(**arguments)


def test_bad_parameters():
    with pytest.raises(ValueError, match="units=6 cannot be shared by n_heads=4"):
        TextGenerator("transformer", units=6).fit(CYCLE)
    for wrong in ({"architecture": "rnn"}, {"level": "line"}, {"context": 0}, {"scoring": "accuracy"}):
        with pytest.raises(ValueError, match=f"The '{next(iter(wrong))}' parameter"):
            TextGenerator(**wrong).fit(CYCLE)


def test_the_keras_model_is_plain(fitted):
    for model in fitted.values():
        layers = model.model_._flatten_layers()
        assert not [layer for layer in layers if type(layer).__module__.startswith("skdeep") and layer.weights]
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert model.model_.predict(np.array([[2, 3]]), verbose=0).shape == (1, 2, _ended.n_ids(model.sequencer_))


def test_nets_are_built_for_decoding_without_lengths(lstm):
    built = state.build_models(lstm._net.spec, lstm._net.signature, dict.fromkeys(lstm._net.spec.numbers, 0.0)).models
    (model,) = built.values()
    assert [one.name for one in model.inputs] == ["X"]


@by_net
def test_parameters_that_are_set_after_the_fit_change_nothing(fitted, net):
    model = pickle.loads(pickle.dumps(fitted[net]))
    text = "abcdbcadacbdabcdabcdabcdbbcd"
    before = model.score([text]), model.sample(prompt=text, random_state=0)[0]
    other = "gru" if net == "transformer" else "transformer"
    model.set_params(context=3, architecture=other, level="word", lowercase=True)
    assert (model.score([text]), model.sample(prompt=text, random_state=0)[0]) == before
