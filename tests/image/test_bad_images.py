"""What is not images, or not the images of the fit, gets a clear error, and leaves a fitted net exactly as it was."""

import copy

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from skdeep.image import CNNClassifier, CNNRegressor, Custom, LeNet, ResNet
from skdeep.image.architectures import Architecture
from skdeep.image.augmentation import Contrast, Cutout, Flip, Mixup, Noise, Rotate, Shift, Zoom
from tests.nets import on
from tests.unharmed import Unharmed

rng = np.random.default_rng(0)
GRAY = rng.random((24, 6, 5))
COLOUR = rng.random((24, 6, 5, 3))
LABELS = np.arange(24) % 3
SETTINGS = {"filters": (2,), "head": (), "epochs": 1, "random_state": 0}


@pytest.fixture(scope="module")
def fitted():
    return {
        "gray": CNNClassifier(**on(Custom, **SETTINGS)).fit(GRAY, LABELS),
        "colour": CNNClassifier(**on(Custom, **SETTINGS)).fit(COLOUR, LABELS),
    }


@pytest.fixture
def gray(fitted):
    return copy.deepcopy(fitted["gray"])


@pytest.fixture
def colour(fitted):
    return copy.deepcopy(fitted["colour"])


def unharmed(net, error, message):
    return Unharmed(net, np.random.default_rng(1).random((8, *net.image_shape_)), error, message)


def spoilt(images, value):
    images = images.copy()
    images[3, 2, 1] = value
    return images


def objects(images):
    each = np.empty(len(images), dtype=object)
    for index, image in enumerate(images):
        each[index] = image
    return each


# -- X ----------------------------------------------------------------------------------------------------------------

MIXED = [GRAY[0], GRAY[1][:4], *GRAY[2:]]
NOT_IMAGES = {
    "NaN pixels": (spoilt(GRAY, np.nan), ValueError, "Input X contains NaN"),
    "infinite pixels": (spoilt(GRAY, np.inf), ValueError, "Input X contains infinity"),
    "NaN in colour": (spoilt(COLOUR, np.nan), ValueError, "Input X contains NaN"),
    "NaN in flat rows": (spoilt(GRAY, np.nan).reshape(24, 30), ValueError, "Input X contains NaN"),
    "NaN in a frame": (pd.DataFrame(spoilt(GRAY, np.nan).reshape(24, 30)), ValueError, "Input X contains NaN"),
    "a list of mixed sizes": (MIXED, ValueError, r"images have different shapes: \(6, 5\), \(4, 5\)\. Bring them"),
    "an array of mixed sizes": (objects(MIXED), ValueError, r"different shapes: \(6, 5\), \(4, 5\)"),
    "a list of gray and colour": ([*GRAY[:12], *COLOUR[12:]], ValueError, r"different shapes: \(6, 5\), \(6, 5, 3\)"),
    "five dimensions": (COLOUR[..., None], ValueError, r"Found array with dim 5\. CNN.* takes images of shape \(n, he"),
    "one dimension": (GRAY[:, 0, 0], ValueError, "Expected 2D array, got 1D array"),
    "nothing": (None, ValueError, "Expected 2D array, got scalar"),
    "a string": ("photo.png", ValueError, "photo.png|scalar"),
    "strings": (np.full((24, 6, 5), "dark"), ValueError, "could not convert string to float"),
    "complex numbers": (GRAY + 1j, ValueError, "Complex data not supported"),
    "a sparse matrix": (sparse.csr_matrix(GRAY.reshape(24, 30)), TypeError, "Sparse data was passed for X"),
    "no images": (GRAY[:0], ValueError, r"0 sample\(s\)"),
    "no pixels": (GRAY[:, :0], ValueError, r"0 feature\(s\)"),
    "no channels": (COLOUR[..., :0], ValueError, r"0 feature\(s\)"),
}


@pytest.mark.parametrize("case", NOT_IMAGES)
def test_what_is_not_images_cannot_be_fitted(gray, case):
    X, error, message = NOT_IMAGES[case]
    with unharmed(gray, error, message):
        gray.fit(X, LABELS)


SAID_OTHERWISE = {"NaN in colour", "a list of gray and colour", "no pixels", "no channels"}


