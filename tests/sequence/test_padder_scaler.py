"""Padding and scaling of series: moment by moment what the words say, in every form of X."""

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline

from skdeep.sequence import RandomConvolutions, SequencePadder, SequenceScaler

RNG = np.random.default_rng(0)
RAGGED = [RNG.normal(3, 2, (length, 2)) for length in (4, 7, 2)]
FULL = RNG.normal(3, 2, (5, 6, 2))


@pytest.mark.parametrize("length", ["longest", 5, 9])
@pytest.mark.parametrize(("padding", "filler"), [("zero", 0.0), ("nan", np.nan)])
def test_padded_after_the_end_and_cut_off_at_the_end(length, padding, filler):
    time = 7 if length == "longest" else length
    padder = SequencePadder(length, padding=padding).fit(RAGGED)
    padded = padder.transform(RAGGED)
    assert padder.length_ == time
    assert padded.shape == (3, time, 2)
    for row, series in zip(padded, RAGGED, strict=True):
        kept = min(len(series), time)
        np.testing.assert_array_equal(row[:kept], series[:kept])
        np.testing.assert_array_equal(row[kept:], filler)


def test_longest_is_of_the_training_series():
    padder = SequencePadder().fit(RAGGED[:1])
    assert padder.transform(RAGGED).shape == (3, 4, 2)


def test_padding_with_nan_can_be_taken_off():
    padder = SequencePadder(padding="nan").fit(RAGGED)
    for row, series in zip(padder.inverse_transform(padder.transform(RAGGED)), RAGGED, strict=True):
        np.testing.assert_array_equal(row, series)
    with pytest.raises(AttributeError, match="inverse_transform"):
        SequencePadder().fit(RAGGED).inverse_transform(FULL)


def test_channels_first_stays_first():
    first = [series.T for series in RAGGED]
    padder = SequencePadder(channels_first=True, padding="nan").fit(first)
    padded = padder.transform(first)
    np.testing.assert_array_equal(padded, SequencePadder(padding="nan").fit_transform(RAGGED).transpose(0, 2, 1))
    for row, series in zip(padder.inverse_transform(padded), first, strict=True):
        np.testing.assert_array_equal(row, series)


def test_trailing_nan_is_padding_when_asked():
    X = SequencePadder(padding="nan").fit_transform(RAGGED)
    np.testing.assert_array_equal(
        SequencePadder(nan="trailing").fit_transform(X), SequencePadder().fit_transform(RAGGED)
    )
    with pytest.raises(ValueError, match="nan='trailing'"):
        SequencePadder().fit(X)


def test_flat_rows_have_channels_beside_each_other():
    padded = SequencePadder(n_channels=2).fit_transform(FULL.reshape(5, 12))
    np.testing.assert_array_equal(padded, FULL)


@pytest.mark.parametrize(
    ("X", "message"),
    [
        ([[1.0, 2.0], []], "empty: 1"),
        ([np.ones((3, 2)), np.ones((3, 1))], "different numbers of channels"),
        ([[1.0, np.inf], [1.0]], "NaN or infinity"),
    ],
)
@pytest.mark.parametrize("make", [SequencePadder, SequenceScaler])
def test_what_is_no_series_is_refused(make, X, message):
    with pytest.raises(ValueError, match=message):
        make().fit(X)


@pytest.mark.parametrize("parameters", [{"length": 0}, {"length": "mean"}, {"padding": "ones"}])
def test_parameters_of_the_padder_are_checked(parameters):
    with pytest.raises(ValueError, match=next(iter(parameters))):
        SequencePadder(**parameters).fit(RAGGED)


def test_every_channel_gets_mean_zero_and_deviation_one_over_all_moments():
    scaler = SequenceScaler().fit(RAGGED)
    moments = np.concatenate(RAGGED)
    np.testing.assert_allclose(scaler.mean_, moments.mean(axis=0))
    np.testing.assert_allclose(scaler.scale_, moments.std(axis=0))
    scaled = scaler.transform(RAGGED)
    assert [row.shape for row in scaled] == [row.shape for row in RAGGED]
    np.testing.assert_allclose(np.concatenate(scaled), (moments - moments.mean(axis=0)) / moments.std(axis=0))
    for row, series in zip(scaler.inverse_transform(scaled), RAGGED, strict=True):
        np.testing.assert_allclose(row, series)


