"""DeepSVDD: codes, centres and the loss against NumPy, what keeps it from collapse, and the contract of detectors."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.metrics import roc_auc_score

from skdeep._data.order import Drawn
from skdeep.outlier_detection import DeepSVDD

RNG = np.random.default_rng(0)
X = RNG.normal(size=(200, 2)) @ RNG.normal(size=(2, 5)) * [1, 10, 100, 1, 0.01] + [0, 5, 1000, -3, 1]
STANDARDIZED = (X - X.mean(axis=0)) / X.std(axis=0)
SMALL = {"n_components": 4, "hidden_layer_sizes": (6,), "n_estimators": 3, "steps": 20, "batch_size": 32}
SMALL |= {"random_state": 0}


@pytest.fixture(scope="module")
def fitted():
    return DeepSVDD(**SMALL).fit(X)


def codes_by_hand(model, rows):
    """Return the codes of standardised rows, and the centres, of each member."""
    _, first, second, centres = model.encoder_.weights_
    codes = [np.maximum(rows @ first[member], 0) @ second[member] for member in range(len(first))]
    return np.stack(codes), centres


def test_scores_are_squared_distances_to_the_centre_of_each_member(fitted):
    codes, centres = codes_by_hand(fitted, STANDARDIZED)
    expected = np.square(codes - centres).sum(axis=2).mean(axis=0)
    assert_allclose(fitted.score_samples(X), -expected, rtol=1e-9)


def test_the_centre_is_the_mean_of_the_first_codes_away_from_zero():
    still = DeepSVDD(**SMALL | {"steps": 1, "learning_rate": 1e-12}).fit(X)
    drawn = Drawn(200, 96).rows(0, still.encoder_._net.seeds[1])
    codes, centres = codes_by_hand(still, STANDARDIZED[drawn])
    mean = codes.mean(axis=1, keepdims=True)
    away = np.where(mean < 0, -0.1, 0.1)
    assert_allclose(centres, np.where(np.abs(mean) < 0.1, away, mean), rtol=1e-6)
    assert (np.abs(mean) < 0.1).any()
    assert (np.abs(mean) >= 0.1).any()


@pytest.mark.parametrize("trim", [0.0, 0.25])
def test_the_loss_leaves_out_the_farthest_rows_of_each_member(trim):
    still = DeepSVDD(**SMALL | {"steps": 1, "learning_rate": 1e-12, "trim": trim}).fit(X)
    drawn = Drawn(200, 96).rows(0, still.encoder_._net.seeds[1]).reshape(3, 32)
    distances = []
    for member, rows in enumerate(STANDARDIZED[drawn]):
        codes, centres = codes_by_hand(still, rows)
        distances.append(np.square(codes[member] - centres[member]).sum(axis=1))
    expected = np.sort(distances, axis=1)[:, : 32 - int(32 * trim)].mean()
    assert still.encoder_.loss_curve_ == pytest.approx([expected], rel=1e-6)


def test_training_brings_rows_to_the_centre_which_stays(fitted):
    longer = clone(fitted).set_params(steps=200).fit(X)
    assert_array_equal(longer.encoder_.weights_[-1], fitted.encoder_.weights_[-1])
    assert longer.encoder_.loss_curve_[-1] < 0.7 * longer.encoder_.loss_curve_[0]


def test_odd_rows_are_found():
    digits, labels = load_digits(return_X_y=True)
    train, test = digits[labels == 0][:120], np.concatenate([digits[labels == 0][120:], digits[labels == 1][:58]])
    odd = np.arange(len(test)) >= len(test) - 58
    model = DeepSVDD(random_state=0).fit(train)
    assert roc_auc_score(odd, -model.score_samples(test)) > 0.95


def test_constant_columns_are_not_looked_at(fitted):
    wide = np.column_stack([X, np.full(200, 3.0)])
    model = clone(fitted).fit(wide)
    assert_array_equal(model.score_samples(wide + np.eye(6)[5]), model.score_samples(wide))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"activation": "sigmoid"}, "activation='sigmoid' has bounds"),
        ({"activation": "tanh"}, "activation='tanh' has bounds"),
    ],
    ids=str,
)
def test_bad_parameters_change_nothing(fitted, settings, message):
    model = pickle.loads(pickle.dumps(fitted))
    with pytest.raises(ValueError, match=message):
        model.set_params(**settings).fit(X)
    assert_array_equal(model.predict(X), fitted.predict(X))


def test_a_code_may_be_longer_than_a_row():
    model = DeepSVDD(**SMALL | {"n_components": 40, "steps": 100}).fit(X)
    far = X.mean(axis=0) + 20 * X.std(axis=0)
    assert model.predict([far]).tolist() == [-1]
    assert (model.predict(X) == 1).mean() > 0.75
