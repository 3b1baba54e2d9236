"""Each random change against NumPy and SciPy: with given draws exactly, with its own draws by what must hold."""

import numpy as np
import pytest
import tensorflow as tf
from numpy.testing import assert_allclose, assert_array_equal
from scipy import ndimage

from skdeep.architectures import _augmentation

AMOUNTS = {"shift": 0.25, "rotate": 40.0, "zoom": 0.3, "contrast": 0.4, "noise": 0.2, "cutout": 0.5}
DRAWS = ("flip_horizontal", "flip_vertical", "right", "down", "rotate", "zoom")  # of the geometric changes, in order


def layer(*kinds, dtype="float64", seed=0, **amounts):
    (made,) = _augmentation.layers(kinds, AMOUNTS | amounts, dtype)
    made.seed_state.assign([seed, 0])
    return made


def moved(images, kinds, monkeypatch, draws, **amounts):
    """Images moved with given draws between -1 and 1, the same for each."""
    made = layer(*kinds, **amounts)
    values = np.array([[draws.get(name, 0.7)] * len(images) for name in DRAWS])
    monkeypatch.setattr(made, "_uniform", lambda shape, dtype: tf.constant(values, dtype))
    return made(tf.constant(images), training=True).numpy()


def pictures(n=6, height=7, width=9, channels=2, seed=0):
    return np.random.default_rng(seed).normal(size=(n, height, width, channels))


def resampled(images, matrix, shift=(0.0, 0.0)):
    """Images of which each pixel shows what lies where a matrix about the centre, and a shift, send it."""
    centre = (np.array(images.shape[1:3]) - 1) / 2
    offset = centre - matrix @ centre + shift
    each = [
        ndimage.affine_transform(image[..., channel], matrix, offset, order=1, mode="nearest")
        for image in images
        for channel in range(images.shape[3])
    ]
    stacked = np.array(each).reshape(len(images), images.shape[3], *images.shape[1:3])
    return stacked.transpose(0, 2, 3, 1)


# -- flip -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "axis"), [("flip_horizontal", 2), ("flip_vertical", 1)])
@pytest.mark.parametrize("seed", range(20))
def test_half_of_the_images_are_mirrored(kind, axis, seed):
    X = pictures(400, 3, 4, 1)
    flipped = layer(kind, seed=seed)(X, training=True).numpy()
    mirrored = (flipped == np.flip(X, axis)).all(axis=(1, 2, 3))
    assert_array_equal(flipped[~mirrored], X[~mirrored])
    assert 150 < mirrored.sum() < 250  # five standard deviations


def test_flips_along_both_axes_are_independent():
    X = pictures(400, 3, 4, 1)
    flipped = layer("flip_horizontal", "flip_vertical")(X, training=True).numpy()
    ways = [X, np.flip(X, 1), np.flip(X, 2), np.flip(X, (1, 2))]
    counts = [(flipped == way).all(axis=(1, 2, 3)).sum() for way in ways]
    assert sum(counts) == 400
    assert min(counts) > 55


# -- shift ------------------------------------------------------------------------------------------------------------


def shifted(images, right, down):
    """Images of which each pixel shows the one so far to the right and down, or the border."""
    rows = np.clip(np.arange(images.shape[1]) + down, 0, images.shape[1] - 1)
    columns = np.clip(np.arange(images.shape[2]) + right, 0, images.shape[2] - 1)
    return images[:, rows][:, :, columns]


@pytest.mark.parametrize(
    ("right", "down", "expected"),
    [(1.0, 0.0, (2, 0)), (-1.0, 0.0, (-2, 0)), (0.0, 1.0, (0, 2)), (0.3, -0.6, (1, -1)), (0.2, 0.2, (0, 0))],
)
def test_shifts_are_whole_pixels_and_the_border_fills_the_rest(right, down, expected, monkeypatch):
    X = pictures()
    draws = {"right": right, "down": down}
    assert_array_equal(moved(X, ["shift"], monkeypatch, draws), shifted(X, *expected))


@pytest.mark.parametrize("seed", range(20))
def test_shifts_are_drawn_for_each_image_and_axis_within_the_fraction(seed):
    X = pictures(200, 8, 12, 1)
    results = layer("shift", seed=seed)(X, training=True).numpy()
    moves = [(right, down) for right in range(-3, 4) for down in range(-2, 3)]
    counts = np.array([(results == shifted(X, *move)).all(axis=(1, 2, 3)).sum() for move in moves])
    assert counts.sum() == 200
    found = np.array(moves)[counts > 0]
    assert_array_equal([found.min(axis=0), found.max(axis=0)], [[-3, -2], [3, 2]])
    assert abs(counts @ np.array(moves)).max() < 200 * 0.75


