"""Each architecture has the idea of its paper: read off the layers of the built model, and computed with it."""

from itertools import pairwise

import keras
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skdeep._data.columns import Dense
from skdeep._engine.spec import InputSignature
from skdeep.architectures.cnn import model
from skdeep.architectures.cnn.config import ARCHITECTURES, CNNConfig, defaults

NAMED = [name for name in ARCHITECTURES if name != "custom"]
layers = keras.layers
NORMALISED = ("inception", "resnet", "densenet")
AVERAGED = ("nin", "inception", "resnet", "densenet")


def built(architecture, shape=(28, 28, 1), outputs=(10,), **measures):
    dropout, normalization = defaults(architecture)
    measures = {"dropout": dropout > 0, "normalization": normalization} | measures
    signature = InputSignature((("X", Dense(shape, "float32")),), "float32")
    numbers = {"pixel_mean": 0.0, "pixel_variance": 1.0, "dropout": 0.5}
    return model.build(CNNConfig(architecture, outputs, **measures), signature, numbers)


def of_kind(net, kind):
    return [layer for layer in net.layers if isinstance(layer, kind)]


def convolutions(net):
    """Number of filters and height of the kernels of each convolution."""
    return [(layer.filters, layer.kernel_size[0]) for layer in of_kind(net, layers.Conv2D)]


def units(net):
    return [layer.units for layer in of_kind(net, layers.Dense)]


def maker(tensor, skipped=(layers.Activation, layers.BatchNormalization, layers.Dropout)):
    """The layer a tensor comes from, looking through what acts on each map or value alone."""
    layer = tensor._keras_history.operation
    while isinstance(layer, skipped):
        layer = layer.input._keras_history.operation
    return layer


def readers(net, layer):
    """The layers that read what a layer returns."""
    given = {id(layer.output)}
    return [each for each in net.layers if given & {id(tensor) for tensor in keras.tree.flatten(each.input)}]


def computed(net, X, tensors=None):
    """What a net gives for images, at its end or at some tensors of it."""
    return keras.Model(net.inputs[0], net.outputs[0] if tensors is None else tensors)(X, training=False)


def images(shape, n=3, seed=0):
    return np.random.default_rng(seed).normal(size=(n, *shape)).astype(np.float32)


# -- measures ---------------------------------------------------------------------------------------------------------

# Convolutions as (filters, pixels), and dense layers, for ten classes.
MEASURES = {
    "small": ([(32, 3), (64, 3)], [128, 10]),
    "lenet": ([(6, 5), (16, 5)], [120, 84, 10]),
    "alexnet": ([(32, 5), (64, 5), (96, 3), (96, 3), (64, 3)], [512, 512, 10]),
    "vgg": ([(32, 3)] * 2 + [(64, 3)] * 2 + [(128, 3)] * 2, [256, 10]),
    "nin": ([(64, 5), (32, 1), (32, 1)] * 2 + [(64, 3), (32, 1), (32, 1)], [10]),
}


@pytest.mark.parametrize("architecture", MEASURES)
def test_measures(architecture):
    net = built(architecture)
    assert (convolutions(net), units(net)) == MEASURES[architecture]


