"""Vectors from a model of one's own: each text is encoded once, and what comes out is looked at."""

import copy
import gc
import pickle
import weakref

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline

from skdeep.text import SentenceEncoder

TEXTS = [f"{word} {number}" for number in range(12) for word in ("good", "bad")]
LABELS = np.array([1, 0] * 12)


class Model:
    """Counts letters, and how it is called."""

    def __init__(self, dtype=np.float32):
        self.dtype, self.calls = dtype, []

    def encode(self, texts):
        assert type(texts) is list
        self.calls.append(list(texts))
        return np.array([[len(text), text.count("o"), text.count("a")] for text in texts], dtype=self.dtype)

    @property
    def encoded(self):
        return [text for call in self.calls for text in call]


def letters(texts):
    return Model().encode(texts)


def test_vectors_are_those_of_the_model_in_order():
    expected = Model().encode(TEXTS)
    for encoder in (Model(), letters):
        vectors = SentenceEncoder(encoder).fit(TEXTS).transform([*TEXTS[::-1], TEXTS[0]])
        np.testing.assert_array_equal(vectors, [*expected[::-1], expected[0]])
        assert vectors.dtype == np.float32
    assert SentenceEncoder(Model(np.float64)).fit_transform(TEXTS).dtype == np.float64
    assert SentenceEncoder(lambda texts: letters(texts).tolist()).fit_transform(TEXTS).dtype == np.float64
    assert SentenceEncoder(Model(np.float16)).fit_transform(TEXTS).dtype == np.float32
    assert SentenceEncoder(letters).fit(TEXTS).get_feature_names_out()[-1] == "sentenceencoder2"


def test_a_cross_validation_encodes_each_text_once():
    model = Model()
    pipeline = make_pipeline(SentenceEncoder(model), LogisticRegression())
    for seed in range(2):
        folds = StratifiedKFold(4, shuffle=True, random_state=seed)
        assert cross_val_score(pipeline, TEXTS, LABELS, cv=folds).min() == 1.0
    assert sorted(model.encoded) == sorted(TEXTS)


def test_a_search_encodes_each_text_once():
    model = Model()
    pipeline = make_pipeline(SentenceEncoder(model), LogisticRegression())
    search = GridSearchCV(pipeline, {"logisticregression__C": [0.1, 1.0, 10.0]}, cv=3).fit(TEXTS, LABELS)
    search.predict([*TEXTS, "new"])
    assert sorted(model.encoded) == sorted([*TEXTS, "new"])


def test_a_search_over_functions_encodes_each_text_once_by_each():
    models = Model(), Model(np.float64)
    encoders = [lambda texts: models[0].encode(texts), lambda texts: models[1].encode(texts)]
    pipeline = make_pipeline(SentenceEncoder(encoders[0]), LogisticRegression())
    GridSearchCV(pipeline, {"sentenceencoder__encoder": encoders}, cv=3).fit(TEXTS, LABELS)
    for model in models:
        assert sorted(model.encoded) == sorted(TEXTS)


def test_vectors_go_with_their_encoder():
    encoder, models = SentenceEncoder(Model()), [Model(), Model()]
    references = [weakref.ref(model) for model in models]
    for model in models:
        encoder.set_params(encoder=model).fit_transform(TEXTS)
    encoder.set_params(encoder=letters).fit(TEXTS)
    del model, models[:]
    gc.collect()
    assert [reference() for reference in references] == [None, None]
    assert len(encoder.fit(TEXTS)._memory()._kept) == 1


def test_an_encoder_without_weak_references():
    class Slotted:
        __slots__ = ()

        def encode(self, texts):
            return letters(texts)

    encoder = SentenceEncoder(Slotted())
    np.testing.assert_array_equal(clone(encoder).fit_transform(TEXTS), letters(TEXTS))


def test_texts_that_come_twice_and_batches():
    model = Model()
    encoder = SentenceEncoder(model, batch_size=4).fit(["a"])
    encoder.transform(["a", "b", "b", "c", "d", "e", "f", "c"])
    assert model.calls == [["a"], ["b", "c", "d", "e"], ["f"]]


def test_without_cache():
    model = Model()
    encoder = SentenceEncoder(model, cache=False).fit(TEXTS)
    for _ in range(2):
        np.testing.assert_array_equal(encoder.transform(TEXTS), letters(TEXTS))
    assert len(model.encoded) == 2 * len(TEXTS) + 1


def test_what_is_returned_is_not_what_is_remembered():
    encoder = SentenceEncoder(letters).fit(TEXTS)
    encoder.transform(TEXTS)[:] = -1.0
    np.testing.assert_array_equal(encoder.transform(TEXTS), letters(TEXTS))
    kept = np.ones((1, 2))
    encoder = SentenceEncoder(lambda texts: kept).fit(["a"])
    kept[:] = 5.0
    np.testing.assert_array_equal(encoder.transform(["a"]), 1.0)


