"""How frequent classes are, and how much of that is in what a classifier predicts.

The outputs of a net become *logits*, whose softmax or sigmoid are probabilities under the shares of the classes that
training saw. Another prior adds the logarithm of its ratio to these shares. What decides on labels are the logits, but
for a loss that adjusts them: it is then the outputs as they are.
"""

import numpy as np

_LEAST = 1e-300  # share whose logarithm is taken


def logits(outputs, net):
    """Return the logits of a classifier, one array for each output that the net, or one of its members, has computed.

    Parameters
    ----------
    outputs : list of ndarray
    net : Net
    """
    scales, offsets = links(net)
    found = []
    for number, output in enumerate(outputs):
        at = number % len(scales)
        scaled = output if scales[at] == 1.0 else output * np.asarray(scales[at], output.dtype)
        found.append(scaled if offsets[at] is None else scaled + offsets[at].astype(output.dtype))
    return found


def links(net):
    """Return, for each output of a net, what makes logits of it: a factor, and an array or None that is then added."""
    scales, offsets = [], []
    for name in net.target.names:
        scales.append(float(net.numbers[f"{name}/scale"]) if net.loss.scales else 1.0)
        offset = None
        if net.loss.adjusts:
            offset = float(net.numbers[f"{name}/tau"]) * _logs(net.numbers[f"{name}/priors"], net.target)
        offsets.append(offset)
    return scales, offsets


def probability_shifts(net, prior):
    """Return what is added to the logits of each output for probabilities under another prior; None for nothing.

    Parameters
    ----------
    net : Net
    prior : None, "uniform", array-like or list of these
        As the parameter `prediction_prior`.

    Raises
    ------
    ValueError
        If the prior is none of the classes, or the loss has no probabilities.
    """
    if prior is None:
        return None
    asked = checked(prior, net.target, net.loss)
    return [
        _logs(one, net.target) - _logs(seen, net.target)
        for one, seen in zip(asked, net.target.seen_shares, strict=True)
    ]


def decision_shifts(net, prior):
    """Return what is added to the logits of each output for decisions; None for nothing."""
    if prior is not None or not net.loss.adjusts:
        return probability_shifts(net, prior)
    return [-offset for offset in links(net)[1]]


def shifted(outputs, shifts):
    """Return logits with what is to be added to them."""
    if shifts is None:
        return outputs
    return [output + shift.astype(output.dtype) for output, shift in zip(outputs, shifts, strict=True)]


def checked(prior, target, loss):
    """Return a prior as one array an output: shares of its classes, or the share of ones in each column.

    Raises
    ------
    ValueError
        If it is none of these classes, or the loss has no probabilities.
    """
    if loss.link == "margin":
        raise ValueError(f"prediction_prior needs probabilities, which loss={loss.name!r} does not have.")
    if isinstance(prior, str) and prior == "uniform":
        columns = target.kind in ("binary", "multilabel")
        return [np.full(size, 1 / (2 if columns else size)) for size in target.output_sizes]
    sizes = [len(classes) for classes in target.classes]
    if target.kind == "multilabel":
        return [_of_labels(prior, target.output_sizes[0])]
    given = list(prior) if target.kind == "multioutput" else [prior]
    if len(given) != len(sizes):
        raise ValueError(f"prediction_prior needs one array for each of the {len(sizes)} targets, got {prior!r}.")
    found = [_of_classes(one, size) for one, size in zip(given, sizes, strict=True)]
    return [found[0][1:]] if target.kind == "binary" else found


def _of_classes(prior, n_classes):
    shares = _numbers(prior)
    if shares.shape != (n_classes,) or (shares < 0).any() or not np.isclose(shares.sum(), 1.0, rtol=0, atol=1e-6):
        raise ValueError(
            f"prediction_prior must hold the shares of the {n_classes} classes, none negative, which add up to one; "
            f"got {prior!r}."
        )
    return shares


def _of_labels(prior, n_labels):
    shares = _numbers(prior)
    if shares.shape != (n_labels,) or not ((shares > 0) & (shares < 1)).all():
        raise ValueError(
            f"prediction_prior must hold, for each of the {n_labels} labels, the share of rows that have it, between 0 "
            f"and 1; got {prior!r}."
        )
    return shares


def _numbers(prior):
    try:
        return np.asarray(prior, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"prediction_prior must be None, 'uniform' or numbers, got {prior!r}.") from error


def _logs(shares, target):
    """Return logarithms of shares, or log-odds of the shares of ones in columns."""
    shares = np.asarray(shares, dtype=np.float64)
    logs = np.log(np.maximum(shares, _LEAST))
    return logs - np.log(np.maximum(1 - shares, _LEAST)) if target.kind in ("binary", "multilabel") else logs
