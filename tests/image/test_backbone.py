"""CNNClassifier and CNNRegressor on a backbone: what is trained and what is not, in which stages, from which files."""

import copy
import pickle

import h5py
import keras
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV

import skdeep
from skdeep.architectures.backbone import _BACKBONES, BACKBONES
from skdeep.image import Backbone, CNNClassifier, CNNRegressor, ImageEmbedding
from tests.nets import on

DIGITS, LABELS = load_digits(return_X_y=True)
DIGITS = DIGITS[:80].reshape(-1, 8, 8)
LABELS = LABELS[:80] % 3
INK = DIGITS.mean(axis=(1, 2))
TINY = "resnet50v2"  # the name under which the tiny network of conftest.py stands
KERNEL, BIAS, _, _, MEAN, VARIANCE, OUTPUT_KERNEL, OUTPUT_BIAS = range(2, 10)  # of its weights


def net(weights, cls=CNNClassifier, **parameters):
    defaults = {"name": TINY, "weights": weights, "epochs": 3, "random_state": 0, "learning_rate": 0.01}
    return cls(**on(Backbone, **defaults | parameters))


@pytest.fixture
def body(tiny_network, tmp_path):
    """Return (the weights in a file, the file)."""
    path = tmp_path / "tiny.weights.h5"
    return tiny_network(path).get_weights(), path


# -- what is trained --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("cls", "target"), [(CNNClassifier, LABELS), (CNNRegressor, INK)])
def test_a_frozen_backbone_is_the_file_bit_by_bit(cls, target, body):
    arrays, path = body
    model = net(path, cls, epochs=200, learning_rate=0.05).fit(DIGITS, target)
    for array, weight in zip(model.weights_[2:-2], arrays, strict=True):
        assert_array_equal(array, weight)
    assert model.loss_curve_[-1] < 0.97 * model.loss_curve_[0], "features of random weights tell little"
    assert np.ptp(model.weights_[-2]) > 0


def test_a_real_network_is_trained_as_its_embedding_and_a_linear_model(pretrained):
    """Frozen, the features of an image are the same in every epoch."""
    _, path = pretrained("MobileNet")
    model = CNNClassifier(Backbone("mobilenet", path), epochs=4, random_state=0).fit(DIGITS, LABELS)
    embedding = ImageEmbedding(Backbone("mobilenet", path)).fit(DIGITS)
    for one, other in zip(model.weights_[:-2], embedding.weights_, strict=True):
        assert_array_equal(one, other)
    scores = embedding.transform(DIGITS) @ model.weights_[-2] + model.weights_[-1]
    odds = np.exp(scores - scores.max(axis=1, keepdims=True))
    assert_allclose(model.predict_proba(DIGITS), odds / odds.sum(axis=1, keepdims=True), atol=1e-4)


def test_a_frozen_backbone_ends_where_logistic_regression_on_its_features_does(body):
    features = ImageEmbedding(Backbone(TINY, body[1])).fit_transform(DIGITS)
    penalty = 0.01
    parameters = {"epochs": 800, "batch_size": 80, "alpha": penalty, "learning_rate": 0.5}
    model = net(body[1], **parameters, n_iter_no_change=np.inf, learning_rate_schedule="cosine").fit(DIGITS, LABELS)
    oracle = LogisticRegression(C=1 / (penalty * len(DIGITS)), tol=1e-8, max_iter=10_000).fit(features, LABELS)
    assert_allclose(model.predict_proba(DIGITS), oracle.predict_proba(features), atol=0.01)


@pytest.mark.parametrize(("cls", "target"), [(CNNClassifier, LABELS), (CNNRegressor, INK)])
def test_fine_tuning_comes_second_and_at_a_smaller_rate(cls, target, body):
    arrays, path = body
    model = net(path, cls, fine_tune_epochs=2, fine_tune_rate=0.1).fit(DIGITS, target)
    assert_allclose(model.history_["learning_rate"], [0.01] * 3 + [0.001] * 2, rtol=1e-6)
    assert len(model.history_["loss"]) == len(model.loss_curve_) == model.n_iter_ == model.n_epochs_ == 5
    for position in (KERNEL, BIAS):
        assert not np.allclose(model.weights_[position], arrays[position - 2], rtol=1e-5)
    for position in (MEAN, VARIANCE):  # the statistics of the photographs
        assert_array_equal(model.weights_[position], arrays[position - 2])
    frozen = net(path, cls).fit(DIGITS, target)
    assert model.history_["loss"][:3] == frozen.history_["loss"]


