"""Samplers that hold a net: what new rows are, of which class, in which container, and what falls back."""

import pickle

import numpy as np
import pandas as pd
import pytest
from imblearn.pipeline import make_pipeline
from numpy.testing import assert_allclose, assert_array_equal
from pandas.testing import assert_frame_equal
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import load_digits, make_blobs
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import StandardScaler

from skdeep._engine.program import Program
from skdeep.decomposition import Autoencoder, VariationalAutoencoder
from skdeep.over_sampling import LatentSMOTE, VAEOverSampler

X, Y = make_blobs([120, 25, 8], 4, random_state=0, cluster_std=1.5)
UNITS = X * [1.0, 100.0, 0.01, 1.0] + [0, 0, 7, 0]
COLOURS = np.array(["red", "green", "blue"])
NETS = {VAEOverSampler: VariationalAutoencoder, LatentSMOTE: Autoencoder}
SAMPLERS = pytest.mark.parametrize("cls", NETS)


def sampler(cls, **parameters):
    return cls(NETS[cls](2, hidden_layer_sizes=(8,), epochs=3), **{"random_state": 0} | parameters)


@SAMPLERS
@pytest.mark.parametrize("seed", [0, 1])
def test_new_rows_belong_to_the_class_they_are_made_for(cls, seed):
    # The classes lie in corners of a cube, of which the second one's is nearer to neither than to its own.
    rng = np.random.default_rng(seed)
    labels = np.repeat([0, 1, 2], [200, 40, 10])
    rows = rng.normal(size=(250, 3)) + np.array([[0, 0, 0], [8, 0, 0], [0, 8, 8]])[labels]
    made, found = cls(NETS[cls](2, epochs=150, learning_rate=0.005), random_state=seed).fit_resample(rows, labels)
    assert np.bincount(found).tolist() == [200, 200, 200]
    assert_array_equal(made[:250], rows)
    assert LogisticRegression().fit(rows, labels).score(made[250:], found[250:]) > 0.98
    for label in (1, 2):
        new, old = made[250:][found[250:] == label], rows[labels == label]
        assert np.abs(new.mean(axis=0) - old.mean(axis=0)).max() < 1.0
        assert len(np.unique(new, axis=0)) == len(new)


def test_classes_of_a_vae_differ_in_more_than_their_means():
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1], [400, 100])
    rows = rng.normal(size=(500, 2)) * np.array([[3.0, 0.3], [0.3, 3.0]])[labels]
    made, found = VAEOverSampler(VariationalAutoencoder(2), random_state=0).fit_resample(rows, labels)
    deviation = made[500:][found[500:] == 1].std(axis=0)
    assert deviation[0] < 0.8
    assert 2.0 < deviation[1] < 4.0


def test_latent_smote_interpolates_between_codes_of_neighbours():
    # All components of PCA are a rotation, so that segments between codes are segments between standardised rows.
    made, found = LatentSMOTE(PCA(4), k_neighbors=3, random_state=0).fit_resample(UNITS, Y)
    scaled = (UNITS - UNITS.mean(axis=0)) / UNITS.std(axis=0)
    new = (made - UNITS.mean(axis=0)) / UNITS.std(axis=0)
    for label in (1, 2):
        own = scaled[label == Y]
        near = NearestNeighbors(n_neighbors=4).fit(own).kneighbors(own, return_distance=False)[:, 1:]
        starts, ends = np.repeat(own, 3, axis=0), own[near.ravel()]
        for row in new[153:][found[153:] == label]:
            share = ((row - starts) * (ends - starts)).sum(axis=1) / np.square(ends - starts).sum(axis=1)
            there = starts + np.clip(share, 0, 1)[:, None] * (ends - starts)
            assert np.abs(there - row).max(axis=1).min() < 1e-9


def test_neighbours_are_clamped_to_the_size_of_a_class():
    labels = np.array([0] * 20 + [1] * 2)
    made, _ = LatentSMOTE(PCA(4), random_state=0).fit_resample(X[:22], labels)
    pair = X[20:22]
    share = (made[22:] - pair[0]) / (pair[1] - pair[0])
    assert_allclose(share, share[:, :1] * np.ones(4), atol=1e-9)
    assert ((share >= 0) & (share <= 1)).all()


