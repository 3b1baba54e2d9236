"""Learned vectors of categories as columns for any estimator."""

import pickle

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.spatial.distance import pdist
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.decomposition import PCA
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, TargetEncoder
from sklearn.utils.estimator_checks import parametrize_with_checks

import skdeep
from skdeep.tabular import EntityEmbedder, TabularClassifier, TabularRegressor
from skdeep.tabular.architectures import MLP, RealMLP

RANDOM = np.random.default_rng(0)
N_CITIES = 40
PLACES = RANDOM.uniform(-1, 1, (N_CITIES, 2))  # what nobody sees
CITY, SIZE = RANDOM.integers(0, N_CITIES, 1600), RANDOM.normal(size=1600)
X = pd.DataFrame({"size": SIZE, "city": np.array([f"c{number:02d}" for number in range(N_CITIES)])[CITY]})
y = np.sin(2 * PLACES[CITY, 0]) + PLACES[CITY, 1] * SIZE + RANDOM.normal(0, 0.1, 1600)

SMALL = RANDOM.choice(["a", "b", "c", "d", None], 120)
TABLE = pd.DataFrame(
    {
        "kind": SMALL,
        "size": RANDOM.normal(size=120),
        "month": RANDOM.integers(1, 13, 120),
        "note": RANDOM.choice(["x", "y"], 120),
    }
)
LABELS = RANDOM.integers(0, 2, 120)
NET = TabularClassifier(MLP((8,), category_deviation=0.01), epochs=2)


def small(*columns, **parameters):
    return EntityEmbedder(*columns, **({"estimator": NET, "random_state": 0} | parameters))


@pytest.fixture(scope="module")
def cities():
    """An embedder that has learned where cities are."""
    return EntityEmbedder(random_state=0).fit(X[:1200], y[:1200])


@parametrize_with_checks([small([0], estimator=TabularClassifier(MLP((8,), dropout=0.0), epochs=20))])
def test_scikit_learn_checks_with_a_column_to_replace(estimator, check):
    check(estimator)


# -- what is learned --------------------------------------------------------------------------------------------------


def test_distances_of_vectors_are_those_of_the_hidden_places(cities):
    vectors = cities.category_embeddings_["city"].sort_index().iloc[1:]
    assert list(vectors.index) == sorted(set(X["city"]))
    assert np.corrcoef(pdist(vectors), pdist(PLACES))[0, 1] > 0.8
    shares = vectors.var() / vectors.var().sum()
    assert shares[:2].sum() > 0.8


@pytest.mark.parametrize(
    "model",
    [HistGradientBoostingRegressor(random_state=0), make_pipeline(StandardScaler(), KNeighborsRegressor())],
    ids=["boosting", "neighbours"],
)
def test_estimators_that_follow_know_more_than_with_the_mean_target(cities, model):
    """The mean target of a city cannot say what its size is worth."""
    means = make_column_transformer((TargetEncoder(), ["city"]), remainder="passthrough")
    scores = {
        made: model.fit(made.transform(X[:1200]), y[:1200]).score(made.transform(X[1200:]), y[1200:])
        for made in (cities, means.fit(X[:1200], y[:1200]))
    }
    assert scores[cities] > scores[means] + 0.1


@pytest.mark.parametrize("n_estimators", [1, 3])
@pytest.mark.parametrize("net", [MLP((8,)), RealMLP((8,))], ids=["mlp", "realmlp"])
def test_vectors_are_the_principal_components_of_those_of_the_net(net, n_estimators):
    estimator = TabularClassifier(net, n_estimators=n_estimators, epochs=2)
    embedder = small(["month"], dim=20, remainder="drop", estimator=estimator).fit(TABLE, LABELS)
    inner, vectors = embedder.estimator_, embedder.transform(TABLE)
    raw = raw_vectors(inner, "month", TABLE["month"])
    assert_allclose(pdist(vectors), pdist(raw) / np.sqrt(n_estimators), rtol=1e-4, atol=1e-9)
    held = PCA().fit(raw / np.sqrt(n_estimators))
    counted = np.sqrt(held.explained_variance_[: vectors.shape[1]])
    kept = counted > 1e-6
    assert_allclose(vectors.std(axis=0, ddof=1)[kept], counted[kept], rtol=0.2)


def raw_vectors(model, name, values):
    """Return the vectors of values of a column, those of all nets end to end, looked up in the weights."""
    inputs, parts = model._net.inputs, []
    first = sum(inputs.category_sizes[: inputs.sources["categories"].index(name)])
    known = inputs.categories_of(name)
    rows = [first + (known.index(value) + 1 if value in known else 0) for value in values]
    for path, array in zip(model._net.paths, model.weights_, strict=True):
        if path in ("vectors/embeddings", "category_embedding/embeddings"):
            parts += [table[rows] for table in (array if array.ndim == 3 else [array])]
    return np.concatenate(parts, axis=1)


