"""Several nets in one: each learns from all rows, and their predictions are averaged."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from numpy.testing import assert_allclose
from scipy.special import softmax

from skdeep._data.columns import Dense, Ids
from skdeep._engine.members import copies
from skdeep._engine.objectives import deferred, ensemble, mixup, packed, supervised
from skdeep._engine.spec import ModelSpec, Recipe
from skdeep._estimator.net import Design
from skdeep.architectures.tabular._packed_layers import OwnDense, SharedDense
from skdeep.tabular import MLPClassifier, MLPRegressor
from tests.engine.test_floor import Training, cross_entropy, one_input, squared_error

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 3))
Y = X.sum(axis=1, keepdims=True) + RNG.normal(size=(40, 1))
MEMBERS = 3


def build_packed(sizes, signature, numbers):
    """Linear nets, packed."""
    ((name, column),) = signature.inputs
    inputs = column.inputs(name)
    hidden = SharedDense(4, MEMBERS, random_signs=True, dtype=signature.dtype, name="hidden")(inputs[name])
    outputs = [OwnDense(units, dtype=signature.dtype, name=f"output_{n}")(hidden) for n, units in enumerate(sizes)]
    return keras.Model(inputs, outputs[0] if len(outputs) == 1 else outputs)


def plain(loss=squared_error):
    return supervised.recipe([supervised.OutputLoss("output_0", Recipe(loss, None))])


def training(objective, numbers=None, model=None, column=None, **given):
    targets = {"output_0": column or Dense((1,), "float64")}
    given = {"optimizer": "sgd", "rate": 0.05, **given}
    return Training(model or ModelSpec(build_packed, (1,)), one_input(3), targets, objective, numbers, **given)


def outputs_of(weights, x):
    gamma, kernel, after, bias, heads, offsets = weights
    hidden = np.einsum("rd,md,du->rmu", x, gamma, kernel) * after + bias
    return np.einsum("rmu,muo->rmo", hidden, heads) + offsets


def test_what_is_minimised_is_the_mean_loss_of_the_members():
    start, result = training(packed.recipe(plain(), MEMBERS), rate=0.0).fit({"X": X}, {"output_0": Y}, epochs=1)
    losses = (outputs_of(start, X) - Y[:, None]) ** 2
    assert_allclose(result.history["loss"], [losses.mean()], rtol=1e-9)


def test_weights_of_rows_count_for_all_members_and_labels_are_repeated():
    labels, weight = np.arange(40) % 2, RNG.uniform(0.5, 2, size=40)
    run = training(
        deferred.recipe(packed.recipe(plain(cross_entropy), MEMBERS), rows="weight"),
        {deferred.EXPONENT: 1.0},
        ModelSpec(build_packed, (2,)),
        Ids(()),
        rate=0.0,
    )
    spec = run.spec
    run.spec = type(spec)(
        spec.model, spec.signature, (*spec.targets, ("weight", Dense((), "float64"))), spec.objective, spec.optimizers
    )
    start, result = run.fit({"X": X}, {"output_0": labels, "weight": weight}, epochs=1, batch_size=40)
    shares = softmax(outputs_of(start, X), axis=-1)
    losses = -np.log(shares[np.arange(40), :, labels])
    assert_allclose(result.history["loss"], [np.average(losses.mean(axis=1), weights=weight)], rtol=1e-9)


def test_held_out_rows_are_judged_by_the_mean_loss_too():
    run = training(packed.recipe(plain(), MEMBERS))
    held_out = {"X": X[:7]}, {"output_0": Y[:7]}
    _, result = run.fit({"X": X}, {"output_0": Y}, epochs=2, held_out=held_out)
    losses = (outputs_of(result.weights, X[:7]) - Y[:7, None]) ** 2
    assert result.history["val_loss"][-1] == pytest.approx(losses.mean(), rel=1e-9)


def test_a_step_is_the_gradient_of_the_mean_loss():
    start, result = training(packed.recipe(plain(), MEMBERS), rate=0.1).fit(
        {"X": X}, {"output_0": Y}, epochs=1, batch_size=40
    )
    heads = tf.Variable(start[4])
    with tf.GradientTape() as tape:
        gamma, kernel, after, bias, _, offsets = start
        hidden = tf.einsum("rd,md,du->rmu", X, gamma, kernel) * after + bias
        loss = tf.reduce_mean((tf.einsum("rmu,muo->rmo", hidden, heads) + offsets - Y[:, None]) ** 2)
    assert_allclose(result.weights[4], start[4] - 0.1 * tape.gradient(loss, heads), rtol=1e-9)


@pytest.mark.parametrize("outside", [mixup.recipe, ensemble.recipe])
def test_packed_nets_go_with_other_wrappers(outside):
    model = copies(ModelSpec(build_packed, (1,)), 2) if outside is ensemble.recipe else None
    numbers = {"mixup": 0.3} if outside is mixup.recipe else None
    run = training(outside(packed.recipe(plain(), MEMBERS)), numbers, model)
    _, result = run.fit({"X": X}, {"output_0": Y}, epochs=30)
    assert result.history["loss"][-1] < 0.8 * result.history["loss"][0]


# -- estimators -------------------------------------------------------------------------------------------------------


class PackedClassifier(MLPClassifier):
    """Packed linear classifiers, `members` copies of them."""

    members = 1

    def _design(self, inputs, signature, output_sizes):
        spec = ModelSpec(build_packed, output_sizes)
        spec = spec if self.members == 1 else copies(spec, self.members)
        return Design(spec, {}, n_members=self.members, n_packed=MEMBERS)


class PackedRegressor(MLPRegressor):
    """Packed linear regressors."""

    _design = PackedClassifier._design
    members = 1


def of_members(model, x):
    """The raw outputs of each net, with an axis for the nets first."""
    outputs = model._outputs(model._net.inputs.validate(model, x, reset=False))
    return np.concatenate([output.swapaxes(0, 1) for output in outputs])


@pytest.mark.parametrize("members", [1, 2])
@pytest.mark.parametrize("kind", ["binary", "multiclass"])
def test_probabilities_are_averaged_over_all_nets(members, kind):
    y = (Y[:, 0] > 0).astype(int) if kind == "binary" else np.digitize(Y[:, 0], [-1, 1])
    model = PackedClassifier(epochs=3, random_state=0)
    model.members = members
    model.fit(X, y)
    raw = of_members(model, X)
    assert len(raw) == members * MEMBERS
    each = softmax(raw if kind == "multiclass" else np.concatenate([0 * raw, raw], axis=-1), axis=-1)
    assert np.ptp(each, axis=0).max() > 0.01
    assert_allclose(model.predict_proba(X), each.mean(axis=0), rtol=1e-5)
    predicted = model.model_.predict(X, verbose=0)
    assert_allclose(predicted, each.mean(axis=0)[:, -predicted.shape[1] :], rtol=1e-5)


@pytest.mark.parametrize("loss", ["squared_error", "poisson", "quantiles"])
def test_predictions_are_averaged_in_the_units_of_the_targets(loss):
    from skdeep.losses.regression import Pinball

    y = np.exp(Y[:, 0] / 3) if loss == "poisson" else 10 + 5 * Y[:, 0]
    loss = Pinball([0.1, 0.5, 0.9]) if loss == "quantiles" else loss
    model = PackedRegressor(epochs=3, random_state=0, loss=loss).fit(X, y)
    raw, target = of_members(model, X), model._net.target
    if loss == "poisson":
        raw = np.exp(raw)
    if isinstance(loss, Pinball):
        raw = np.cumsum(np.concatenate([raw[..., :1], np.log1p(np.exp(raw[..., 1:]))], axis=-1), axis=-1)
    expected = np.squeeze((raw * target.scale + target.offset).mean(axis=0))
    assert_allclose(model.predict(X), expected, rtol=1e-5)
    assert_allclose(np.squeeze(model.model_.predict(X, verbose=0)), expected, rtol=1e-5)


def test_losses_that_compare_rows_are_refused():
    with pytest.raises(ValueError, match="compares the rows of a batch"):
        PackedRegressor(epochs=1, loss="batch_balanced_squared_error").fit(X, Y[:, 0])


def test_model_that_was_saved_predicts_the_same(tmp_path):
    model = PackedClassifier(epochs=2, random_state=0).fit(X, np.arange(40) % 3).model_
    model.save(tmp_path / "packed.keras")
    again = keras.models.load_model(tmp_path / "packed.keras")
    assert_allclose(again.predict(X, verbose=0), model.predict(X, verbose=0), rtol=1e-6)