@pytest.mark.parametrize("method", ["predict", "predict_proba", "decision_function"])
@pytest.mark.parametrize("case", [case for case in NOT_IMAGES if case not in SAID_OTHERWISE])
def test_what_is_not_images_cannot_be_predicted(gray, method, case):
    X, error, message = NOT_IMAGES[case]
    with unharmed(gray, error, message):
        getattr(gray, method)(X)


def test_columns_that_are_not_numbers_are_named(gray):
    frame = pd.DataFrame(GRAY.reshape(24, 30), columns=[f"pixel {i}" for i in range(30)]).assign(file="photo.png")
    with unharmed(gray, ValueError, "not numeric: 'file'"):
        gray.fit(frame, LABELS)


@pytest.mark.parametrize("channels", [3, 4])
def test_channels_that_come_first_are_noticed(gray, channels):
    X = np.zeros((24, channels, 9, 8))
    with unharmed(
        gray, ValueError, rf"shape \({channels}, 9, 8\), with the channels first\. .*transpose\(0, 2, 3, 1\)"
    ):
        gray.fit(X, LABELS)
    gray.set_params(image_shape=(channels, 9, 8)).fit(X, LABELS)
    assert gray.image_shape_ == (channels, 9, 8)


def test_the_images_of_a_torch_loader_do_not_fit_a_fitted_net(gray):
    with unharmed(gray, ValueError, r"have the shape \(1, 6, 5\), but the estimator was fitted on .* \(6, 5\)"):
        gray.predict(GRAY[:, None])


# -- shapes at predict ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("call", ["predict", "predict_proba", "partial_fit", "validate", "warm start"])
def test_images_of_another_shape_than_at_fit(gray, colour, call):
    def use(net, X):
        calls = {
            "predict": lambda: net.predict(X),
            "predict_proba": lambda: net.predict_proba(X),
            "partial_fit": lambda: net.partial_fit(X, LABELS),
            "validate": lambda: net.fit(COLOUR if net is colour else GRAY, LABELS, X_val=X, y_val=LABELS),
            "warm start": lambda: net.set_params(warm_start=True).fit(X, LABELS),
        }
        calls[call]()

    with unharmed(gray, ValueError, r"shape \(6, 5, 3\), .* shape \(6, 5\)\. Convert them to grey.* 3 channels now"):
        use(gray, COLOUR)
    with unharmed(colour, ValueError, r"shape \(6, 5\), .* shape \(6, 5, 3\)\. They were in colour.* are grey now"):
        use(colour, GRAY)
    with unharmed(
        colour, ValueError, r"shape \(6, 5, 2\), but the estimator was fitted on images of shape \(6, 5, 3\)"
    ):
        use(colour, COLOUR[..., :2])
    with unharmed(gray, ValueError, r"shape \(5, 6\), but the estimator was fitted on images of shape \(6, 5\)\."):
        use(gray, GRAY.transpose(0, 2, 1))
    with unharmed(gray, ValueError, "X has 29 features, but CNNClassifier is expecting 30 features"):
        use(gray, GRAY.reshape(24, 30)[:, 1:])


def test_one_image_needs_an_axis_for_the_rows(gray):
    with unharmed(gray, ValueError, "6|5"):
        gray.predict(GRAY[0])
    with unharmed(gray, ValueError, "6|5"):
        gray.fit(GRAY[0], LABELS)


# -- image_shape and rescale ------------------------------------------------------------------------------------------

BAD_SHAPES = {
    "rows of another width": ((5, 5), GRAY.reshape(24, 30), r"image_shape=\(5, 5\) has 25 values .* rows of 30"),
    "a frame of another width": (
        (2, 5, 2),
        pd.DataFrame(GRAY.reshape(24, 30)),
        r"image_shape=\(2, 5, 2\) has 20 values and does not fit rows of 30",
    ),
    "colour for gray rows": ((6, 5, 3), GRAY.reshape(24, 30), r"has 90 values and does not fit rows of 30"),
    "other images": ((5, 6), GRAY, r"image_shape=\(5, 6\) does not fit images of shape \(6, 5\)"),
    "colour for gray images": ((6, 5, 3), GRAY, r"image_shape=\(6, 5, 3\) does not fit images of shape \(6, 5\)"),
    "gray for colour": ((6, 5), COLOUR, r"image_shape=\(6, 5\) does not fit images of shape \(6, 5, 3\)"),
    "one number": (30, GRAY, "image_shape"),
    "too few numbers": ((30,), GRAY, r"image_shape must be \(height, width\) or .* got \(30,\)"),
    "too many numbers": ((1, 6, 5, 1), GRAY, r"image_shape must be \(height, width\) or"),
    "zero": ((0, 30), GRAY, "image_shape must be .* all positive integers"),
    "negative": ((-6, -5), GRAY, "image_shape must be .* all positive integers"),
    "unknown": ((None, 5), GRAY, "image_shape must be .* all positive integers"),
    "fractions": ((6.0, 5.0), GRAY, "image_shape must be .* all positive integers"),
    "a string": ("6x5", GRAY, "image_shape"),
}


