"""What is compared on series: time of an epoch with nothing to compile, and of a whole fit at equal epochs."""

from dataclasses import replace
from functools import partial

from _contenders import OURS
from _measure import fresh, in_turns, seconds
from _row import Row
from _sequence_contenders import NETS, Ours, for_a_fit, for_an_epoch, installed, series

_TINY = {"shape": (32, 12, 2), "batch_size": 16}


def epochs(quick):
    """Train nets for one epoch of a second fit."""
    if not installed("torch"):
        print("PyTorch is not installed: it takes no part.", flush=True)
    return [_epoch_row(name, net, 1 if quick else 9) for name, net in _chosen(NETS, quick).items()]


def _chosen(names, quick):
    nets = {name: NETS[name] for name in names}
    return {name: replace(net, **_TINY) for name, net in nets.items()} if quick else nets


def _epoch_row(name, net, repeats):
    X, y = series(net.shape, net.ragged)
    made = for_an_epoch(name, net)  # imports TensorFlow, which is no part of the first fit
    first = seconds(fresh(partial(Ours(net).fit, X, y)))
    actions = {one: partial(contender.fit, contender.taken(X), y) for one, contender in made.items()}
    losses = {one: action() for one, action in actions.items()}  # compiles; the weights are fresh on all sides
    values = in_turns(actions, repeats, summary=min)
    label = f"an epoch of {net.label}, {_sizes(net)}"
    bounds = {one: net.bounds[one] for one in made if one in net.bounds}
    return Row(
        "sequence-epoch", label, "s", values, first, losses=losses, headline=True, subject="Sequences", bounds=bounds
    )


def fits(quick):
    """Make convolutional nets and train them, as many epochs each."""
    if not installed("aeon"):
        print("aeon is not installed: it takes no part.", flush=True)
    n_epochs, repeats = (2, 1) if quick else (20, 3)
    return [_fit_row(name, net, n_epochs, repeats) for name, net in _chosen(("fcn", "inception"), quick).items()]


def _fit_row(name, net, n_epochs, repeats):
    X, y = series(net.shape)
    made = for_a_fit(name, net, n_epochs)
    first = seconds(fresh(partial(made[OURS].fit, X, y)))
    actions = {one: partial(contender.fit, contender.taken(X), y) for one, contender in made.items()}
    values = in_turns(actions, repeats, summary=min)
    label = f"fit {net.label}, {_sizes(net)}, {n_epochs} epochs"
    return Row("sequence-fit", label, "s", values, first, subject="Sequences")


def _sizes(net):
    return " x ".join(f"{size:,}" for size in net.shape)


CASES = {"sequence-epoch": epochs, "sequence-fit": fits}
