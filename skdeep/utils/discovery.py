"""Which estimators there are, and an instance of each that the check suites of scikit-learn finish in seconds."""

import importlib
import inspect

from imblearn.over_sampling import SMOTE
from sklearn.base import BaseEstimator, clone

from skdeep.decomposition import Autoencoder, VariationalAutoencoder
from skdeep.image.architectures import Backbone, Small
from skdeep.sequence import TemporalCNNClassifier
from skdeep.tabular import MLPClassifier
from skdeep.tabular.architectures import RealMLP
from skdeep.utils._lazy import keras

__all__ = ["all_estimators", "checking_instance"]

_HOMES = (
    "skdeep.decomposition",
    "skdeep.image",
    "skdeep.model_selection",
    "skdeep.outlier_detection",
    "skdeep.tabular",
    "skdeep.sequence",
    "skdeep.text",
    "skdeep.over_sampling",
    "skdeep.wrappers",
)


class _Lengths:
    """Stands in for the model of a SentenceEncoder. A function would have another name in each process of the tests."""

    def encode(self, texts):
        return [[float(len(text)), float(text.count(" ")), float(text.count("a"))] for text in texts]

    def __repr__(self):
        return "Lengths()"


class _SmallNet:
    """Builds the Keras model of wrappers: one hidden layer, in double precision, whose loss counts rows by weight."""

    def __call__(self, meta):
        kind, dtype = meta["target_type_"], {"dtype": "float64"}
        activation, loss, n_units = {
            "binary": ("sigmoid", keras.losses.BinaryCrossentropy, 1),
            "multiclass": ("softmax", keras.losses.SparseCategoricalCrossentropy, meta.get("n_classes_")),
            "multilabel-indicator": ("sigmoid", keras.losses.BinaryCrossentropy, meta.get("n_classes_")),
        }.get(kind if "n_classes_" in meta else None, ("linear", keras.losses.MeanSquaredError, meta.get("n_outputs_")))
        inputs = keras.Input(meta["X_shape_"][1:], **dtype)
        hidden = keras.layers.Dense(32, activation="relu", **dtype)(keras.layers.Flatten(**dtype)(inputs))
        model = keras.Model(inputs, keras.layers.Dense(n_units or 1, activation=activation, **dtype)(hidden))
        optimizer = keras.optimizers.Adam(0.05)
        model.compile(optimizer, loss(reduction="mean_with_sample_weight", **dtype))
        return model

    def __repr__(self):
        return "SmallNet()"


