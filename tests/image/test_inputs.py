"""Images in every form and range: the same pictures give the same net, and bytes stay bytes."""

import pickle
import tracemalloc

import keras
import numpy as np
import pandas as pd
import pytest
from imblearn.over_sampling import SMOTE
from imblearn.pipeline import make_pipeline as make_imblearn_pipeline
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import load_digits
from sklearn.inspection import permutation_importance
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skdeep
from skdeep._engine import predict
from skdeep.image import CNNClassifier, CNNRegressor, Custom
from tests.histories import learned
from tests.nets import on

rng = np.random.default_rng(0)
PICTURES = rng.integers(0, 256, (40, 6, 5)).astype(np.uint8)
COLOURED = rng.integers(0, 256, (40, 6, 5, 3)).astype(np.uint8)
LABELS = np.arange(40) % 3
DIGITS, NUMBERS = load_digits(return_X_y=True)
SETTINGS = {"filters": (3,), "head": (), "epochs": 3, "random_state": 0}


def net(**parameters):
    return CNNClassifier(**on(Custom, **SETTINGS | parameters))


def assert_same_weights(one, other):
    for mine, theirs in zip(one.weights_, other.weights_, strict=True):
        assert_array_equal(mine, theirs)


def stored_as(model):
    ((_, column),) = model._net.signature.inputs
    return column.stored or column.dtype


def objects(images):
    """A one-dimensional array of arrays."""
    each = np.empty(len(images), dtype=object)
    for index, image in enumerate(images):
        each[index] = image
    return each


# -- forms ------------------------------------------------------------------------------------------------------------

FORMS = {
    "one channel": lambda X: X[..., None],
    "float64": lambda X: X.astype(float),
    "float32": lambda X: X.astype(np.float32),
    "float16": lambda X: X.astype(np.float16),
    "whole numbers": lambda X: X.astype(np.int64),
    "list of arrays": list,
    "tuple of arrays": tuple,
    "nested lists": lambda X: X.tolist(),
    "array of arrays": objects,
    "objects": lambda X: X.astype(object),
    "column by column": np.asfortranarray,
    "backwards in memory": lambda X: X[::-1].copy()[::-1],
    "every other of more": lambda X: np.repeat(X, 2, axis=0)[::2],
    "transposed in memory": lambda X: np.ascontiguousarray(X.transpose(0, 2, 1)).transpose(0, 2, 1),
}


@pytest.mark.parametrize("form", FORMS)
def test_the_same_images_in_another_form_give_the_same_weights(form):
    expected = net().fit(PICTURES, LABELS)
    same = net().fit(FORMS[form](PICTURES), LABELS)
    assert same.image_shape_ == expected.image_shape_ == (6, 5, 1)
    assert_same_weights(same, expected)
    assert_allclose(same.predict_proba(FORMS[form](PICTURES)), expected.predict_proba(PICTURES), rtol=1e-6)
    assert_allclose(expected.predict_proba(FORMS[form](PICTURES)), expected.predict_proba(PICTURES), rtol=1e-6)


FLAT = {
    "rows": lambda X: X,
    "rows of floats": lambda X: X.astype(np.float32),
    "lists": lambda X: X.tolist(),
    "frame": lambda X: pd.DataFrame(X, columns=[f"pixel {i}" for i in range(X.shape[1])]),
    "frame of floats": lambda X: pd.DataFrame(X.astype(float)),
    "frame of extension types": lambda X: pd.DataFrame(X).astype({0: "Int64", 1: "Float32", 2: object}),
    "read-only": lambda X: np.frombuffer(X.tobytes(), np.uint8).reshape(X.shape),
}


@pytest.mark.parametrize("form", FLAT)
@pytest.mark.parametrize("images", [PICTURES, COLOURED], ids=["gray", "colour"])
def test_flat_rows_with_an_image_shape_are_the_images(form, images):
    expected = net().fit(images, LABELS)
    rows = FLAT[form](images.reshape(len(images), -1))
    same = net(image_shape=images.shape[1:]).fit(rows, LABELS)
    assert same.image_shape_ == expected.image_shape_
    assert_same_weights(same, expected)
    assert_allclose(same.predict_proba(rows), expected.predict_proba(images), rtol=1e-6)