def test_a_step_of_fine_tuning_is_keras_own(body):
    """One step of gradient descent on all images, computed by Keras on the model the first stage leaves behind."""
    parameters = {"optimizer": "sgd", "batch_size": 80, "epochs": 1, "learning_rate": 0.5}
    frozen = net(body[1], **parameters).fit(DIGITS, LABELS)
    tuned = net(body[1], **parameters, fine_tune_epochs=1, fine_tune_rate=0.1).fit(DIGITS, LABELS)
    model = frozen.model_
    model.get_layer("backbone").trainable = True
    model.get_layer("backbone").get_layer("normalization").trainable = False
    model.compile(keras.optimizers.SGD(0.05), "sparse_categorical_crossentropy")
    model.train_on_batch(DIGITS[..., None], LABELS)
    expected = model.get_weights()
    for position in (KERNEL, BIAS, OUTPUT_KERNEL, OUTPUT_BIAS):
        before = frozen.weights_[position]
        step = expected[position] - before
        assert np.abs(step).max() > 1e-4
        assert_allclose(tuned.weights_[position] - before, step, rtol=0.01, atol=1e-6)


def test_random_weights_are_all_trained_statistics_too(tiny_network):
    start = ImageEmbedding(Backbone(TINY, "random"), random_state=0).fit(DIGITS).weights_
    model = net("random", random_state=0).fit(DIGITS, LABELS)
    assert all(not np.array_equal(one, other) for one, other in zip(start[2:], model.weights_[2:-2], strict=True))
    again = net("random", random_state=0).fit(DIGITS, LABELS)
    other = net("random", random_state=1).fit(DIGITS, LABELS)
    for one, same in zip(model.weights_, again.weights_, strict=True):
        assert_array_equal(one, same)
    assert not np.allclose(model.weights_[KERNEL], other.weights_[KERNEL])


def test_there_is_nothing_to_fine_tune_in_random_weights(tiny_network):
    with pytest.raises(ValueError, match="fine_tune_epochs=1 is for weights that were trained before"):
        net("random", fine_tune_epochs=1).fit(DIGITS, LABELS)


def test_a_backbone_with_dropout_and_augmentation(body):
    _, path = body
    model = net(path, dropout=0.3, augmentation=["shift", "mixup"], fine_tune_epochs=1).fit(DIGITS, LABELS)
    again = clone(model).fit(DIGITS, LABELS)
    plain = net(path, fine_tune_epochs=1).fit(DIGITS, LABELS)
    assert_array_equal(model.weights_[OUTPUT_KERNEL], again.weights_[OUTPUT_KERNEL])
    assert not np.allclose(model.weights_[OUTPUT_KERNEL], plain.weights_[OUTPUT_KERNEL])


# -- going on ---------------------------------------------------------------------------------------------------------


def test_partial_fit_goes_on_in_the_tuned_net(body):
    arrays, path = body
    model = net(path, fine_tune_epochs=1, fine_tune_rate=0.5).fit(DIGITS, LABELS)
    before = copy.deepcopy(model.weights_)
    model.partial_fit(DIGITS, LABELS, epochs=2)
    assert_allclose(model.history_["learning_rate"], [0.01] * 3 + [0.005] * 3, rtol=1e-6)
    assert model.n_epochs_ == 6
    assert not np.allclose(model.weights_[KERNEL], before[KERNEL], rtol=1e-6)
    assert np.abs(model.weights_[KERNEL] - before[KERNEL]).max() < 0.05  # and does not start anew
    frozen = net(path).fit(DIGITS, LABELS).partial_fit(DIGITS, LABELS)
    assert_array_equal(frozen.weights_[KERNEL], arrays[0])


def test_a_warm_start_goes_on_in_the_tuned_net(body):
    _, path = body
    model = net(path, fine_tune_epochs=2, warm_start=True).fit(DIGITS, LABELS)
    before = copy.deepcopy(model.weights_)
    model.fit(DIGITS, LABELS)
    assert_allclose(model.history_["learning_rate"], [0.0001] * 3, rtol=1e-6)
    assert model.n_epochs_ == 8
    assert_allclose(model.weights_[KERNEL], before[KERNEL], atol=0.01)
    assert not np.array_equal(model.weights_[KERNEL], before[KERNEL])


def test_validation_data_are_watched_in_both_stages(body):
    _, path = body
    parameters = {"early_stopping": True, "n_iter_no_change": 1, "fine_tune_epochs": 6, "epochs": 6}
    validation = {"X_val": DIGITS[:30], "y_val": (LABELS[:30] + 1) % 3}  # which gets worse as the training gets better
    model = net(path, **parameters, learning_rate=0.05).fit(DIGITS, LABELS, **validation)
    rates = model.history_["learning_rate"]
    first, second = rates.count(rates[0]), rates.count(rates[-1])
    assert rates[-1] == pytest.approx(rates[0] / 100)
    assert first + second == len(rates) == len(model.history_["val_loss"]) == model.n_iter_
    assert 1 <= first < 6