@pytest.mark.parametrize("case", BAD_SHAPES)
def test_an_image_shape_that_does_not_fit(gray, case):
    shape, X, message = BAD_SHAPES[case]
    gray.set_params(image_shape=shape)
    with unharmed(gray, ValueError, message):
        gray.fit(X, LABELS)


@pytest.mark.parametrize("rescale", [0, -1.0, np.nan, np.inf, "standard", (0, 1)], ids=str)
def test_a_rescaling_that_is_not_known(gray, rescale):
    gray.set_params(rescale=rescale)
    with unharmed(gray, ValueError, "'rescale' parameter of CNNClassifier"):
        gray.fit(GRAY, LABELS)


# -- architectures ----------------------------------------------------------------------------------------------------


def nested(parameters):
    """Parameters of a net with a custom architecture, by the names that scikit-learn gives them."""
    own = Custom().get_params()
    return {f"architecture__{name}" if name in own else name: value for name, value in parameters.items()}


VALID = {"padding": "valid", "pooling": None}
BAD_MEASURES = {
    "kernel higher than the image": (
        VALID | {"kernel_size": (7, 3)},
        r"kernel_size=\(7, 3\) of convolution 1 is larger than the maps of 6 x 5 pixels .* on images of 6 x 5\. "
        "Use padding='same'",
    ),
    "kernel wider than the image": (
        VALID | {"kernel_size": (3, 6)},
        r"kernel_size=\(3, 6\) of convolution 1 is larger than the maps of 6 x 5 pixels",
    ),
    "second kernel larger than the maps": (
        VALID | {"filters": (2, 2), "kernel_size": [4, 3]},
        r"kernel_size=\(3, 3\) of convolution 2 is larger than the maps of 3 x 2 pixels .* on images of 6 x 5",
    ),
    "second kernel larger than the pooled maps": (
        {"padding": "valid", "filters": (2, 2)},
        r"kernel_size=\(3, 3\) of convolution 2 is larger than the maps of 2 x 1 pixels",
    ),
    "pooling below a pixel": (
        {"pool_size": 6},
        r"pool_size=\(6, 6\) is larger than the maps of 6 x 5 pixels after convolution 1 .* less than one pixel",
    ),
    "third pooling below a pixel": (
        {"filters": (2, 2, 2)},
        r"pool_size=\(2, 2\) is larger than the maps of 1 x 1 pixels after convolution 3",
    ),
    "pooling below a pixel after strides": (
        {"strides": (1, 5)},
        r"pool_size=\(2, 2\) is larger than the maps of 6 x 1 pixels after convolution 1",
    ),
    "zero filters": ({"filters": (2, 0)}, r"filters must hold integers of at least 1, got \(2, 0\)"),
    "no number of filters": ({"filters": 0}, "'filters' parameter of Custom must be"),
    "half a filter": ({"filters": (1.5,)}, "filters must hold integers"),
    "filters in words": ({"filters": "many"}, "'filters' parameter of Custom must be"),
    "zero units": ({"head": (0,)}, r"head must hold integers of at least 1, got \(0,\)"),
    "an unknown head": ({"head": "max"}, "'head' parameter of Custom must be"),
    "zero kernels": ({"kernel_size": (0, 3)}, "kernel_size must hold integers of at least 1"),
    "kernels for more convolutions": ({"kernel_size": [3, 3, 3]}, "kernel_size must be .* each of the 1 convolutions"),
    "strides for more convolutions": ({"strides": [1, 1, 1]}, "strides must be .* each of the 1 convolutions"),
    "pools for more convolutions": ({"pool_size": [2, 2, 2]}, "pool_size must be .* each of the 1 convolutions"),
    "kernels in three dimensions": ({"kernel_size": [(3, 3, 3)]}, "kernel_size must hold integers or pairs"),
    "padding": ({"padding": "full"}, "'padding' parameter of Custom must be"),
    "pooling": ({"pooling": "median"}, "'pooling' parameter of Custom must be"),
    "half a kernel": ({"filters": (2, 2), "kernel_size": [3, 2.5]}, "kernel_size must hold integers"),
    "half strides": ({"filters": (2, 2), "strides": (1.0, 1)}, "strides must hold integers"),
    "activation": ({"activation": "sigmund"}, "sigmund"),
    "kernel_initializer": ({"kernel_initializer": "him"}, "him"),
    "normalization": ({"normalization": "instance"}, "'normalization' parameter of CNNClassifier"),
    "dropout": ({"dropout": 1.0}, "'dropout' parameter"),
}