def test_images_and_their_flat_rows_are_predicted_alike_by_one_net():
    model = net().fit(PICTURES, LABELS)
    expected = model.predict_proba(PICTURES)
    for same in (PICTURES.reshape(40, -1), PICTURES[..., None], list(PICTURES), pd.DataFrame(PICTURES.reshape(40, -1))):
        assert_array_equal(model.predict_proba(same), expected)
    assert_array_equal(model.partial_fit(PICTURES.reshape(40, -1), LABELS).image_shape_, (6, 5, 1))


@pytest.mark.parametrize("given", [(6, 5), (6, 5, 1), [6, 5], np.array([6, 5])], ids=str)
def test_an_image_shape_may_leave_out_the_one_channel_and_may_be_given_with_images_too(given):
    expected = net().fit(PICTURES, LABELS)
    for X in (PICTURES, PICTURES[..., None], PICTURES.reshape(40, 30)):
        model = net(image_shape=given).fit(X, LABELS)
        assert model.image_shape_ == (6, 5, 1)
        assert all(type(size) is int for size in model.image_shape_)
        assert_same_weights(model, expected)


INFERRED = {
    64: (8, 8, 1),
    81: (9, 9, 1),
    784: (28, 28, 1),
    192: (8, 8, 3),
    3072: (32, 32, 3),
    # Not square, or smaller than eight pixels.
    1: (1, 1, 1),
    10: (1, 10, 1),
    49: (1, 49, 1),
    63: (1, 63, 1),
    65: (1, 65, 1),
    147: (1, 147, 1),
    128: (1, 128, 1),
}


@pytest.mark.parametrize("width", INFERRED)
def test_the_shape_of_flat_rows_is_inferred(width):
    X = np.random.default_rng(1).normal(size=(12, width))
    model = net(epochs=1).fit(X, LABELS[:12])
    assert model.image_shape_ == INFERRED[width]
    assert model.n_features_in_ == width
    given = net(epochs=1, image_shape=INFERRED[width]).fit(X.reshape(12, *INFERRED[width]), LABELS[:12])
    assert_same_weights(model, given)


def test_an_image_shape_overrides_what_would_be_inferred():
    X = DIGITS[:60]
    model = net(image_shape=(4, 16)).fit(X, NUMBERS[:60])
    assert_same_weights(model, net().fit(X.reshape(60, 4, 16), NUMBERS[:60]))
    assert model.image_shape_ == (4, 16, 1)


def test_what_is_learned_of_the_columns():
    names = [f"pixel {i}" for i in range(30)]
    frame = pd.DataFrame(PICTURES.reshape(40, 30), columns=names)
    model = net(image_shape=(6, 5)).fit(frame, LABELS)
    assert model.n_features_in_ == 30
    assert model.feature_names_in_.tolist() == names
    assert stored_as(model) == "uint8"
    with pytest.raises(ValueError, match="Feature names must be in the same order"):
        model.predict(frame[names[::-1]])
    model.set_params(image_shape=None).fit(COLOURED, LABELS)
    assert model.n_features_in_ == 90
    assert not hasattr(model, "feature_names_in_")


def test_the_image_shape_of_a_fitted_net_is_that_of_the_fit():
    model = net().fit(PICTURES, LABELS)
    expected = model.predict_proba(PICTURES)
    model.set_params(image_shape=(5, 6))
    assert_array_equal(model.predict_proba(PICTURES.reshape(40, 30)), expected)
    assert model.fit(PICTURES.reshape(40, 30), LABELS).image_shape_ == (5, 6, 1)


