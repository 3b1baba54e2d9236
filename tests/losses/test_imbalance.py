"""Losses for rare classes: their formulas and gradients, and what classifiers make of them."""

import pickle

import keras
import numpy as np
import pytest
import tensorflow as tf
from numpy.testing import assert_allclose
from scipy.special import expit, log_softmax, softmax
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.metrics import balanced_accuracy_score

from skdeep import losses
from skdeep.losses import LDAM, CrossEntropy, Focal, LogitAdjusted
from skdeep.sequence import RNNClassifier, TemporalCNNClassifier
from skdeep.tabular import MLPClassifier

RANDOM = np.random.default_rng(0)
OUTPUTS, NUMBERS = RANDOM.normal(size=(12, 3)), np.arange(12) % 3
COLUMNS = RANDOM.integers(0, 2, (12, 3)).astype(float)
PRIORS = np.array([0.7, 0.2, 0.1])
LOG_ODDS = np.log(PRIORS / (1 - PRIORS))


def cross_entropy(logits, y, smoothing=0.0):
    if y.ndim == 1:
        y = np.eye(3)[y] * (1 - smoothing) + smoothing / 3
        return -(y * log_softmax(logits, axis=1)).sum(axis=1)
    y = y * (1 - smoothing) + smoothing / 2
    return -(y * np.log(expit(logits)) + (1 - y) * np.log(expit(-logits))).mean(axis=1)


def adjusted(z, y, tau, smoothing):
    return cross_entropy(z + tau * (np.log(PRIORS) if y.ndim == 1 else LOG_ODDS), y, smoothing)


def with_margins(z, y, most, scale):
    if y.ndim == 1:
        return cross_entropy(scale * (z - np.eye(3)[y] * most * (PRIORS.min() / PRIORS) ** 0.25), y)
    least = np.minimum(PRIORS, 1 - PRIORS)
    of_ones, of_zeros = most * (least / PRIORS) ** 0.25, most * (least / (1 - PRIORS)) ** 0.25
    return cross_entropy(scale * np.where(y == 1, z - of_ones, z + of_zeros), y)


def focal(z, y, gamma):
    p = softmax(z, axis=1)[np.arange(12), y] if y.ndim == 1 else expit(z * (2 * y - 1))
    each = -((1 - p) ** gamma) * np.log(p)
    return each if y.ndim == 1 else each.mean(axis=1)


# The loss, and its formula.
FORMULAS = {
    "balanced softmax": (LogitAdjusted(priors=PRIORS), lambda z, y: adjusted(z, y, 1.0, 0.0)),
    "adjusted": (LogitAdjusted(1.5, 0.1, PRIORS.tolist()), lambda z, y: adjusted(z, y, 1.5, 0.1)),
    "ldam": (LDAM(priors=PRIORS), lambda z, y: with_margins(z, y, 0.5, 1.0)),
    "ldam, scaled": (LDAM(0.3, 4.0, PRIORS), lambda z, y: with_margins(z, y, 0.3, 4.0)),
    "focal": (Focal(1.5), lambda z, y: focal(z, y, 1.5)),
    "cross-entropy": (CrossEntropy(0.2), lambda z, y: cross_entropy(z, y, 0.2)),
}
every_loss = pytest.mark.parametrize("name", FORMULAS)
every_target = pytest.mark.parametrize("y", [NUMBERS, COLUMNS], ids=["numbers", "columns"])


@every_loss
@every_target
def test_each_row_costs_what_the_formula_says(name, y):
    loss, formula = FORMULAS[name]
    expected = formula(OUTPUTS, y)
    found = loss.call(tf.constant(y, None if y.ndim == 1 else tf.float64), tf.constant(OUTPUTS))
    assert_allclose(found, expected, rtol=1e-6)
    # Keras' own training makes class numbers floats, in a column.
    weight = RANDOM.uniform(size=12)
    for given in (y, y[:, None]) if y.ndim == 1 else (y,):
        assert_allclose(loss(given, OUTPUTS), expected.mean(), rtol=1e-5)
        assert_allclose(loss(given, OUTPUTS, weight), (weight * expected).mean(), rtol=1e-5)


