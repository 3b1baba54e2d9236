"""ImageEmbedding: Keras' own features, each image computed once, and the manners of a transformer."""

import pickle
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, KFold, StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skdeep
from skdeep._engine.cache import cache
from skdeep.architectures import backbone as backbones
from skdeep.image import Backbone, CNNClassifier, ImageEmbedding, ResNet

rng = np.random.default_rng(0)
DIGITS, LABELS = load_digits(return_X_y=True)
DIGITS = DIGITS[:90].reshape(-1, 8, 8)
LABELS = LABELS[:90]
GRAY = rng.integers(0, 256, (30, 10, 8), dtype=np.uint8)
GRAY[0, 0, 0] = 255  # so that the largest value is the same in every part that has the first image
COLOUR = rng.integers(0, 256, (12, 36, 33, 3), dtype=np.uint8)
COLOUR[0, 0, 0, 0] = 255
BYTES = {"rescale": 1 / 255}  # the same numbers whatever the images are
TINY = "resnet50v2"


def resized(images, height, width):
    """Images of bytes as three channels of floats from 0 to 255, at another size."""
    images = np.stack([images] * 3, axis=3) if images.ndim == 3 else images
    return np.array(keras.ops.image.resize(images.astype("float32"), (height, width)))


def pooled(maps, pooling):
    return {"average": np.mean, "max": np.max}[pooling](np.asarray(maps), axis=(1, 2))


@pytest.fixture
def tiny_features(tiny_file):
    """Return a function that computes the features of the tiny network in NumPy's and Keras' own way."""
    model = keras.applications.ResNet50V2(False, str(tiny_file), (32, 32, 3), "avg")

    def compute(images):
        seen = resized(images, *[round(side * 32 / min(images.shape[1:3])) for side in images.shape[1:3]])
        model = keras.applications.ResNet50V2(False, str(tiny_file), seen.shape[1:], "avg")
        return model.predict(keras.applications.resnet_v2.preprocess_input(seen), verbose=0)

    assert model.count_params() == 3 * 3 * 3 * 6 + 6 + 4 * 6
    return compute


# -- the features -----------------------------------------------------------------------------------------------------

# One of each kind of preprocessing: to -1 .. 1; means of colours taken away, blue first; none, because the net has it.
REAL = [
    ("mobilenet", "MobileNet", GRAY, None, "average", (40, 32)),
    ("vgg16", "VGG16", COLOUR, (34, 40), "max", (34, 40)),
    ("mobilenetv3small", "MobileNetV3Small", COLOUR, None, "average", (36, 33)),
]


@pytest.mark.parametrize(("name", "cls", "images", "size", "pooling", "seen"), REAL, ids=[case[0] for case in REAL])
def test_features_are_those_of_keras(name, cls, images, size, pooling, seen, pretrained):
    model, path = pretrained(cls)
    module = getattr(keras.applications, backbones._BACKBONES[name][1])
    whole = getattr(keras.applications, cls)(include_top=False, weights=str(path), input_shape=(*seen, 3))
    maps = whole.predict(module.preprocess_input(resized(images, *seen)), verbose=0)
    embedding = ImageEmbedding(Backbone(name, path), size=size, pooling=pooling)
    features = embedding.fit_transform(images)
    assert features.dtype == np.float32
    assert np.ptp(features, axis=0).max() > 0.01  # or there would be nothing to compare
    assert_allclose(features, pooled(maps, pooling), rtol=1e-3, atol=1e-4 * np.abs(features).max())
    for array, weight in zip(embedding.weights_[2:], model.get_weights(), strict=True):
        assert_array_equal(array, weight)


def colours(include_top=True, weights=None, input_shape=None, pooling=None, name="colours"):
    """A network whose features are the mean colour of what it is given."""
    images = keras.Input(input_shape)
    return keras.Model(images, keras.layers.GlobalAveragePooling2D()(images), name=name)


MODULES = {module: (name, cls) for name, (cls, module, _) in reversed(backbones._BACKBONES.items())}


@pytest.mark.usefixtures("_cache_cleared_afterwards")
@pytest.mark.parametrize("module", sorted(MODULES))
def test_images_are_preprocessed_as_the_backbone_expects(module, monkeypatch):
    name, cls = MODULES[module]
    monkeypatch.setattr(keras.applications, cls, colours)
    images = rng.integers(0, 256, (3, 80, 80, 3), dtype=np.uint8)
    expected = getattr(keras.applications, module).preprocess_input(images.astype("float32")).mean(axis=(1, 2))
    features = ImageEmbedding(Backbone(name, "random"), rescale=1 / 255).fit_transform(images)
    assert_allclose(features, expected, rtol=1e-4, atol=1e-4 * np.abs(expected).max())