# -- ranges -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("factor", [1 / 255, 16 / 255, 1.0, 1e-6, 257.0, 1e6])
def test_the_range_of_the_pixels_does_not_matter(factor):
    expected = net(dtype="float64").fit(PICTURES, LABELS)
    X = PICTURES * factor
    model = net(dtype="float64").fit(X, LABELS)
    for mine, theirs in zip(model.weights_[2:], expected.weights_[2:], strict=True):
        assert_allclose(mine, theirs, rtol=1e-8, atol=1e-10)
    assert_allclose(model.predict_proba(X), expected.predict_proba(PICTURES), rtol=1e-8)
    assert_allclose(model.weights_[1], [X.max() ** 2], rtol=1e-12)


def test_floats_of_smote_give_the_net_of_the_same_bytes():
    X, y = PICTURES.reshape(40, 30)[:25], (np.arange(25) < 8).astype(int)
    more, labels = SMOTE(random_state=0, k_neighbors=3).fit_resample(X.astype(float), y)
    assert not np.array_equal(more, more.round())
    bytes_, floats = (net(image_shape=(6, 5)).fit(each, labels) for each in (more, more / 255))
    for mine, theirs in zip(floats.weights_[2:], bytes_.weights_[2:], strict=True):
        assert_allclose(mine, theirs, rtol=1e-6, atol=1e-8)
    with_smote = make_imblearn_pipeline(SMOTE(random_state=0, k_neighbors=3), net(image_shape=(6, 5)))
    assert with_smote.fit(X.astype(float), y)[-1].weights_[1] == pytest.approx(more.max() ** 2)


def test_negative_values_are_standardised_all_together():
    X = COLOURED * 0.01 - 1.0
    model = net(dtype="float64").fit(X, LABELS)
    assert_allclose(model.weights_[0], np.full(3, X.mean()), rtol=1e-12)
    assert_allclose(model.weights_[1], np.full(3, X.var()), rtol=1e-12)
    moved = net(dtype="float64").fit(X * 3.0 - 5.0, LABELS)
    assert_allclose(moved.predict_proba(X * 3.0 - 5.0), model.predict_proba(X), rtol=1e-8)


def test_the_statistics_of_negative_values_are_weighted_and_of_the_training_rows_only():
    X, weight = PICTURES - 100.0, np.arange(40) % 4.0
    model = net(dtype="float64").fit(X, LABELS, sample_weight=weight)
    mean = np.average(X.mean(axis=(1, 2)), weights=weight)
    assert_allclose(model.weights_[0], [mean], rtol=1e-12)
    assert_allclose(model.weights_[1], [np.average(((X - mean) ** 2).mean(axis=(1, 2)), weights=weight)], rtol=1e-12)
    checked = net(dtype="float64").fit(X, LABELS, X_val=3 * X, y_val=LABELS)
    assert_allclose(checked.weights_[:2], [[X.mean()], [X.var()]], rtol=1e-12)


def test_a_weightless_image_does_not_decide_on_the_range():
    X = PICTURES.astype(float)
    X[7] = 1e4
    model = net().fit(X, LABELS, sample_weight=(np.arange(40) != 7).astype(float))
    assert model.weights_[1] == pytest.approx(255.0**2)


@pytest.mark.parametrize("rescale", [1 / 255, 0.5, 4.0])
def test_a_given_factor_multiplies_the_pixels(rescale):
    model = net(dtype="float64", rescale=rescale).fit(PICTURES, LABELS)
    by_hand = net(dtype="float64", rescale=None).fit(PICTURES * rescale, LABELS)
    assert_allclose(model.weights_[0], [0.0])
    for mine, theirs in zip(model.weights_[2:], by_hand.weights_[2:], strict=True):
        assert_allclose(mine, theirs, rtol=1e-8, atol=1e-10)
    assert_allclose(model.predict_proba(PICTURES), by_hand.predict_proba(PICTURES * rescale), rtol=1e-8)


