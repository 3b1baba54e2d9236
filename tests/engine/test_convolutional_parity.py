"""Whole fits of convolutional nets against Keras' own `fit`, from the same weights and in the same order."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from numpy.testing import assert_allclose

import skdeep
from skdeep.image import CNNClassifier, CNNRegressor, Custom, Inception, ResNet, Small
from skdeep.image._architectures import resolve

N, BATCH, EPOCHS, RATE = 23, 5, 2, 2.0**-6  # five steps an epoch, the last of three rows
rng = np.random.default_rng(0)
X = rng.random((N, 6, 5, 2))
LABELS = np.arange(N) % 3
SHARED = {
    "batch_size": BATCH, "shuffle": False, "random_state": 0, "rescale": None, "activation": "tanh",
    "learning_rate_schedule": None, "dtype": "float64", "dropout": 0.0,
}  # fmt: skip
STILL = {"optimizer": "sgd", "learning_rate": 1e-300, "epochs": 1}
NETS = {
    "small": {"architecture": Small(width=0.1)},
    "resnet": {"architecture": ResNet(width=0.2, depth=0.1)},
    "custom": {
        "architecture": Custom(
            filters=(3, 2), kernel_size=[3, (1, 2)], pooling="average", pool_size=[2, (2, 1)], head=(4,),
            strides=[1, (1, 2)],
        ),
    },
    "custom, normalised": {"architecture": Custom(filters=(3,), head=(4,)), "normalization": "batch"},
}  # fmt: skip


def both(make, y, loss, optimizer, **parameters):
    """A net of ours and the same net of Keras, trained on the same batches from the same weights."""
    parameters = SHARED | parameters
    still = make(**parameters | STILL).fit(X, y)
    keras_net, start = still.model_, still.weights_
    ours = make(**parameters, optimizer="adam", learning_rate=RATE, epochs=EPOCHS).fit(X, y)
    # Statistics move at a learning rate of zero too.
    names = [variable.path.split("/")[-1] for variable in keras_net.weights]
    moving = {"moving_mean": 0.0, "moving_variance": 1.0}
    rescaling = 2
    fresh = [
        np.full_like(array, moving[name]) if name in moving and index >= rescaling else array
        for index, (name, array) in enumerate(zip(names, start, strict=True))
    ]
    keras_net.set_weights(fresh)
    keras_net.compile(optimizer=optimizer, loss=loss, jit_compile=False)
    # As a dataset, because Keras rounds NumPy arrays to single precision.
    batches = tf.data.Dataset.from_tensor_slices((X.astype(parameters["dtype"]), y)).batch(BATCH)
    history = keras_net.fit(batches, epochs=EPOCHS, shuffle=False, verbose=0).history["loss"]
    return ours, keras_net, history, names, fresh


@pytest.mark.parametrize("case", NETS)
def test_ten_steps(case):
    loss = keras.losses.SparseCategoricalCrossentropy(dtype="float64")
    ours, theirs, history, names, start = both(CNNClassifier, LABELS, loss, keras.optimizers.Adam(RATE), **NETS[case])
    assert_allclose(ours.loss_curve_, history, rtol=1e-6)
    for name, mine, other, first in zip(names, ours.weights_, theirs.get_weights(), start, strict=True):
        if name not in ("moving_mean", "moving_variance"):
            assert_allclose(mine, other, rtol=1e-5, atol=1e-6)
            assert not np.allclose(mine, first, rtol=1e-3, atol=1e-5)


def test_ten_steps_in_single_precision_through_the_fused_kernels():
    loss = keras.losses.SparseCategoricalCrossentropy()
    ours, theirs, history, names, _ = both(
        CNNClassifier, LABELS, loss, keras.optimizers.Adam(RATE), dtype="float32", **NETS["custom, normalised"]
    )
    assert_allclose(ours.loss_curve_, history, rtol=1e-4)
    for name, mine, other in zip(names, ours.weights_, theirs.get_weights(), strict=True):
        if name not in ("moving_mean", "moving_variance"):
            # Adam's first steps are as long for a gradient of rounding errors as for any other.
            assert np.median(np.abs(mine - other)) < 1e-5


def test_a_regression():
    y = X.mean(axis=(1, 2, 3))
    y = (y - y.mean()) / y.std()
    loss = keras.losses.MeanSquaredError(dtype="float64")
    ours, theirs, history, _, _ = both(CNNRegressor, y, loss, keras.optimizers.Adam(RATE), **NETS["custom"])
    assert_allclose(ours.loss_curve_, history, rtol=1e-6)
    assert_allclose(ours.predict(X), theirs.predict(tf.constant(X), verbose=0)[:, 0], rtol=1e-5, atol=1e-6)


def test_the_statistics_of_the_batches_are_averaged_from_the_first_one_on():
    parameters = SHARED | STILL | {"architecture": Custom(filters=(3,), head=()), "normalization": "batch"}
    for epochs in (1, 3):
        model = CNNClassifier(**parameters | {"epochs": epochs, "n_iter_no_change": np.inf}).fit(X, LABELS)
        kernel, mean, variance = model.weights_[2], model.weights_[5], model.weights_[6]
        padded = np.pad(X, ((0, 0), (1, 1), (1, 1), (0, 0)))
        windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))
        maps = np.einsum("nhwcij,ijcf->nhwf", windows, kernel)
        batches = [maps[start : start + BATCH] for start in range(0, N, BATCH)]
        assert_allclose(mean, np.mean([batch.mean(axis=(0, 1, 2)) for batch in batches], axis=0), rtol=1e-6)
        assert_allclose(variance, np.mean([batch.var(axis=(0, 1, 2)) for batch in batches], axis=0), rtol=1e-6)


def test_statistics_move_with_every_batch_and_weights_with_every_other():
    settings = SHARED | {"architecture": Custom(filters=(3,), head=()), "normalization": "batch", "epochs": 1}
    once, twice = (
        CNNClassifier(**settings, optimizer=keras.optimizers.SGD(1e-300, gradient_accumulation_steps=steps))
        for steps in (None, 2)
    )
    for mine, theirs in zip(once.fit(X, LABELS).weights_, twice.fit(X, LABELS).weights_, strict=True):
        assert_allclose(mine, theirs, rtol=1e-9, atol=1e-200)


@pytest.mark.parametrize("architecture", ["small", "resnet", "densenet"])
def test_nothing_goes_through_xla(architecture, monkeypatch):
    traced = []

    def remembered(function, types, **_):
        concrete = tf.function(function, autograph=False).get_concrete_function(*types)
        traced.append(concrete)
        return lambda arguments: concrete._call_flat(arguments, concrete.captured_inputs)

    monkeypatch.setattr("skdeep._engine.program.compile_function", remembered)
    monkeypatch.setattr("skdeep._engine.predict.compile_function", remembered)
    skdeep.clear_cache()
    CNNClassifier(resolve(architecture).set_params(width=0.1, depth=0.1), epochs=1).fit(X, LABELS).predict(X)
    skdeep.clear_cache()
    assert len(traced) >= 3
    for concrete in traced:
        for function in concrete.graph.as_graph_def().library.function:
            assert not function.attr["_XlaMustCompile"].b


def test_the_bits_of_a_net_do_not_depend_on_what_was_built_before():
    """TensorFlow orders sums by names, which Keras counts up from layer to layer."""
    images, labels = rng.integers(0, 256, (8, 8, 8), dtype=np.uint8), np.arange(8) % 2
    fits = []
    for others in (0, 1):
        skdeep.clear_cache()
        for _ in range(others):
            CNNClassifier(Inception(width=0.1), epochs=1).fit(images, labels)
        fits.append(CNNClassifier(Inception(width=0.25), epochs=3, random_state=0).fit(images, labels).weights_)
    for mine, theirs in zip(*fits, strict=True):
        np.testing.assert_array_equal(mine, theirs)
