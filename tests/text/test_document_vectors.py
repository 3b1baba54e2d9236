"""doc2vec: the same text always gets the same vector, and the vectors are those of gensim."""

import pickle
import sys

import numpy as np
import pytest
from gensim.models.doc2vec import Doc2Vec, TaggedDocument
from joblib import Parallel, delayed
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression

from skdeep.text import DocumentVectors
from skdeep.text._doc2vec import _inferred

by_method = pytest.mark.parametrize("method", ["dm", "dbow"])


def topics(seed, n=60):
    rng = np.random.default_rng(seed)
    animals, money = ["cat", "dog", "horse", "fur", "paw"], ["bank", "stock", "coin", "price", "loan"]
    words = [[*rng.choice(money if number % 2 else animals, 20), *rng.choice(["and", "the", "of"], 5)]
             for number in range(n)]  # fmt: skip
    return [" ".join(rng.permutation(row)) for row in words], np.arange(n) % 2


TEXTS, LABELS = topics(0)


@by_method
def test_the_model_that_is_put_together_again_is_gensims(method):
    fitted = DocumentVectors(12, method=method, random_state=0).fit(TEXTS)
    seed = np.random.RandomState(0).randint(2**31 - 1)
    texts = [TaggedDocument(text.split(), [number]) for number, text in enumerate(TEXTS)]
    theirs = Doc2Vec(
        texts, dm=int(method == "dm"), vector_size=12, window=5, min_count=2, epochs=50, seed=seed, workers=1
    )
    assert fitted.words_.tolist() == theirs.wv.index_to_key
    expected = [_inferred(theirs, text.split(), seed) for text in TEXTS]
    np.testing.assert_array_equal(fitted.transform(TEXTS), expected)


@by_method
def test_a_vector_depends_on_the_text_alone(method):
    model = DocumentVectors(8, method=method, random_state=0)
    fitted = clone(model).fit(TEXTS)
    whole = fitted.transform(TEXTS)
    np.testing.assert_array_equal(fitted.transform(TEXTS[::-1])[::-1], whole)
    np.testing.assert_array_equal(np.concatenate([fitted.transform([text]) for text in TEXTS]), whole)
    np.testing.assert_array_equal(clone(model).fit_transform(TEXTS), whole)
    np.testing.assert_array_equal(fitted.transform([TEXTS[3].upper()])[0], whole[3])
    parts = Parallel(n_jobs=4, backend="threading")(delayed(fitted.transform)(TEXTS) for _ in range(8))
    for part in parts:
        np.testing.assert_array_equal(part, whole)


@by_method
def test_pickles_hold_no_model_of_gensim(method):
    fitted = DocumentVectors(8, method=method, random_state=0).fit(TEXTS)
    expected = fitted.transform(TEXTS)
    stored = pickle.dumps(fitted)
    assert b"gensim" not in stored
    np.testing.assert_array_equal(pickle.loads(stored).transform(TEXTS), expected)


@by_method
@pytest.mark.parametrize("seed", range(3))
def test_vectors_tell_topics_apart(method, seed):
    texts, labels = topics(seed, 200)
    model = DocumentVectors(10, method=method, epochs=80, random_state=seed).fit(texts[:150])
    classifier = LogisticRegression(C=100).fit(model.transform(texts[:150]), labels[:150])
    assert classifier.score(model.transform(texts[150:]), labels[150:]) > 0.9


def test_seeds():
    one, same, other = (DocumentVectors(8, random_state=seed).fit_transform(TEXTS) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, same)
    assert not np.allclose(one, other)


def test_texts_without_a_known_word_are_zeros_and_unknown_words_are_passed_over():
    fitted = DocumentVectors(8, random_state=0).fit(TEXTS)
    vectors = fitted.transform(["", "nothing known", "cat dog", "cat nothing dog"])
    np.testing.assert_array_equal(vectors[:2], 0.0)
    np.testing.assert_array_equal(vectors[2], vectors[3])
    assert vectors[2].any()


@pytest.mark.parametrize(
    ("parameters", "X", "message"),
    [
        ({"min_count": 9_999}, TEXTS, "No word of X occurs min_count=9999 times"),
        ({}, ["", " "], "X has no word"),
        ({}, [], "X has no texts"),
        ({"method": "dv"}, TEXTS, "The 'method' parameter"),
        ({"vector_size": 0}, TEXTS, "The 'vector_size' parameter"),
    ],
)
def test_what_is_refused_leaves_a_fitted_model_as_it_was(parameters, X, message):
    fitted = DocumentVectors(8, random_state=0).fit(TEXTS)
    before = fitted.transform(TEXTS)
    with pytest.raises(ValueError, match=message):
        fitted.set_params(**parameters).fit(X)
    np.testing.assert_array_equal(fitted.transform(TEXTS), before)


def test_without_gensim(monkeypatch):
    monkeypatch.setitem(sys.modules, "gensim", None)
    with pytest.raises(ImportError, match=r'pip install "scikit-deep\[text\]"'):
        DocumentVectors().fit(TEXTS)
    with pytest.raises(TypeError, match="decode them first"):
        DocumentVectors().fit([b"cat"])