# Kernels and biases, layer by layer, and mean and variance of the pixels.
PARAMETERS = {
    ("small", (28, 28, 1)): (9 * 1 + 1) * 32 + (9 * 32 + 1) * 64 + (7 * 7 * 64 + 1) * 128 + 129 * 10 + 2,
    ("small", (32, 32, 3)): (9 * 3 + 1) * 32 + (9 * 32 + 1) * 64 + (8 * 8 * 64 + 1) * 128 + 129 * 10 + 6,
    ("lenet", (28, 28, 1)): 61_706 + 2,  # as in the paper's net with fully connected maps
    ("lenet", (8, 8, 1)): (25 + 1) * 6 + (25 * 6 + 1) * 16 + (2 * 2 * 16 + 1) * 120 + 121 * 84 + 85 * 10 + 2,
    ("vgg", (8, 8, 1)): (
        (9 * 1 + 1) * 32 + (9 * 32 + 1) * 32
        + (9 * 32 + 1) * 64 + (9 * 64 + 1) * 64
        + (9 * 64 + 1) * 128 + (9 * 128 + 1) * 128
        + (1 * 1 * 128 + 1) * 256 + 257 * 10 + 2
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", PARAMETERS, ids=str)
def test_number_of_parameters(case):
    architecture, shape = case
    assert built(architecture, shape, normalization=None).count_params() == PARAMETERS[case]


def test_width_multiplies_filters_and_units():
    for architecture, (filters, dense) in MEASURES.items():
        for width in (0.5, 2):
            net = built(architecture, width=width)
            assert convolutions(net) == [(width * number, pixels) for number, pixels in filters]
            assert units(net) == [*(width * number for number in dense[:-1]), 10]
    for architecture in NORMALISED:
        once, twice = (built(architecture, (8, 8, 1), width=width) for width in (1, 2))
        assert convolutions(twice) == [(2 * number, pixels) for number, pixels in convolutions(once)]


def test_width_leaves_at_least_one_filter():
    for architecture in NAMED:
        net = built(architecture, (8, 8, 1), width=0.001, depth=0.1)
        assert min(number for number, _ in convolutions(net)) == 1
        assert np.isfinite(computed(net, images((8, 8, 1)))).all()


DEEPER = {
    # depth -> filters of the convolutions
    "small": {0.5: [32], 1.5: [32, 64, 128], 2: [32, 64, 128, 256]},
    "lenet": {0.5: [6, 16], 2: [6, 16, 16], 3: [6, 16, 16, 16]},
    "alexnet": {0.5: [32, 64, 96, 64], 2: [32, 64, 96, 96, 96, 96, 64]},
    "vgg": {0.5: [32, 64, 128], 2: [32] * 4 + [64] * 4 + [128] * 4},
    "nin": {0.5: [64, 32] * 3, 2: [64, 32, 32, 32, 32] * 3},
}


@pytest.mark.parametrize("architecture", DEEPER)
def test_depth_multiplies_layers(architecture):
    for depth, filters in DEEPER[architecture].items():
        assert [number for number, _ in convolutions(built(architecture, depth=depth))] == filters


def test_depth_multiplies_blocks():
    for depth, blocks in ((0.01, 1), (1, 2), (1.5, 3)):
        assert len(of_kind(built("inception", depth=depth), layers.Concatenate)) == 2 * blocks
        assert len(of_kind(built("resnet", depth=depth), layers.Add)) == 3 * blocks
    for depth, repeats in ((0.25, 1), (1, 3), (2, 6)):
        assert len(of_kind(built("densenet", depth=depth), layers.Concatenate)) == 3 * repeats


# -- ideas ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("architecture", NAMED)
def test_pixels_are_rescaled_first_and_outputs_are_plain_numbers(architecture):
    net = built(architecture, (8, 8, 1), outputs=(3, 2), depth=0.1)
    rescaling = net.layers[1]
    assert rescaling.name == "rescaling"
    assert not rescaling.trainable_weights
    rescaling.set_weights([np.array([2.0]), np.array([16.0])])
    X = images((8, 8, 1))
    moved = computed(net, X, rescaling.output)
    assert_allclose(moved, (X - 2.0) / 4.0, rtol=1e-5, atol=1e-6)
    assert [output.shape for output in net.outputs] == [(None, 3), (None, 2)]
    last = of_kind(net, layers.Dense)[-2:]
    assert [layer.activation for layer in last] == [keras.activations.linear] * 2
    assert last[0].input is last[1].input


@pytest.mark.parametrize("architecture", NAMED)
def test_the_last_maps_are_averaged_or_laid_end_to_end(architecture):
    net = built(architecture, outputs=(4,))
    averages, flat = of_kind(net, layers.GlobalAveragePooling2D), of_kind(net, layers.Flatten)
    assert (len(averages), len(flat)) == ((1, 0) if architecture in AVERAGED else (0, 1))
    if averages:
        assert readers(net, averages[0]) == [net.layers[-1]]
        assert net.layers[-1].kernel.shape == (averages[0].input.shape[-1], 4)
        before, after = computed(net, images((28, 28, 1)), [averages[0].input, averages[0].output])
        assert_allclose(after, np.asarray(before).mean(axis=(1, 2)), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("architecture", ["small", "vgg"])
def test_pooled_blocks_of_kernels_of_three_pixels(architecture):
    net = built(architecture)
    pools = of_kind(net, layers.MaxPooling2D)
    assert [(pool.pool_size, pool.strides) for pool in pools] == [((2, 2), (2, 2))] * (
        2 if architecture == "small" else 3
    )
    assert [pool.input.shape[-1] for pool in pools] == ([32, 64] if architecture == "small" else [32, 64, 128])
    for layer in of_kind(net, layers.Conv2D):
        assert (layer.kernel_size, layer.strides, layer.padding) == ((3, 3), (1, 1), "same")
    assert all(isinstance(maker(pool.input), layers.Conv2D) for pool in pools)


def test_lenet_averages_and_ends_in_a_pyramid():
    net = built("lenet")
    pools = of_kind(net, layers.AveragePooling2D)
    assert [pool.output.shape[1:] for pool in pools] == [(14, 14, 6), (5, 5, 16)]
    assert not of_kind(net, layers.MaxPooling2D)
    assert [layer.padding for layer in of_kind(net, layers.Conv2D)] == ["same", "valid"]


def test_the_pooling_of_alexnet_overlaps():
    net = built("alexnet")
    pools = of_kind(net, layers.MaxPooling2D)
    assert [(pool.pool_size, pool.strides) for pool in pools] == [((3, 3), (2, 2))] * 3
    assert [pool.output.shape[1] for pool in pools] == [13, 6, 2]
    # The third to fifth convolutions follow each other.
    third, fourth, fifth = of_kind(net, layers.Conv2D)[2:]
    assert maker(fourth.input) is third
    assert maker(fifth.input) is fourth
    dropouts = of_kind(net, layers.Dropout)
    assert [maker(layer.output).units for layer in dropouts] == [512, 512]


def test_network_in_network_has_kernels_of_one_pixel_after_each_convolution():
    net = built("nin")
    stages = [layer for layer in of_kind(net, layers.Conv2D) if layer.kernel_size != (1, 1)]
    assert [layer.kernel_size for layer in stages] == [(5, 5), (5, 5), (3, 3)]
    for layer in of_kind(net, layers.Conv2D):
        if layer.kernel_size == (1, 1):
            assert isinstance(maker(layer.input), layers.Conv2D)
        else:
            assert not isinstance(maker(layer.input), layers.Conv2D)
    assert [layer.input.shape[1] for layer in of_kind(net, layers.Dropout)] == [13, 6]


def test_inception_has_parallel_kernels():
    net = built("inception")
    blocks = of_kind(net, layers.Concatenate)
    for block, filters in zip(blocks, (96, 96, 160, 160), strict=True):
        one, three, five, pooled = (maker(branch) for branch in block.input)
        assert [layer.kernel_size for layer in (one, three, five, pooled)] == [(1, 1), (3, 3), (5, 5), (1, 1)]
        assert [layer.filters for layer in (one, three, five, pooled)] == [
            filters // 4, filters // 2, filters // 8, filters // 8,
        ]  # fmt: skip
        assert block.output.shape[-1] == filters
        thin = maker(three.input), maker(five.input)
        assert [layer.kernel_size for layer in thin] == [(1, 1), (1, 1)]
        assert [layer.filters for layer in thin] == [filters * 3 // 8, filters // 16]
        pool = maker(pooled.input)
        assert isinstance(pool, layers.MaxPooling2D)
        assert (pool.pool_size, pool.strides, pool.padding) == ((3, 3), (1, 1), "same")
        read = {id(layer.input) for layer in (one, *thin, pool)}
        assert len(read) == 1
    assert [block.output.shape[1] for block in blocks] == [14, 14, 7, 7]


def additions(net):
    """(addition, shortcut, whether the shortcut is what the block was given) of each residual block."""
    for addition in of_kind(net, layers.Add):
        main, shortcut = addition.input
        second = maker(main, layers.BatchNormalization)
        first = maker(second.input)
        yield addition, shortcut, first.input is shortcut, (first, second)


def test_residual_blocks_add_what_they_were_given():
    net = built("resnet")
    found = list(additions(net))
    assert [is_identity for _, _, is_identity, _ in found] == [True, True, False, True, False, True]
    for addition, shortcut, is_identity, (first, second) in found:
        assert [layer.kernel_size for layer in (first, second)] == [(3, 3), (3, 3)]
        if not is_identity:
            projection = maker(shortcut, layers.BatchNormalization)
            assert (projection.kernel_size, projection.strides) == ((1, 1), (2, 2))
            assert projection.input is first.input
            assert first.strides == (2, 2)
        (activation,) = readers(net, addition)
        assert activation.activation is keras.activations.relu
    assert [addition.output.shape[1:] for addition, *_ in found[::2]] == [(28, 28, 16), (14, 14, 32), (7, 7, 64)]


@pytest.mark.parametrize("normalization", [None, "batch"])
def test_residual_blocks_of_zero_kernels_are_the_identity(normalization):
    net = built("resnet", (8, 8, 1), normalization=normalization)
    blocks = [block for block in additions(net) if block[2]]
    assert blocks
    for _, _, _, (_, second) in blocks:
        second.set_weights([0.0 * array for array in second.get_weights()])
    ends = [readers(net, addition)[0].output for addition, *_ in blocks]
    values = computed(net, images((8, 8, 1)), [*(shortcut for _, shortcut, *_ in blocks), *ends])
    for before, after in zip(values[: len(blocks)], values[len(blocks) :], strict=True):
        assert np.asarray(before).any()
        assert_array_equal(after, before)


def test_dense_blocks_keep_the_maps_of_all_layers_before():
    net = built("densenet")
    stacks = of_kind(net, layers.Concatenate)
    assert [stack.output.shape[1:] for stack in stacks] == [
        *((28, 28, 32 + 16 * n) for n in (1, 2, 3)),
        *((14, 14, 40 + 16 * n) for n in (1, 2, 3)),
        *((7, 7, 44 + 16 * n) for n in (1, 2, 3)),
    ]
    for block in (stacks[:3], stacks[3:6], stacks[6:]):
        for before, after in pairwise(block):
            kept, new = after.input
            assert kept is before.output
            convolution = maker(new)
            assert (convolution.filters, convolution.kernel_size) == (16, (3, 3))
            assert maker(convolution.input) is before  # it reads all maps there are
    first, last = computed(net, images((28, 28, 1)), [stacks[0].output, stacks[2].output])
    assert_array_equal(np.asarray(last)[..., :48], first)


def test_transitions_between_dense_blocks_halve_maps_and_pixels():
    net = built("densenet")
    transitions = [layer for layer in of_kind(net, layers.Conv2D) if layer.kernel_size == (1, 1)]
    assert [(layer.input.shape[-1], layer.filters) for layer in transitions] == [(80, 40), (88, 44)]
    for layer in transitions:
        (pool,) = readers(net, layer)
        assert isinstance(pool, layers.AveragePooling2D)
        assert (pool.pool_size, pool.strides) == ((2, 2), (2, 2))


# -- normalisation, activation, dropout, initial weights --------------------------------------------------------------


@pytest.mark.parametrize("architecture", ARCHITECTURES[:-1])
def test_normalisation(architecture):
    for normalization in (None, "batch"):
        net = built(architecture, (8, 8, 1), normalization=normalization, depth=0.4)
        normal = [layer for layer in of_kind(net, layers.BatchNormalization) if layer.name != "rescaling"]
        kernels = of_kind(net, layers.Conv2D)
        assert all(layer.use_bias == (normalization is None) for layer in kernels)
        if normalization is None:
            assert not normal
        elif architecture == "densenet":  # before each convolution but the first, and before the average
            assert len(normal) == len(kernels)
        else:
            assert [maker(layer.output) for layer in normal] == kernels


def test_deep_architectures_are_normalised_by_default():
    shallow = {"small", "lenet", "custom"}
    assert {name: defaults(name)[1] for name in ARCHITECTURES} == {
        name: None if name in shallow else "batch" for name in ARCHITECTURES
    }


@pytest.mark.parametrize("architecture", NAMED)
def test_the_activation_is_that_of_all_hidden_layers(architecture):
    net = built(architecture, (8, 8, 1), activation="tanh", depth=0.1)
    found = of_kind(net, layers.Activation)
    assert found
    assert all(layer.activation is keras.activations.tanh for layer in found)
    assert all(layer.activation is keras.activations.linear for layer in of_kind(net, (layers.Conv2D, layers.Dense)))
    assert not of_kind(built(architecture, (8, 8, 1), activation="linear", depth=0.1), layers.Activation)


INITIALIZERS = {"relu": "HeUniform", "gelu": "HeUniform", "tanh": "GlorotUniform", "selu": "LecunNormal"}


@pytest.mark.parametrize("architecture", NAMED)
def test_initial_weights_suit_the_activation(architecture):
    for activation, expected in INITIALIZERS.items():
        *hidden, last = of_kind(
            built(architecture, (8, 8, 1), activation=activation, depth=0.1), (layers.Conv2D, layers.Dense)
        )
        assert {type(layer.kernel_initializer).__name__ for layer in hidden} == {expected}
        assert type(last.kernel_initializer).__name__ == "GlorotUniform"
    found = of_kind(built(architecture, (8, 8, 1), kernel_initializer="ones", depth=0.1), (layers.Conv2D, layers.Dense))
    assert all((np.asarray(layer.kernel) == 1.0).all() for layer in found)


DROPOUTS = {"small": 1, "lenet": 2, "alexnet": 2, "vgg": 1, "nin": 2}


@pytest.mark.parametrize("architecture", DROPOUTS)
def test_dropout_after_dense_layers_and_between_the_blocks_of_nin(architecture):
    net = built(architecture, dropout=True)
    found = of_kind(net, layers.Dropout)
    assert len(found) == DROPOUTS[architecture]
    assert all(layer.rate == 0.5 for layer in found)
    assert not of_kind(built(architecture, dropout=False), layers.Dropout)


def test_architectures_that_drop_out_by_default():
    assert {name for name in ARCHITECTURES if defaults(name)[0]} == {"alexnet", "vgg", "nin"}


# -- images of every size ---------------------------------------------------------------------------------------------

SHAPES = [(1, 1, 1), (1, 10, 1), (2, 2, 3), (5, 31, 3), (28, 28, 1)]


@pytest.mark.parametrize("architecture", NAMED)
def test_every_image_is_large_enough(architecture):
    for shape in SHAPES:
        net = built(architecture, shape, width=0.1, depth=0.4, activation="tanh")  # of so few units many would be dead
        outputs = np.asarray(computed(net, images(shape)))
        assert outputs.shape == (3, 10)
        assert np.isfinite(outputs).all()
        assert np.ptp(outputs, axis=0).any()


@pytest.mark.parametrize("architecture", NAMED)
def test_images_of_one_row_are_read_along_the_row_only(architecture):
    net, turned = (built(architecture, shape, width=0.1, depth=0.4) for shape in ((1, 12, 1), (12, 1, 1)))
    for layer in of_kind(net, layers.Conv2D):
        assert layer.kernel_size[0] == layer.strides[0] == 1
        assert layer.kernel.shape[0] == 1
    assert any(layer.kernel_size[1] > 1 for layer in of_kind(net, layers.Conv2D))
    turned.set_weights([np.swapaxes(w, 0, 1) if w.ndim == 4 else w for w in net.get_weights()])
    X = images((1, 12, 1))
    assert_allclose(computed(turned, np.swapaxes(X, 1, 2)), computed(net, X), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("architecture", NAMED)
def test_the_whole_net_computes_in_the_dtype_asked_for(architecture):
    signature = InputSignature((("X", Dense((6, 6, 3), "float64", "uint8")),), "float64")
    dropout, normalization = defaults(architecture)
    config = CNNConfig(architecture, (2,), width=0.1, depth=0.4, normalization=normalization, dropout=dropout > 0)
    net = model.build(config, signature, {"pixel_mean": 0.0, "pixel_variance": 4.0, "dropout": 0.5})
    assert {variable.dtype for variable in net.weights} <= {"float64", "uint32"}
    assert {layer.compute_dtype for layer in net.layers[1:]} == {"float64"}
    assert_array_equal(net.get_layer("rescaling").get_weights()[1], [4.0] * 3)
