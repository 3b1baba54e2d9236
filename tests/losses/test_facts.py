"""What is said of each loss, held against what Keras and NumPy compute on data."""

import pickle

import keras
import numpy as np
import pytest

from skdeep import losses
from skdeep._data import targets
from skdeep._data.targets import encode_values, regression_target
from skdeep.inspection._history import reference_losses
from skdeep.losses import _facts, _resolve
from skdeep.tabular import MLPClassifier, MLPRegressor

RANDOM = np.random.default_rng(0)
NORMAL = RANDOM.standard_normal((100_000, 2))
COUNTS = RANDOM.poisson(3.0, (100_000, 2)) / 3.0
X = RANDOM.standard_normal((60, 3))
VALUES = 5 + np.column_stack([X[:, 0], 3 * X[:, 1] ** 2])
LINKS = {"identity": lambda outputs: outputs, "exp": np.exp}
INVERSES = {"identity": lambda predictions: predictions, "exp": np.log}
# From targets and predictions to the loss of each row.
ORACLES = {
    "squared_error": keras.losses.mean_squared_error,
    "absolute_error": keras.losses.mean_absolute_error,
    "huber": keras.losses.huber,
    "log_cosh": keras.losses.log_cosh,
    "pinball": lambda y, predictions: keras.losses.mean_absolute_error(y, predictions) / 2,
    "poisson": keras.losses.poisson,
    "cosine": keras.losses.cosine_similarity,
}

# The others need other rows; see test_balanced.
PLAIN = [facts for facts in _facts.REGRESSION if facts.name in ORACLES]
every_plain_regression = pytest.mark.parametrize("facts", PLAIN, ids=lambda facts: facts.name)
every_regression = pytest.mark.parametrize("facts", _facts.REGRESSION, ids=lambda facts: facts.name)
every_classification = pytest.mark.parametrize("facts", _facts.CLASSIFICATION, ids=lambda facts: facts.name)


def rows(resolved, y, outputs):
    """Return the loss of each row that a net would be trained on."""
    function = resolved.recipe.build(resolved.recipe.config, resolved.numbers)
    return np.asarray(function(keras.ops.convert_to_tensor(y), keras.ops.convert_to_tensor(outputs)))


def mean_loss(facts, y, outputs):
    return float(rows(_resolve.regression_loss(facts.name), y, outputs).mean())


def scaled_targets(facts):
    return COUNTS if facts.scaling == "mean" else NORMAL


@every_regression
def test_every_name_means_the_same_loss(facts):
    for name in (facts.name, *facts.names):
        resolved = _resolve.regression_loss(name)
        assert resolved.facts == facts
        assert resolved.recipe == _resolve.regression_loss(facts.name).recipe
        assert (resolved.link, resolved.scaling) == (facts.link, facts.scaling)


@every_plain_regression
def test_the_link_leads_from_outputs_to_what_keras_compares_with_the_targets(facts):
    y, outputs = scaled_targets(facts)[:50], NORMAL[50:100]
    expected = np.asarray(ORACLES[facts.name](y, LINKS[facts.link](outputs)))
    found = rows(_resolve.regression_loss(facts.name), y, outputs)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


@every_plain_regression
def test_no_constant_does_better_than_the_guess(facts):
    y = scaled_targets(facts)
    constants = np.linspace(-1, 1, 9)
    found = [mean_loss(facts, y, np.full_like(y, constant)) for constant in constants]
    assert min(found) == pytest.approx(facts.guess, rel=0.02, abs=0.01)


@every_plain_regression
def test_loss_of_perfect_predictions(facts):
    for y in (scaled_targets(facts)[:1000], 2 * scaled_targets(facts)[:1000]):
        y = y[(y != 0).all(axis=1)]
        found = mean_loss(facts, y, INVERSES[facts.link](y))
        assert facts.perfect is None or found == pytest.approx(facts.perfect, abs=1e-6)
        assert found < mean_loss(facts, y, INVERSES[facts.link](y) + np.array([0.5, -0.5]))


def test_only_the_loss_of_perfect_counts_depends_on_the_data():
    assert [facts.name for facts in PLAIN if facts.perfect is None] == ["poisson"]
    poisson = _facts.named("poisson", _facts.REGRESSION)
    assert mean_loss(poisson, np.ones((1, 1)), np.zeros((1, 1))) == 1
    assert mean_loss(poisson, np.full((1, 1), 2.0), np.log([[2.0]])) != 1


@every_regression
def test_targets_are_scaled_as_numpy_would(facts):
    target = regression_target(VALUES, None, facts)
    zero, one = np.zeros(2), np.ones(2)
    offset, scale = {
        "standard": (VALUES.mean(axis=0), VALUES.std(axis=0)), "mean": (zero, VALUES.mean(axis=0)), None: (zero, one)
    }[facts.scaling]  # fmt: skip
    (encoded,) = encode_values(VALUES, target, facts, "float64")
    np.testing.assert_allclose(encoded, (VALUES - offset) / scale)