def test_the_best_epoch_of_both_stages_is_kept(body):
    """Tuning at a huge rate ruins the net; early stopping remembers the net before."""
    _, path = body
    parameters = {"early_stopping": True, "fine_tune_epochs": 2, "fine_tune_rate": 1000.0, "scoring": "neg_log_loss"}
    model = net(path, **parameters).fit(DIGITS, LABELS, X_val=DIGITS[:30], y_val=LABELS[:30])
    proba = np.clip(model.predict_proba(DIGITS[:30]), 1e-12, 1)
    score = np.log(proba[np.arange(30), LABELS[:30]]).mean()
    assert score == pytest.approx(model.best_validation_score_, rel=1e-3)


def test_a_search_over_numbers_compiles_each_stage_once(body, files_read):
    _, path = body
    grid = {"fine_tune_rate": [0.01, 0.1], "fine_tune_epochs": [1, 2]}
    grid = {f"architecture__{name}": values for name, values in grid.items()} | {"learning_rate": [0.001, 0.01]}
    skdeep.clear_cache()
    files_read.clear()
    before = skdeep.cache_info()
    GridSearchCV(net(path), grid, cv=2, error_score="raise").fit(DIGITS, LABELS)
    after = skdeep.cache_info()
    assert after.misses - before.misses == 2
    assert after.hits - before.hits == 2 * (8 * 2 + 1) - 2
    assert len(files_read) == 1


# -- files ------------------------------------------------------------------------------------------------------------


def test_a_fitted_net_needs_its_file_no_more(body):
    _, path = body
    model = net(path, fine_tune_epochs=1).fit(DIGITS, LABELS)
    expected = model.predict_proba(DIGITS)
    stored = pickle.dumps(model)
    path.unlink()
    skdeep.clear_cache()
    opened = pickle.loads(stored)
    assert_array_equal(opened.predict_proba(DIGITS), expected)
    opened.partial_fit(DIGITS, LABELS)
    assert_allclose(opened.model_.predict(DIGITS[..., None], verbose=0), opened.predict_proba(DIGITS), atol=1e-5)
    with pytest.raises(ValueError, match="is not a file"):
        clone(model).fit(DIGITS, LABELS)


def test_a_file_is_read_once_and_again_when_it_has_changed(tiny_network, tmp_path, files_read):
    path = tmp_path / "tiny.weights.h5"
    for seed in range(2):
        arrays = tiny_network(path, seed).get_weights()
        for _ in range(2):
            assert_array_equal(net(str(path)).fit(DIGITS, LABELS).weights_[KERNEL], arrays[0])
        assert len(files_read) == seed + 1


def test_training_does_not_change_what_was_read(body):
    arrays, path = body
    net(path, fine_tune_epochs=2, fine_tune_rate=1.0).fit(DIGITS, LABELS)
    frozen = net(path).fit(DIGITS, LABELS)
    for array, weight in zip(frozen.weights_[2:-2], arrays, strict=True):
        assert_array_equal(array, weight)


