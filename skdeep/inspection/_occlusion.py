"""Which pixels matter: cover or permute one patch after the other, and see what an estimator loses."""

import math
from dataclasses import dataclass
from functools import partial
from itertools import product
from numbers import Integral

import numpy as np
from sklearn.base import is_classifier, is_regressor
from sklearn.metrics import check_scoring
from sklearn.utils import check_random_state, check_scalar, gen_batches
from sklearn.utils.validation import check_consistent_length

from skdeep.inspection._images import as_images, laid_out_as
from skdeep.inspection._labels import check_y, probabilities_of, probability_columns

_PATCHES_A_SIDE = 7
_VALUES_A_CALL = 2**22


@dataclass(frozen=True)
class Importances:
    """What an estimator loses with each pixel, or with each moment.

    Parameters
    ----------
    drops : ndarray of shape (height, width) or (time,)
        Average over the patches that cover a pixel, or a moment.
    name : str
        What was measured.
    """

    drops: np.ndarray
    name: str


def patch_slices(shape, patch, stride):
    """Return the patches that cover an image, row by row, each as a pair of slices; the last ones may be smaller.

    Parameters
    ----------
    shape : tuple
        Height and width of the images.
    patch, stride : int, (int, int) or None
        None is a seventh of each side, and patches that touch.

    Raises
    ------
    ValueError
        If the patches would leave pixels out, or are larger than the image.
    """
    sides = [math.ceil(side / _PATCHES_A_SIDE) for side in shape] if patch is None else _pair(patch, "patch")
    # One number may be larger than the shorter side: images of one row have patches of one row.
    if any(map(int.__gt__, sides, [max(shape)] * 2 if isinstance(patch, Integral) else shape)):
        raise ValueError(f"patch={patch} is larger than the images of {shape[0]} x {shape[1]} pixels.")
    sides = list(map(min, sides, shape))
    steps = sides if stride is None else list(map(min, _pair(stride, "stride"), shape))
    if any(step > side for step, side in zip(steps, sides, strict=True)):
        raise ValueError(f"stride={stride} leaves pixels out between patches of {sides[0]} x {sides[1]} pixels.")
    axes = [
        [slice(start, start + side) for start in range(0, length - side + step, step)]
        for length, side, step in zip(shape, sides, steps, strict=True)
    ]
    return list(product(*axes))


def _pair(value, name):
    pair = (value, value) if isinstance(value, Integral) else tuple(value if np.iterable(value) else ())
    if len(pair) != 2 or not all(isinstance(side, Integral) and side > 0 for side in pair):
        raise ValueError(f"{name} must be a positive integer or a pair of them, (height, width), got {value!r}.")
    return [int(side) for side in pair]


def occlusion(estimator, X, y, *, image_shape, patch, stride, fill, scoring, progress):
    """Cover each patch of every image with one colour (Zeiler and Fergus, 2014).

    Parameters
    ----------
    estimator : estimator instance
    X : array-like
    y : array-like or None
        None stands for what the estimator predicts.
    image_shape : tuple or None
    patch, stride : int, (int, int) or None
    fill : "mean" or array-like
    scoring : str, callable or None
        None measures image by image: the probability of the true class, or the absolute error.
    progress : callable
        Wraps the patches in what reports progress.

    Returns
    -------
    Importances
    """
    images = as_images(X, image_shape)
    patches = patch_slices(images.shape[1:3], patch, stride)
    # Colours in between have to fit, so bytes become floats.
    images = images.astype(np.result_type(images.dtype, np.float32))
    fill = _fill(fill, images)
    y = estimator.predict(X) if y is None else y
    check_consistent_length(images, y)
    credit, name = row_by_row(estimator, scoring)
    if credit is not None:
        drops = _drops_by_image(credit, images, check_y(y), X, patches, fill, progress)
    else:
        scorer = check_scoring(estimator, scoring=scoring)

        def cover(working, where):
            working[where] = fill[where[1:]]
            return working

        drops = _score_drops(scorer, estimator, images, y, X, patches, cover, 1, progress)
    return Importances(averaged(drops, patches, images.shape[1:3]), name)