def objects(rows):
    result = np.empty(len(rows), object)
    for number, row in enumerate(rows):
        result[number] = row
    return result


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_series_come_out_as_they_came_in(dtype):
    scaler = SequenceScaler().fit(FULL)
    expected = (FULL - FULL.mean(axis=(0, 1))) / FULL.std(axis=(0, 1))
    X = FULL.astype(dtype)
    scaled = scaler.transform(X)
    assert scaled.dtype == dtype
    np.testing.assert_allclose(scaled, expected, atol=1e-5)
    assert isinstance(scaler.transform([*X]), list)
    np.testing.assert_allclose(scaler.transform([*X]), expected, atol=1e-5)
    for rows in (objects([*X]), pd.DataFrame({"series": objects([*X])})):
        mapped = scaler.transform(rows)
        assert mapped.dtype == object
        np.testing.assert_allclose(np.stack(mapped), expected, atol=1e-5)


def test_flat_rows_and_channels_first_are_scaled_by_channel():
    expected = SequenceScaler().fit_transform(FULL)
    flat = SequenceScaler(n_channels=2).fit(FULL.reshape(5, 12))
    np.testing.assert_allclose(flat.transform(FULL.reshape(5, 12)), expected.reshape(5, 12))
    np.testing.assert_allclose(flat.inverse_transform(expected.reshape(5, 12)), FULL.reshape(5, 12))
    first = FULL.transpose(0, 2, 1)
    np.testing.assert_allclose(SequenceScaler(channels_first=True).fit_transform(first), expected.transpose(0, 2, 1))
    rows = SequenceScaler(channels_first=True).fit_transform([*first])
    np.testing.assert_allclose(np.stack(rows), expected.transpose(0, 2, 1))
    flat_first = SequenceScaler(channels_first=True, n_channels=2).fit_transform(first.reshape(5, 12))
    np.testing.assert_allclose(flat_first, expected.transpose(0, 2, 1).reshape(5, 12))


def test_one_channel_of_flat_rows_has_one_mean():
    X = FULL[:, :, 0]
    np.testing.assert_allclose(SequenceScaler().fit_transform(X), (X - X.mean()) / X.std())


def test_nan_after_the_end_stays_and_does_not_count():
    X = SequencePadder(padding="nan").fit_transform(RAGGED)
    scaler = SequenceScaler(nan="trailing").fit(X)
    np.testing.assert_allclose(scaler.mean_, np.concatenate(RAGGED).mean(axis=0))
    np.testing.assert_array_equal(np.isnan(scaler.transform(X)), np.isnan(X))
    np.testing.assert_allclose(scaler.inverse_transform(scaler.transform(X)), X)


def test_a_channel_that_does_not_vary_is_not_divided():
    scaled = SequenceScaler().fit_transform(np.full((3, 4, 1), 7.0))
    np.testing.assert_array_equal(scaled, np.zeros((3, 4, 1)))


def test_parts_of_the_scaling_can_be_left_out():
    np.testing.assert_allclose(SequenceScaler(with_mean=False).fit_transform(FULL), FULL / FULL.std(axis=(0, 1)))
    np.testing.assert_allclose(SequenceScaler(with_std=False).fit_transform(FULL), FULL - FULL.mean(axis=(0, 1)))


def test_names_of_flat_rows():
    frame = pd.DataFrame(FULL[:, :, 0], columns=list("abcdef"))
    scaled = SequenceScaler().set_output(transform="pandas").fit_transform(frame)
    assert scaled.columns.tolist() == list("abcdef")


@pytest.mark.parametrize("make", [SequencePadder, SequenceScaler, RandomConvolutions])
def test_channels_are_compared_with_those_of_the_fit(make):
    with pytest.raises(NotFittedError):
        make().transform(FULL)
    model = make().fit(np.ones((2, 12, 2)) + np.arange(12)[:, None])
    with pytest.raises(ValueError, match=r"3 channels, but .* is expecting 2"):
        model.transform(np.ones((2, 12, 3)))


def test_a_pipeline_goes_from_lists_to_features():
    model = make_pipeline(SequenceScaler(), SequencePadder(12), RandomConvolutions(84, random_state=0))
    assert model.fit_transform(RAGGED).shape == (3, 84)