@SAMPLERS
def test_any_container_gives_the_same_rows(cls):
    made, labels = sampler(cls).fit_resample(UNITS, Y)
    names = list("abcd")
    kinds = {
        "frame": pd.DataFrame(UNITS, columns=names),
        "sparse frame": pd.DataFrame(UNITS, columns=names, dtype=pd.SparseDtype(float, 0)),
        "list": UNITS.tolist(),
        "csr": sparse.csr_matrix(UNITS),
        "csc array": sparse.csc_array(UNITS),
    }
    for name, rows in kinds.items():
        again, found = sampler(cls).fit_resample(rows, pd.Series(Y, name="class") if "frame" in name else Y)
        assert type(again) is type(rows)
        values = again.toarray() if sparse.issparse(again) else np.asarray(again)
        assert_allclose(values, made, rtol=1e-7)
        assert_array_equal(np.asarray(found), labels)
        if "frame" in name:
            assert (again.dtypes == rows.dtypes).all()
            assert_array_equal(again.index, np.arange(len(again)))
    assert again.format == "csc"


@SAMPLERS
def test_categories_and_dtypes_of_columns_stay(cls):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "colour": pd.Categorical(COLOURS[Y], categories=[*COLOURS, "none"]),
            "number": rng.integers(0, 50, 153).astype(np.int16),
            "width": X[:, 0].astype(np.float32),
            "size": pd.Categorical(rng.integers(1, 4, 153), categories=[1, 2, 3], ordered=True),
            "there": rng.uniform(size=153) < 0.5,
        }
    )
    net = NETS[cls](3, epochs=400)
    made, labels = cls(net, random_state=0).fit_resample(frame, Y)
    assert (made.dtypes == frame.dtypes).all()
    assert_frame_equal(made[:153], frame)
    new = made[153:]
    assert not new.isna().any(axis=None)
    assert new["number"].between(frame["number"].min(), frame["number"].max()).all()
    # The colour tells the class, and most new rows have that of their class.
    assert (new["colour"] == COLOURS[labels[153:]]).mean() > 0.8
    # The same without pandas, where the columns are named.
    array = np.column_stack([frame[name].astype(object) for name in frame])
    again, _ = cls(net, categorical_features=[0, 3], random_state=0).fit_resample(array, Y)
    assert again.dtype == object
    assert_array_equal(again[:, 0], made["colour"].to_numpy(object))
    assert_array_equal(again[:, 3], made["size"].to_numpy(object))
    named, _ = cls(net, categorical_features=["colour", "size"], random_state=0).fit_resample(frame, Y)
    assert_frame_equal(named, made)


@SAMPLERS
def test_rows_of_categories_alone(cls):
    frame = pd.DataFrame({"a": pd.Categorical(np.array(list("xyz"))[Y]), "b": pd.Categorical(Y % 2)})
    made, _ = sampler(cls).fit_resample(frame, Y)
    assert set(made["a"]) <= {"x", "y", "z"}
    coded, _ = sampler(cls, categorical_features=[True, True]).fit_resample(np.column_stack([Y, Y % 2]) + 5, Y)
    assert coded.dtype == Y.dtype
    assert set(coded[:, 0]) <= {5, 6, 7}


@SAMPLERS
def test_images_stay_images(cls):
    digits = load_digits()
    rare = digits.target[:300] == 8
    images = digits.images[:300].astype(np.uint8)
    made, labels = cls(NETS[cls](8, epochs=60), random_state=0).fit_resample(images, rare)
    assert (made.shape, made.dtype, labels.sum()) == ((538, 8, 8), np.uint8, 269)
    assert made.max() <= 16
    old, new = images[rare].mean(axis=0), made[300:].mean(axis=0)
    assert np.abs(new - old).mean() < 1.0


@SAMPLERS
def test_no_value_is_beyond_the_extremes_and_constant_columns_stay(cls):
    rows = np.column_stack([np.exp(X[:, 0]), np.full(153, 3.7), X[:, 1]])
    made, _ = sampler(cls).fit_resample(rows, Y)
    assert (made.min(axis=0) >= rows.min(axis=0)).all()
    assert (made.max(axis=0) <= rows.max(axis=0)).all()
    assert (made[:, 1] == 3.7).all()