def permutation(estimator, X, y, *, image_shape, patch, stride, scoring, n_repeats, random_state, progress):
    """Exchange each patch between the images at random (Breiman, 2001).

    Takes and returns what `occlusion` does, except for these.

    Parameters
    ----------
    y : array-like
    scoring : str, callable or None
        None is the estimator's own score.
    n_repeats : int
    random_state : int, RandomState or None
    """
    images = as_images(X, image_shape)
    patches = patch_slices(images.shape[1:3], patch, stride)
    check_scalar(n_repeats, "n_repeats", Integral, min_val=1)
    if len(images) < 2 or y is None:
        raise ValueError(f"method='permutation' needs several images and their y, got {len(images)} image(s), y={y!r}.")
    check_consistent_length(images, y)
    random = check_random_state(random_state)
    scorer = check_scoring(estimator, scoring=scoring)

    def permute(working, where):
        working[where] = images[where][random.permutation(len(images))]
        return working

    drops = _score_drops(scorer, estimator, images, y, X, patches, permute, n_repeats, progress)
    return Importances(averaged(drops, patches, images.shape[1:3]), named(scoring))


def _drops_by_image(credit, images, y, X, patches, fill, progress):
    """Return the mean drop of each patch; as many covered images at once as fit into the memory of one call."""
    drops = np.zeros(len(patches))
    n_rows = max(1, min(len(images), _VALUES_A_CALL // images[0].size))
    n_patches = max(1, _VALUES_A_CALL // (images[0].size * n_rows))
    batches = product(gen_batches(len(images), n_rows), gen_batches(len(patches), n_patches))
    clean = credit(X, y)
    for rows, batch in progress(list(batches)):
        covered = np.repeat(images[None, rows], len(patches[batch]), axis=0)
        for copy, (vertical, horizontal) in zip(covered, patches[batch], strict=True):
            copy[:, vertical, horizontal] = fill[vertical, horizontal]
        targets = np.concatenate([y[rows]] * len(covered))
        credits = credit(laid_out_as(X, covered.reshape(-1, *images.shape[1:])), targets)
        drops[batch] += (clean[rows] - credits.reshape(len(covered), -1)).sum(axis=1)
    return drops / len(images)


def _score_drops(scorer, estimator, images, y, X, patches, change, n_repeats, progress):
    """Return the drop in score of each patch, which is changed in one working copy and put back."""
    clean = scorer(estimator, X, y)
    working, drops = images.copy(), []
    for patch in progress(patches):
        where = (slice(None), *patch)
        scores = [scorer(estimator, laid_out_as(X, change(working, where)), y) for _ in range(n_repeats)]
        working[where] = images[where]
        drops.append(clean - np.mean(scores))
    return np.array(drops)


def _true_probability(estimator, X, y):
    """Return the probability of what is true, averaged over the targets of an image."""
    labels = y.reshape(len(y), -1)
    columns = probability_columns(estimator.predict_proba(X), estimator.classes_, labels.shape[1])
    return probabilities_of(labels, columns).mean(axis=1)


def _negative_error(estimator, X, y):
    errors = np.abs(np.asarray(estimator.predict(X)).reshape(len(y), -1) - y.reshape(len(y), -1))
    return -errors.mean(axis=1)


def _fill(fill, images):
    """Return what covers the images, of the shape of one."""
    if isinstance(fill, str) and fill == "mean":
        fill = images.mean(axis=(0, 1, 2), dtype=np.float64)
    if np.asarray(fill).dtype.kind not in "biuf":
        raise ValueError(f"fill must be 'mean', a number or an array that fits an image, got {fill!r}.")
    fill = np.asarray(fill)
    if fill.shape == images.shape[1:3]:
        fill = fill[..., None]
    try:
        return np.broadcast_to(fill, images.shape[1:])
    except ValueError:
        raise ValueError(f"fill has the shape {fill.shape} and does not fit images of {images.shape[1:]}.") from None


def averaged(drops, patches, shape):
    """Return the average over the patches that cover each pixel, or moment."""
    total, count = np.zeros(shape), np.zeros(shape)
    for drop, patch in zip(drops, patches, strict=True):
        total[patch] += drop
        count[patch] += 1
    return total / count


def row_by_row(estimator, scoring):
    """Return a function of X and y that says how right each row is, None if only a score can tell; and what drops."""
    if scoring is None and is_classifier(estimator) and hasattr(estimator, "predict_proba"):
        return partial(_true_probability, estimator), "Drop of the true class's probability"
    if scoring is None and is_regressor(estimator):
        return partial(_negative_error, estimator), "Growth of the absolute error"
    return None, named(scoring)


def named(scoring):
    """Return the name of the drop of a score."""
    if isinstance(scoring, str):
        return f"Drop of {scoring.replace('_', ' ')}"
    return "Drop of the score"