@pytest.fixture(scope="module")
def files(tmp_path_factory, pretrained):
    """Files for MobileNet, by what they are."""
    folder = tmp_path_factory.mktemp("files")
    model, path = pretrained("MobileNet")
    content = path.read_bytes()
    whole = keras.applications.MobileNet(weights=None, input_shape=(32, 32, 3), classes=2)
    for layer in model.layers[1:]:
        whole.get_layer(layer.name).set_weights(layer.get_weights())
    found = {name: folder / f"{name}{suffix}" for name, suffix in {
        "with its top": ".weights.h5", "legacy_no_top": ".h5", "saved model": ".keras", "cut": ".weights.h5",
        "text": ".weights.h5", "wrong suffix": ".bin", "half a suffix": ".h5", "something else": ".weights.h5",
        "missing": ".weights.h5", "legacy with its top": ".h5",
    }.items()}  # fmt: skip
    whole.save_weights(found["with its top"])
    whole.save(found["legacy with its top"])
    model.save(found["legacy_no_top"])
    model.save(found["saved model"])
    found["cut"].write_bytes(content[: len(content) // 2])
    found["text"].write_text("0.1 0.2 0.3")
    found["wrong suffix"].write_bytes(content)
    found["half a suffix"].write_bytes(content)
    with h5py.File(found["something else"], "w") as file:
        file["numbers"] = np.arange(3)
    found["folder"] = folder
    found["another network"] = pretrained("VGG16")[1]
    return found


@pytest.mark.parametrize("kind", ["with its top", "legacy_no_top", "saved model"])
def test_files_that_keras_saves_are_read(kind, files, pretrained):
    embedding = ImageEmbedding(Backbone("mobilenet", files[kind])).fit(DIGITS)
    for array, weight in zip(embedding.weights_[2:], pretrained("MobileNet")[0].get_weights(), strict=True):
        assert_array_equal(array, weight)


BAD_FILES = (
    "cut", "text", "wrong suffix", "half a suffix", "something else", "missing", "folder", "another network",
    "legacy with its top",
)  # fmt: skip


@pytest.mark.parametrize("kind", BAD_FILES)
def test_files_that_are_something_else_are_named(kind, files):
    with pytest.raises(ValueError, match="weights=") as raised:
        CNNClassifier(Backbone("mobilenet", files[kind]), epochs=1).fit(DIGITS, LABELS)
    message = str(raised.value)
    assert repr(str(files[kind])) in message
    assert "'mobilenet'" in message
    assert len(message) - len(str(files[kind])) < 450
    assert "\n" not in message


# -- parameters -------------------------------------------------------------------------------------------------------

BAD_PARAMETERS = {
    "no weights": ({"architecture__weights": None}, "needs weights: the path of a file.* Nothing is downloaded"),
    "weights in numbers": ({"architecture__weights": [1.0]}, "'weights' parameter of Backbone must be"),
    "unknown": ({"architecture__name": "resnet"}, "'name' parameter of Backbone must be .*'mobilenetv2'"),
    "activation": ({"activation": "tanh"}, "activation='tanh' is not for the backbone 'resnet50v2', which has its own"),
    "normalization": ({"normalization": None}, "normalization=None is not for the backbone"),
    "initial weights": ({"kernel_initializer": "he_normal"}, "kernel_initializer='he_normal' is not for the backbone"),
    "double precision": ({"dtype": "float64"}, "dtype='float64' is not available with a backbone"),
    "file": ({"architecture__weights": "missing.weights.h5"}, "'missing.weights.h5' is not a file"),
    "epochs": ({"architecture__fine_tune_epochs": -1}, "'fine_tune_epochs' parameter of Backbone"),
    "rate": ({"architecture__fine_tune_rate": 0.0}, "'fine_tune_rate' parameter of Backbone"),
}


@pytest.mark.parametrize("case", BAD_PARAMETERS)
def test_parameters_that_are_not_valid_leave_a_fitted_net_as_it_was(case, body):
    changes, message = BAD_PARAMETERS[case]
    model = net(body[1]).fit(DIGITS, LABELS)
    before, expected, parameters = dict(vars(model)), model.predict_proba(DIGITS), model.get_params()
    with pytest.raises(ValueError, match=message):
        model.set_params(**changes).fit(DIGITS, LABELS)
    model.set_params(**{name: parameters[name] for name in changes})
    assert vars(model) == before
    assert_array_equal(model.predict_proba(DIGITS), expected)


def test_a_fit_that_fails_in_its_second_stage_leaves_a_fitted_net_as_it_was(body):
    model = net(body[1]).fit(DIGITS, LABELS)
    before, expected = dict(vars(model)), model.predict_proba(DIGITS)
    model.set_params(architecture__fine_tune_epochs=3, architecture__fine_tune_rate=1e38)
    with pytest.raises(ValueError, match=r"became (nan|inf)"):
        model.fit(DIGITS, LABELS)
    model.set_params(architecture__fine_tune_epochs=0, architecture__fine_tune_rate=0.01)
    assert vars(model) == before
    assert_array_equal(model.predict_proba(DIGITS), expected)


@pytest.mark.parametrize("channels", [2, 4])
def test_images_that_are_neither_gray_nor_in_three_colours_are_refused(channels, body):
    images = np.stack([DIGITS] * channels, axis=3)
    with pytest.raises(ValueError, match=f"have {channels} channels"):
        net(body[1]).fit(images, LABELS)


def test_clones_and_parameters(body):
    model = net(body[1], fine_tune_epochs=2, fine_tune_rate=0.5)
    copied = clone(model)
    assert copied.architecture is not model.architecture
    assert copied.architecture.get_params() == model.architecture.get_params()
    assert repr(copied.architecture).startswith("Backbone(fine_tune_epochs=2, fine_tune_rate=0.5, name=")


# -- the table of backbones -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", BACKBONES)
def test_every_backbone_is_a_model_of_keras_with_its_preprocessing_and_least_size(name):
    cls, module, least = _BACKBONES[name]
    assert name == cls.lower()
    assert callable(getattr(keras.applications, module).preprocess_input)
    assert getattr(keras.applications, cls).__module__.endswith(f".{module}")
    # Keras looks at the size before it builds, so what is too small by one costs nothing to ask for.
    with pytest.raises(ValueError, match=f"{least}"):
        getattr(keras.applications, cls)(include_top=False, weights=None, input_shape=(least - 1, least - 1, 3))


def test_every_model_of_keras_is_a_backbone():
    classes = {name for name, member in vars(keras.applications).items() if callable(member)}
    assert {cls.lower() for cls in classes} == set(BACKBONES)
