"""Autoencoders of tables, images and series."""

import math
from dataclasses import dataclass
from functools import partial
from numbers import Real

import numpy as np
from sklearn.utils._param_validation import Interval
from sklearn.utils.validation import check_is_fitted

from skdeep._engine.spec import ModelSpec
from skdeep._estimator.net import Design
from skdeep._estimator.params import estimator, param, positive
from skdeep._estimator.reconstruction import Reconstructing
from skdeep._estimator.scheduled import SCHEDULE
from skdeep.architectures import autoencoder
from skdeep.decomposition._coding import BOTH, STEPS, Coding, CodingParams, statistics
from skdeep.utils._keys import described

_SHARE = 0.25  # of the epochs, for each layer that is trained by itself
_STRENGTH = [positive(Real, closed="left")]


@dataclass(eq=False, repr=False)
class _AutoencoderParams(CodingParams):
    """What is asked of a code, and what a row that is made again is compared by."""

    noise: float = param(
        0.0,
        [Interval(Real, 0, 1, closed="both")],
        "float",
        "Standard deviation of the normal noise that is added to rows in training, in units of the standard deviation "
        "of X: the net learns to take it out (Vincent et al.).",
    )
    sparsity: float = param(
        0.0,
        _STRENGTH,
        "float",
        "Weight in the loss of the mean absolute value of the code, of which few parts are then far from zero.",
    )
    contraction: float = param(
        0.0,
        _STRENGTH,
        "float",
        "Weight in the loss of the sum of the squared derivatives of the code by X: rows that are near each other get "
        "codes that are (Rifai et al.).",
    )
    tied_weights: bool = param(
        False, ["boolean"], "bool", "Whether the decoder uses the kernels of the encoder, transposed."
    )
    layerwise: bool = param(
        False,
        ["boolean"],
        "bool",
        "Whether dense layers are first trained one after the other, from the rows on: each, with its pair in the "
        "decoder, for a quarter of the epochs, while those before it stay as they are (Bengio et al.). `history_` "
        "begins with these epochs.",
    )
    loss: object = param(
        "squared_error",
        [str, callable],
        "str, keras.losses.Loss or callable",
        '"squared_error", "absolute_error", "huber", "log_cosh", or another loss of MLPRegressor whose outputs are its '
        "predictions: of the rows and what is made of them, both in units of X.",
    )


@estimator
class Autoencoder(_AutoencoderParams, Coding):
    """Autoencoder: a short code of each row, from which the row can be made again.

    An encoder makes the code, a decoder makes the row of it, and both are trained for the row to come
    out as it went in. `transform` gives the codes, for another estimator, a search of neighbours or a map.

    X is numeric, dense or sparse, or images or series (`architecture`). What has no scale in common wants one first,
    for example by StandardScaler.

    {parameters}

    {attributes}

    See Also
    --------
    sklearn.decomposition.PCA : The best linear code, at once.

    Notes
    -----
    `noise`, `sparsity` and `contraction` combine, and are numbers of the compiled program: a search over their values
    compiles nothing. Inside, each column is centred, and all are divided by one number, so that columns keep their
    proportions.

    A code that is longer than a row can hold a copy of it: with fewer columns than `n_components`, one of the three is
    needed.

    Sparse rows are never centred, and noise cannot be added to them.

    References
    ----------
    Hinton and Salakhutdinov (2006), "Reducing the dimensionality of data with neural networks".
    Bengio et al. (2007), "Greedy layer-wise training of deep networks": `layerwise`.
    Vincent et al. (2008), "Extracting and composing robust features with denoising autoencoders": `noise`.
    Rifai et al. (2011), "Contractive auto-encoders: explicit invariance during feature extraction": `contraction`.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skdeep.decomposition import Autoencoder
    >>> X, _ = load_iris(return_X_y=True)
    >>> model = Autoencoder(n_components=2, random_state=0).fit(X)
    >>> model.transform(X).shape
    (150, 2)
    >>> bool(abs(model.reconstruct(X) - X).mean() < 0.15)
    True
    """

    def score_samples(self, X):
        """Return how well each row can be made again.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        scores : ndarray of shape (n_samples,)
            Minus the loss of each row: the larger, the better.
        """
        check_is_fitted(self, "weights_")
        from skdeep._engine import views

        X, loss = self._net.inputs.validate(self, X, reset=False), Reconstructing(self._fitted_loss, {}).resolved().loss
        (losses,) = self._viewed(X, views.losses(BOTH, loss.recipe, loss.numbers))
        return -losses.astype(np.float64)

    def _problem(self):
        return Reconstructing(self.loss, {"sparsity": float(self.sparsity), "contraction": float(self.contraction)})

    def _design(self, inputs, signature, output_sizes):
        n_columns = math.prod(signature.inputs[0][1].shape)
        self._check(n_columns, inputs)
        config = autoencoder.AutoencoderConfig(
            int(self.n_components),
            self._sizes(n_columns),
            described(self.activation),
            described(self.kernel_initializer),
            noise=self.noise > 0,
            tied=bool(self.tied_weights),
            standardized=inputs.mean is not None,
            architecture=self.architecture,
        )
        autoencoder.check(config)
        numbers = {"noise": float(self.noise)} if config.noise else {}
        spec = ModelSpec(autoencoder.build, config, tuple(numbers), operations=autoencoder.operations)
        return Design(
            spec, numbers, *SCHEDULE, earlier=self._earlier(config), initial=lambda: statistics(inputs), steps=STEPS
        )

    def _earlier(self, config):
        """Return the stages in which single layers are trained."""
        if not self.layerwise:
            return ()
        from skdeep._engine.objectives import reconstruction

        parts = [reconstruction.Part(*pair) for pair in autoencoder.pairs(config)]
        return tuple((_SHARE, partial(reconstruction.of_part, part)) for part in parts)

    def _check(self, n_columns, inputs):
        for name in ("tied_weights", "layerwise"):
            if getattr(self, name) and self.architecture != "dense":
                raise ValueError(f"{name}=True needs architecture='dense', got {self.architecture!r}.")
        if self.layerwise and not self._sizes(n_columns):
            raise ValueError("layerwise=True needs a hidden layer, got hidden_layer_sizes=().")
        if inputs.mean is None and self.noise:
            raise ValueError(f"noise={self.noise} would fill a sparse X; use X.toarray(), or no noise.")
        if self.n_components > n_columns and not (self.noise or self.sparsity or self.contraction):
            raise ValueError(
                f"n_components={self.n_components} is more than the {n_columns} values of a row: the code could be a "
                "copy of its row. Use fewer, or noise, sparsity or contraction."
            )