@every_loss
@every_target
def test_gradients_are_finite_differences(name, y):
    loss, formula = FORMULAS[name]
    outputs, step = tf.constant(OUTPUTS), 1e-6
    with tf.GradientTape() as tape:
        tape.watch(outputs)
        total = tf.reduce_sum(loss.call(tf.constant(y), outputs))
    changes = np.zeros_like(OUTPUTS)
    for place in np.ndindex(*OUTPUTS.shape):
        at = np.zeros_like(OUTPUTS)
        at[place] = step
        changes[place] = (formula(OUTPUTS + at, y) - formula(OUTPUTS - at, y)).sum() / (2 * step)
    assert_allclose(tape.gradient(total, outputs), changes, rtol=1e-4, atol=1e-7)


@every_loss
def test_losses_are_saved_and_loaded(name):
    loss, _ = FORMULAS[name]
    again = keras.losses.deserialize(keras.losses.serialize(loss))
    assert type(again) is type(loss)
    assert_allclose(again(NUMBERS, OUTPUTS), loss(NUMBERS, OUTPUTS))
    pickled = pickle.loads(pickle.dumps(loss))
    assert_allclose(pickled(NUMBERS, OUTPUTS), loss(NUMBERS, OUTPUTS))


@pytest.mark.parametrize("loss", [LogitAdjusted(priors=PRIORS), LDAM(priors=PRIORS)])
def test_a_keras_model_trains_with_them(loss):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.layers.Dense(3)])
    model.compile("sgd", loss)
    X = np.eye(3)[NUMBERS]
    curve = model.fit(X, NUMBERS, epochs=3, verbose=0).history["loss"]
    assert curve[2] < curve[0]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: LogitAdjusted()(NUMBERS, OUTPUTS), r"LogitAdjusted needs the shares of the classes: LogitAdjusted\("),
        (lambda: LDAM()(NUMBERS, OUTPUTS), "LDAM needs the shares"),
        (lambda: LDAM(priors=[0.5, 0.5])(NUMBERS, OUTPUTS), "one share for each of 3 outputs"),
        (lambda: LogitAdjusted(priors=[0.5, 0.0, 0.5]), "between 0 and 1"),
        (lambda: LogitAdjusted(priors=[9, 1]), "between 0 and 1"),
        (lambda: LogitAdjusted(-1.0), "tau must be a number at least 0, got -1"),
        (lambda: LDAM(scale=0.0), "scale must be a number above 0, got 0"),
        (lambda: LDAM(np.nan), "max_margin must be"),
        (lambda: LDAM().set_params(scale=-1.0), "scale must be"),
    ],
)
def test_bad_arguments_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


# -- in classifiers ---------------------------------------------------------------------------------------------------

X, Y = make_classification(600, 6, n_informative=4, n_classes=3, weights=[0.8, 0.15], class_sep=0.7, random_state=0)
KINDS = {
    "binary": Y > 0,
    "multiclass": np.array(["a", "b", "c"])[Y],
    "multilabel": np.column_stack([Y > 0, Y > 1, X[:, 0] > 1]).astype(int),
    "multioutput": np.column_stack([Y, 5 + (X[:, 0] > 1) + (X[:, 1] > 1)]),
}


def classifier(loss="auto", **parameters):
    settings = {"hidden_layer_sizes": (8,), "epochs": 4, "learning_rate": 0.02, "random_state": 0}
    return MLPClassifier(**settings | {"loss": loss} | parameters)


def as_list(found):
    return found if isinstance(found, list) else [found]


def shares_of(y, weight=None):
    """Return the shares of the classes of each output, or of ones in each column, by counting."""
    if y.ndim == 2 and y.max() == 1:
        return [np.average(y, axis=0, weights=weight)]
    if y.dtype == bool:
        return [np.array([np.average(y, weights=weight)])]
    columns = y.T if y.ndim == 2 else [y]
    return [np.array([np.average(c == label, weights=weight) for label in np.unique(c)]) for c in columns]


def logs_of(shares, kind):
    return np.log(shares) - (np.log(1 - shares) if kind in ("binary", "multilabel") else 0)


def raw(model, kind):
    """Return what the net computes, by its weights."""
    hidden = np.maximum(X @ model.weights_[0] + model.weights_[1], 0)
    rest = model.weights_[2:]
    return [hidden @ rest[at] + rest[at + 1] for at in range(0, len(rest), 2)]


def probabilities(logits, kind):
    if kind == "binary":
        return [np.hstack([expit(-logits[0]), expit(logits[0])])]
    return [expit(one) if kind == "multilabel" else softmax(one, axis=1) for one in logits]


