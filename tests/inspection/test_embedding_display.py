"""Points of codes: where they are, and their colours."""

import sys

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator
from sklearn.datasets import load_iris
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdeep.decomposition import Autoencoder
from skdeep.inspection import EmbeddingDisplay
from skdeep.tabular import EntityEmbedder, TabularClassifier
from skdeep.tabular.architectures import MLP

X, LABELS = load_iris(return_X_y=True)


def test_codes_of_two_numbers_are_the_points_in_the_colours_of_their_classes():
    model = Autoencoder(2, epochs=2, random_state=0).fit(X)
    display = EmbeddingDisplay.from_estimator(model, X, LABELS, display_labels=["a", "b", "c"])
    codes = model.transform(X)
    for number, scatter in enumerate(display.scatters_):
        assert_allclose(scatter.get_offsets(), codes[number == LABELS])
    assert len({tuple(scatter.get_facecolor()[0]) for scatter in display.scatters_}) == 3
    assert [text.get_text() for text in display.legend_.get_texts()] == ["a", "b", "c"]
    assert display.ax_.get_xlabel() == "first number of the code"


def test_longer_codes_are_seen_along_their_principal_components():
    pipeline = make_pipeline(StandardScaler()).fit(X)
    display = EmbeddingDisplay.from_estimator(pipeline, X)
    codes = pipeline.transform(X)
    pca = PCA(2).fit(codes)
    assert_allclose(np.abs(display.scatters_[0].get_offsets()), np.abs(pca.transform(codes)), atol=1e-8)
    assert display.ax_.get_xlabel() == f"first component of the codes ({pca.explained_variance_ratio_[0]:.0%})"
    assert display.legend_ is display.colorbar_ is None


@pytest.mark.parametrize("y", [X[:, 0], np.arange(150)], ids=["fractions", "many integers"])
def test_numbers_have_a_scale_of_colours(y):
    display = EmbeddingDisplay.from_codes(X[:, :2], y)
    assert_array_equal(display.scatters_[0].get_array(), y)
    assert display.colorbar_ is not None


def test_it_is_drawn_where_and_how_the_caller_wants_it():
    import matplotlib.pyplot as plt

    ax = plt.subplots()[1]
    display = EmbeddingDisplay.from_codes(X[:, :2], np.where(LABELS > 0, "x", "y"), ax=ax, scatter_kw={"s": 3})
    assert display.ax_ is ax
    assert display.scatters_[0].get_sizes().tolist() == [3]
    assert display.plot().ax_ is not ax


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((X[:, :1],), "1 feature"),
        ((np.full((3, 2), np.nan),), "contains NaN"),
        ((X, LABELS[:-1]), "inconsistent numbers of samples"),
        ((X, LABELS, ["a"]), "display_labels has 1 names, but y has 3 different values"),
        ((X, X[:, 0], ["a"]), "display_labels has 1 names, but y has 35"),
    ],
    ids=["one number", "nan", "lengths", "few names", "names of numbers"],
)
def test_what_does_not_fit_is_refused(arguments, message):
    codes, *rest = arguments
    options = dict(zip(("y", "display_labels"), rest, strict=False))
    with pytest.raises(ValueError, match=message):
        EmbeddingDisplay.from_codes(codes, **options)


def test_estimators_that_make_no_codes_are_refused():
    with pytest.raises(TypeError, match="GaussianNB has no transform"):
        EmbeddingDisplay.from_estimator(GaussianNB().fit(X, LABELS), X)
    with pytest.raises(NotFittedError):
        EmbeddingDisplay.from_estimator(Autoencoder(), X)


def test_without_matplotlib_nothing_is_computed(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(ImportError, match=r"EmbeddingDisplay\.from_estimator needs matplotlib"):
        EmbeddingDisplay.from_estimator(None, X)


class Learned(BaseEstimator):
    """Has vectors of categories, the most frequent first and that of all other values last."""

    def __init__(self, **vectors):
        self.category_embeddings_ = vectors

    def fit(self, X, y=None):
        return self

    def __sklearn_is_fitted__(self):
        return bool(self.category_embeddings_)


CITIES = pd.DataFrame(X[:6], index=["a", "b", np.nan, "d", 5, "(other)"])


def test_categories_have_their_names_beside_their_points():
    display = EmbeddingDisplay.from_categories(Learned(city=CITIES[[0, 1]], shop=CITIES), "city", n_labels=3)
    assert_allclose(display.scatters_[0].get_offsets(), X[:5, :2])  # not those of all other values
    assert [text.get_text() for text in display.texts_] == ["a", "b", "missing"]
    assert_allclose([text.xy for text in display.texts_], X[:3, :2])
    assert display.legend_ is None


def test_long_vectors_of_categories_are_seen_along_their_principal_components():
    display = EmbeddingDisplay.from_categories(Learned(city=CITIES))
    pca = PCA(2).fit(X[:5])
    assert_allclose(np.abs(display.scatters_[0].get_offsets()), np.abs(pca.transform(X[:5])), atol=1e-8)
    share = pca.explained_variance_ratio_[1]
    assert display.ax_.get_ylabel() == f"second component of the vectors of city ({share:.0%})"
    assert [text.get_text() for text in display.texts_] == ["a", "b", "missing", "d", "5"]


def test_vectors_of_a_fitted_net_are_drawn():
    table = pd.DataFrame({"kind": np.array(["u", "v", "w"])[LABELS], "size": X[:, 0]})
    net = TabularClassifier(MLP((4,)), epochs=1)
    model = EntityEmbedder(dim=2, estimator=net, random_state=0).fit(table, LABELS)
    display = EmbeddingDisplay.from_categories(model, "kind")
    assert_allclose(display.scatters_[0].get_offsets(), model.category_embeddings_["kind"].iloc[:-1])


@pytest.mark.parametrize(
    ("estimator", "column", "error", "message"),
    [
        (GaussianNB().fit(X, LABELS), "city", TypeError, "GaussianNB has no category_embeddings_"),
        (Learned(city=CITIES), "shop", ValueError, r"one of those that have vectors, \['city'\], got 'shop'"),
        (Learned(city=CITIES, shop=CITIES), None, ValueError, r"\['city', 'shop'\], got None"),
        (Learned(city=CITIES[[0]]), None, ValueError, "'city' has 5 categories with vectors of their own, of 1 numb"),
        (Learned(city=CITIES[4:]), None, ValueError, "'city' has 1 categories"),
        (Learned(), None, NotFittedError, "not fitted"),
    ],
    ids=["no vectors", "another column", "two columns", "one number", "one category", "not fitted"],
)
def test_what_has_no_vectors_of_categories_is_refused(estimator, column, error, message):
    with pytest.raises(error, match=message):
        EmbeddingDisplay.from_categories(estimator, column)