def test_values_are_rescaled_by_the_range_seen_at_fit(tiny_file, tiny_features):
    expected = tiny_features(GRAY)
    for images in (GRAY, GRAY / 255.0, GRAY.astype(np.float32) * 3, GRAY.astype(np.int64)):
        assert_allclose(ImageEmbedding(Backbone(TINY, tiny_file)).fit_transform(images), expected, rtol=1e-4, atol=1e-4)
    darker = ImageEmbedding(Backbone(TINY, tiny_file)).fit(GRAY).transform(GRAY // 2)
    assert_allclose(darker, tiny_features(GRAY // 2), rtol=1e-4, atol=1e-4)


def test_flat_rows_are_the_images_they_hold(tiny_file, tiny_features):
    flat = GRAY.reshape(len(GRAY), -1)
    embedding = ImageEmbedding(Backbone(TINY, tiny_file), image_shape=(10, 8)).fit(flat)
    assert_allclose(embedding.transform(flat), tiny_features(GRAY), rtol=1e-4, atol=1e-4)
    assert_array_equal(embedding.transform(GRAY), embedding.transform(flat))
    named = pd.DataFrame(flat, columns=[f"pixel {i}" for i in range(80)])
    assert_array_equal(embedding.fit_transform(named), embedding.fit_transform(flat))
    digits = ImageEmbedding(Backbone(TINY, tiny_file)).fit(DIGITS.reshape(90, -1))
    assert digits.image_shape_ == (8, 8, 1)


def test_more_images_than_one_call_takes_come_back_in_order(tiny_file, tiny_features):
    images = rng.integers(0, 256, (150, 9, 9), dtype=np.uint8)
    images[0, 0, 0] = 255
    features = ImageEmbedding(Backbone(TINY, tiny_file)).fit_transform(images)
    assert_allclose(features, tiny_features(images), rtol=1e-4, atol=1e-4)


def test_the_model_is_a_keras_model_of_the_same(tiny_file):
    embedding = ImageEmbedding(Backbone(TINY, tiny_file)).fit(GRAY)
    assert_allclose(embedding.model_.predict(GRAY[..., None], verbose=0), embedding.transform(GRAY), atol=1e-4)
    assert embedding.n_parameters_ == 2 + 168 + 24
    assert "backbone" in embedding.summary()


# -- each image is computed once --------------------------------------------------------------------------------------


def test_repeated_calls_and_repeated_images_compute_each_image_once(tiny_file, rows_computed):
    embedding = ImageEmbedding(Backbone(TINY, tiny_file))
    features = embedding.fit_transform(DIGITS)
    assert sum(rows_computed) == 90
    assert_array_equal(embedding.transform(DIGITS), features)
    twice = embedding.transform(np.concatenate([DIGITS[::-1], DIGITS]))
    assert_array_equal(twice, np.concatenate([features[::-1], features]))
    assert sum(rows_computed) == 90
    new = rng.permuted(DIGITS[1:3], axis=1)
    embedding.transform(np.concatenate([new, DIGITS[:5], new, new]))
    assert sum(rows_computed) == 92


def test_clones_and_shuffled_folds_compute_each_image_once(tiny_file, rows_computed):
    embedding = ImageEmbedding(Backbone(TINY, tiny_file))
    features = embedding.fit_transform(DIGITS)
    for seed in range(2):
        for train, test in KFold(5, shuffle=True, random_state=seed).split(DIGITS):
            fold = clone(embedding).fit(DIGITS[train])
            assert_array_equal(fold.transform(DIGITS[test]), features[test])
    copy = pickle.loads(pickle.dumps(embedding))
    assert_array_equal(copy.transform(DIGITS), features)
    assert sum(rows_computed) == 90


def test_a_search_over_the_classifier_computes_each_image_once(tiny_file, rows_computed, files_read):
    embedding = ImageEmbedding(Backbone(TINY, tiny_file))
    model = make_pipeline(embedding, StandardScaler(), LogisticRegression(max_iter=1000))
    folds = StratifiedKFold(3, shuffle=True, random_state=0)
    grid = {"logisticregression__C": [0.01, 0.1, 1.0]}
    search = GridSearchCV(model, grid, cv=folds).fit(DIGITS, LABELS)
    assert sum(rows_computed) == 90
    assert len(files_read) == 1
    features = ImageEmbedding(Backbone(TINY, tiny_file)).fit_transform(DIGITS)
    rest = make_pipeline(StandardScaler(), LogisticRegression(C=search.best_params_["logisticregression__C"]))
    rest.set_params(logisticregression__max_iter=1000)
    assert search.best_score_ == pytest.approx(cross_val_score(rest, features, LABELS, cv=folds).mean())
    assert search.best_score_ > 0.3  # of ten classes, with six features


def test_what_changes_the_features_is_not_taken_for_the_same(tiny_network, tmp_path):
    """Every variant is computed with an empty memory, and again when the memory is full of all the others."""
    paths = [tmp_path / f"{seed}.weights.h5" for seed in range(2)]
    for seed, path in enumerate(paths):
        tiny_network(path, seed)
    flat = GRAY.reshape(len(GRAY), -1)
    variants = [
        ImageEmbedding(Backbone(TINY, paths[0]), image_shape=(10, 8)),
        ImageEmbedding(Backbone(TINY, paths[1]), image_shape=(10, 8)),
        ImageEmbedding(Backbone(TINY, paths[0]), image_shape=(8, 10)),
        ImageEmbedding(Backbone(TINY, paths[0]), image_shape=(10, 8), pooling="max"),
        ImageEmbedding(Backbone(TINY, paths[0]), image_shape=(10, 8), size=48),
        ImageEmbedding(Backbone(TINY, paths[0]), image_shape=(10, 8), size=(32, 48)),
        ImageEmbedding(Backbone(TINY, paths[0]), image_shape=(10, 8), rescale=1 / 200),
        ImageEmbedding(Backbone(TINY, paths[0]), image_shape=(10, 8), rescale=None),
        ImageEmbedding(Backbone(TINY, "random"), image_shape=(10, 8), random_state=0),
        ImageEmbedding(Backbone(TINY, "random"), image_shape=(10, 8), random_state=1),
    ]
    alone = []
    for embedding in variants:
        cache.memory.clear()
        alone.append(embedding.fit_transform(flat))
    cache.memory.clear()
    for _ in range(2):
        for embedding, expected in zip(variants, alone, strict=True):
            assert_allclose(embedding.fit_transform(flat), expected, rtol=1e-5, atol=1e-6)
    for i, one in enumerate(alone):
        assert not any(np.allclose(one, other, rtol=1e-2) for other in alone[:i])


def test_features_that_are_changed_by_the_user_are_not_those_that_are_kept(tiny_file):
    embedding = ImageEmbedding(Backbone(TINY, tiny_file))
    features = embedding.fit_transform(DIGITS)
    kept = features.copy()
    features[:] = 0
    assert_array_equal(embedding.transform(DIGITS), kept)


def test_the_memory_is_bounded_and_can_be_cleared(tiny_file, rows_computed, monkeypatch):
    embedding = ImageEmbedding(Backbone(TINY, tiny_file))
    features = embedding.fit_transform(DIGITS)
    skdeep.clear_cache()
    assert_allclose(embedding.transform(DIGITS), features, rtol=1e-5)
    assert sum(rows_computed) == 180
    skdeep.clear_cache()
    monkeypatch.setattr(cache.memory, "max_bytes", 20 * features[0].nbytes)
    assert_allclose(embedding.transform(DIGITS), features, rtol=1e-5)
    assert_allclose(embedding.transform(DIGITS[-20:]), features[-20:], rtol=1e-5)
    assert sum(rows_computed) == 270
    embedding.transform(DIGITS)
    assert sum(rows_computed) == 270 + 70


def test_images_in_several_threads(tiny_file, tiny_features):
    embedding = ImageEmbedding(Backbone(TINY, tiny_file), **BYTES).fit(GRAY)
    expected = tiny_features(GRAY)
    cache.memory.clear()
    with ThreadPoolExecutor(4) as pool:
        for features in pool.map(embedding.transform, [GRAY] * 8):
            assert_allclose(features, expected, rtol=1e-4, atol=1e-4)


def test_an_interrupted_transform_goes_on_where_it_was(tiny_file, rows_computed, monkeypatch):
    images = rng.random((200, 8, 8))
    embedding = ImageEmbedding(Backbone(TINY, tiny_file), rescale=1.0).fit(images)
    outputs = ImageEmbedding._outputs

    def interrupted(self, X):
        if sum(rows_computed) > 100:
            raise KeyboardInterrupt
        return outputs(self, X)

    monkeypatch.setattr(ImageEmbedding, "_outputs", interrupted)
    with pytest.raises(KeyboardInterrupt):
        embedding.transform(images)
    monkeypatch.setattr(ImageEmbedding, "_outputs", outputs)
    done = sum(rows_computed)
    assert 100 < done < 200
    embedding.transform(images)
    assert sum(rows_computed) == 200


def test_progress_counts_the_images_that_are_computed(tiny_file, capsys):
    quiet = ImageEmbedding(Backbone(TINY, tiny_file)).fit(DIGITS)
    quiet.transform(DIGITS[:50])
    assert capsys.readouterr() == ("", "")
    loud = clone(quiet).set_params(verbose=1).fit(DIGITS)
    loud.transform(DIGITS)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "ImageEmbedding: 100%" in shown.err
    assert "40/40" in shown.err
    loud.transform(DIGITS)
    assert capsys.readouterr() == ("", "")


# -- the weights ------------------------------------------------------------------------------------------------------


def test_a_file_is_read_once_and_again_when_it_has_changed(tiny_network, tmp_path, files_read):
    path = tmp_path / "tiny.weights.h5"
    tiny_network(path, seed=0)
    before = ImageEmbedding(Backbone(TINY, path)).fit_transform(DIGITS)
    assert_array_equal(ImageEmbedding(Backbone(TINY, str(path))).fit_transform(DIGITS), before)
    assert len(files_read) == 1
    tiny_network(path, seed=1)
    after = ImageEmbedding(Backbone(TINY, path)).fit_transform(DIGITS)
    assert len(files_read) == 2
    assert not np.allclose(before, after, rtol=0.01)


def test_a_fitted_embedding_needs_its_file_no_more(tiny_file):
    embedding = ImageEmbedding(Backbone(TINY, tiny_file)).fit(DIGITS)
    features = embedding.transform(DIGITS)
    stored = pickle.dumps(embedding)
    tiny_file.unlink()
    skdeep.clear_cache()
    opened = pickle.loads(stored)
    assert_allclose(opened.transform(DIGITS), features, rtol=1e-5)
    assert not any(array.flags.writeable for array in opened.weights_)
    with pytest.raises(ValueError, match="is not a file"):
        clone(opened).fit(DIGITS)


def test_random_weights_are_those_with_which_a_classifier_starts(tiny_network):
    embedding = ImageEmbedding(Backbone(TINY, "random"), random_state=3).fit(DIGITS)
    classifier = CNNClassifier(Backbone(TINY, "random"), epochs=1, learning_rate=1e-30, random_state=3)
    classifier.fit(DIGITS, LABELS)
    for one, other in zip(embedding.weights_, classifier.weights_[:-2], strict=True):
        if one.ndim > 1:  # kernels; statistics move whatever the learning rate
            assert_array_equal(one, other)
    kernel = embedding.weights_[2]
    assert np.abs(kernel).max() <= np.sqrt(6 / (3 * 3 * (3 + 6)))  # Glorot and Bengio, uniform
    assert kernel.std() == pytest.approx(np.sqrt(2 / (3 * 3 * (3 + 6))), rel=0.2)


def test_random_weights_depend_on_the_random_state_alone(tiny_network):
    def drawn(random_state, images=DIGITS):
        return ImageEmbedding(Backbone(TINY, "random"), random_state=random_state).fit(images).weights_[2]

    assert_array_equal(drawn(0), drawn(0, COLOUR))
    assert not np.allclose(drawn(0), drawn(1))
    assert not np.allclose(drawn(None), drawn(None))
    stream = np.random.RandomState(0)
    assert_array_equal(drawn(stream), drawn(0))
    assert not np.allclose(drawn(stream), drawn(0))
    skdeep.clear_cache()
    again = drawn(0)
    skdeep.clear_cache()
    assert_array_equal(drawn(0), again)


# -- manners ----------------------------------------------------------------------------------------------------------


def test_columns_have_names_and_come_as_a_data_frame_if_asked(tiny_file):
    embedding = ImageEmbedding(Backbone(TINY, tiny_file)).set_output(transform="pandas")
    frame = embedding.fit_transform(DIGITS)
    assert list(frame.columns) == [f"imageembedding{number}" for number in range(6)]
    assert_array_equal(frame, ImageEmbedding(Backbone(TINY, tiny_file)).fit_transform(DIGITS))


def test_the_callers_images_are_not_changed(tiny_file):
    for images in (GRAY.copy(), GRAY.astype(np.float32), DIGITS.copy()):
        before = images.copy()
        images.flags.writeable = False
        ImageEmbedding(Backbone(TINY, tiny_file)).fit(images).transform(images)
        assert_array_equal(images, before)


def test_bytes_stay_bytes(tiny_file, monkeypatch):
    seen = []
    outputs = ImageEmbedding._outputs
    monkeypatch.setattr(
        ImageEmbedding,
        "_outputs",
        lambda self, X: seen.append(X.dtype) or outputs(self, X),
    )
    ImageEmbedding(Backbone(TINY, tiny_file)).fit(GRAY).transform(GRAY)
    assert set(seen) == {np.dtype(np.uint8)}


BAD_PARAMETERS = {
    "a name": ({"backbone": TINY}, r"must be an instance of 'skdeep.*\.Backbone'\. Got 'resnet50v2'"),
    "a class": ({"backbone": Backbone}, r"must be an instance of .*Backbone'\. Got <class"),
    "another architecture": ({"backbone": ResNet()}, r"must be an instance of .*Backbone'\. Got ResNet\(\)"),
    "an unknown backbone": ({"backbone__name": "resnet"}, "'name' parameter of Backbone must be .*'mobilenetv2'"),
    "no weights": ({"backbone__weights": None}, "needs weights: the path of a file"),
    "missing file": ({"backbone__weights": "missing.weights.h5"}, "'missing.weights.h5' is not a file"),
    "downloads": ({"backbone__weights": "imagenet"}, "'imagenet' is not a file"),
    "fine-tuning": ({"backbone__fine_tune_epochs": 2}, "fine_tune_epochs=2 is for CNNClassifier and CNNRegressor"),
    "rate of fine-tuning": ({"backbone__fine_tune_rate": 0.5}, "fine_tune_rate=0.5 is for CNNClassifier and"),
    "pooling": ({"pooling": "min"}, "pooling"),
    "zero": ({"size": 0}, "size"),
    "too small": ({"size": (40, 31)}, r"size=\(40, 31\) is too small.* 32 x 32"),
    "three sides": ({"size": (40, 40, 3)}, r"size must be .* got \(40, 40, 3\)"),
    "fraction": ({"size": (40.5, 40)}, "size must be a positive int or a pair"),
    "shape": ({"image_shape": (5, 5)}, r"image_shape=\(5, 5\) does not fit"),
    "rescale": ({"rescale": 0}, "rescale"),
    "random_state": ({"random_state": "x"}, "random_state"),
}


@pytest.mark.parametrize("case", BAD_PARAMETERS)
def test_parameters_that_are_not_valid_leave_a_fitted_embedding_as_it_was(case, tiny_file):
    changes, message = BAD_PARAMETERS[case]
    embedding = ImageEmbedding(Backbone(TINY, tiny_file)).fit(DIGITS)
    before, features = dict(vars(embedding)), embedding.transform(DIGITS)
    parameters = embedding.get_params()
    embedding.set_params(**changes)
    with pytest.raises(ValueError, match=message):
        embedding.fit(DIGITS[:, :6])
    embedding.set_params(**{name: parameters[name] for name in changes})
    assert vars(embedding) == before
    assert_array_equal(embedding.transform(DIGITS), features)


BAD_IMAGES = {
    "four channels": (rng.random((4, 9, 9, 4)), "these have 4 channels"),
    "two channels": (rng.random((4, 9, 9, 2)), "these have 2 channels"),
    "missing": (np.full((4, 9, 9), np.nan), "NaN"),
    "none": (np.empty((0, 9, 9)), "0 sample"),
    "several sizes": ([np.ones((3, 3)), np.ones((4, 4))], "different shapes"),
    "five axes": (np.ones((2, 2, 9, 9, 3)), "dim 5"),
}


@pytest.mark.parametrize("case", BAD_IMAGES)
def test_what_is_not_images_is_refused(case, tiny_file):
    images, message = BAD_IMAGES[case]
    with pytest.raises(ValueError, match=message):
        ImageEmbedding(Backbone(TINY, tiny_file)).fit(images)


def test_other_images_than_those_of_the_fit_are_refused(tiny_file):
    with pytest.raises(NotFittedError):
        ImageEmbedding(Backbone(TINY, tiny_file)).transform(GRAY)
    embedding = ImageEmbedding(Backbone(TINY, tiny_file)).fit(GRAY)
    with pytest.raises(ValueError, match=r"\(8, 10\).*fitted on images of shape \(10, 8\)"):
        embedding.transform(GRAY.transpose(0, 2, 1))
    with pytest.raises(ValueError, match="Convert them to grey"):
        embedding.transform(np.repeat(GRAY[..., None], 3, axis=3))
    with pytest.raises(TypeError, match="weights"):
        Backbone(TINY)
    with pytest.raises(TypeError, match="backbone"):
        ImageEmbedding()