def test_axes_are_uncorrelated_over_the_training_rows_and_the_first_says_most():
    net = TabularClassifier(MLP((8,)), epochs=1, early_stopping=False)
    vectors = small(["month"], dim=4, remainder="drop", estimator=net).fit_transform(TABLE, LABELS)
    assert_allclose(vectors.mean(axis=0), 0, atol=1e-6)
    covariance = np.cov(vectors.T)
    assert_allclose(covariance, np.diag(np.diag(covariance)), atol=1e-6)
    assert_array_equal(np.argsort(-np.diag(covariance)), range(4))


def test_labels_and_numbers_decide_on_the_net():
    columns = TABLE[["kind", "size"]]
    assert isinstance(EntityEmbedder(random_state=0).fit(columns, LABELS).estimator_, TabularClassifier)
    assert isinstance(EntityEmbedder(random_state=0).fit(columns, TABLE["size"]).estimator_, TabularRegressor)
    counts = small(estimator=TabularRegressor(MLP((4,)), epochs=1)).fit(columns, TABLE["month"])
    assert isinstance(counts.estimator_, TabularRegressor)


def test_rows_of_weight_zero_are_not_there():
    half, weight = TABLE.index < 60, np.where(TABLE.index < 60, 1.0, 0.0)
    embedder = small(["kind", "month"], remainder="drop", estimator=clone(NET).set_params(early_stopping=False))
    weighted = clone(embedder).fit(TABLE, LABELS, sample_weight=weight).transform(TABLE)
    assert_allclose(weighted, embedder.fit(TABLE[half], LABELS[half]).transform(TABLE), rtol=1e-4, atol=1e-6)


# -- which columns, and what becomes of them ---------------------------------------------------------------------------


def test_vectors_stand_where_the_column_stood():
    out = small().fit(TABLE, LABELS)
    # kind: four values and what is missing; note: two values. Half of that, rounded up.
    expected = ["kind_0", "kind_1", "kind_2", "size", "month", "note_0"]
    assert_array_equal(out.get_feature_names_out(), expected)
    assert list(out.category_embeddings_) == ["kind", "note"]
    made = out.transform(TABLE)
    assert made.dtype == np.float64
    assert_array_equal(made[:, 3:5], TABLE[["size", "month"]])


@pytest.mark.parametrize("columns", [["month"], [2], [False, False, True, False]], ids=["names", "numbers", "mask"])
def test_columns_by_name_number_or_mask_whatever_they_hold(columns):
    embedder = small(columns, dim=3).fit(TABLE, LABELS)
    assert list(embedder.category_embeddings_) == ["month"]
    assert_array_equal(embedder.get_feature_names_out(), ["kind", "size", "month_0", "month_1", "month_2", "note"])
    made = embedder.transform(TABLE)
    assert made.dtype == object
    assert_array_equal(made[:, 5], TABLE["note"])
    assert set(embedder.category_embeddings_["month"].index[:-1]) == set(range(1, 13))


def test_other_columns_can_be_dropped():
    embedder = small(["month"], dim=2, remainder="drop").fit(TABLE, LABELS)
    assert_array_equal(embedder.get_feature_names_out(), ["month_0", "month_1"])
    assert_array_equal(embedder.transform(TABLE), small(["month"], dim=2).fit(TABLE, LABELS).transform(TABLE)[:, 2:4])


def test_arrays_have_numbered_columns():
    embedder = small([1], dim=2).fit(TABLE[["size", "month"]].to_numpy(), LABELS)
    assert_array_equal(embedder.get_feature_names_out(), ["x0", "x1_0", "x1_1"])
    assert list(embedder.category_embeddings_) == [1]
    lists = embedder.transform(TABLE[["size", "month"]].to_numpy().tolist())
    assert_array_equal(lists, embedder.transform(TABLE[["size", "month"]].to_numpy()))


def test_without_a_column_to_replace_no_net_is_trained():
    before = skdeep.cache_info().misses
    embedder = EntityEmbedder().fit(TABLE[["size", "month"]], LABELS)
    assert embedder.estimator_ is None
    assert embedder.category_embeddings_ == {}
    assert_array_equal(embedder.transform(TABLE[["size", "month"]]), TABLE[["size", "month"]])
    assert skdeep.cache_info().misses == before


def test_a_column_that_held_nothing_is_one_zero():
    table = TABLE.assign(empty=None)
    made = small(["empty", "month"], dim=2, remainder="drop").fit(table, LABELS)
    assert_array_equal(made.get_feature_names_out(), ["month_0", "month_1", "empty_0"])
    assert_array_equal(made.transform(table.assign(empty="new"))[:, 2], 0)