def test_clones_share_the_model_and_what_it_computed():
    model = Model()
    encoder = SentenceEncoder(model)
    one, other = clone(encoder), clone(clone(encoder))
    one.fit(TEXTS).transform(TEXTS)
    assert one.encoder is other.encoder is model
    assert not hasattr(other, "vector_size_")
    with pytest.raises(NotFittedError):
        other.transform(TEXTS)
    other.fit(TEXTS).transform(TEXTS)
    assert sorted(model.encoded) == sorted(TEXTS)


def test_another_model_starts_anew():
    encoder = SentenceEncoder(letters).fit(TEXTS)
    first = encoder.transform(TEXTS)
    second = encoder.set_params(encoder=lambda texts: 2 * letters(texts)).fit(TEXTS).transform(TEXTS)
    np.testing.assert_array_equal(second, 2 * first)
    np.testing.assert_array_equal(clone(encoder).fit(TEXTS).transform(TEXTS), second)


def test_pickles_and_copies_leave_out_what_is_remembered():
    encoder = SentenceEncoder(letters).fit(TEXTS)
    small = len(pickle.dumps(encoder))
    encoder.transform(TEXTS)
    assert len(pickle.dumps(encoder)) == small
    for copied in (pickle.loads(pickle.dumps(encoder)), copy.deepcopy(encoder)):
        np.testing.assert_array_equal(copied.transform(TEXTS), letters(TEXTS))


@pytest.mark.parametrize(
    ("result", "message"),
    [
        ([1.0, 2.0], r"one row for each of 1 texts, got an array of the shape \(2,\)"),
        ([[1.0], [2.0]], r"one row for each of 1 texts, got an array of the shape \(2, 1\)"),
        ([[]], r"got an array of the shape \(1, 0\)"),
        ([[1.0, np.nan]], "row 0 of 1 has NaN or infinity"),
        ([[2, -np.inf]], "row 0 of 1 has NaN or infinity"),
        ([["a"]], "array of numbers: got the type <U1"),
        (None, "array of numbers: got the type object"),
        ([[1.0], [1.0, 2.0]], "array of numbers"),
    ],
)
def test_bad_results(result, message):
    with pytest.raises(ValueError, match=message):
        SentenceEncoder(lambda texts: result).fit(["a"])


def test_the_width_stays_the_same():
    encoder = SentenceEncoder(lambda texts: np.ones((len(texts), len(texts[0])))).fit(["ab"])
    with pytest.raises(ValueError, match="always return 2 numbers a text as at first, got 3"):
        encoder.transform(["ab", "abc"])
    with pytest.raises(ValueError, match="always return 2 numbers"):
        clone(encoder).fit(["abc"])
    with pytest.raises(ValueError, match="always return 2 numbers"):
        encoder.set_params(cache=False).transform(["abc"])
    np.testing.assert_array_equal(encoder.set_params(cache=True).transform(["ab"]), [[1.0, 1.0]])


def test_what_is_refused():
    with pytest.raises(TypeError, match=r"not its name: load it first, as in SentenceTransformer\('all-MiniLM'\)"):
        SentenceEncoder("all-MiniLM").fit(TEXTS)
    with pytest.raises(ValueError, match="The 'encoder' parameter"):
        SentenceEncoder(3).fit(TEXTS)
    with pytest.raises(ValueError, match="The 'batch_size' parameter"):
        SentenceEncoder(letters, batch_size=0).fit(TEXTS)
    with pytest.raises(TypeError, match="decode them first"):
        SentenceEncoder(letters).fit([b"a"])
    with pytest.raises(TypeError, match="missing 1 required positional argument"):
        SentenceEncoder()


def test_missing_texts_are_empty_ones():
    with pytest.warns(UserWarning, match="1 of 2 texts in X are missing"):
        encoder = SentenceEncoder(letters).fit(["a", None])
    with pytest.warns(UserWarning, match="missing"):
        np.testing.assert_array_equal(encoder.transform([None]), [[0.0, 0.0, 0.0]])


def test_a_failure_in_between_keeps_what_was_computed():
    calls = []

    def failing(texts):
        calls.append(texts)
        if "bad 1" in texts and len(calls) < 4:
            raise RuntimeError("out of memory")
        return letters(texts)

    encoder = SentenceEncoder(failing, batch_size=2).fit(TEXTS)
    with pytest.raises(RuntimeError, match="out of memory"):
        encoder.transform(TEXTS[:4])
    np.testing.assert_array_equal(encoder.transform(TEXTS[:4]), letters(TEXTS[:4]))
    assert calls == [TEXTS[:1], TEXTS[1:3], TEXTS[3:4], TEXTS[3:4]]