# Default parameters but for sizes, epochs, batch size, and the switches that make training random or batch-dependent.
_RECURRENT = {"units": 16, "epochs": 60, "batch_size": 100, "learning_rate": 0.02}
_CONVOLUTIONAL = {
    "architecture": "fcn",
    "filters": 8,
    "epochs": 60,
    "batch_size": 100,
    "learning_rate": 0.01,
    "normalization": None,
}
_ATTENTIVE = {"n_layers": 1, "width": 16, "epochs": 60, "batch_size": 100, "learning_rate": 0.01, "dropout": 0.0}
_TABULAR = {
    "architecture": RealMLP((16,), dropout=0.0, start_from_rows=False),
    "n_estimators": 1,
    "epochs": 60,
    "learning_rate": 0.05,
}
_WRAPPED = {"model": _SmallNet(), "epochs": 60, "batch_size": -1, "verbose": 0}
_CODES = {"n_components": 1, "hidden_layer_sizes": (16,), "epochs": 60, "learning_rate": 0.01}
_PERCEPTRON = {"hidden_layer_sizes": (32,), "epochs": 60, "learning_rate": 0.01}
# With scikit-learn's own settings for searches: errors are raised, and there are two folds.
_GROWING = {
    "estimator": MLPClassifier(**_PERCEPTRON, random_state=0),  # the checks set the seed of the search only
    "min_units": 16,
    "max_units": 16,
    "max_layers": 1,
    "cv": 2,
    "error_score": "raise",
}
_CHECKING = {
    "Autoencoder": _CODES,
    "AutoencoderOutlier": {"hidden_layer_sizes": (16,), "steps": 60},
    "CNNClassifier": {"architecture": Small(width=0.25), "learning_rate": 0.01},
    "CNNRegressor": {"architecture": Small(width=0.25), "learning_rate": 0.01},
    "DeepSVDD": {"hidden_layer_sizes": (16,), "steps": 60},
    "DocumentVectors": {},
    "EntityEmbedder": {},
    "GrowingSearchCV": _GROWING,
    "ImageEmbedding": {"backbone": Backbone("mobilenetv2", "random")},
    "ImageLoader": {"size": 8},
    "BaseWrapper": _WRAPPED,
    "KerasClassifier": _WRAPPED,
    "KerasRegressor": _WRAPPED,
    "KerasTransformer": _WRAPPED,
    "LearningRateFinder": {"estimator": MLPClassifier(**_PERCEPTRON, random_state=0)},
    "LatentSMOTE": {"autoencoder": Autoencoder(**_CODES)},
    "MLPClassifier": _PERCEPTRON,
    "MLPRegressor": _PERCEPTRON,
    "NDResampler": {"sampler": SMOTE(random_state=0)},
    "RNNClassifier": _RECURRENT,
    "RNNRegressor": _RECURRENT,
    "RandomConvolutions": {},
    "SentenceEncoder": {"encoder": _Lengths()},
    "Seq2SeqTransducer": {"units": 32, "epochs": 60, "batch_size": 100, "learning_rate": 0.01, "dropout": 0.0},
    "SequenceEmbedding": {"estimator": TemporalCNNClassifier(**_CONVOLUTIONAL)},
    "SequencePadder": {},
    "SequenceScaler": {},
    "TextClassifier": {"epochs": 60, "batch_size": 100, "learning_rate": 0.01},
    "TextFeatures": {},
    "TextGenerator": {"units": 16, "epochs": 20, "batch_size": 100, "learning_rate": 0.01, "dropout": 0.0},
    "TextNormalizer": {},
    "TextRegressor": {"epochs": 60, "batch_size": 100, "learning_rate": 0.01},
    "TokenSequencer": {},
    "TabularClassifier": _TABULAR,
    "TabularRegressor": _TABULAR,
    "TemporalCNNClassifier": _CONVOLUTIONAL,
    "TemporalCNNRegressor": _CONVOLUTIONAL,
    "TransformerClassifier": _ATTENTIVE,
    "TransformerRegressor": _ATTENTIVE,
    "VAEOverSampler": {"autoencoder": VariationalAutoencoder(**_CODES)},
    "VAEOutlier": {"hidden_layer_sizes": (16,), "steps": 60},
    "VariationalAutoencoder": _CODES,
    "WindowForecaster": {},
    "WordEmbeddingVectorizer": {},
}


def all_estimators():
    """List every public estimator.

    Returns
    -------
    estimators : list of (str, type)
        Sorted by name.

    Examples
    --------
    >>> from skdeep.utils.discovery import all_estimators
    >>> "MLPClassifier" in dict(all_estimators())
    True
    """
    found = {}
    for home in _HOMES:
        module = importlib.import_module(home)
        for name in module.__all__:
            member = getattr(module, name)
            if inspect.isclass(member) and issubclass(member, BaseEstimator) and hasattr(member, "fit"):
                found[name] = member
    return sorted(found.items())


def checking_instance(cls):
    """Return an instance that scikit-learn's check suites finish in seconds.

    Parameters
    ----------
    cls : type
        A public estimator.

    Returns
    -------
    estimator : object
        With default parameters but for sizes, epochs, batch size, and what makes training random or batch-dependent.

    Examples
    --------
    >>> from skdeep.tabular import MLPClassifier
    >>> from skdeep.utils.discovery import checking_instance
    >>> checking_instance(MLPClassifier).epochs < MLPClassifier().epochs
    True
    """
    return clone(cls(**_CHECKING[cls.__name__]))