@pytest.mark.parametrize("has_rare", [False, True])
def test_new_and_missing_values_are_the_mean_or_what_rare_ones_are(has_rare):
    """Missing values of `month` are new; those of `kind` have a vector."""
    table = TABLE.assign(month=TABLE["month"].astype(float))
    table.loc[:1, "month"] = [77.0, 78.0] if has_rare else [1.0, 2.0]
    net = clone(NET).set_params(early_stopping=False)
    embedder = small(["kind", "month"], remainder="drop", estimator=net).fit(table, LABELS)
    new = embedder.transform(table[:3].assign(month=[99.0, np.nan, 77.0], kind=["new", None, None]))
    expected = embedder.category_embeddings_["month"].loc["(other)"].to_numpy() * has_rare
    assert_allclose(new[:, 3:], np.broadcast_to(expected, new[:, 3:].shape))
    assert has_rare == bool(np.any(new[:, 3:]))
    assert_array_equal(new[0, :3], 0)
    assert_allclose(new[1:, :3], embedder.category_embeddings_["kind"].loc[[np.nan, np.nan]])
    assert np.any(new[1:, :3])


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_frames_in_any_library_give_the_same_columns_of_their_own_types(library):
    polars = pytest.importorskip("polars")
    values = {name: TABLE[name].astype(object).where(TABLE[name].notna(), None).to_list() for name in TABLE}
    embedder = small().set_output(transform=library).fit(TABLE, LABELS)
    frames = [embedder.transform(TABLE), embedder.transform(polars.DataFrame(values))]
    array = clone(embedder).set_output(transform="default").fit(TABLE, LABELS).transform(TABLE)
    for frame in frames:
        assert type(frame).__module__.startswith(library)
        assert list(frame.columns) == list(embedder.get_feature_names_out())
        assert_allclose(frame.to_numpy().astype(float), array)
        assert "int" in str(frame["month"].dtype).lower()


def test_frames_keep_their_index():
    shuffled = TABLE.sample(frac=1, random_state=0)
    made = small().set_output(transform="pandas").fit(TABLE, LABELS).transform(shuffled)
    assert_array_equal(made.index, shuffled.index)


# -- in company -------------------------------------------------------------------------------------------------------


def test_a_search_of_what_follows_and_of_the_net_compiles_once():
    skdeep.clear_cache()
    before = skdeep.cache_info().misses
    pipeline = make_pipeline(small(["kind", "month"], remainder="drop"), Ridge())
    grid = {"entityembedder__dim": [1, 3], "entityembedder__estimator__learning_rate": [0.01, 0.02]}
    search = GridSearchCV(pipeline, grid, cv=3, error_score="raise").fit(TABLE, LABELS)
    assert skdeep.cache_info().misses == before + 1
    assert search.predict(TABLE).shape == (120,)


def test_clones_and_pickles():
    embedder = small(["month"], remainder="drop").fit(TABLE, LABELS)
    again = pickle.loads(pickle.dumps(embedder))
    assert_array_equal(again.transform(TABLE), embedder.transform(TABLE))
    assert not hasattr(clone(embedder), "estimator_")
    assert_array_equal(clone(embedder).fit(TABLE, LABELS).transform(TABLE), embedder.transform(TABLE))


def test_the_net_that_is_given_stays_as_it_was():
    given = clone(NET)
    before = given.get_params()
    EntityEmbedder(["month"], estimator=given, random_state=0).fit(TABLE, LABELS)
    assert given.get_params() == before
    assert not hasattr(given, "weights_")


def test_columns_that_the_net_was_told_of_are_categories_of_the_net_too():
    net = clone(NET).set_params(categorical_features=["month"])
    embedder = small(["kind"], estimator=net).fit(TABLE, LABELS)
    assert list(embedder.category_embeddings_) == ["kind"]
    assert "month" in embedder.estimator_.category_embeddings_


# -- bad input --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"columns": ["nowhere"]}, "columns names columns that are not in X, which has 'kind'.*'nowhere'"),
        ({"columns": [7]}, "columns must be numbers of columns from 0 to 3"),
        ({"columns": [True, False]}, "columns is a mask of 2 columns, but X has 4"),
        ({"columns": [1.5]}, 'columns must be "auto", names of columns, numbers of columns, a mask'),
        ({"columns": "kind"}, "'columns' parameter"),
        ({"dim": 0}, "'dim' parameter"),
        ({"estimator": Ridge()}, "'estimator' parameter"),
        ({"remainder": "keep"}, "'remainder' parameter"),
    ],
)
def test_wrong_parameters_are_refused(parameters, message):
    with pytest.raises(ValueError, match=message):
        small(**parameters).fit(TABLE, LABELS)


def test_wrong_rows_and_targets_are_refused():
    embedder = small(["kind"])
    with pytest.raises(ValueError, match="requires y to be passed, but the target y is None"):
        embedder.fit(TABLE, None)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        embedder.fit(TABLE, LABELS[:-1])
    with pytest.raises(NotFittedError):
        embedder.transform(TABLE)
    embedder.fit(TABLE, LABELS)
    with pytest.raises(ValueError, match="feature names should match"):
        embedder.transform(TABLE[["size", "kind", "month", "note"]])
    with pytest.raises(ValueError, match="Column 'kind' of X held strings when the net was fitted, but holds numbers"):
        embedder.transform(TABLE.assign(kind=1.0))
    with pytest.raises(ValueError, match="same names as other columns of X: 'kind_0'"):
        embedder.fit(TABLE.rename(columns={"size": "kind_0"}), LABELS)
