"""Random convolutions are what their formula says, however they are computed, and a good baseline."""

from itertools import combinations

import numpy as np
import pytest
from sklearn.linear_model import RidgeClassifierCV
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdeep.sequence import RandomConvolutions, SequencePadder, _kernels


def series(n=12, time=40, channels=1, seed=0):
    return np.random.default_rng(seed).normal(size=(n, time, channels)).cumsum(axis=1)


def ragged(n=12, channels=1, seed=0):
    rng = np.random.default_rng(seed)
    return [row[: rng.integers(9, len(row) + 1)] for row in series(n, 40, channels, seed)]


def naive_features(model, rows, margin):
    """Every feature by itself: one kernel laid over one series, moment by moment. The margin is added to the biases."""
    kernels = np.full((84, 9), -1.0)
    for kernel, places in zip(kernels, combinations(range(9), 3), strict=True):
        kernel[list(places)] = 2.0
    pairs = [places[:2] for places in combinations(range(9), 3)]
    order = sorted(set(pairs))
    result = []
    for row in rows:
        row = (np.asarray(row, float).reshape(len(row), -1) - model._mean) / model._scale
        shares = []
        for dilation in model._bank:
            reach = 4 * dilation.step
            for number, kernel in enumerate(kernels):
                pair = order.index(pairs[number])
                x = np.pad(row[:, dilation.channels[pair]].sum(axis=1), reach)
                padded = dilation.padded[pair] or len(row) <= 2 * reach
                moments = range(len(row)) if padded else range(reach, len(row) - reach)
                response = np.array([kernel @ x[t : t + 2 * reach + 1 : dilation.step] for t in moments])
                shares += [(response > bias + margin).mean() for bias in dilation.biases[number]]
        result.append(shares)
    return np.array(result)


def assert_same(model, X):
    # A response that is its own bias falls on either side in single precision.
    features = model.transform(X)
    least, most = (naive_features(model, X, margin) for margin in (1e-4, -1e-4))
    assert features.shape == least.shape
    assert np.mean(most - least < 1e-6) > 0.9
    assert (features >= least - 1e-6).all()
    assert (features <= most + 1e-6).all()


@pytest.mark.parametrize("channels", [1, 4])
@pytest.mark.parametrize("make", [series, ragged])
def test_features_are_shares_of_large_responses(make, channels):
    X = make(channels=channels)
    model = RandomConvolutions(840, random_state=0).fit(X)
    assert_same(model, X)


def test_series_longer_than_a_byte_counts():
    X = series(3, 700)
    model = RandomConvolutions(84 * 4, random_state=0).fit(X)
    assert [dilation.step for dilation in model._bank][-1] == 87
    assert_same(model, X)


def test_the_seven_kernels_of_a_pair_share_channels_and_there_are_84():
    assert len(_kernels._PAIRS) == 28
    found = [kernel for kernel, *_ in _kernels.responses(
        np.zeros((1, 9, 1), np.float32), np.array([9]), _kernels.draw(1, 0, 1, np.random.RandomState(0))
    )]  # fmt: skip
    assert found == list(range(84))


@pytest.mark.parametrize(("n_features", "expected"), [(84, 84), (200, 168), (10_000, 9_996)])
def test_the_number_of_features_is_a_multiple_of_84(n_features, expected):
    model = RandomConvolutions(n_features, random_state=0).fit(series())
    features = model.transform(series())
    assert features.shape == (12, expected)
    assert features.dtype == np.float32
    assert (features.min(), features.max()) >= (0, 0)
    assert features.max() <= 1
    names = model.get_feature_names_out()
    assert len(names) == expected
    assert names[:2].tolist() == ["randomconvolutions0", "randomconvolutions1"]


@pytest.mark.parametrize(
    ("length", "n_per_kernel"), [(9, 119), (24, 119), (150, 119), (150, 1), (5_000, 119), (300, 40)]
)
def test_dilations_reach_over_the_series_and_share_the_features(length, n_per_kernel):
    steps, counts = _kernels.dilations(length, n_per_kernel)
    assert steps == sorted(set(steps))
    assert steps[0] == 1
    assert steps[-1] * 8 <= length - 1 or steps == [1]
    assert sum(counts) == n_per_kernel
    assert min(counts) >= 0


