"""Which words of a text pushed a prediction: what changes when each of them is left out."""

import numpy as np
from scipy.special import logsumexp
from sklearn.base import is_classifier

from skdeep.text import _tokens

_LEAST = 1e-30  # of a probability


def explained(estimator, text, target=None):
    """Return the words of a text, and what each adds to the score of a target.

    Parameters
    ----------
    estimator : estimator instance
        Fitted on strings.
    text : str
    target : label or int, optional
        A class, the number of a label of several, or that of a column of numbers.

    Returns
    -------
    words : list of (str, float)
    target : label, int or None
        What was explained.

    Raises
    ------
    TypeError
        If text is no string.
    ValueError
        If it has no words, or if there is no such target.
    """
    if not isinstance(text, str):
        raise TypeError(f"text must be one string, got {text!r:.60} of type {type(text).__name__}.")
    text = _tokens.split_elisions(_tokens.composed(text))
    places = [match.span() for match in _tokens.WORD.finditer(text)]
    if not places:
        raise ValueError("text has no words to explain.")
    shorter = [f"{text[:begin]} {text[end:]}" for begin, end in places]
    scores, target = _scores(estimator, [text, *shorter], target)
    words = [text[begin:end] for begin, end in places]
    return [(word, float(scores[0] - one)) for word, one in zip(words, scores[1:], strict=True)], target


def _scores(estimator, texts, target):
    """Return how much speaks for a target in each text, and the target."""
    if not is_classifier(estimator):
        return _column(np.asarray(estimator.predict(texts), dtype=float), target)
    if hasattr(estimator, "decision_function"):  # which is more exact where a probability is almost 1
        scores = estimator.decision_function(texts)
    else:
        scores = estimator.predict_proba(texts)
    if isinstance(scores, list):
        raise ValueError("Predictions of several targets with several classes each cannot be explained.")
    scores = np.asarray(scores, dtype=float)
    if not hasattr(estimator, "decision_function"):
        scores = np.log(np.maximum(scores, _LEAST))
    if np.ndim(estimator.predict(texts[:1])) == 2:
        return _column(scores, target)
    return _of_classes(scores, estimator.classes_, target)


def _of_classes(scores, classes, target):
    if scores.ndim == 1:
        scores = np.column_stack([np.zeros_like(scores), scores])
    if target is None:
        target = classes[np.argmax(scores[0])]
    found = np.flatnonzero(np.asarray(classes) == target)
    if not len(found):
        raise ValueError(f"target={target!r} is no class; there are {list(classes)}.")
    return scores[:, found[0]] - logsumexp(np.delete(scores, found[0], axis=1), axis=1), target


def _column(scores, target):
    if scores.ndim == 1 or scores.shape[1] == 1:
        if target is not None:
            raise ValueError(f"target={target!r} is not needed: there is one.")
        return np.ravel(scores), None
    target = int(np.argmax(scores[0])) if target is None else target
    if not isinstance(target, (int, np.integer)) or not 0 <= target < scores.shape[1]:
        raise ValueError(f"target must be a number from 0 to {scores.shape[1] - 1}, got {target!r}.")
    return scores[:, target], int(target)