@pytest.mark.parametrize("case", BAD_MEASURES)
def test_measures_that_cannot_be_built(gray, case):
    parameters, message = BAD_MEASURES[case]
    gray.set_params(**nested(parameters))
    with unharmed(gray, ValueError, message):
        gray.fit(GRAY, LABELS)


ACCEPTED = (
    "'small', 'lenet', 'alexnet', 'vgg', 'nin', 'inception', 'resnet', 'densenet', or an object of "
    r"skdeep\.image\.architectures: Small, LeNet, AlexNet, VGG, NiN, Inception, ResNet, DenseNet, Custom or Backbone\. "
)
BAD_ARCHITECTURES = {
    "an unknown name": (
        "lenet5",
        ValueError,
        f"'architecture' parameter of CNNC.* must be one of {ACCEPTED}Got 'lenet5'",
    ),
    "capitals": ("ResNet", ValueError, f"{ACCEPTED}Got 'ResNet'"),
    "custom without measures": ("custom", ValueError, f"{ACCEPTED}Got 'custom'"),
    "the name of a backbone": ("mobilenetv2", ValueError, f"{ACCEPTED}Got 'mobilenetv2'"),
    "nothing": (None, TypeError, f"{ACCEPTED}Got None"),
    "a number": (3, TypeError, f"{ACCEPTED}Got 3"),
    "a list": ([ResNet()], TypeError, rf"{ACCEPTED}Got \[ResNet\(\)\]"),
    "measures": ({"filters": (8,)}, TypeError, f"{ACCEPTED}Got "),
    "the base": (Architecture(), TypeError, rf"{ACCEPTED}Got Architecture\(\)"),
    "an object for something else": (Flip(), TypeError, rf"{ACCEPTED}Got Flip\(\)"),
    "a class": (ResNet, TypeError, f"{ACCEPTED}Got the class ResNet: give an object, such as"),
    "a class of something else": (Flip, TypeError, f"architecture must be one of {ACCEPTED}Got the class Flip"),
    "no width": (
        ResNet(width=0),
        ValueError,
        r"'width' parameter of ResNet must be a float in the range \(0.0, 100.0\]",
    ),
    "a width in words": (LeNet(width="wide"), TypeError, "'width' parameter of LeNet must be .* Got 'wide'"),
    "a width of NaN": (LeNet(width=np.nan), ValueError, "'width' parameter of LeNet"),
    "negative depth": (ResNet(depth=-1.0), ValueError, "'depth' parameter of ResNet must be .* Got -1.0"),
}


@pytest.mark.parametrize("call", ["fit", "partial_fit"])
@pytest.mark.parametrize("case", BAD_ARCHITECTURES)
def test_what_is_no_architecture(gray, case, call):
    architecture, error, message = BAD_ARCHITECTURES[case]
    gray.set_params(architecture=architecture)
    with unharmed(gray, error, message):
        getattr(gray, call)(GRAY, LABELS)