@pytest.mark.parametrize(("cls", "n_rows"), [(VAEOverSampler, 1), (VAEOverSampler, 4), (LatentSMOTE, 1)])
def test_rows_of_small_classes_are_repeated(cls, n_rows):
    labels = np.array(["many"] * 40 + ["some"] * 10 + ["few"] * n_rows)
    rows = X[: len(labels)]
    with pytest.warns(UserWarning, match=rf"Class .*few.* has {n_rows} rows?, too few"):
        made, found = sampler(cls).fit_resample(rows, labels)
    assert {label: int((found == label).sum()) for label in ("many", "some", "few")} == dict.fromkeys(
        ("many", "some", "few"), 40
    )
    old = {tuple(row) for row in rows}
    new = [tuple(row) in old for row in made[len(labels) :]]
    assert [all(new), any(n for n, label in zip(new, found[len(labels) :], strict=True) if label == "some")] == [
        False,
        False,
    ]
    few = made[len(labels) :][found[len(labels) :] == "few"]
    assert {tuple(row) for row in few} <= {tuple(row) for row in rows[labels == "few"]}


@SAMPLERS
def test_no_net_is_trained_where_none_is_needed(cls):
    labels = np.array([0] * 10 + [1])
    only = sampler(cls).fit(X[:11], labels)
    with pytest.warns(UserWarning, match="Class 1 has 1 row, too few"):
        only.fit_resample(X[:11], labels)
    assert not hasattr(only, "autoencoder_")
    even, found = only.fit_resample(X[:10], np.arange(10) % 2)
    assert_array_equal(even, X[:10])
    assert_array_equal(found, np.arange(10) % 2)


@SAMPLERS
def test_seeds_and_the_net_that_is_held(cls):
    one = sampler(cls)
    first, _ = one.fit_resample(X, Y)
    assert_array_equal(one.fit_resample(X, Y)[0], first)
    assert_array_equal(sampler(cls, random_state=np.random.RandomState(0)).fit_resample(X, Y)[0], first)
    assert not np.allclose(sampler(cls, random_state=1).fit_resample(X, Y)[0][153:], first[153:])
    assert not hasattr(one.autoencoder, "weights_")
    assert one.autoencoder.random_state is None
    assert one.autoencoder_.n_epochs_ == 3
    assert_array_equal(pickle.loads(pickle.dumps(one)).fit_resample(X, Y)[0], first)
    seeded = sampler(cls).set_params(autoencoder__random_state=7, random_state=1)
    seeded.fit_resample(X, Y)
    assert seeded.autoencoder_.random_state == 7


def test_the_net_of_all_classes_is_one_of_two_inputs():
    over = sampler(VAEOverSampler)
    over.fit_resample(UNITS, Y)
    scaled, classes = (UNITS - UNITS.mean(axis=0)) / UNITS.std(axis=0), np.eye(3)[Y]
    again = over.autoencoder_.reconstruct(np.hstack([scaled, classes]))
    assert_allclose(over.autoencoder_.model_.predict({"X": scaled, "condition": classes}, verbose=0), again, rtol=1e-5)
    # Under another class the same row comes out otherwise.
    assert not np.allclose(over.autoencoder_.reconstruct(np.hstack([scaled, classes[:, ::-1]])), again, atol=1e-3)


@SAMPLERS
def test_strategies_are_those_of_imbalanced_learn(cls):
    assert np.bincount(sampler(cls, sampling_strategy="minority").fit_resample(X, Y)[1]).tolist() == [120, 25, 120]
    made, found = sampler(cls, sampling_strategy={1: 30, 2: 8}).fit_resample(X, Y)
    assert np.bincount(found).tolist() == [120, 30, 8]
    assert len(made) == 158
    two = Y < 2
    assert np.bincount(sampler(cls, sampling_strategy=0.5).fit_resample(X[two], Y[two])[1]).tolist() == [120, 60]


