"""What scikit-learn's suite asks of estimators for tables, asked of every estimator for texts."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone, is_classifier
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import has_fit_parameter

from skdeep import text
from skdeep.utils.discovery import checking_instance

SUBJECTS, GOOD, BAD = ("the film", "this book", "our meal", "her song"), ("was wonderful", "is a joy"), ("was awful",)
TEXTS = [f"{who} {what} {when}" for when in ("today", "again", "") for who in SUBJECTS for what in (*GOOD, *BAD)]
LABELS = np.array([int(any(word in one for word in GOOD)) for one in TEXTS])
TURNED = np.array(TEXTS[::-1], object)
ESTIMATORS = [checking_instance(getattr(text, name)) for name in text.__all__ if hasattr(getattr(text, name), "fit")]
METHODS = ("predict", "transform")


def seeded(estimator):
    seed = {"random_state": 0} if "random_state" in estimator.get_params() else {}
    return clone(estimator).set_params(**seed)


def targets(estimator):
    """Return what an estimator learns of TEXTS: labels, or texts."""
    return TURNED if isinstance(estimator, text.Seq2SeqTransducer) else LABELS


def outputs(fitted, X):
    method = next(name for name in METHODS if hasattr(fitted, name))
    result = getattr(fitted, method)(X)
    return result.toarray() if hasattr(result, "toarray") else np.asarray(result)


def assert_same(one, other):
    if one.dtype.kind == "f":
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)
    else:
        np.testing.assert_array_equal(one, other)


by_estimator = pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda one: type(one).__name__)
that_answers = pytest.mark.parametrize(
    "estimator",
    [one for one in ESTIMATORS if any(hasattr(one, name) for name in METHODS)],
    ids=lambda one: type(one).__name__,
)


@by_estimator
def test_fit_changes_no_parameter_and_no_text(estimator):
    estimator, texts = seeded(estimator), np.array(TEXTS, object)
    before = {name: repr(value) for name, value in estimator.get_params().items()}
    assert estimator.fit(texts, targets(estimator)) is estimator
    assert {name: repr(value) for name, value in estimator.get_params().items()} == before
    np.testing.assert_array_equal(texts, TEXTS)


@that_answers
def test_all_containers_of_strings_are_the_same(estimator):
    fitted = seeded(estimator).fit(TEXTS, targets(estimator))
    expected = outputs(fitted, TEXTS)
    series = pd.Series(TEXTS, index=range(7, 7 + len(TEXTS)))
    for X in (np.array(TEXTS), np.array(TEXTS, object)[:, None], series, series.astype("string"), series.to_frame()):
        assert_same(outputs(fitted, X), expected)
        assert_same(outputs(seeded(estimator).fit(X, targets(estimator)), X), expected)


@that_answers
def test_what_a_text_gets_depends_on_no_other(estimator):
    fitted = seeded(estimator).fit(TEXTS, targets(estimator))
    expected, order = outputs(fitted, TEXTS), np.random.default_rng(0).permutation(len(TEXTS))
    assert_same(outputs(fitted, [TEXTS[number] for number in order]), expected[order])
    assert_same(outputs(fitted, TEXTS[3:5]), expected[3:5])
    assert_same(outputs(fitted, TEXTS[:1]), expected[:1])


@that_answers
def test_fit_is_the_same_twice_and_after_a_pickle(estimator):
    fitted = seeded(estimator).fit(TEXTS, targets(estimator))
    expected = outputs(fitted, TEXTS)
    assert_same(outputs(pickle.loads(pickle.dumps(fitted)), TEXTS), expected)
    again = fitted.fit(TEXTS[::2], targets(estimator)[::2]).fit(TEXTS, targets(estimator))
    assert_same(outputs(again, TEXTS), expected)


@that_answers
def test_what_is_not_fitted_says_so(estimator):
    with pytest.raises(NotFittedError):
        outputs(clone(estimator), TEXTS)


@that_answers
def test_names_are_as_many_as_columns(estimator):
    fitted = seeded(estimator).fit(TEXTS, targets(estimator))
    if hasattr(fitted, "get_feature_names_out"):
        names = fitted.get_feature_names_out()
        assert len(set(names)) == len(names) == outputs(fitted, TEXTS[:2]).shape[1]


@by_estimator
@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        ("one bare string", TypeError, "X is one str"),
        (b"bytes", TypeError, "X is one bytes"),
        (np.arange(len(TEXTS)), TypeError, "item 0 is"),
        ([*TEXTS[:-1], 3], TypeError, "item 35 is 3 of type int"),
        ([*TEXTS[:-1], b"x"], TypeError, "item 35 is bytes: decode them first"),
        ({"a": 1}, TypeError, "X is a dict"),
        (np.array([TEXTS, TEXTS]).T, ValueError, r"has the shape \(36, 2\)"),
        ([], ValueError, "X has no texts: Found array with 0 sample"),
    ],
    ids=["str", "bytes", "numbers", "a number", "some bytes", "dict", "two columns", "nothing"],
)
def test_what_is_no_text_is_refused_and_leaves_a_fitted_one_as_it_was(estimator, X, error, message):
    estimator = seeded(estimator).fit(TEXTS, targets(estimator))
    before = vars(estimator).copy()
    with pytest.raises(error, match=message):
        estimator.fit(X, targets(estimator)[: len(X)])
    assert all(vars(estimator)[name] is value for name, value in before.items())


@by_estimator
@pytest.mark.parametrize("missing", [None, np.nan, pd.NA], ids=str)
def test_missing_texts_count_as_empty_with_a_warning(estimator, missing):
    with pytest.warns(UserWarning, match="1 of 36 texts in X are missing: they count as empty"):
        fitted = seeded(estimator).fit([*TEXTS[:-1], missing], targets(estimator))
    if any(hasattr(fitted, name) for name in METHODS):
        with pytest.warns(UserWarning, match="1 of 2 texts"):
            answered = outputs(fitted, [TEXTS[0], missing])
        assert_same(answered, outputs(fitted, [TEXTS[0], ""]))


@pytest.mark.parametrize(
    "estimator",
    [one for one in ESTIMATORS if has_fit_parameter(one, "sample_weight")],
    ids=lambda one: type(one).__name__,
)
def test_texts_of_weight_zero_are_not_there(estimator):
    weights, y = np.where(np.arange(len(TEXTS)) % 3 == 0, 0, 1), targets(estimator)
    kept = np.flatnonzero(weights)
    weighed = seeded(estimator).fit(TEXTS, y, sample_weight=weights)
    left_out = seeded(estimator).fit(np.array(TEXTS, object)[kept], y[kept])
    method = "predict_proba" if is_classifier(estimator) else "predict"
    one, other = (getattr(fitted, method)(TEXTS) for fitted in (weighed, left_out))
    if one.dtype == object:
        np.testing.assert_array_equal(one, other)
    else:
        np.testing.assert_allclose(one, other, atol=1e-5)
