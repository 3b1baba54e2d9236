"""What is compared on images: time of an epoch, time until a fit begins to train, memory."""

import gc
from functools import partial

from _contenders import KERAS, OURS
from _image_contenders import Ours, contenders, digits_enlarged
from _measure import fresh, in_turns, probe, seconds
from _row import Row

_USUAL = ("small", "lenet", "resnet")
_HEADLINES = ("lenet", "resnet")
_ALL = ("small", "lenet", "alexnet", "vgg", "nin", "inception", "resnet", "densenet")


def epochs(quick):
    """Train the usual architectures for one epoch of a second fit."""
    names, n_images, repeats = (("lenet",), 256, 1) if quick else (_USUAL, 12_000, 5)
    return [_epoch_row("image-epoch", name, n_images, repeats, headline=name in _HEADLINES) for name in names]


def architectures(quick):
    """Train every architecture for one epoch of a second fit, on fewer images."""
    names, n_images, repeats = (("small",), 256, 1) if quick else (_ALL, 2_000, 3)
    return [_epoch_row("image-architectures", name, n_images, repeats) for name in names]


def _epoch_row(case, architecture, n_images, repeats, headline=False):
    X, y = digits_enlarged(n_images)
    made = contenders(architecture)  # imports TensorFlow, which is no part of the first fit
    first = seconds(fresh(partial(Ours(architecture).fit, X, y)))
    actions = {name: partial(one.fit, one.taken(X), y) for name, one in made.items()}
    losses = {name: action() for name, action in actions.items()}  # compiles; the weights are fresh on all sides
    values = in_turns(actions, repeats)
    label = f"an epoch of {architecture}, {n_images:,} images"
    return Row(case, label, "s", values, first, losses=losses, headline=headline, subject="Images")


def starts(quick):
    """Fit again, until the first step: validation, drawing weights, all that is not training."""
    names, sizes, repeats = (("lenet",), (1_000,), 1) if quick else (_USUAL, (12_000, 60_000), 3)
    return [_start_row(name, n_images, repeats) for n_images in sizes for name in names]


def _start_row(architecture, n_images, repeats):
    X, y = digits_enlarged(n_images)
    made = contenders(architecture)
    actions = {name: partial(made[name].start, made[name].taken(X), y) for name in (OURS, KERAS)}
    values = in_turns(actions, repeats, _asked)
    label = f"start of a second fit of {architecture}, {n_images:,} images"
    headline = architecture in _HEADLINES and n_images == 12_000
    return Row("image-start", label, "s", values, headline=headline, subject="Images")


def _asked(start):
    """Return the seconds that a contender has measured itself."""
    gc.collect()
    return start()


def memory(quick):
    """Hold images and train on them for an epoch, each contender in a fresh process."""
    n_images = 5_000 if quick else 60_000
    grown = {name: probe("images", name, n_images=n_images)["megabytes"] for name in (OURS, KERAS)}
    megabytes = digits_enlarged(n_images)[0].nbytes / 2**20
    label = f"memory of {n_images:,} images of {megabytes:.1f} MB as bytes, and an epoch of lenet"
    return [Row("image-memory", label, "MB", grown, headline=True, subject="Images")]


CASES = {
    "image-epoch": epochs,
    "image-start": starts,
    "image-memory": memory,
    "image-architectures": architectures,
}
