"""Cleaning texts before they are counted or read."""

import html
import re
import unicodedata
from functools import partial
from numbers import Integral

import numpy as np
from sklearn.utils._param_validation import Interval
from sklearn.utils.validation import check_is_fitted

from skdeep._data import texts as data
from skdeep._estimator.params import estimator, param
from skdeep.text import _languages, _tokens
from skdeep.text._base import TextTransformer
from skdeep.utils._words import Names

_MARKUP = re.compile(r"<!--.*?-->|</?[a-zA-Z][^<>]*>", re.DOTALL)
_SPACES = re.compile(r"\s+")


@estimator
class TextNormalizer(TextTransformer):
    """Clean texts: one Unicode form, no markup, lower case, lemmas, no stop words.

    Letters are composed (NFC), typographic apostrophes become plain ones, and elided words stand alone, so that
    "l'école" counts as "école"; accents are kept unless asked otherwise. Texts stay texts: what follows may be any
    vectorizer or estimator for strings.

    {parameters}

    {attributes}

    Raises
    ------
    TypeError, ValueError
        If X is not strings, or has none; if a parameter, or a language, is not known.
    ImportError
        If simplemma is asked for and not installed.

    See Also
    --------
    TextFeatures : TF-IDF of words and characters.

    Examples
    --------
    >>> from skdeep.text import TextNormalizer
    >>> texts = ["L\u2019école <b>est</b> &agrave; côté", "Les chevaux couraient"]
    >>> TextNormalizer().fit_transform(texts).tolist()
    ["l' école est à côté", 'les chevaux couraient']
    >>> TextNormalizer(lemmatizer="simplemma", language="fr", stop_words="french").fit_transform(texts).tolist()
    ['école côté', 'cheval courir']
    """

    lowercase: bool = param(True, ["boolean"], "bool", "Whether all letters become small ones.")
    strip_accents: bool = param(False, ["boolean"], "bool", 'Whether "école" becomes "ecole".')
    strip_html: bool = param(True, ["boolean"], "bool", "Whether tags are taken out and entities become characters.")
    lemmatizer: object = param(
        None,
        [Names({"simplemma"}), callable, None],
        '"simplemma", callable or None',
        "From a word to the one under which a dictionary has it: by the package simplemma, which knows some 50 "
        "languages, or by a function of a word.",
    )
    language: object = param(
        None,
        [str, "array-like", None],
        "str, list of str or None",
        'Codes of the languages of the texts, such as "en" or ["fr", "en"]; simplemma tries them in turn. Words are '
        "split at elisions if one of them is French, Italian, Catalan or Occitan, or if it is None.",
    )
    stop_words: object = param(
        None,
        [Names({"auto", *_languages.STOP_WORDS}), list, tuple, set, frozenset, None],
        '{"auto", "english", "french"}, list of str or None',
        'Words to leave out, compared in the case that they are in and before they become lemmas. "auto" is those of '
        "`language`.",
    )
    min_token_length: int = param(1, [Interval(Integral, 1, None, closed="left")], "int", "Shorter words are left out.")

    _attributes = """
        stop_words_ : frozenset of str
            Words that are left out.
    """

    def fit(self, X, y=None):
        """Check the parameters and X; nothing is learned.

        Parameters
        ----------
        X : array-like of str of shape (n_samples,), or DataFrame of one column
            Texts.
        y : None
            Ignored, there for the sake of pipelines.

        Returns
        -------
        self : TextNormalizer
            The transformer.
        """
        self._validate_params()
        languages = _languages.codes(self.language)
        stop_words = _languages.stop_words(self.stop_words, languages)
        data.read_texts(X)
        if self.lemmatizer is not None:
            self._lemma()("word")
        self.stop_words_ = stop_words
        return self

    def transform(self, X):
        """Clean texts.

        Parameters
        ----------
        X : array-like of str of shape (n_samples,), or DataFrame of one column
            Texts.

        Returns
        -------
        texts : ndarray of str of shape (n_samples,)
            The same texts, cleaned.
        """
        check_is_fitted(self)
        texts = data.read_texts(X)
        clean = self._cleaner()
        cleaned = np.empty(len(texts), object)
        cleaned[:] = [clean(text) for text in texts]
        return cleaned

    def _cleaner(self):
        languages = _languages.codes(self.language)
        splits = not languages or not _languages.ELIDING.isdisjoint(languages)
        changes_words = self.lemmatizer is not None or self.stop_words_ or self.min_token_length > 1
        word = self._word_changer() if changes_words else None

        def clean(text):
            text = _without_markup(text) if self.strip_html else text
            text = _tokens.composed(text)
            text = text.lower() if self.lowercase else text
            text = _tokens.split_elisions(text) if splits else text
            text = _tokens.WORD.sub(word, text) if word else text
            text = _without_accents(text) if self.strip_accents else text
            return _SPACES.sub(" ", text).strip()

        return clean

    def _word_changer(self):
        lemma = (lambda word: word) if self.lemmatizer is None else self._lemma()
        stop_words, least = self.stop_words_, self.min_token_length
        kept = {}  # words come again and again

        def changed(match):
            word = match.group()
            if word not in kept:
                left_out = word in stop_words or len(word) < least
                kept[word] = "" if left_out else lemma(word)
            return kept[word]

        return changed

    def _lemma(self):
        if self.lemmatizer != "simplemma":
            return partial(_checked_lemma, self.lemmatizer)
        languages = _languages.codes(self.language)
        if not languages:
            raise ValueError('lemmatizer="simplemma" needs a language, such as language="en".')
        try:
            import simplemma
        except ImportError as error:
            raise ImportError(
                'lemmatizer="simplemma" needs the package simplemma: pip install "scikit-deep[text]".'
            ) from error
        lemmatize = partial(simplemma.lemmatize, lang=languages)
        # Names and some pronouns come back with a capital.
        return (lambda word: lemmatize(word).lower()) if self.lowercase else lemmatize


def _checked_lemma(lemmatizer, word):
    lemma = lemmatizer(word)
    if not isinstance(lemma, str):
        raise TypeError(f"lemmatizer must return a str, but made {lemma!r} of {word!r}.")
    return lemma


def _without_markup(text):
    return html.unescape(_MARKUP.sub(" ", text))


def _without_accents(text):
    parts = unicodedata.normalize("NFD", text)
    return unicodedata.normalize("NFC", "".join(part for part in parts if unicodedata.category(part) != "Mn"))
