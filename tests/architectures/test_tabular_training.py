"""Nets of tables in the engine: they learn, with live dropout, and predict what Keras would."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from skdeep._data.columns import Dense
from skdeep._engine.objectives import packed, supervised
from skdeep._engine.spec import ModelSpec, Recipe
from skdeep._engine.state import build_models
from tests.architectures.test_tabular_nets import NETS, rows, signature
from tests.engine.test_floor import Training, squared_error

N_MEMBERS = 3
TARGETS = {"output_0": np.random.default_rng(2).normal(size=(9, 1)).astype("float32")}


def training(net, one_vector, **changes):
    module, config = NETS[net]
    config = replace(config, output_sizes=(1,), dropout=True, **changes)
    numbers = {"dropout": 0.1} | ({"bias_deviation": 0.5} if getattr(config, "draws_biases", False) else {})
    objective = supervised.recipe([supervised.OutputLoss("output_0", Recipe(squared_error, None))])
    objective = packed.recipe(objective, N_MEMBERS) if net == "tabm" else objective
    model = ModelSpec(module.build, config, tuple(numbers))
    targets = {"output_0": Dense((1,), "float32")}
    return Training(model, signature(dtype="float32"), targets, objective, numbers, rate=0.02, one_vector=one_vector)


@pytest.mark.parametrize("one_vector", [False, True], ids=["by weight", "one vector"])
@pytest.mark.parametrize("net", ["mlp with vectors", "wide_deep", "resnet", "tabm", "ft_transformer"])
def test_nets_learn(net, one_vector):
    run, x = training(net, one_vector), rows(dtype="float32")
    start, result = run.fit(x, TARGETS, epochs=60, batch_size=9)
    losses = result.history["loss"]
    assert losses[-1] < 0.5 * losses[0]
    built = build_models(run.spec.model, run.spec.signature, dict.fromkeys(run.spec.model.numbers, 0.0))
    moved = [
        variable.path
        for variable, one, other in zip(built.variables, start, result.weights, strict=True)
        if (one != other).any()
    ]
    fixed = {variable.path for variable in built.variables} - set(moved)
    assert fixed == ({"number_embedding/edges"} if run.spec.model.config.n_bins else set())
    (model,) = built.models.values()
    model.set_weights(result.weights)
    assert_allclose(run.predict(result.weights, x)[0], model(x), rtol=1e-4, atol=1e-5)


def test_another_rate_of_dropout_is_the_same_program():
    one, other = (training("mlp", False) for _ in range(2))
    other.numbers["dropout"] = 0.9
    assert one.spec == other.spec
    losses = [run.fit(rows(dtype="float32"), TARGETS, epochs=2)[1].history["loss"] for run in (one, other)]
    assert losses[0] != losses[1]