@every_regression
def test_units_of_the_targets_do_not_matter(facts):
    y = 100 * VALUES + (7 if facts.scaling == "standard" else 0)
    net = MLPRegressor((4,), loss=facts.name, epochs=3, random_state=0)
    curve = net.fit(X, VALUES).loss_curve_
    if facts.scaling is None:  # cosines see directions only
        curve, y = MLPRegressor((4,), loss=facts.name, epochs=3, random_state=0).fit(X, VALUES * 3).loss_curve_, y * 2
    np.testing.assert_allclose(net.fit(X, y).loss_curve_, curve, rtol=1e-6)


@every_regression
def test_the_interval_is_that_of_the_targets(facts):
    low, high = facts.interval
    inside = np.array([[max(low, -1e6), 1.0], [min(high, 1e6), 1.0]])
    assert facts.check_targets(inside, fresh=True) is None
    for bad in (low - 1e-3, high + 1e-3):
        if np.isfinite(bad):
            for fresh in (False, True):
                with pytest.raises(ValueError, match=f"loss='{facts.name}' needs targets that are {facts.wanted}"):
                    facts.check_targets(np.array([[1.0, bad]]), fresh=fresh)
    assert facts.check_targets(np.zeros((3, 1))) is None
    if facts.scaling == "mean":
        with pytest.raises(ValueError, match="and not all zero"):
            facts.check_targets(np.zeros((3, 1)), fresh=True)


@every_plain_regression
def test_the_twin_orders_predictions_as_the_loss_does(facts):
    y = np.abs(VALUES)
    twin = keras.losses.get(facts.twin["regression"])
    worse = [y * [1 + far, 1 - far] for far in (0.0, 0.1, 0.3, 0.6)]
    own = [float(np.mean(ORACLES[facts.name](y, predictions))) for predictions in worse]
    its = [float(np.mean(twin(y, predictions))) for predictions in worse]
    assert np.argsort(own).tolist() == np.argsort(its).tolist() == [0, 1, 2, 3]


@every_regression
def test_the_facts_stay_with_the_net_that_was_fitted(facts):
    net = MLPRegressor((4,), loss=facts.name, epochs=1, random_state=0).fit(X, VALUES)
    net.set_params(loss="none of them")
    assert pickle.loads(pickle.dumps(net))._net.loss == facts
    assert net._net.link == facts.link
    assert net.model_.loss == [facts.twin["regression"]]
    assert reference_losses(net) == (facts.guess, facts.perfect)


@pytest.mark.parametrize(
    ("loss", "name"),
    [
        (keras.losses.MeanSquaredError(), "squared_error"),
        (keras.losses.MeanAbsoluteError, "absolute_error"),
        ("MeanSquaredError", "squared_error"),
        (keras.losses.Huber(), "huber"),
        (losses.Huber(), "huber"),
        (keras.losses.LogCosh(name="mine"), "log_cosh"),
        (losses.Pinball(), "pinball"),
        (keras.losses.Poisson(), "poisson"),
        (keras.losses.poisson, "poisson"),
        (losses.LogPoisson(), "poisson"),
        (keras.losses.CosineSimilarity(), "cosine"),
    ],
)
def test_instances_are_known_where_they_compute_the_same(loss, name):
    assert _resolve.regression_loss(loss).facts == _facts.named(name, _facts.REGRESSION)


class Doubled(keras.losses.MeanSquaredError):
    """Of the kind of a loss that is known, but not the same."""

    def call(self, y_true, y_pred):
        return 2 * super().call(y_true, y_pred)


@pytest.mark.parametrize("loss", [losses.Huber(0.5), keras.losses.Huber(0.5), losses.Pinball(0.9), Doubled()])
def test_a_guess_is_not_known_of_other_numbers_and_other_formulas(loss):
    facts = _resolve.regression_loss(loss).facts
    assert (facts.link, facts.scaling, facts.guess) == ("identity", "standard", None)


def huber(y_true, y_pred):
    return keras.ops.mean(keras.ops.square(y_true - y_pred), axis=-1)


def test_a_function_of_the_user_is_not_taken_for_the_loss_of_that_name():
    resolved = _resolve.regression_loss(huber)
    assert (resolved.scaling, resolved.facts.guess) == (None, None)
    np.testing.assert_allclose(rows(resolved, NORMAL[:9], NORMAL[9:18]), huber(NORMAL[:9], NORMAL[9:18]))


def test_little_is_known_of_other_losses():
    facts = _resolve.regression_loss("mean_squared_logarithmic_error").facts
    assert (facts.link, facts.scaling, facts.guess, facts.perfect) == ("identity", None, None, 0.0)


# -- classifiers ------------------------------------------------------------------------------------------------------

