"""TF-IDF as scikit-learn computes it, selection by its statistics, components by its decomposition."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.feature_selection import chi2, f_classif, f_regression

from skdeep.text import TextFeatures
from skdeep.text import _features as module

TEXTS = ["a good film", "a bad film", "good music, very good", "bad music", "good film music", "no film at all"]
LABELS = np.array([1, 0, 1, 0, 1, 0])


def words(ngrams=(1, 2), **parameters):
    return TextFeatures(ngrams, char_ngrams=None, **parameters)


def test_words_are_those_of_scikit_learn():
    expected = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, dtype=np.float32).fit(TEXTS)
    features = words().fit(TEXTS)
    found = features.transform(TEXTS)
    assert sparse.issparse(found)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found.toarray(), expected.transform(TEXTS).toarray())
    np.testing.assert_array_equal(features.get_feature_names_out(), expected.get_feature_names_out())


def test_runs_of_characters_stand_beside_words():
    features = TextFeatures((1, 1), char_ngrams=(3, 3)).fit(TEXTS)
    both = [
        TfidfVectorizer(sublinear_tf=True, dtype=np.float32).fit_transform(TEXTS),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 3), sublinear_tf=True, dtype=np.float32).fit_transform(
            TEXTS
        ),
    ]
    np.testing.assert_array_equal(features.transform(TEXTS).toarray(), sparse.hstack(both).toarray())
    assert "char:fil" in features.get_feature_names_out()


def test_runs_of_characters_are_left_out_of_long_corpora(monkeypatch):
    assert any(term.startswith("char:") for term in TextFeatures().fit(TEXTS).terms_)
    monkeypatch.setattr(module, "_CHARACTERS", sum(map(len, TEXTS)) - 1)
    assert not any(term.startswith("char:") for term in TextFeatures().fit(TEXTS).terms_)


def test_of_many_texts_two_must_have_a_run_of_characters():
    texts = [*["common"] * 100, "rare"]
    assert not any("rar" in term for term in TextFeatures(None, char_ngrams=(3, 3)).fit(texts).terms_)


@pytest.mark.parametrize(
    ("selection", "y", "statistic"),
    [
        ("f_classif", LABELS, lambda X: f_classif(X, LABELS)[0]),
        ("f_classif", LABELS.astype(str), lambda X: f_classif(X, LABELS)[0]),
        ("chi2", LABELS, lambda X: chi2(X, LABELS)[0]),
        ("f_classif", LABELS + 0.5, lambda X: f_regression(X, LABELS + 0.5)[0]),
        ("chi2", np.arange(6) / 4, lambda X: chi2(X, [0, 0, 0, 1, 1, 1])[0]),
        (
            "f_classif",
            np.stack([LABELS, [1, 1, 0, 0, 0, 0]], axis=1),
            lambda X: np.maximum(f_classif(X, LABELS)[0], f_classif(X, [1, 1, 0, 0, 0, 0])[0]),
        ),
        ("f_classif", None, lambda X: (X > 0).sum(axis=0)),
    ],
    ids=["classes", "names", "chi2", "numbers", "chi2 of numbers", "labels", "no y"],
)
def test_selection_keeps_the_terms_that_tell_most(selection, y, statistic):
    everything = words((1, 1)).fit(TEXTS)
    values = np.nan_to_num(statistic(everything.transform(TEXTS).toarray()), nan=-1)
    best = np.sort(np.argsort(-values, kind="stable")[:3])
    features = words((1, 1), selection=selection, n_selected=3).fit(TEXTS, y)
    np.testing.assert_array_equal(features.terms_, everything.terms_[best])
    np.testing.assert_array_equal(features.transform(TEXTS).toarray(), everything.transform(TEXTS).toarray()[:, best])


def test_components_are_those_of_the_truncated_decomposition():
    features = words(n_components=2, random_state=0).fit(TEXTS)
    counted = words().fit_transform(TEXTS).astype(np.float64)
    left, values, _ = np.linalg.svd(counted.toarray())
    np.testing.assert_allclose(np.abs(features.transform(TEXTS)), np.abs(left[:, :2] * values[:2]), atol=1e-4)
    assert features.get_feature_names_out().tolist() == ["textfeatures0", "textfeatures1"]
    (term, weight), *_ = features.top_terms(0)
    assert abs(weight) == pytest.approx(
        np.abs(TruncatedSVD(1, random_state=0).fit(counted).components_).max(), rel=1e-3
    )
    assert term in features.terms_


def test_components_are_asked_for_terms_only_where_there_are_some():
    assert not hasattr(words().fit(TEXTS), "top_terms")
    assert len(words(n_components=2).fit(TEXTS).top_terms(1, 3)) == 3


def test_a_text_without_known_terms_has_zeros():
    features = words().fit(TEXTS)
    assert features.transform(["unknown words", ""]).nnz == 0


@pytest.mark.parametrize(
    ("parameters", "texts", "message"),
    [
        ({"min_df": 7}, TEXTS, "min_df"),
        ({"min_df": 3, "word_ngrams": (2, 2)}, TEXTS, "no terms remain"),
        ({}, ["a", "b"], "empty vocabulary"),
        ({"word_ngrams": None}, TEXTS, "leave no terms"),
        ({"word_ngrams": (2, 1)}, TEXTS, "word_ngrams must be the shortest run and the longest"),
        ({"word_ngrams": (1, 1.5)}, TEXTS, "word_ngrams must be"),
        ({"char_ngrams": (0, 2)}, TEXTS, "char_ngrams must be"),
        ({"n_components": 7}, TEXTS, "n_components=7 is too much for 6 texts with 18 terms"),
        ({"selection": "mutual"}, TEXTS, "selection"),
    ],
    ids=str,
)
def test_what_leaves_no_features_is_refused(parameters, texts, message):
    with pytest.raises(ValueError, match=message):
        TextFeatures(**{"char_ngrams": None, **parameters}).fit(texts, [0, 1] * (len(texts) // 2))