@SAMPLERS
def test_in_a_search_one_program_serves_all_folds(cls, monkeypatch):
    built, init = [], Program.__init__
    monkeypatch.setattr(Program, "__init__", lambda self, *spec: built.append(self) or init(self, *spec))
    steps = make_pipeline(
        cls(NETS[cls](2, hidden_layer_sizes=(9,), epochs=3), random_state=0), LogisticRegression(max_iter=1000)
    )
    name = f"{cls.__name__.lower()}__autoencoder__learning_rate"
    search = GridSearchCV(steps, {name: [0.001, 0.01]}, cv=2, scoring="balanced_accuracy").fit(X[Y < 2], Y[Y < 2])
    assert search.best_score_ > 0.6
    assert len(built) == 1


@SAMPLERS
@pytest.mark.parametrize(
    ("parameters", "rows", "labels", "message"),
    [
        ({"sampling_strategy": {1: 40.5}}, X, Y, "whole numbers of rows, got a fraction for class 1"),
        ({"sampling_strategy": {0: 50}}, X, Y, "Originally, there is 120 samples and 50 samples are asked"),
        ({}, X, X[:, 0], "Unknown label type: continuous"),
        ({}, X, np.array([[1, 1], [0, 1], [1, 0]])[Y], "Multilabel and multioutput targets are not supported"),
        ({}, X, np.zeros(153), "needs to have more than 1 class"),
        ({}, np.where(X > 8, np.nan, X), Y, "NaN"),
        ({}, X[:100], Y, "inconsistent numbers of samples"),
        ({}, pd.DataFrame({"a": X[:, 0], "b": ["x"] * 153}), Y, "These columns are not numeric: 'b'"),
        ({}, pd.DataFrame({"a": pd.Categorical([None, *"x" * 152])}), Y, "'a' of X has missing values"),
        ({}, pd.DataFrame({"a": [np.nan, *[1.0] * 152]}), Y, "X contains NaN"),
        ({"categorical_features": [0]}, sparse.csr_matrix(X), Y, "need an X that is a dense table"),
        ({"categorical_features": [9]}, X, Y, "features"),
        ({"categorical_features": "all"}, X, Y, "The 'categorical_features' parameter"),
        ({"autoencoder": LogisticRegression()}, X, Y, "The 'autoencoder' parameter"),
        ({"sampling_strategy": 1.5}, X, Y, "The 'sampling_strategy' parameter"),
    ],
    ids=str,
)
def test_bad_input(cls, parameters, rows, labels, message):
    with pytest.raises(ValueError, match=message):
        clone(sampler(cls)).set_params(**parameters).fit_resample(rows, labels)


def test_latent_smote_of_a_convolutional_net():
    digits = load_digits()
    rare = digits.target[:100] == 8
    net = Autoencoder(4, hidden_layer_sizes=(4,), architecture="conv", image_shape=(8, 8), epochs=2)
    made, labels = LatentSMOTE(net, random_state=0).fit_resample(digits.images[:100], rare)
    assert (made.shape[1:], labels.sum()) == ((8, 8), (~rare).sum())


def test_bad_nets():
    nets = (
        Autoencoder(2),
        *(VariationalAutoencoder(2, **of) for of in ({"likelihood": "bernoulli"}, {"architecture": "rnn"})),
    )
    for net in nets:
        with pytest.raises(ValueError, match=r"autoencoder must|The 'autoencoder' parameter"):
            VAEOverSampler(net).fit_resample(X, Y)
    with pytest.raises(ValueError, match="The 'k_neighbors' parameter"):
        LatentSMOTE(k_neighbors=0).fit_resample(X, Y)
    with pytest.raises(ValueError, match="likelihood='bernoulli': columns are standardised inside"):
        LatentSMOTE(VariationalAutoencoder(2, likelihood="bernoulli")).fit_resample(X, Y)
    with pytest.raises(ValueError, match="n_components=9 is more than the 4"):
        LatentSMOTE(Autoencoder(9)).fit_resample(X, Y)


def test_the_net_that_was_trained_can_be_fitted_anew():
    model = VAEOverSampler(VariationalAutoencoder(2, epochs=2, hidden_layer_sizes=(4,)), random_state=0)
    model.fit_resample(X, Y)
    rows, counts = np.hstack([StandardScaler().fit_transform(X), np.eye(3)[Y]]), np.bincount(Y)
    anew = clone(model.autoencoder_).fit(rows, sample_weight=len(X) / 3 / counts[Y])
    assert_allclose(anew.reconstruct(rows), model.autoencoder_.reconstruct(rows), rtol=1e-5, atol=1e-6)