def test_shifted_and_mirrored_pixels_are_copies():
    X = pictures(50)
    results = layer("flip_horizontal", "shift")(X, training=True).numpy()
    for before, after in zip(X, results, strict=True):
        assert set(after.ravel()) <= set(before.ravel())


# -- rotate and zoom --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("degrees", [180.0, 90.0, 60.0])
@pytest.mark.parametrize("draw", [1.0, -1.0, 0.37])
def test_rotation_is_that_of_scipy(degrees, draw, monkeypatch):
    X = pictures()
    angle = np.deg2rad(degrees * draw)
    expected = resampled(X, np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]))
    assert_allclose(moved(X, ["rotate"], monkeypatch, {"rotate": draw}, rotate=degrees), expected, atol=1e-5)


def test_half_a_turn_and_a_quarter(monkeypatch):
    X = pictures(height=6, width=6)
    half = moved(X, ["rotate"], monkeypatch, {"rotate": 1.0}, rotate=180.0)
    assert_allclose(half, X[:, ::-1, ::-1], atol=1e-5)
    quarters = [moved(X, ["rotate"], monkeypatch, {"rotate": draw}, rotate=90.0) for draw in (1.0, -1.0)]
    turns = [np.rot90(X, k, axes=(1, 2)) for k in (1, 3)]
    both = sorted(np.abs(one - other).max() < 1e-5 for one in quarters for other in turns)
    assert both == [False, False, True, True]


@pytest.mark.parametrize("draw", [1.0, -1.0, 0.5])
def test_zoom_is_that_of_scipy(draw, monkeypatch):
    X = pictures()
    expected = resampled(X, np.eye(2) * (1.0 + 0.3 * draw))
    assert_allclose(moved(X, ["zoom"], monkeypatch, {"zoom": draw}), expected, atol=1e-5)


def test_a_zoom_of_a_half_shows_the_middle(monkeypatch):
    X = np.arange(9.0).reshape(1, 1, 9, 1)
    shown = moved(X, ["zoom"], monkeypatch, {"zoom": -1.0}, zoom=0.5)
    assert_allclose(shown[0, 0, :, 0], np.linspace(2.0, 6.0, 9), atol=1e-5)


def test_all_moves_together_are_one_interpolation(monkeypatch):
    X = pictures()
    draws = {"flip_horizontal": -0.1, "flip_vertical": 0.1, "right": 0.9, "down": -0.9, "rotate": 0.5, "zoom": -0.5}
    angle, scale = np.deg2rad(20.0), 0.85
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    matrix = np.diag([1.0, -1.0]) @ turn * scale
    expected = resampled(X, matrix, (-2.0, 2.0))
    assert_allclose(moved(X, _augmentation.GEOMETRIC, monkeypatch, draws), expected, atol=1e-5)


@pytest.mark.parametrize("kind", ["rotate", "zoom"])
@pytest.mark.parametrize("seed", range(20))
def test_amounts_are_drawn_either_way_up_to_the_most(kind, seed):
    """A ramp along the rows, of which the middle of the result shows the slope."""
    ramp = np.tile(np.arange(21.0)[None, None, :, None], (100, 21, 1, 1)) - 10.0
    results = layer(kind, seed=seed, rotate=30.0, zoom=0.2)(ramp, training=True).numpy()[..., 0]
    along, across = results[:, 10, 12] - results[:, 10, 8], results[:, 12, 10] - results[:, 8, 10]
    found = np.rad2deg(np.arctan2(-across, along)) / 30.0 if kind == "rotate" else (along / 4.0 - 1.0) / 0.2
    assert -1.0001 <= found.min() < -0.8
    assert 0.8 < found.max() <= 1.0001
    assert abs(found.mean()) < 5 * 0.58 / 10


@pytest.mark.parametrize("kind", _augmentation.GEOMETRIC)
@pytest.mark.parametrize("shape", [(1, 1), (1, 10), (2, 2), (5, 31)], ids=str)
def test_moves_of_images_of_every_size_make_no_new_values(kind, shape):
    X = pictures(30, *shape)
    results = layer(kind)(X, training=True).numpy()
    assert results.shape == X.shape
    assert results.min() >= X.min() - 1e-6
    assert results.max() <= X.max() + 1e-6


