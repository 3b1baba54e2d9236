"""The vectors of categories that nets for tables have learned, as frames."""

import dataclasses
import pickle

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.exceptions import NotFittedError

from skdeep.tabular import TabularClassifier, TabularRegressor
from skdeep.tabular.architectures import MLP, FTTransformer, RealMLP, ResNet, TabM, WideDeep

RANDOM = np.random.default_rng(0)
CITIES = [f"c{number:02d}" for number in range(12)]
X = pd.DataFrame(
    {
        "flag": RANDOM.choice(["x", "y"], 234),
        "city": RANDOM.permutation(np.repeat(CITIES, np.arange(14, 26))),
        "size": RANDOM.normal(size=234),
        "shop": RANDOM.choice([*[f"s{number}" for number in range(9)], None], 234),
    }
)[["flag", "city", "size", "shop"]]
X.loc[:1, "city"] = "rare"
y = RANDOM.integers(0, 2, 234)
NETS = [RealMLP((8,)), TabM(2, width=8), ResNet(width=8), FTTransformer(1, width=8), WideDeep((8,)), MLP((8,))]
of_all_nets = pytest.mark.parametrize("net", NETS, ids=lambda net: net._name)


def fitted(net, n_estimators=1, **parameters):
    model = TabularClassifier(net, n_estimators=n_estimators, epochs=1, early_stopping=False, random_state=0)
    return model.set_params(**parameters).fit(X, y)


@pytest.mark.parametrize(
    ("net", "n_estimators"), [(NETS[0], 1), *((net, 2) for net in NETS)], ids=lambda one: getattr(one, "_name", one)
)
def test_vectors_are_what_the_net_adds_for_a_category(net, n_estimators):
    """The layer that looks vectors up, called in the model of the first net, is the oracle."""
    model = fitted(net, n_estimators)
    vectors = model.category_embeddings_
    assert list(vectors) == ["city", "shop"]
    frequent = X["city"].value_counts()
    assert set(vectors["city"].index[:-1]) == set(CITIES)
    assert frequent[vectors["city"].index[0]] == frequent.max()
    assert vectors["city"].index.name == "city"
    assert vectors["shop"].index.isna().sum() == 1

    layer = lookup(model)
    encoded = model._net.inputs.encode(model._net.inputs.validate(model, X, reset=False), model._net.signature)
    ids = encoded["categories"]
    ids = np.broadcast_to(ids, (n_estimators, *ids.shape)) if net._name == "realmlp" else ids
    computed = np.asarray(layer(ids))
    computed = computed[0] if net._name == "realmlp" else computed
    computed = computed.reshape(len(X), 2, -1)
    for number, name in enumerate(vectors):
        index = X[name].where(X[name] != "rare", "(other)")
        places = [vectors[name].index.get_loc(one) for one in index.where(index.notna(), np.nan)]
        assert_allclose(vectors[name].to_numpy()[places], computed[:, number], rtol=1e-6)


def lookup(model):
    """Return the layer of the first net that looks vectors up."""
    from skdeep._estimator.keras_model import network

    (layer,) = [one for one in network(model).layers if one.name in ("vectors", "category_embedding")]
    return layer


def test_columns_of_few_values_have_vectors_if_they_are_asked_for():
    model = fitted(MLP((8,)), most_one_hot=0)
    assert list(model.category_embeddings_) == ["flag", "city", "shop"]
    assert sorted(model.category_embeddings_["flag"].index) == ["(other)", "x", "y"]
    assert list(fitted(MLP((8,)), most_one_hot=12).category_embeddings_) == ["city"]


def test_a_table_without_categories_has_no_vectors():
    model = TabularRegressor(MLP((4,)), epochs=1, random_state=0).fit(X[["size"]], y + 0.5)
    assert model.category_embeddings_ == {}


def test_columns_without_names_have_numbers():
    model = TabularClassifier(MLP((4,)), epochs=1, categorical_features=[1], random_state=0)
    numbers = np.column_stack([X["size"], X["city"].factorize()[0]])
    vectors = model.fit(numbers, y).category_embeddings_
    assert list(vectors) == [1]
    assert set(vectors[1].index[:-1]) <= set(range(13))


def test_an_unpickled_net_has_the_same_vectors():
    model = fitted(RealMLP((4,)))
    again = pickle.loads(pickle.dumps(model))
    pd.testing.assert_frame_equal(model.category_embeddings_["city"], again.category_embeddings_["city"])


def test_the_deviation_of_the_start_is_a_parameter():
    large, small = (fitted(MLP((4,), category_deviation=one), learning_rate=1e-9) for one in (1.0, 0.01))
    assert_allclose(small.category_embeddings_["city"], large.category_embeddings_["city"] / 100, atol=1e-5)


def test_there_are_none_before_a_fit():
    with pytest.raises(NotFittedError):
        TabularClassifier().category_embeddings_  # noqa: B018


def test_there_are_none_while_a_fit_goes_on():
    """What callbacks of scikit-learn are shown after an epoch does not know the weights by their paths yet."""
    model = fitted(MLP((4,)))
    assert "category_embeddings_" in dir(model)
    model._net = dataclasses.replace(model._net, paths=())
    assert "category_embeddings_" not in dir(model)


def test_a_model_that_goes_on_learning_shows_new_vectors():
    model = TabularClassifier(MLP((4,)), random_state=0).partial_fit(X, y, classes=[0, 1])
    before = model.category_embeddings_["city"]
    after = model.partial_fit(X, y).category_embeddings_["city"]
    assert_array_equal(before.index, after.index)
    assert not np.allclose(before, after)
