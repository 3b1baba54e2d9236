"""What each moment of a series adds to a score: class activation maps of convolutional nets over time."""

import numpy as np

from skdeep.architectures.sequence.temporal_cnn import TemporalCNNConfig, averaging_name
from skdeep.inspection._history import find_trained, seen_by_net
from skdeep.inspection._saliency import output_weights


def class_activation_map(estimator, X, target=None):
    """Compute what each moment of series adds to the score of a class.

    A net that ends in an average over time and one dense layer sums up scores of moments: the features of a moment
    times the kernel of the class. The mean of the map over the moments of a series, plus the bias, is the output of the
    net before the softmax or sigmoid; with two classes that of the second one, or its negative for the first. Maps of
    an ensemble are the mean over its members.

    The score of a regressor is its prediction, in the units of the target; that of one with a logarithmic loss is the
    logarithm of its prediction.

    Parameters
    ----------
    estimator : estimator instance
        A fitted `TemporalCNNClassifier` or `TemporalCNNRegressor` with the architecture "fcn", "resnet" or "inception";
        also a pipeline that ends with one, or a search that found one.
    X : array-like of shape (n_samples, time, channels) or list of array-like
        Series, or rows of ids, that the estimator can predict.
    target : label or array-like of labels, default=None
        The class whose score is explained, one for all series or one for each; the number of a label in the multilabel
        case, that of a target for regressors with several, and a row of labels, one for each target, for classifiers
        with several, whose maps are added. By default, what the estimator predicts; of several labels, the most
        probable.

    Returns
    -------
    maps : ndarray of shape (n_samples, time)
        A value for each moment, NaN behind the end of a shorter series.

    Raises
    ------
    NotFittedError
        If the estimator has not been fitted.
    ValueError
        If the net does not end in an average over time, or there is no such target.

    See Also
    --------
    ClassActivationDisplay : Draws the maps.
    OcclusionDisplay : Which moments matter, for any estimator.

    References
    ----------
    Zhou et al. (2016), "Learning deep features for discriminative localization".
    Wang, Yan and Oates (2017), "Time series classification from scratch with deep neural networks".

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep.inspection import class_activation_map
    >>> from skdeep.sequence import TemporalCNNClassifier
    >>> X = np.random.default_rng(0).normal(size=(200, 40))
    >>> y = np.arange(200) % 2
    >>> X[y == 1, 20:25] += 4
    >>> model = TemporalCNNClassifier("fcn", filters=8, epochs=20, random_state=0).fit(X, y)
    >>> maps = class_activation_map(model, X[1:2])
    >>> maps.shape
    (1, 40)
    >>> bool(maps[0, 18:27].mean() > maps[0].mean())
    True
    """
    return explained(estimator, X, target)[0]


def explained(estimator, X, target):
    """Return the maps, the series as the net sees them, and what is explained, row by row, or None."""
    trained = find_trained(estimator)
    averaging = _averaging(trained)
    from skdeep._engine import views

    net = trained._net
    X = seen_by_net(estimator, X)
    series = net.inputs.validate(trained, X, reset=False)
    weights, labels = output_weights(trained, X, target)
    parts = trained._viewed(series, views.contributions(averaging, net.target.names))
    maps = np.zeros(parts[0].shape[:2])
    for number, weight in enumerate(weights):
        part = np.mean(parts[number :: len(weights)], axis=0, dtype=np.float64)
        if net.link == "identity" and net.target.scale is not None:
            part = part * net.target.scale
        maps += np.einsum("rtu,ru->rt", part, weight)
    maps[np.arange(maps.shape[1]) >= series.lengths[:, None]] = np.nan
    return maps, list(series), labels


def _averaging(trained):
    """Return the name of the layer that averages over time in a net, or in each member of an ensemble."""
    if not hasattr(trained, "_net"):
        raise ValueError(
            f"{type(trained).__name__} trains a model of a user, of which no average over time is known; "
            "accepted are TemporalCNNClassifier and TemporalCNNRegressor. OcclusionDisplay shows what "
            "matters to any estimator."
        )
    config = trained._net.spec.config
    config = config[0].config if isinstance(config, tuple) else config
    name = averaging_name(config) if isinstance(config, TemporalCNNConfig) else None
    if name is None:
        which = f" with the architecture {config.architecture!r}" if isinstance(config, TemporalCNNConfig) else ""
        raise ValueError(
            f"{type(trained).__name__}{which} does not end in an average over time, and so its score is no sum over "
            'moments; accepted are TemporalCNNClassifier and TemporalCNNRegressor with "fcn", "resnet" or "inception". '
            "OcclusionDisplay shows what matters to any estimator."
        )
    if trained._net.link == "quantiles":
        raise ValueError("Several quantiles of one net are no sums over moments; train a net for one quantile.")
    return name
