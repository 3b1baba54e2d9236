"""A multilayer perceptron in plain NumPy, with its gradient written out by hand: the oracle of the engine's tests."""

import numpy as np

ACTIVATIONS = {
    "relu": (lambda z: np.maximum(z, 0.0), lambda z: (z > 0).astype(float)),
    "tanh": (np.tanh, lambda z: 1.0 - np.tanh(z) ** 2),
}


def squared_error(outputs, targets):
    """Return the mean over the targets of each row, and its derivative by the outputs."""
    difference = outputs - targets
    return np.mean(difference**2, axis=1), 2.0 * difference / targets.shape[1]


def independent_cross_entropy(outputs, targets):
    """Return the mean cross-entropy of sigmoids against 0/1 columns."""
    loss = np.logaddexp(0.0, outputs) - targets * outputs
    return loss.mean(axis=1), (1.0 / (1.0 + np.exp(-outputs)) - targets) / targets.shape[1]


def cross_entropy(outputs, targets):
    """Return the cross-entropy of a softmax against rows of shares that sum to one."""
    shifted = outputs - outputs.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -np.sum(targets * log_p, axis=1), np.exp(log_p) - targets


def gradient(weights, X, targets, shares, loss, activation):
    """Return the mean loss and its gradient by every weight; `shares` are the rows' weights and sum to one."""
    function, derivative = ACTIVATIONS[activation]
    kernels, biases = weights[::2], weights[1::2]
    inputs, sums = [X], []
    for kernel, bias in zip(kernels, biases, strict=True):
        sums.append(inputs[-1] @ kernel + bias)
        inputs.append(function(sums[-1]))
    losses, delta = loss(sums[-1], targets)
    delta = delta * shares[:, None]
    found = []
    for layer in reversed(range(len(kernels))):
        found = [inputs[layer].T @ delta, delta.sum(axis=0), *found]
        if layer:
            delta = (delta @ kernels[layer].T) * derivative(sums[layer - 1])
    return losses @ shares, found


def descend(
    weights, X, targets, loss, *,
    batches, epochs, rate, activation, sample_weight=None, alpha=0.0, l1=0.0, clip_norm=None,
):  # fmt: skip
    """Take a step for each slice in `batches`, again every epoch; return the weights and the loss of each epoch.

    `rate` is one number, or one for each step of the whole training.
    """
    sample_weight = np.ones(len(X)) if sample_weight is None else sample_weight
    weights, curve = [array.copy() for array in weights], []
    rates = iter(np.broadcast_to(rate, epochs * len(batches)))
    for _ in range(epochs):
        total = 0.0
        for rows in batches:
            weight = sample_weight[rows]
            value, slopes = gradient(weights, X[rows], targets[rows], weight / weight.sum(), loss, activation)
            total += value * weight.sum()
            norm = np.sqrt(sum(np.sum(slope**2) for slope in slopes))
            step = next(rates)
            scale = 1.0 if clip_norm is None else min(1.0, clip_norm / norm)
            for array, slope in zip(weights, slopes, strict=True):
                penalty = alpha * array + l1 * np.sign(array) if array.ndim == 2 else 0.0
                array -= step * (scale * slope + penalty)
        curve.append(total / sample_weight.sum())
    return weights, curve