def test_without_rescaling_the_net_sees_the_pixels_as_they_are():
    X = PICTURES / 300.0 - 0.2
    model = net(dtype="float64", rescale=None, head=(), pooling=None, activation="linear").fit(X, LABELS)
    assert_array_equal(model.weights_[:2], [[0.0], [1.0]])
    kernel, bias, dense, offset = model.weights_[2:]
    padded = np.pad(X, ((0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))
    maps = np.einsum("nhwij,ijf->nhwf", windows, kernel[:, :, 0]) + bias
    assert_allclose(model.decision_function(X), maps.reshape(40, -1) @ dense + offset, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("value", [0.0, 7.0, -7.0])
def test_images_without_any_contrast_are_legal(value):
    X = np.full((20, 4, 4), value)
    model = net().fit(X, LABELS[:20])
    assert np.isfinite(model.predict_proba(X)).all()


def test_rescaling_is_that_of_the_first_fit():
    model = net(warm_start=True).fit(PICTURES / 255, LABELS)
    assert model.fit(PICTURES / 510, LABELS).weights_[1] == pytest.approx(1.0)
    assert model.partial_fit(PICTURES / 510, LABELS).weights_[1] == pytest.approx(1.0)


# -- bytes ------------------------------------------------------------------------------------------------------------


def peak_memory(call):
    tracemalloc.start()
    call()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


def aligned(array, offset=0):
    """A copy that begins so many bytes after a multiple of 64."""
    room = np.empty(array.nbytes + 128, np.uint8)
    start = -room.ctypes.data % 64 + offset
    copy = room[start : start + array.nbytes].view(array.dtype).reshape(array.shape)
    copy[:] = array
    return copy


def test_bytes_are_not_converted_all_at_once():
    images, y = np.random.default_rng(0).integers(0, 256, (3000, 32, 32), dtype=np.uint8), np.arange(3000) % 2
    model = net(filters=(1,), strides=4, epochs=1)
    model.fit(images[:64], y[:64]).predict(images[:64])  # compiles
    assert stored_as(model) == "uint8"
    for X, copies in ((aligned(images), 0.0), (aligned(images, 16), 1.0)):  # TensorFlow copies what is not aligned
        assert peak_memory(lambda X=X: model.fit(X, y)) < (copies + 0.25) * X.nbytes
        assert peak_memory(lambda X=X: model.predict_proba(X)) < (copies + 0.25) * X.nbytes
    model.set_params(early_stopping=True)  # copies the rows of either side of the split
    assert peak_memory(lambda: model.fit(images, y)) < 2.5 * images.nbytes


@pytest.mark.parametrize("fitted_on", [np.uint8, np.float32, np.float64])
def test_bytes_and_floats_may_be_mixed(fitted_on):
    model = net().fit(PICTURES.astype(fitted_on), LABELS)
    expected = model.predict_proba(PICTURES.astype(fitted_on))
    curves = []
    for dtype in (np.uint8, np.float32, np.float64):
        X = PICTURES.astype(dtype)
        assert_allclose(model.predict_proba(X), expected, rtol=1e-6)  # of single precision where X is
        curves.append(net().fit(PICTURES.astype(fitted_on), LABELS, X_val=X, y_val=LABELS).history_["val_loss"])
        more = net().fit(PICTURES.astype(fitted_on), LABELS).partial_fit(X, LABELS)
        curves[-1] += more.loss_curve_
    assert curves[0] == curves[1] == curves[2]


def test_whole_numbers_of_any_type_may_validate_bytes():
    expected = learned(net().fit(PICTURES, LABELS, X_val=PICTURES, y_val=LABELS))
    for same in (PICTURES.tolist(), PICTURES.astype(np.int16), pd.DataFrame(PICTURES.reshape(40, -1))):
        assert learned(net().fit(PICTURES, LABELS, X_val=same, y_val=LABELS)) == expected


@pytest.mark.parametrize("X_val", [PICTURES / 255, PICTURES * 2.0, PICTURES - 1.0], ids=["fractions", "large", "minus"])
def test_what_cannot_be_bytes_cannot_validate_bytes(X_val):
    with pytest.raises(ValueError, match="dtype uint8, but the validation images are not whole numbers from 0 to 255"):
        net().fit(PICTURES, LABELS, X_val=X_val, y_val=LABELS)


@pytest.mark.parametrize("scoring", ["loss", "accuracy", None])
def test_early_stopping_splits_bytes_and_scores_them(scoring):
    models = [
        net(early_stopping=True, validation_fraction=0.3, scoring=scoring).fit(X, LABELS)
        for X in (PICTURES, PICTURES.astype(np.float32), PICTURES.reshape(40, 6, 5, 1).astype(float))
    ]
    assert models[0].validation_scores_ == models[1].validation_scores_ == models[2].validation_scores_
    assert_same_weights(models[0], models[1])


# -- predictions ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_many_images_are_predicted_in_pieces(dtype, monkeypatch):
    X = np.tile(PICTURES, (8, 1, 1)).astype(dtype)
    model = net().fit(X, np.tile(LABELS, 8))
    together = model.predict_proba(X)
    monkeypatch.setattr(predict, "_VALUES_PER_CALL", 1)
    monkeypatch.setattr(predict, "_FEWEST_ROWS", 37)
    sizes, run = [], predict.Predictor._run

    def counted(self, function, weights, arrays):
        sizes.append((len(arrays["X"]), arrays["X"].dtype))
        return run(self, function, weights, arrays)

    monkeypatch.setattr(predict.Predictor, "_run", counted)
    skdeep.clear_cache()
    again = pickle.loads(pickle.dumps(model))
    assert_allclose(again.predict_proba(X), together, rtol=1e-5)
    assert sizes == [(37, dtype)] * 8 + [(24, dtype)]
    skdeep.clear_cache()


def test_one_image_is_predicted_as_among_many():
    model = net().fit(PICTURES, LABELS)
    together = model.predict_proba(PICTURES)
    for index in (0, 17):
        assert_allclose(model.predict_proba(PICTURES[index : index + 1])[0], together[index], rtol=1e-6)


@pytest.mark.parametrize(
    ("images", "scale"),
    [(PICTURES, 1.0), (PICTURES, 1 / 255), (PICTURES, "negative"), (COLOURED, 1.0), (COLOURED, "negative")],
    ids=["bytes", "fractions", "negative", "coloured bytes", "negative colours"],
)
def test_the_keras_model_takes_the_images_as_they_are(images, scale, tmp_path):
    X = images - 99.0 if scale == "negative" else images * scale
    model = net(dropout=0.2, augmentation=["flip", "noise", "mixup"]).fit(X, LABELS)
    model.model_.save(tmp_path / "net.keras")
    for keras_model in (model.model_, keras.models.load_model(tmp_path / "net.keras")):
        told = keras_model.predict(X.reshape(40, *model.image_shape_), verbose=0)
        assert_allclose(told, model.predict_proba(X), rtol=1e-4, atol=1e-6)


# -- company ----------------------------------------------------------------------------------------------------------


def test_flat_rows_behind_a_scaler_are_standardised_images():
    digits = DIGITS[:300] + np.random.default_rng(0).normal(size=(300, 64))
    pipeline = make_pipeline(StandardScaler(), net(epochs=15, filters=(8,), learning_rate=0.01))
    assert pipeline.fit(digits, NUMBERS[:300]).score(digits, NUMBERS[:300]) > 0.8
    by_hand = net(epochs=15, filters=(8,), learning_rate=0.01).fit(
        StandardScaler().fit_transform(digits).reshape(300, 8, 8), NUMBERS[:300]
    )
    assert_same_weights(pipeline[-1], by_hand)


def test_the_importance_of_pixels_can_be_permuted():
    images = np.random.default_rng(0).normal(size=(120, 8, 8))
    target = 3.0 * images[:, 2, 5]
    model = CNNRegressor(Custom(filters=(4,), head=()), epochs=60, learning_rate=0.01, random_state=0)
    model.fit(images, target)
    rows = images.reshape(120, 64)
    importances = permutation_importance(model, rows, target, n_repeats=2, random_state=0).importances_mean
    assert importances.argmax() == 2 * 8 + 5