def test_biases_are_quantiles_of_responses_to_training_series():
    """With one training series, its own share at a bias of quantile q is 1 - q."""
    X = series(1, 400)
    model = RandomConvolutions(84 * 119, random_state=0).fit(X)
    shares = np.sort(model.transform(X)[0])
    assert np.abs(shares - np.linspace(0, 1, len(shares))).max() < 0.02


def test_the_seed_decides_alone():
    X = series(300)
    one = RandomConvolutions(420, random_state=3).fit(X)
    features = one.transform(X)
    again = RandomConvolutions(420, random_state=3, n_jobs=2).fit(X)
    np.testing.assert_array_equal(again.transform(X), features)
    np.testing.assert_array_equal(np.vstack([one.transform(row[None]) for row in X[:20]]), features[:20])
    assert not np.array_equal(RandomConvolutions(420, random_state=4).fit_transform(X), features)


def test_units_of_channels_do_not_count():
    X = series(channels=3)
    features = RandomConvolutions(420, random_state=0).fit_transform(X)
    other = RandomConvolutions(420, random_state=0).fit_transform(X * [1.0, 1_000.0, 0.01] + [0.0, 5.0, -3.0])
    assert np.mean(np.abs(features - other) < 1e-6) > 0.99


def test_all_forms_of_x_are_the_same_series():
    X = series()
    model = RandomConvolutions(168, random_state=0).fit(X)
    features = model.transform(X)
    for form in (X[:, :, 0], [*X], [*X[:, :, 0]]):
        np.testing.assert_array_equal(model.transform(form), features)
    wide = RandomConvolutions(168, random_state=0, channels_first=True)
    np.testing.assert_array_equal(wide.fit_transform(X.transpose(0, 2, 1)), features)
    padded = np.concatenate([X, np.full((12, 5, 1), np.nan)], axis=1)
    trailing = RandomConvolutions(168, random_state=0, nan="trailing")
    np.testing.assert_array_equal(trailing.fit_transform(padded), features)


def test_series_of_different_lengths_are_computed_one_by_one():
    X = ragged(30)
    model = RandomConvolutions(168, random_state=0).fit(X)
    alone = np.vstack([model.transform(row[None]) for row in X])
    np.testing.assert_array_equal(model.transform(X), alone)


@pytest.mark.parametrize("X", [series(3, 8), [np.arange(20.0), np.arange(5.0)]])
def test_series_shorter_than_a_kernel_are_refused(X):
    message = r"shortest series of X has [85] moments, but kernels are 9 long.*SequencePadder\(9\)"
    with pytest.raises(ValueError, match=message):
        RandomConvolutions(84).fit(X)
    model = RandomConvolutions(84).fit(series(3, 20))
    with pytest.raises(ValueError, match=message):
        model.transform(X)
    assert RandomConvolutions(84).fit_transform(SequencePadder(9).fit_transform(X)).shape == (len(X), 84)


def test_a_table_of_few_columns_is_taken():
    X = series(10, 3)[:, :, 0]
    model = RandomConvolutions(84, random_state=0).fit(X)
    assert_same(model, X)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [({"n_features": 83}, "n_features"), ({"n_jobs": "x"}, "n_jobs"), ({"nan": "none"}, "nan")],
)
def test_parameters_are_checked(parameters, message):
    with pytest.raises(ValueError, match=message):
        RandomConvolutions(**parameters).fit(series())


def test_set_output_names_the_columns():
    frame = RandomConvolutions(84, random_state=0).set_output(transform="pandas").fit_transform(series())
    assert frame.shape == (12, 84)
    assert frame.columns[0] == "randomconvolutions0"


def test_a_ridge_finds_a_pattern_that_may_be_anywhere():
    """Bumps that are narrow or wide, in noise: 1-nearest-neighbour is near chance there."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 120)
    X = rng.normal(0, 0.3, (120, 100))
    for row, label in zip(X, y, strict=True):
        start = rng.integers(0, 80)
        row[start : start + 20] += np.sin(np.arange(20) * (0.6, 1.0)[label])
    model = make_pipeline(
        RandomConvolutions(2_520, random_state=0), StandardScaler(), RidgeClassifierCV(np.logspace(-3, 3, 10))
    )
    assert cross_val_score(model, X, y, cv=3).mean() > 0.95