def labels(scores, model, kind):
    if kind == "binary":
        return model.classes_[(scores[0][:, 0] > 0).astype(int)]
    if kind == "multilabel":
        return (scores[0] > 0).astype(int)
    pairs = zip(as_list(model.classes_), scores, strict=True)
    found = [classes[one.argmax(axis=1)] for classes, one in pairs]
    return np.column_stack(found) if kind == "multioutput" else found[0]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("tau", [1.0, 0.5])
def test_probabilities_are_those_of_the_training_rows_and_labels_are_adjusted(kind, tau):
    y = KINDS[kind]
    model = classifier(LogitAdjusted(tau), dtype="float64").fit(X, y)
    z = raw(model, kind)
    logits = [one + tau * logs_of(shares, kind) for one, shares in zip(z, shares_of(y), strict=True)]
    for found, expected in zip(as_list(model.predict_proba(X)), probabilities(logits, kind), strict=True):
        assert_allclose(found, expected, rtol=1e-6, atol=1e-12)
    for found, expected in zip(as_list(model.predict_log_proba(X)), probabilities(logits, kind), strict=True):
        assert_allclose(np.exp(found), expected, rtol=1e-6, atol=1e-12)
    np.testing.assert_array_equal(model.predict(X), labels(z, model, kind))
    if kind != "multioutput":
        assert_allclose(model.decision_function(X), z[0][:, 0] if kind == "binary" else z[0], rtol=1e-6, atol=1e-9)
    given = as_list(model.model_.predict(X, verbose=0))
    ours = [p[:, 1:] if kind == "binary" else p for p in as_list(model.predict_proba(X))]
    for found, expected in zip(given, ours, strict=True):
        assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_the_loss_of_a_classifier_is_the_loss_with_the_shares_of_its_rows(kind):
    """In the last epoch of a net that stands still, for each loss."""
    y = KINDS[kind]
    weight = RANDOM.uniform(0.5, 2, len(X))
    for loss in (LogitAdjusted(0.7, 0.1), LDAM(0.4, 3.0)):
        model = classifier(loss, dtype="float64", epochs=1, learning_rate=1e-12).fit(X, y, weight)
        total = 0.0
        encoded = y.T if kind == "multioutput" else [y]
        for z, shares, one in zip(raw(model, kind), shares_of(y, weight), encoded, strict=True):
            columns = kind in ("binary", "multilabel")
            target = y.reshape(len(y), -1).astype(float) if columns else np.unique(one, return_inverse=True)[1]
            counted = clone(loss).set_params(priors=shares)
            total += np.average(counted.call(tf.constant(target), tf.constant(z)), weights=weight)
        assert model.loss_curve_[0] == pytest.approx(total, rel=1e-6)


def test_class_weights_are_in_the_shares_of_the_adjustment_but_not_of_the_margins():
    weights = {False: 1.0, True: 3.0}
    adjusting, margins = (
        classifier(loss, class_weight=weights).fit(X, Y > 0)._net for loss in ("logit_adjusted", "ldam")
    )
    share = (Y > 0).mean()
    assert_allclose(adjusting.numbers["output_0/priors"], [3 * share / (3 * share + 1 - share)])
    assert_allclose(margins.numbers["output_0/priors"], [share])
    balanced = classifier("logit_adjusted", class_weight="balanced", dtype="float64").fit(X, Y > 0)
    plain = classifier("auto", class_weight="balanced", dtype="float64").fit(X, Y > 0)
    assert_allclose(balanced.predict_proba(X), plain.predict_proba(X), rtol=1e-6)


def test_priors_that_are_given_are_taken():
    model = classifier(LogitAdjusted(priors=[0.5, 0.25, 0.25])).fit(X, KINDS["multiclass"])
    assert_allclose(model._net.numbers["output_0/priors"], [0.5, 0.25, 0.25])
    with pytest.raises(ValueError, match="one share for each of 1 outputs"):
        classifier(LogitAdjusted(priors=[0.5, 0.5])).fit(X, Y > 0)


def test_label_smoothing_goes_with_adjustment():
    by_estimator = classifier("logit_adjusted", label_smoothing=0.1).fit(X, Y)
    for loss, smoothing in ((LogitAdjusted(label_smoothing=0.1), 0.0), (LogitAdjusted(), 0.1)):
        other = classifier(loss, label_smoothing=smoothing).fit(X, Y)
        assert other.loss_curve_ == by_estimator.loss_curve_
    for loss in (LogitAdjusted(label_smoothing=0.2), LDAM(), "ldam"):
        with pytest.raises(ValueError, match="needs loss='cross_entropy'"):
            classifier(loss, label_smoothing=0.1).fit(X, Y)