@pytest.mark.parametrize("change", [{"filters": (3,)}, {"kernel_size": 5}, {"head": (4,)}, {"normalization": "batch"}])
@pytest.mark.parametrize("go_on", ["partial_fit", "warm start"])
def test_going_on_with_another_net(gray, go_on, change):
    gray.set_params(**nested(change), warm_start=True)
    with unharmed(gray, ValueError, r"The net is not the one that was fitted before"):
        (gray.fit if go_on == "warm start" else gray.partial_fit)(GRAY, LABELS)


# -- augmentation -----------------------------------------------------------------------------------------------------

BAD_AMOUNTS = {
    "Flip": Flip(horizontal="yes"),
    "Shift": Shift(0.0),
    "Shift too far": Shift(1.0),
    "Rotate": Rotate(0),
    "Rotate too far": Rotate(181.0),
    "Zoom": Zoom(1.0),
    "Zoom out": Zoom(-0.1),
    "Contrast": Contrast(1.5),
    "Noise": Noise(0.0),
    "Noise of NaN": Noise(np.nan),
    "Cutout": Cutout(0),
    "Cutout of all": Cutout(1.0),
    "Mixup": Mixup(0.0),
    "Mixup in words": Mixup("much"),
}


@pytest.mark.parametrize("case", BAD_AMOUNTS)
@pytest.mark.parametrize("in_list", [False, True], ids=["alone", "in a list"])
def test_amounts_out_of_range(gray, case, in_list):
    change = BAD_AMOUNTS[case]
    gray.set_params(augmentation=["flip", change] if in_list and case != "Flip" else change)
    with unharmed(gray, ValueError, f"parameter of {case.split()[0]} must be"):
        gray.fit(GRAY, LABELS)


BAD_CHANGES = {
    "an unknown name": (
        "mirror",
        ValueError,
        "augmentation='mirror' is not known; there are 'flip', 'shift', 'rotate'",
    ),
    "an unknown name among others": (["flip", "Shift"], ValueError, "augmentation='Shift' is not known"),
    "twice": (["shift", Shift(0.3)], ValueError, "augmentation has Shift twice"),
    "flips twice": ([Flip(), Flip(vertical=True)], ValueError, "augmentation has Flip twice"),
    "a class": ([Rotate], TypeError, "which is a class: give an instance"),
    "a number": ([0.1], TypeError, r"augmentation must be a name, an object .* of skdeep.image.augmentation.* got 0.1"),
    "a list in a list": ([["flip"]], TypeError, "augmentation must be a name"),
    "a function": (np.fliplr, ValueError, "'augmentation' parameter"),
    "a dict": ({"shift": 0.1}, ValueError, "'augmentation' parameter"),
}


@pytest.mark.parametrize("case", BAD_CHANGES)
def test_what_is_no_augmentation(gray, case):
    change, error, message = BAD_CHANGES[case]
    gray.set_params(augmentation=change)
    with unharmed(gray, error, message):
        gray.fit(GRAY, LABELS)


# -- targets and first fits -------------------------------------------------------------------------------------------


def test_targets_that_do_not_match_the_images(gray):
    with unharmed(gray, ValueError, r"inconsistent numbers of samples: \[24, 23\]"):
        gray.fit(GRAY, LABELS[1:])
    with unharmed(gray, ValueError, "at least 2 classes in y, but y contains one class only"):
        gray.fit(GRAY, np.zeros(24))
    with unharmed(gray, ValueError, "requires y to be passed"):
        gray.fit(GRAY, None)


@pytest.mark.parametrize("make", [CNNClassifier, CNNRegressor])
def test_a_failed_first_fit_leaves_no_trace(make):
    net = make(**on(Custom, **SETTINGS))
    before = dict(vars(net))
    for X, y in ((spoilt(GRAY, np.nan), LABELS), (MIXED, LABELS), (GRAY, LABELS[1:])):
        with pytest.raises(ValueError, match=r"NaN|shapes|inconsistent"):
            net.fit(X, y)
        assert vars(net) == before
    with pytest.raises(ValueError, match="not fitted yet"):
        net.predict(GRAY)


def test_a_fit_that_diverges_leaves_the_net_as_it_was(gray):
    gray.set_params(optimizer="sgd", learning_rate=1e300, epochs=20, activation="linear")
    with unharmed(gray, ValueError, "became (inf|nan|infinite).*learning rate that is too high"):
        gray.fit(GRAY, LABELS)
