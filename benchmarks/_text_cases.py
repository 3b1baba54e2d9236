"""What is compared on raw texts: fits, searches and bulk predictions, beside a linear machine on the same features."""

import tempfile
from functools import partial

import numpy as np
from _contenders import OURS, SKLEARN
from _measure import fresh, in_turns, seconds
from _row import Row

_MOST = {SKLEARN: 2.0}  # how many times the seconds of the linear machine a fit may take


def texts(n_texts, n_words, seed=0):
    """Return texts of made-up words, as frequent as words are, and which of two halves of the words each prefers."""
    rng = np.random.default_rng(seed)
    letters = rng.integers(97, 123, (20_000, 9), dtype=np.uint8)
    lengths = rng.integers(2, 10, len(letters))
    words = np.array([bytes(row[:end]).decode() for row, end in zip(letters, lengths, strict=True)], object)
    ranks = np.minimum(rng.zipf(1.3, (n_texts, n_words)), len(words)) - 1
    labels = np.arange(n_texts) % 2
    told = rng.random(ranks.shape) < 0.15
    ranks = np.where(told & (ranks > 50), 2 * (ranks // 2) + labels[:, None], ranks) % len(words)
    return [" ".join(row) for row in words[ranks]], labels


def _ours(**settings):
    from skdeep.text import TextClassifier

    return TextClassifier(random_state=0, **settings)


def _linear():
    from sklearn.pipeline import make_pipeline
    from sklearn.svm import LinearSVC

    from skdeep.text import TextFeatures

    return make_pipeline(TextFeatures(selection="f_classif"), LinearSVC(C=0.5))


def fits(quick):
    """Fit raw texts: short ones, with runs of characters, and long ones, without."""
    sizes, repeats = (((200, 10),), 1) if quick else (((8_000, 20), (12_000, 200)), 3)
    return [_fit_row(*size, repeats) for size in sizes]


def _fit_row(n_texts, n_words, repeats):
    X, y = texts(n_texts, n_words)
    _ours(epochs=1).fit(X[:64], y[:64])  # imports TensorFlow, which is no part of the first fit
    first = seconds(fresh(partial(_ours().fit, X, y)))
    values = in_turns({OURS: partial(_ours().fit, X, y), SKLEARN: partial(_linear().fit, X, y)}, repeats)
    label = f"fit {n_texts:,} texts of {n_words} words"
    return Row("text-fit", label, "s", values, first, headline=True, subject="Texts", bounds=_MOST)


def searches(quick):
    """Search over four values and three folds, with and without a memory of what was read."""
    n_texts = 200 if quick else 4_000
    X, y = texts(n_texts, 20)
    rates = {"learning_rate": [1e-3, 2e-3, 4e-3, 8e-3]}
    weights = {"linearsvc__C": [0.1, 0.3, 1.0, 3.0]}
    linear = partial(_searched, _linear, weights, X, y)
    with tempfile.TemporaryDirectory() as folder:
        ours = {"": _ours, " with memory": partial(_ours, memory=folder)}
        return [
            _search_row(n_texts, told, partial(_searched, make, rates, X, y), linear) for told, make in ours.items()
        ]


def _search_row(n_texts, told, ours, linear):
    values = in_turns({OURS: ours, SKLEARN: linear}, 1)
    return Row("text-search", f"search 4 values, 3 folds, {n_texts:,} texts{told}", "s", values, subject="Texts")


def _searched(make, grid, X, y):
    from sklearn.model_selection import GridSearchCV

    GridSearchCV(make(), grid, cv=3).fit(X, y)


def predictions(quick):
    """Predict many texts at once; beside it, what reading them takes."""
    n_texts = 200 if quick else 8_000
    X, y = texts(n_texts, 20)
    models = {OURS: _ours(epochs=1).fit(X, y), SKLEARN: _linear().fit(X, y)}
    values = in_turns({name: partial(model.predict, X) for name, model in models.items()}, 1 if quick else 5)
    return [Row("text-predict", f"predict {n_texts:,} texts of 20 words", "s", values, subject="Texts")]


CASES = {"text-fit": fits, "text-search": searches, "text-predict": predictions}