@pytest.mark.parametrize("loss", [LogitAdjusted(1.5), LDAM(scale=3.0)])
def test_members_are_averaged_as_probabilities(loss):
    series = RANDOM.normal(size=(90, 9, 2)) + (np.arange(90) % 10 % 3)[:, None, None] / 2
    y = np.arange(90) % 10 % 3
    model = TemporalCNNClassifier("fcn", n_estimators=2, filters=4, epochs=2, loss=loss, random_state=0).fit(series, y)
    logs = np.log(shares_of(y)[0])
    z = model._outputs(model._net.inputs.validate(model, series, reset=False))
    logits = [3.0 * one if isinstance(loss, LDAM) else one + 1.5 * logs for one in z]
    expected = np.mean([softmax(one, axis=1) for one in logits], axis=0)
    assert len(z) == 2
    assert_allclose(model.predict_proba(series), expected, rtol=1e-4, atol=1e-6)
    scores = np.log(expected) - (1.5 * logs if isinstance(loss, LogitAdjusted) else 0)
    np.testing.assert_array_equal(model.predict(series), scores.argmax(axis=1))
    assert_allclose(model.model_.predict(series, verbose=0), expected, rtol=1e-4, atol=1e-6)


def test_the_adjustment_lifts_the_balanced_accuracy_and_leaves_probabilities_alone():
    rows, y = make_classification(3000, 6, n_informative=4, weights=[0.95], class_sep=0.6, random_state=1)
    fits = {loss: classifier(loss, epochs=8).fit(rows[:1500], y[:1500]) for loss in ("auto", "logit_adjusted")}
    balanced = {loss: balanced_accuracy_score(y[1500:], fit.predict(rows[1500:])) for loss, fit in fits.items()}
    assert balanced["logit_adjusted"] > balanced["auto"] + 0.05
    means = [fit.predict_proba(rows[:1500])[:, 1].mean() for fit in fits.values()]
    assert_allclose(means, y[:1500].mean(), atol=0.02)


def test_what_goes_on_keeps_the_shares_of_the_first_rows():
    model = classifier("logit_adjusted").partial_fit(X[:300], Y[:300], classes=[0, 1, 2, 3])
    counts = np.bincount(Y[:300], minlength=4).astype(float)
    counts[3] = 0.5
    assert_allclose(model._net.numbers["output_0/priors"], counts / counts.sum())
    model.partial_fit(X[300:], np.where(Y[300:] == 2, 3, Y[300:]))
    assert_allclose(model._net.numbers["output_0/priors"], counts / counts.sum())
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
    assert_allclose(again.predict_proba(X), model.predict_proba(X))
    warm = classifier("auto", warm_start=True).fit(X, Y)
    assert np.isfinite(warm.set_params(loss="logit_adjusted").fit(X, Y).loss_curve_).all()


def test_early_stopping_scores_adjusted_labels():
    model = classifier("logit_adjusted", early_stopping=True, scoring=["balanced_accuracy", "neg_log_loss"]).fit(
        X[:400], Y[:400], X_val=X[400:], y_val=Y[400:]
    )
    best = int(np.argmax(model.history_["val_balanced_accuracy"]))
    assert balanced_accuracy_score(Y[400:], model.predict(X[400:])) == pytest.approx(
        model.history_["val_balanced_accuracy"][best]
    )


def test_moments_have_shares_too():
    series, tags = RANDOM.normal(size=(30, 5, 2)), np.arange(150).reshape(30, 5) % 10 == 0
    model = RNNClassifier(units=4, epochs=1, per_step=True, loss="logit_adjusted", random_state=0).fit(series, tags)
    assert_allclose(model._net.numbers["output_0/priors"], [0.1])
    p, scores = model.predict_proba(series)[..., 1], model.decision_function(series)
    assert_allclose(np.log(p / (1 - p)), scores + np.log(1 / 9), rtol=1e-3, atol=1e-4)
    np.testing.assert_array_equal(model.predict(series), scores > 0)


def test_the_losses_are_public():
    assert {"LDAM", "LogitAdjusted"} <= set(losses.__all__)