NUMBERS = np.arange(12, dtype=np.int32) % 3
COLUMNS = RANDOM.integers(0, 2, (12, 2)).astype(float)


@pytest.mark.parametrize("label_smoothing", [0.0, 0.2])
def test_a_blind_guess_among_classes_costs_the_logarithm_of_their_number(label_smoothing):
    resolved = _resolve.classification_loss("auto", label_smoothing)
    for n_classes in (3, 5):
        np.testing.assert_allclose(rows(resolved, NUMBERS, np.zeros((12, n_classes))), np.log(n_classes))
    np.testing.assert_allclose(rows(resolved, COLUMNS, np.zeros((12, 2))), np.log(2))
    assert resolved.facts.guess == "entropy"


@pytest.mark.parametrize("label_smoothing", [0.0, 0.2])
def test_the_guess_of_a_fit_knows_how_frequent_the_classes_are(label_smoothing):
    X = RANDOM.normal(size=(400, 3))
    weight = RANDOM.uniform(1, 2, 400)
    for y in (np.arange(400) % 10 == 0, np.arange(400) % 7 % 4, np.stack([np.arange(400) % 10 == 0] * 2, axis=1) * 1):
        net = MLPClassifier((2,), epochs=1, label_smoothing=label_smoothing).fit(X, y, weight)._net
        target, size = net.target, net.target.output_sizes[0]
        encoded = targets.encode_labels(y, target, "float64")[0]
        guess = np.average(encoded if encoded.ndim == 2 else np.eye(size)[encoded], axis=0, weights=weight)
        resolved = _resolve.classification_loss("auto", label_smoothing)
        smooth = guess * (1 - label_smoothing) + label_smoothing / (size if encoded.ndim == 1 else 2)
        outputs = np.log(smooth) if encoded.ndim == 1 else np.log(smooth / (1 - smooth))
        losses = rows(resolved, encoded, np.tile(outputs, (400, 1)))
        assert net.guess == pytest.approx(np.average(losses, weights=weight))


@every_classification
def test_links_of_classifiers_are_known_before_a_fit(facts):
    for name in (facts.name, *facts.names):
        assert _facts.of_classifier(name) == _resolve.classification_loss(name, 0.0).facts == facts


@pytest.mark.parametrize(
    ("loss", "link"),
    [
        ("categorical_hinge", "margin"),
        (keras.losses.CategoricalHinge(), "margin"),
        (keras.losses.squared_hinge, "margin"),
        ("categorical_crossentropy", "probability"),
        (keras.losses.BinaryCrossentropy(), "probability"),
        (losses.Focal(1.0), "probability"),
        (huber, "probability"),
    ],
)
def test_links_of_other_losses_are_known_before_a_fit(loss, link):
    assert _facts.of_classifier(loss).link == _resolve.classification_loss(loss, 0.0).link == link


@pytest.mark.parametrize("name", ["cross_entropy", "focal", "hinge", "squared_hinge"])
@pytest.mark.parametrize("kind", ["binary", "multilabel", "multiclass"])
def test_the_twins_of_classifiers_order_predictions_as_their_losses_do(name, kind):
    resolved = _resolve.classification_loss(name, 0.0)
    y = {"binary": COLUMNS[:, :1], "multilabel": COLUMNS, "multiclass": NUMBERS}[kind]
    columns = np.eye(3)[NUMBERS] if kind == "multiclass" else y
    outputs = [(2 * columns - 1) * sure for sure in (0.9, 0.3, -0.3, -0.9)]
    predictions = outputs
    if resolved.link == "probability":
        apply = keras.ops.softmax if kind == "multiclass" else keras.ops.sigmoid
        predictions = [np.asarray(apply(each)) for each in outputs]
    twin = keras.losses.get(resolved.facts.twin[kind])
    shown = y if "sparse" in resolved.facts.twin[kind] else columns
    own = [rows(resolved, y, each).mean() for each in outputs]
    its = [np.mean(twin(shown, each)) for each in predictions]
    assert np.argsort(own, kind="stable").tolist() == np.argsort(its, kind="stable").tolist() == [0, 1, 2, 3]
    if name == "cross_entropy":
        np.testing.assert_allclose(own, its, rtol=1e-5)


@every_classification
def test_the_twin_is_in_the_model_of_every_kind_of_classifier(facts):
    y = np.arange(60) % 3
    kinds = {
        "binary": y > 0, "multiclass": y, "multilabel": np.column_stack([y == 0, y == 1]).astype(int),
        "multioutput": np.column_stack([y, y + 1]),
    }  # fmt: skip
    for kind, labels in kinds.items():
        net = MLPClassifier((4,), loss=facts.name, epochs=1, random_state=0).fit(X, labels)
        assert net._net.target.kind == kind
        assert set(net.model_.loss) == {facts.twin[kind]}