# -- contrast, noise, cutout ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(20))
def test_contrast_keeps_the_mean_of_each_image_and_scales_what_differs_from_it(seed):
    X = pictures(200) + 5.0
    results = layer("contrast", seed=seed)(X, training=True).numpy()
    means = X.mean(axis=(1, 2, 3), keepdims=True)
    assert_allclose(results.mean(axis=(1, 2, 3)), means.ravel(), rtol=1e-12)
    factors = (results - means) / (X - means)
    assert_allclose(np.ptp(factors, axis=(1, 2, 3)), 0.0, atol=1e-6)
    drawn = factors[:, 0, 0, 0]
    assert 0.6 <= drawn.min() < 0.65
    assert 1.35 < drawn.max() <= 1.4
    assert abs(drawn.mean() - 1.0) < 5 * 0.4 / np.sqrt(3 * 200)


@pytest.mark.parametrize("seed", range(20))
def test_noise_is_gaussian_of_the_standard_deviation(seed):
    X = pictures(100)
    noise = (layer("noise", seed=seed)(X, training=True).numpy() - X).ravel()
    n = noise.size
    assert abs(noise.mean()) < 5 * 0.2 / np.sqrt(n)
    assert abs(noise.std() - 0.2) < 5 * 0.2 / np.sqrt(2 * n)
    assert abs((noise**4).mean() / 0.2**4 - 3.0) < 5 * np.sqrt(96 / n)
    assert len(np.unique(noise)) > 0.99 * n


@pytest.mark.parametrize("fraction", [0.5, 0.25, 0.9])
@pytest.mark.parametrize("shape", [(8, 8), (8, 12), (13, 8)], ids=str)
def test_cutout_blackens_a_square(fraction, shape):
    X = np.ones((300, *shape, 2))
    side = fraction * 8
    black = layer("cutout", cutout=fraction)(X, training=True).numpy() == 0.0
    assert_array_equal(black[..., 0], black[..., 1])
    black = black[..., 0]
    rows, columns = black.any(axis=2), black.any(axis=1)
    assert_array_equal(black, rows[:, :, None] & columns[:, None, :])
    for cut in (rows, columns):
        first, last = cut.argmax(axis=1), cut.shape[1] - 1 - cut[:, ::-1].argmax(axis=1)
        lengths = cut.sum(axis=1)
        assert_array_equal(lengths, last - first + 1)  # nothing is left in between
        inside = (first > 0) & (last < cut.shape[1] - 1)
        assert set(lengths[inside]) <= {int(np.floor(side)), int(np.ceil(side))}
        assert lengths.max() <= np.ceil(side)
        assert lengths.min() >= np.floor(side / 2)  # the centre lies in the image
    assert black.any(axis=0).all()  # anywhere


def test_cutout_leaves_the_rest_alone():
    X = pictures(40) + 10.0
    results = layer("cutout")(X, training=True).numpy()
    assert (results == 0.0).any(axis=(1, 2, 3)).all()
    assert_array_equal(results[results != 0.0], X[results != 0.0])


# -- all --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("kind", _augmentation.KINDS)
def test_draws_follow_from_the_seed_and_differ_from_step_to_step_and_image_to_image(kind, dtype):
    X = np.repeat(pictures(1, 8, 8), 40, axis=0).astype(dtype)
    one, other, third = (layer(kind, dtype=dtype, seed=seed) for seed in (7, 7, 8))
    first, second = (one(X, training=True).numpy() for _ in range(2))
    assert first.dtype == dtype
    assert_array_equal(other(X, training=True), first)
    assert_array_equal(other(X, training=True), second)
    assert not np.array_equal(first, second)
    assert not np.array_equal(first, third(X, training=True))
    assert len(np.unique(first, axis=0)) > 1
    one.seed_state.assign([7, 0])
    assert_array_equal(one(X, training=True), first)


@pytest.mark.parametrize("kind", _augmentation.KINDS)
def test_nothing_changes_when_the_net_predicts(kind):
    X, made = pictures(), layer(kind)
    for result in (made(X), made(X, training=False)):
        assert_array_equal(result, X)
    assert made.seed_state.numpy().tolist() == [0, 0]
    assert not made.weights


def test_layers_come_in_one_order_whatever_the_order_asked_for():
    names = [each.name for each in _augmentation.layers(_augmentation.KINDS, AMOUNTS, "float32")]
    assert names == ["moved", "contrast", "noise", "cutout"]
    turned = _augmentation.layers(_augmentation.KINDS[::-1], AMOUNTS, "float32")
    assert [each.name for each in turned] == names
    assert _augmentation.layers((), {}, "float32") == []
