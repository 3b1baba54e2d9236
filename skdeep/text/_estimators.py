"""Classifier and regressor of raw texts."""

from dataclasses import dataclass
from numbers import Integral

from sklearn.utils._param_validation import HasMethods, Interval
from sklearn.utils.validation import check_is_fitted, check_memory

from skdeep._data.inputs import Texts
from skdeep._estimator.classifier import DeepClassifier
from skdeep._estimator.params import ClassifierParams, RegressorParams, TrainingParams, estimator, param
from skdeep._estimator.regressor import DeepRegressor
from skdeep._estimator.scheduled import (
    epochs_param,
    learning_rate_param,
    learning_rate_schedule_param,
    n_iter_no_change_param,
)
from skdeep.text import _languages, architectures
from skdeep.text._explanation import explained
from skdeep.text._reading import Reading
from skdeep.utils._words import Names

_NAMED = {
    "tfidf_mlp": architectures.TfidfMLP,
    "fasttext": architectures.FastText,
    "cnn": architectures.KimCNN,
    "bigru": architectures.BiGRU,
    "transformer": architectures.Encoder,
}


@dataclass(eq=False, repr=False)
class _TextNet(TrainingParams):
    """How texts are read, and by which net."""

    architecture: object = param(
        "tfidf_mlp",
        [Names(_NAMED), architectures.Architecture],
        "str or Architecture",
        '"tfidf_mlp" (dense layers on TF-IDF), "fasttext" (the mean of vectors of words and pairs), "cnn" '
        '(convolutions over words), "bigru" (a recurrent net in both directions) or "transformer"; or an object of '
        "skdeep.text.architectures with measures of your own, such as KimCNN(filters=50).",
        positional=True,
    )
    vectors: object = param(
        None,
        [object],
        'WordEmbeddingVectorizer, path, "train" or None',
        "Vectors that the architectures that read words in order begin with: a WordEmbeddingVectorizer, fitted or not, "
        'a file of GloVe or word2vec, or "train", which learns them on the training texts first. None draws '
        "them.",
    )
    extra_texts: object = param(
        None, ["array-like", None], "array-like of str or None", "Texts without labels that vectors are learned on too."
    )
    language: object = param(
        None,
        [str, "array-like", None],
        "str, list of str or None",
        'Codes of the languages of the texts, such as "en" or ["fr", "en"], for words to become lemmas, by the package '
        "simplemma. None counts words as they are.",
    )
    memory: object = param(
        None,
        [str, HasMethods(["cache"]), None],
        "str, joblib.Memory or None",
        "Folder in which it is kept what was learned of texts, so that a search over the parameters of the net reads "
        "the texts of each fold once. None keeps nothing.",
    )
    epochs: object = epochs_param(160, 5)
    n_iter_no_change: object = n_iter_no_change_param()
    learning_rate: object = learning_rate_param()
    learning_rate_schedule: object = learning_rate_schedule_param()
    batch_size: object = param(
        "auto",
        [Names({"auto"}), Interval(Integral, 1, None, closed="left")],
        'int or "auto"',
        'Texts a step. "auto" is a thirty-second of all, at least 64 and at most 200; for nets that read words in '
        "order a sixteenth, at least 16 and at most 64.",
    )

    _inputs_class = Texts

    def _inputs(self):
        _languages.codes(self.language)
        memory = None if self.memory is None else check_memory(self.memory)
        reading = Reading(self.language, self.vectors, self.extra_texts, self.dtype, memory)
        return self._resolved()._inputs(reading)

    def _design(self, inputs, signature, output_sizes):
        return self._resolved()._design(inputs, output_sizes)

    def _resolved(self):
        architecture = self.architecture
        architecture = _NAMED[architecture]() if isinstance(architecture, str) else architecture
        architecture.validate()
        return architecture

    def explain(self, text, target=None):
        """Tell which words of a text pushed its prediction.

        Each word is left out in turn: what it adds is what is lost without it, in log-odds of the class, or in units
        of y.

        Parameters
        ----------
        text : str
            One text.
        target : label or int, default=None
            The class that is explained; of several labels, or several columns of numbers, the number of one. By
            default, what is predicted, or the most probable label.

        Returns
        -------
        words : list of (str, float)
            The words of the text in their order, and what each adds.

        Raises
        ------
        ValueError
            If the text has no words, or if there is no such target.
        """
        check_is_fitted(self, "weights_")
        return explained(self, text, target)[0]

    @property
    def vectorizer_(self):
        """What makes of texts what the net reads."""
        check_is_fitted(self, "weights_")
        return self._net.inputs.transformer


@estimator
class TextClassifier(DeepClassifier, ClassifierParams, _TextNet):
    """Classifier of raw texts.

    Takes strings as they are, learns their words in `fit` and trains a net on them, in a program that is compiled once.
    The default, dense layers on TF-IDF of words, word pairs and runs of characters, is fast and hard to beat with less
    than ten thousand short texts; nets that read words in order want more of them, or vectors that know the language.

    Labels are of any kind: two classes, many, 0/1 matrices of labels, several at once.

    {parameters}

    {attributes}

    See Also
    --------
    TextRegressor : The same for numbers.
    TextFeatures : The features of the default.

    References
    ----------
    Kim (2014), "Convolutional neural networks for sentence classification": "cnn".
    Joulin, Grave, Bojanowski and Mikolov (2017), "Bag of tricks for efficient text classification": "fasttext".

    Examples
    --------
    >>> from skdeep.text import TextClassifier
    >>> texts = ["what a good film", "a bad, bad film", "good music", "bad acting"] * 5
    >>> model = TextClassifier(random_state=0).fit(texts, ["up", "down"] * 10)
    >>> model.predict(["a good actor", "bad film"]).tolist()
    ['up', 'down']
    """


@estimator
class TextRegressor(DeepRegressor, RegressorParams, _TextNet):
    """Regressor of raw texts.

    Takes strings as they are, learns their words in `fit` and trains a net on them. Targets are standardised inside and
    predictions restored; one target or several.

    {parameters}

    {attributes}

    See Also
    --------
    TextClassifier : The same for labels, with the papers behind the architectures.

    References
    ----------
    Kim (2014), "Convolutional neural networks for sentence classification": "cnn".

    Examples
    --------
    >>> from skdeep.text import TextRegressor
    >>> texts = ["very good", "good", "bad", "very bad"] * 10
    >>> model = TextRegressor(random_state=0).fit(texts, [2.0, 1.0, -1.0, -2.0] * 10)
    >>> bool(model.predict(["good"]) > 0 > model.predict(["bad"]))
    True
    """
