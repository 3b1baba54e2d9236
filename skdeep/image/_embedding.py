"""What a network knows of photographs, as features for any estimator."""

import hashlib
from dataclasses import dataclass
from numbers import Integral

import numpy as np
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils._param_validation import Interval
from sklearn.utils.validation import check_is_fitted
from tqdm.auto import tqdm

from skdeep._data.inputs import Images
from skdeep._data.rows import RowData
from skdeep._engine.spec import ModelSpec
from skdeep._estimator.base import BaseDeepEstimator
from skdeep._estimator.net import Net
from skdeep._estimator.params import REQUIRED, estimator, param
from skdeep.architectures import backbone
from skdeep.image._backbone import are_random, check_images, digest, draw_weights, read_weights
from skdeep.image._params import ImageParams, height_and_width
from skdeep.image.architectures import Backbone
from skdeep.utils._words import Names

_IMAGES_A_CALL = 64  # after which what is done is kept, and shown


@dataclass(eq=False, repr=False)
class EmbeddingParams:
    """Which network embeds images, and how it sees them."""

    backbone: Backbone = param(
        REQUIRED,
        [Backbone],
        "Backbone",
        'Network of skdeep.image.architectures, such as Backbone("mobilenetv2", weights). Its `fine_tune_epochs` stays '
        "at 0, because nothing is trained.",
        positional=True,
    )
    size: object = param(
        None,
        [Interval(Integral, 1, None, closed="left"), tuple, list, None],
        "int, (int, int) or None",
        "Height and width to which images are resized; one number stands for a square. Features are best near the size "
        "of the photographs the backbone was trained on, mostly 224, and fastest for small ones. None takes images as "
        "they are, and enlarges those that are smaller than the backbone takes.",
    )
    pooling: str = param(
        "average",
        [Names({"average", "max"})],
        '{"average", "max"}',
        "What becomes of the values of each of the last maps.",
    )


@dataclass(eq=False, repr=False)
class RunningParams:
    """How the network is run."""

    random_state: object = param(
        None, ["random_state"], "int, RandomState instance or None", "Fixes random weights; else it is not used."
    )
    verbose: object = param(
        0, ["verbose"], "int or bool", "Whether to show a progress bar, which counts the images that are computed."
    )


