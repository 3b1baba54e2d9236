"""What a trained net knows of series, as features for any estimator."""

import copy

import numpy as np
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin, _clone_parametrized
from sklearn.frozen import FrozenEstimator
from sklearn.utils._param_validation import HasMethods
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import check_is_fitted

from skdeep._data.inputs import SeriesInputs, precision
from skdeep._estimator.params import estimator, param
from skdeep.sequence._params import SequenceParams
from skdeep.sequence._temporal_cnn import TemporalCNNClassifier, TemporalCNNRegressor
from skdeep.sequence._training import seeded

_NOT_FITTED = (
    "prefit=True, but estimator is a %(name)s that is not fitted. A search that is given nets as values of a parameter "
    "clones them, which makes them forget: give it FrozenEstimator(net)."
)


@estimator
class SequenceEmbedding(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """Embed series and tokens: the features that a trained net computes before its output layer.

    A net for series makes one vector of each, whatever its length, and a linear output layer predicts from that. Here
    the vectors are what comes out, for another estimator, for a search of neighbours, or for a map. The net is trained
    in `fit`; or it was trained before, on more series or for another task, and is taken as it is.

    X holds series or rows of ids, in any form that the net takes.

    {parameters}

    {attributes}

    Raises
    ------
    ValueError
        If `estimator` is no net for series, if it should be fitted and is not, or if it was fitted on series of another
        number of channels.

    See Also
    --------
    RandomConvolutions : Features of series that need no training.
    skdeep.image.ImageEmbedding : The features of a network that was trained on photographs.
    sklearn.frozen.FrozenEstimator : What a fitted net is wrapped in, so that a fit of it does nothing.

    Notes
    -----
    The features times the kernel of the output layer, plus its bias, are the outputs of the net. What pads shorter
    series in a batch never changes them. Of an ensemble, the features of all members stand beside each other, the first
    member's first.

    A net that is trained in `fit` has learned the targets of the training rows by heart, to some extent: their features
    separate the classes better than those of new rows. What follows should be regularised, or be fitted on other rows.

    Clones share a net that is taken as it is, so that a cross-validation with it trains no net.

    Examples
    --------
    A net that has learned one task embeds the series of another.

    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from skdeep.sequence import SequenceEmbedding, TemporalCNNClassifier
    >>> X = np.random.default_rng(0).normal(size=(300, 40))
    >>> y = np.arange(300) % 3
    >>> X[y == 1, 20:25] += 3
    >>> X[y == 2, 20:25] -= 3
    >>> net = TemporalCNNClassifier("fcn", filters=8, random_state=0).fit(X[:200], y[:200])
    >>> embedding = SequenceEmbedding(net, prefit=True)
    >>> embedding.fit_transform(X[200:]).shape
    (100, 8)
    >>> model = make_pipeline(embedding, LogisticRegression()).fit(X[200:240], y[200:240] > 0)
    >>> bool(model.score(X[240:], y[240:] > 0) > 0.9)
    True
    """

    estimator: object = param(
        None,
        [HasMethods(["fit", "predict"]), None],
        "classifier or regressor of skdeep.sequence, or None",
        "The net: a recurrent net, convolutions over time or a transformer. It is cloned and fitted, unless it is "
        "`prefit` or a FrozenEstimator. None is TemporalCNNClassifier, or TemporalCNNRegressor where y holds numbers "
        "that are not whole.",
        positional=True,
    )
    prefit: bool = param(
        False,
        ["boolean"],
        "bool",
        "Whether `estimator` is fitted already and stays as it is. Then `fit` needs no y.",
    )
    random_state: object = param(
        None,
        ["random_state"],
        "int, RandomState instance or None",
        "Fixes those seeds of `estimator` that are None; not used where the net stays as it is.",
    )

    _attributes = """
        estimator_ : estimator instance
            The fitted net.
    """

    _inputs_class = SeriesInputs

    def fit(self, X, y=None):
        """Train the net, unless it stays as it is.

        Parameters
        ----------
        X : array-like of shape (n_samples, time, channels) or (n_samples, time), or list of n_samples array-like
            Series, or rows of ids.
        y : array-like of shape (n_samples,) or (n_samples, n_targets), default=None
            Targets. Ignored where the net stays as it is.

        Returns
        -------
        self : SequenceEmbedding
            The fitted embedding.

        Raises
        ------
        ValueError
            If a parameter or the data are not valid. The embedding then stays as it was.
        """
        self._validate_params()
        net = self._as_it_is() if self._is_trained_before() else self._trained(X, y)
        inputs = net._net.inputs
        series = inputs.validate(copy.copy(self), X, reset=True)
        if net.n_channels_ not in (None, series.values.shape[-1]):
            raise ValueError(
                f"X has {series.n_channels} channels, but estimator was fitted on series of {net.n_channels_}."
            )
        # The shortest and the longest row want the program that all rows want.
        ends = series[[series.lengths.argmin(), series.lengths.argmax()]]
        n_features = _features(net, ends).shape[1]
        inputs.validate(self, X, reset=True)
        self.estimator_, self.vocabulary_size_, self._n_features_out = net, net.vocabulary_size_, n_features
        return self

    def transform(self, X):
        """Compute the features.

        Parameters
        ----------
        X : array-like of shape (n_samples, time, channels) or (n_samples, time), or list of n_samples array-like
            Series, or rows of ids.

        Returns
        -------
        features : ndarray of shape (n_samples, n_features_out)
            One row a series, in the precision of the net; in single precision if X is.
        """
        check_is_fitted(self, "estimator_")
        series = self.estimator_._net.inputs.validate(self, X, reset=False)
        features = _features(self.estimator_, series)
        return features.astype(np.float32, copy=False) if precision.is_single(X) else features

    def _is_trained_before(self):
        return bool(self.prefit) or isinstance(self.estimator, FrozenEstimator)

    def _as_it_is(self):
        """Return a copy of the net that shares its weights, so that another fit of the net changes nothing here."""
        net = _unwrapped(self.estimator)
        if net is None:
            raise ValueError("prefit=True wants a fitted estimator, got estimator=None.")
        check_is_fitted(_checked(net), "weights_", msg=_NOT_FITTED)
        return copy.copy(net)

    def _trained(self, X, y):
        if y is None:
            raise ValueError(
                f"This {type(self).__name__} estimator requires y to be passed, but the target y is None. A net that "
                "is fitted already needs none: prefit=True."
            )
        if self.estimator is not None:
            return seeded(_checked(self.estimator), self.random_state).fit(X, y)
        is_continuous = type_of_target(y, input_name="y").startswith("continuous")
        cls = TemporalCNNRegressor if is_continuous else TemporalCNNClassifier
        return cls(random_state=self.random_state).fit(X, y)

    def __sklearn_clone__(self):
        if not self.prefit:
            return super().__sklearn_clone__()
        # A clone of the net would have forgotten what it has learned.
        original = copy.copy(self)
        original.estimator = None
        return _clone_parametrized(original).set_params(estimator=copy.copy(self.estimator))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        net = _unwrapped(self.estimator)
        SeriesInputs.tag(tags, net if isinstance(net, SequenceParams) else TemporalCNNClassifier())
        tags.target_tags.required = not self._is_trained_before()
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags


def _unwrapped(net):
    return net.estimator if isinstance(net, FrozenEstimator) else net


def _checked(net):
    """Return an estimator that is a net for series with one vector for each, or raise ValueError."""
    if isinstance(net, SequenceParams):
        if net._pools():
            return net
        raise ValueError(f"estimator must make one vector of each series, but {net!r} has an output for each moment.")
    raise ValueError(
        "estimator must be a classifier or regressor of skdeep.sequence that is a net, such as "
        f"TemporalCNNClassifier(), got {net!r}."
    )


def _features(net, series):
    """Return the features of validated series, those of all members of an ensemble beside each other."""
    from skdeep._engine import views

    return np.concatenate(net._viewed(series, views.features()), axis=1)
