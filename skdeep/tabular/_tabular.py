"""Nets for tables as they come: numbers, categories, strings, dates and missing values, in any kind of frame."""

from dataclasses import dataclass
from numbers import Integral, Real

from sklearn.utils._param_validation import Interval
from sklearn.utils.validation import check_is_fitted

from skdeep._data import rows as data
from skdeep._data.inputs import Frames
from skdeep._estimator.balance import balance_of
from skdeep._estimator.classifier import DeepClassifier
from skdeep._estimator.params import RegressorParams, estimator, param
from skdeep._estimator.problems import Classification, Regression
from skdeep._estimator.regressor import DeepRegressor
from skdeep.tabular import _vectors
from skdeep.tabular._architectures import ArchitectureOptions, resolve
from skdeep.tabular._params import TabularClassifierParams, TabularTrainingParams
from skdeep.utils._words import Names

# Scorers of probabilities or ranks, which smoothed labels would harm.
_OF_PROBABILITIES = ("loss", "log_loss", "roc_auc", "average_precision", "brier")


@dataclass(eq=False, repr=False)
class _Tabular:
    """What a table is, the architecture of the net, and how many there are."""

    architecture: object = param(
        "realmlp",
        [ArchitectureOptions()],
        "str or Architecture",
        '"realmlp", "tabm", "resnet", "ft_transformer", "wide_deep" or "mlp", or an object of '
        "skdeep.tabular.architectures, such as RealMLP(dropout=0.3).",
        positional=True,
    )
    n_estimators: object = param(
        "auto",
        [Names({"auto"}), Interval(Integral, 1, None, closed="left")],
        'int or "auto"',
        "Nets that are trained beside each other, each on an order of its own, and whose predictions are averaged. "
        'With early stopping each holds out other rows. "auto" is what the architecture needs: for "realmlp", 4 up to '
        "20,000 rows and 2 beyond.",
    )
    categorical_features: object = param(
        "from_dtype",
        ["array-like", Names({"from_dtype"}), None],
        'array-like, "from_dtype" or None',
        'Which columns are categories: names, numbers or a mask of columns. With "from_dtype", those that a frame has '
        "as categories. Strings and booleans always are.",
    )
    most_one_hot: int = param(
        8,
        [Interval(Integral, 0, None, closed="left")],
        "int",
        "Categories of a column that has at most so many are read as indicators, those of other columns as learned "
        "vectors.",
    )
    text_features: str = param(
        "hash",
        [Names({"hash", "drop", "error"})],
        '{"hash", "drop", "error"}',
        "What to do with strings of which more than a share `text_share` of the rows have one of their own, such as "
        "ids and free text: make 64 columns of their hashed groups of letters, leave them out with a warning, or "
        "raise.",
    )
    text_share: float = param(
        0.5,
        [Interval(Real, 0, 1, closed="both")],
        "float",
        "Distinct values of a column of strings, as a share of the rows, from which on it is text.",
    )

    _attributes = """
        category_embeddings_ : dict of DataFrame
            Learned vectors of categories.
    """

    _inputs_class = Frames

    @property
    def category_embeddings_(self):
        """Learned vectors of categories, by the names (or numbers) of the columns that have them.

        Each is a frame with a row for each category, the most frequent first, and a column for each dimension. Its
        index has the categories, and NaN where missing values have a vector of their own. The last row, "(other)", is
        the vector of all other values; where no training row had one, it is as it was drawn at the start.

        Columns of few categories (`most_one_hot`) are read as indicators and have no vectors. Several nets have spaces
        of their own, which cannot be averaged: the vectors are those of the first.
        """
        check_is_fitted(self, "weights_")
        if not self._net.paths:
            raise AttributeError("category_embeddings_ is there when the fit is over.")
        return {name: frame for name, (frame, *_) in _vectors.of_all_nets(self).items()}

    def _inputs(self):
        return Frames(
            self.dtype,
            categorical_features=self.categorical_features,
            most_one_hot=int(self.most_one_hot),
            text_features=self.text_features,
            text_share=float(self.text_share),
        )

    def _design(self, inputs, signature, output_sizes):
        architecture, n_members = resolve(self.architecture), self._n_members(inputs.n_rows)
        regression = isinstance(self, DeepRegressor)
        return architecture._design(inputs, signature, output_sizes, regression=regression, n_members=n_members)

    def _n_members(self, n_rows):
        """Return the number of nets; where training goes on, it is what it was."""
        return resolve(self.architecture)._n_members(n_rows) if self.n_estimators == "auto" else self.n_estimators

    def _hold_out(self, rows, strata, seed):
        n_rows = self._net.inputs.n_rows if self.warm_start and hasattr(self, "_net") else rows.n_rows
        n_members = self._n_members(n_rows)
        if n_members == 1:
            return super()._hold_out(rows, strata, seed)
        return data.folds(rows, n_members, self.validation_fraction, strata, seed)


@estimator
class TabularClassifier(_Tabular, DeepClassifier, TabularTrainingParams, TabularClassifierParams):
    """Classifier for tables as they come.

    X is a frame of pandas or polars, or an array, with numbers, categories, strings, booleans, dates, durations and
    missing values; nothing has to be encoded or scaled before.

    {parameters}

    {attributes}

    See Also
    --------
    TabularRegressor : The same for numbers.
    skdeep.tabular.architectures : The architectures with their parameters.

    References
    ----------
    Holzmüller, Grinsztajn and Steinwart (2024), "Better by default: strong pre-tuned MLPs and boosted trees on tabular
    data".

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skdeep.tabular import TabularClassifier
    >>> from skdeep.tabular.architectures import RealMLP
    >>> X, y = load_iris(return_X_y=True, as_frame=True)
    >>> model = TabularClassifier(RealMLP((32,)), epochs=20, random_state=0)
    >>> bool(model.fit(X, y).score(X, y) > 0.9)
    True
    """

    def _problem(self):
        smoothing = self.label_smoothing
        if smoothing == "auto":
            smoothing = self._smoothing()
        return Classification(self.loss, smoothing, balance_of(self), self.prediction_prior)

    def _smoothing(self):
        """Return what `label_smoothing="auto"` is."""
        smoothed = isinstance(self.loss, str) and self.loss in ("auto", "cross_entropy", "logit_adjusted")
        first = next(iter(self.scoring), None) if isinstance(self.scoring, (list, tuple, dict)) else self.scoring
        ranked = isinstance(first, str) and any(name in first for name in _OF_PROBABILITIES)
        return resolve(self.architecture)._label_smoothing if smoothed and not ranked else 0.0


@estimator
class TabularRegressor(_Tabular, DeepRegressor, TabularTrainingParams, RegressorParams):
    """Regressor for tables as they come.

    X is a frame of pandas or polars, or an array, with numbers, categories, strings, booleans, dates, durations and
    missing values; nothing has to be encoded or scaled before. Targets are standardised inside; predictions are
    restored, and kept between the least and the largest target that was seen.

    {parameters}

    {attributes}

    See Also
    --------
    TabularClassifier : The same for labels.
    skdeep.tabular.architectures : The architectures with their parameters.

    References
    ----------
    Holzmüller, Grinsztajn and Steinwart (2024), "Better by default: strong pre-tuned MLPs and boosted trees on tabular
    data".

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from skdeep.tabular import TabularRegressor
    >>> from skdeep.tabular.architectures import RealMLP
    >>> X, y = load_diabetes(return_X_y=True, as_frame=True)
    >>> model = TabularRegressor(RealMLP((32,)), epochs=20, random_state=0)
    >>> bool(model.fit(X, y).score(X, y) > 0.4)
    True
    """

    def _problem(self):
        return Regression(self.loss, self.target_weight, clips=True)