@estimator
class ImageEmbedding(
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    BaseDeepEstimator,
    RunningParams,
    ImageParams,
    EmbeddingParams,
):
    """Embed images: the features of a network that was trained on photographs.

    A network of keras.applications without its output layer turns each image into one row of numbers, on which a linear
    model often does well, even with few images. Nothing is trained: `fit` reads the weights and learns the shape and
    the range of values of the images.

    X holds images, of shape (n_samples, height, width) or (n_samples, height, width, 3), or flat rows, one image each:
    see `image_shape`. They are rescaled, resized, made to have three channels and preprocessed as the backbone expects.

    {parameters}

    {attributes}

    See Also
    --------
    CNNClassifier : Trains a new output layer on a backbone, and the backbone itself.
    CNNRegressor : The same for numbers.
    skdeep.image.architectures.Backbone : The network and its weights.
    skdeep.sequence.SequenceEmbedding : The features of a net for series.

    Notes
    -----
    An embedding is computed once in a process and then found by the content of its image, in up to half a gigabyte of
    memory: by later calls, clones, and the shuffled folds of a search. `skdeep.clear_cache` forgets them all. With
    ``rescale="auto"``, folds whose largest value differs see other images; a number avoids this, as does None.

    Examples
    --------
    Random weights stand for a file here.

    >>> from sklearn.datasets import load_digits
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from skdeep.image import Backbone, ImageEmbedding
    >>> images, y = load_digits().images[:40], load_digits().target[:40]
    >>> embedding = ImageEmbedding(Backbone("mobilenetv2", "random"), random_state=0)
    >>> embedding.fit_transform(images).shape
    (40, 1280)
    >>> model = make_pipeline(embedding, LogisticRegression(max_iter=1000)).fit(images, y)
    >>> model.predict(images).shape
    (40,)
    """

    _inputs_class = Images

    def fit(self, X, y=None):
        """Read the weights, and learn the shape and the range of values of the images.

        Parameters
        ----------
        X : array-like of shape (n_samples, height, width[, channels]) or (n_samples, n_values)
            Images or flat rows.
        y : None
            Ignored, there for the sake of pipelines.

        Returns
        -------
        self : ImageEmbedding
            The fitted embedding.

        Raises
        ------
        ValueError
            If a parameter, the images or the file with the weights are not valid. The embedding then stays as it was.
        """
        self._validate_params()
        with self._unchanged_on_failure():
            self._fit(X)
        return self

    def _fit(self, X):
        self.backbone.validate()
        self.backbone._check_not_tuned("is for CNNClassifier and CNNRegressor; an embedding is not trained")
        name, weights = self.backbone.name.lower(), self.backbone.weights
        size = None if self.size is None else height_and_width(self.size)
        measures = backbone.BackboneConfig(name, size=size, pooling=self.pooling)
        inputs = Images(self.image_shape, self.rescale, backbone.DTYPE)
        X = inputs.validate(self, X, reset=True)
        check_images(measures, self.image_shape_)
        inputs, numbers = inputs.learn(RowData(X)), inputs.numbers(X)
        spec = ModelSpec(backbone.build, measures, tuple(numbers))
        self._net = Net(spec, inputs.signature(X), inputs, numbers=numbers)
        is_random = are_random(weights)
        origin = self._draw_seeds()[0] if is_random else weights
        body = draw_weights(measures, origin) if is_random else read_weights(measures, origin)
        rescaling = [np.full(X.shape[3], number, backbone.DTYPE) for number in numbers.values()]
        self.weights_ = (*rescaling, *body)
        self._content = repr((measures, numbers)).encode() + digest(measures, origin, body)
        self._n_features_out = self._embedded(X[:1]).shape[1]

    def transform(self, X):
        """Embed images.

        Parameters
        ----------
        X : array-like of shape (n_samples, height, width[, channels]) or (n_samples, n_values)
            Images or flat rows, of the shape seen at `fit`.

        Returns
        -------
        features : ndarray of float32 of shape (n_samples, n_features_out)
            One row an image.
        """
        check_is_fitted(self, "weights_")
        return self._embedded(self._net.inputs.validate(self, X, reset=False), self.verbose)

    def _embedded(self, images, verbose=False):
        """Return the features of images, each content of which is computed once as long as there is room for it."""
        from skdeep._engine.cache import cache

        keys = self._keys(images)
        known = cache.memory.get_many(keys)
        rows = {key: row for row, key in enumerate(keys) if key not in known}
        wanted = list(rows)
        with tqdm(total=len(rows), desc=type(self).__name__, unit="image", disable=not (verbose and rows)) as progress:
            for start in range(0, len(rows), _IMAGES_A_CALL):
                piece = wanted[start : start + _IMAGES_A_CALL]
                (features,) = self._outputs(images[[rows[key] for key in piece]])
                # Copies, because a row that is kept would hold on to the features of the whole batch.
                new = {key: [row.copy()] for key, row in zip(piece, features, strict=True)}
                cache.memory.put_many(new)
                known |= new
                progress.update(len(new))
        return np.stack([known[key][0] for key in keys])

    def _keys(self, images):
        """Return what the features of each image depend on, digested: pixels, net and weights."""
        shared = hashlib.blake2b(self._content + repr((images.shape[1:], images.dtype)).encode(), digest_size=16)
        keys = []
        for image in images:
            key = shared.copy()
            key.update(np.ascontiguousarray(image))
            keys.append(key.digest())
        return keys

    @property
    def model_(self):
        """The net as a `keras.Model`, built anew at each access, sharing nothing with the embedding.

        It takes images as they are given to `transform` and returns their features. It is not compiled, because there
        is nothing to train.
        """
        check_is_fitted(self, "weights_")
        from skdeep._estimator.keras_model import network

        return network(self)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags
