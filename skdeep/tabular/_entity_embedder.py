"""Learned vectors of categories, as columns for any estimator."""

from numbers import Integral

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.utils import _safe_indexing, check_consistent_length
from sklearn.utils._param_validation import Interval
from sklearn.utils._set_output import _get_output_config
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import _check_feature_names_in, _check_sample_weight, _check_y, check_is_fitted

from skdeep._data.columns import Ids
from skdeep._data.frames import kinds
from skdeep._data.frames.rows import BOOLEAN, STRING, listed
from skdeep._data.inputs import Frames
from skdeep._engine.spec import InputSignature
from skdeep._estimator.params import estimator, param
from skdeep.tabular import _vectors
from skdeep.tabular._tabular import TabularClassifier, TabularRegressor
from skdeep.tabular.architectures import MLP
from skdeep.utils._words import Names

_MOST = 10  # numbers of a category, as in the reference
_DEVIATION = 0.01  # of vectors at the start: larger ones hide what is learned


@estimator
class EntityEmbedder(TransformerMixin, BaseEstimator):
    """Replace categories by vectors that a net has learned, for boosted trees, nearest neighbours or any estimator.

    A net is trained to predict y from all columns of X. The vectors that it reads categories as become columns: values
    that mean the same for y lie close together.

    X is a frame of pandas or polars, or an array, as for TabularClassifier.

    {parameters}

    {attributes}

    See Also
    --------
    TabularClassifier : The net that is trained for labels; it has `category_embeddings_` too.
    TabularRegressor : The net that is trained for numbers.
    skdeep.inspection.EmbeddingDisplay : Draws the vectors of a column.
    sklearn.preprocessing.TargetEncoder : The mean target of each category, one number.

    Notes
    -----
    The vectors of a column are given in their principal axes. Zero is the mean of the training rows, and the first axis
    is the one along which they differ most. Distances are those of the net, but for axes that are left out.
    Where the net is an ensemble, squared distances are the mean of those in its members.

    Values that fewer than three training rows have share one vector. Values that are new in `transform` get that too,
    or zeros if there were no rare ones; so do missing values, which have a vector of their own if at least three
    training rows lacked a value.

    The net has seen y of the training rows. Their vectors therefore tell more of y than those of new rows, above all
    those of rare categories, and what follows in a pipeline trusts them too much; `TargetEncoder` avoids this by cross
    fitting, which vectors do not allow, because each fold would have axes of its own. With some tens of rows in each
    category it matters little.

    The net reads the other columns of X as well, and `sample_weight` counts in its training.

    References
    ----------
    Guo and Berkhahn (2016), "Entity embeddings of categorical variables".

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from sklearn.ensemble import HistGradientBoostingRegressor
    >>> from sklearn.pipeline import make_pipeline
    >>> from skdeep.tabular import EntityEmbedder
    >>> rng = np.random.default_rng(0)
    >>> days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    >>> X = pd.DataFrame({"day": rng.choice(days, 500), "hours": rng.uniform(0, 8, 500)})
    >>> y = X["hours"] * X["day"].isin(["sat", "sun"])
    >>> embedder = EntityEmbedder(dim=2, random_state=0)
    >>> embedder.fit_transform(X, y).shape
    (500, 3)
    >>> vectors = embedder.category_embeddings_["day"]
    >>> vectors[0].nlargest(2).index.union(vectors[0].nsmallest(2).index).isin(["sat", "sun"]).sum()
    np.int64(2)
    >>> model = make_pipeline(embedder, HistGradientBoostingRegressor()).fit(X, y)
    >>> bool(model.score(X, y) > 0.9)
    True
    """

    columns: object = param(
        "auto",
        ["array-like", Names({"auto"})],
        'array-like or "auto"',
        "Which columns are replaced: their names, their numbers, or a mask. They are read as categories whatever they "
        'hold. "auto" is all strings, booleans and categories of a frame, but for free text, of which more than half '
        "of the values differ.",
        positional=True,
    )
    dim: object = param(
        "auto",
        [Interval(Integral, 1, None, closed="left"), Names({"auto"})],
        'int or "auto"',
        'Numbers that a category becomes, at most: a column of n different vectors has no more than n - 1. "auto" is '
        "half the number of vectors of the column, rounded up, and at most 10. It is the length of the vectors of the "
        "net too, if `estimator` is None.",
    )
    estimator: object = param(
        None,
        [TabularClassifier, TabularRegressor, None],
        "TabularClassifier, TabularRegressor or None",
        "The net. It is cloned; the columns are added to its `categorical_features`, and `most_one_hot` becomes 0. "
        "None is a multilayer perceptron whose vectors begin near zero: a TabularRegressor where y holds numbers that "
        "are not all whole, else a TabularClassifier. If y counts something, or is rounded, give a TabularRegressor.",
    )
    remainder: str = param(
        "passthrough",
        [Names({"passthrough", "drop"})],
        '{"passthrough", "drop"}',
        "What becomes of the other columns: they stay as they are, or are left out.",
    )
    random_state: object = param(
        None,
        ["random_state"],
        "int, RandomState instance or None",
        "Fixes the seed of the net, if `estimator` has none of its own.",
    )

    _attributes = """
        category_embeddings_ : dict of DataFrame
            The vectors, by the names (or numbers) of the columns, in their order in X. Each frame has a row for each
            category, the most frequent first, and a column for each axis. NaN in the index stands for what is missing,
            if that has a vector; the last row, "(other)", for all other values.
        estimator_ : TabularClassifier, TabularRegressor or None
            The fitted net; None if there is no column to replace.
    """

    _inputs_class = Frames

    def fit(self, X, y, sample_weight=None):
        """Train the net, and keep the vectors of its categories.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            Training rows.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row.

        Returns
        -------
        self : EntityEmbedder
            The fitted transformer.

        Raises
        ------
        ValueError
            If a parameter or the data are not valid, or two columns of the result would have the same name.
        """
        self._validate_params()
        rows = Frames().validate(self, X, reset=True)
        _check_targets(self, rows, y)
        net, named = self._net_for(y), self._named(rows)
        declared = named | np.array(rows.declared) | kinds.categorical(rows, net.categorical_features)
        is_wanted = declared | np.isin(rows.kinds, (STRING, BOOLEAN)) if _is_auto(self.columns) else named
        if not is_wanted.any():
            _check_sample_weight(sample_weight, rows, ensure_non_negative=True)
            self.estimator_, self.category_embeddings_ = None, {}
            return self
        net.set_params(categorical_features=declared.tolist()).fit(X, y, sample_weight)
        names = net._net.inputs.sources["categories"] if _is_auto(self.columns) else np.array(rows.names, object)[named]
        embeddings = self._embeddings(net, names)
        _check_different(_output_names(rows.names, embeddings, self.remainder))
        self.estimator_, self.category_embeddings_ = net, embeddings
        return self

    def transform(self, X):
        """Replace categories by their vectors.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            Rows, of the same columns as in `fit`.

        Returns
        -------
        X_out : ndarray or DataFrame of shape (n_samples, n_features_out)
            The columns of X, with several in the place of each that is replaced. It is an array of floats where all
            columns are numbers, else of objects; with ``set_output(transform="pandas")`` or ``"polars"`` it is a frame
            whose other columns have the types that they had.

        Raises
        ------
        ValueError
            If X has other columns, or a column holds another type than in `fit`.
        """
        check_is_fitted(self, "category_embeddings_")
        rows = Frames().validate(self, X, reset=False)
        ids = self._ids(rows)
        columns = []
        for number, name in enumerate(rows.names):
            if name in self.category_embeddings_:
                columns += list(self._table(name)[ids[name]].T)
            elif self.remainder == "passthrough":
                columns.append(_column(X, number))
        container = _get_output_config("transform", self)["dense"]
        return _joined(columns, self.get_feature_names_out(), len(rows), X, container)

    def get_feature_names_out(self, input_features=None):
        """Return the names of the columns of the result: "city_0", "city_1", ... in the place of "city".

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the columns of X; those of `fit`, or "x0", "x1", ..., by default.

        Returns
        -------
        names : ndarray of str
            In the order of the columns.
        """
        check_is_fitted(self, "category_embeddings_")
        shown = _check_feature_names_in(self, input_features)
        names = getattr(self, "feature_names_in_", range(self.n_features_in_))
        of_shown = {
            one: self.category_embeddings_[name]
            for one, name in zip(shown, names, strict=True)
            if name in self.category_embeddings_
        }
        return np.array(_output_names(shown, of_shown, self.remainder), dtype=object)

    def _net_for(self, y):
        """Return the net that is to be trained."""
        if self.estimator is not None:
            net = clone(self.estimator)
        else:
            dim = _MOST if self.dim == "auto" else int(self.dim)
            is_continuous = type_of_target(y, input_name="y").startswith("continuous")
            cls = TabularRegressor if is_continuous else TabularClassifier
            net = cls(MLP(category_dim=dim, category_deviation=_DEVIATION))
        if net.random_state is None:
            net.set_params(random_state=self.random_state)
        return net.set_params(most_one_hot=0)

    def _named(self, rows):
        """Return which columns `columns` names, as a mask."""
        if _is_auto(self.columns):
            return np.zeros(rows.shape[1], bool)
        return kinds.chosen(rows, self.columns, "columns", '"auto", {}')

    def _embeddings(self, net, names):
        """Return the vectors of some columns of X, each as a frame."""
        inputs, of_nets = net._net.inputs, _vectors.of_all_nets(net)
        return {
            name: _vectors.principal(of_nets[name], inputs.counts_of(name), self._most_axes)
            if name in of_nets
            else _vectors.nothing(name)
            for name in names
        }

    def _most_axes(self, n_vectors):
        return min(_MOST, -(-n_vectors // 2)) if self.dim == "auto" else int(self.dim)

    def _ids(self, rows):
        """Return the ids of each column that is replaced, by its name."""
        ids = {name: np.zeros(len(rows), int) for name in self.category_embeddings_}
        inputs = None if self.estimator_ is None else self.estimator_._net.inputs
        names = inputs.sources["categories"] if inputs else ()
        if names:
            signature = InputSignature((("categories", Ids((len(names),))),), inputs.dtype)
            ids |= dict(zip(names, inputs.encode(rows, signature)["categories"].T, strict=True))
        return ids

    def _table(self, name):
        """Return the vectors of a column in the order of their ids; those of all other values have id 0."""
        return np.roll(self.category_embeddings_[name].to_numpy(), 1, axis=0)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        Frames.tag(tags, self)
        tags.target_tags.required = True
        tags.target_tags.multi_output = True
        return tags


def _is_auto(columns):
    return isinstance(columns, str) and columns == "auto"


def _check_targets(embedder, rows, y):
    """Raise ValueError if there is no y, or it does not belong to rows."""
    if y is None:
        raise ValueError(
            f"This {type(embedder).__name__} estimator requires y to be passed, but the target y is None: vectors are "
            "learned of what they say about it."
        )
    _check_y(y, multi_output=True)
    check_consistent_length(rows, y)


def _output_names(names, embeddings, remainder):
    """Return the names of the columns of a result."""
    found = []
    for name in names:
        if name in embeddings:
            found += [f"{name}_{axis}" for axis in embeddings[name].columns]
        elif remainder == "passthrough":
            found.append(name)
    return found


def _check_different(names):
    twice = sorted({str(name) for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"Vectors would have the same names as other columns of X: {listed(twice)}. Rename these.")


def _column(X, number):
    """Return a column of X as X has it."""
    if not hasattr(X, "shape"):
        X = np.asarray(X)
        X = np.asarray(X, dtype=object) if X.dtype.kind in "US" else X
    return _safe_indexing(X, number, axis=1)


def _joined(columns, names, n_rows, X, container):
    """Return columns beside each other, in what `set_output` asks for."""
    if container == "default":
        arrays = [np.asarray(column) for column in columns]
        as_numbers = all(array.dtype.kind in "biuf" for array in arrays)
        joined = np.empty((n_rows, len(arrays)), np.float64 if as_numbers else object)
        for number, array in enumerate(arrays):
            joined[:, number] = array
        return joined
    library = container if type(X).__module__.startswith(container) else None
    ready = {
        name: column if library or isinstance(column, np.ndarray) else _as_list(column)
        for name, column in zip(names, columns, strict=True)
    }
    if container == "pandas":
        return pd.DataFrame(ready, index=getattr(X, "index", None) if library else None)
    import polars

    return polars.DataFrame(ready)


def _as_list(column):
    """Return a column of another library as Python values, None for what is missing."""
    if isinstance(column, pd.Series):
        column = column.astype(object).where(column.notna(), None)
    return list(column)
