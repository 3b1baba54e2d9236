"""AutoencoderOutlier: its nets and its training against NumPy, the contract of detectors, rows of any shape."""

import pickle

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import ParameterGrid

import skdeep
from skdeep._data.order import Drawn
from skdeep.decomposition import Autoencoder
from skdeep.outlier_detection import AutoencoderOutlier

RNG = np.random.default_rng(0)
X = RNG.normal(size=(200, 2)) @ RNG.normal(size=(2, 5)) * [1, 10, 100, 1, 0.01] + [0, 5, 1000, -3, 1]
SMALL = {"hidden_layer_sizes": (6,), "n_estimators": 3, "steps": 20, "batch_size": 32, "random_state": 0}


@pytest.fixture(scope="module")
def fitted():
    return AutoencoderOutlier(**SMALL).fit(X)


def made_by_hand(weights, rows):
    """Return what each member makes of standardised rows, shape (members, rows, columns)."""
    kernels, biases = weights[::2], weights[1::2]
    made = []
    for member in range(len(kernels[0])):
        hidden = rows
        for number, (kernel, bias) in enumerate(zip(kernels, biases, strict=True)):
            hidden = hidden @ kernel[member] + bias[member]
            hidden = np.maximum(hidden, 0) if number in (0, 2) else hidden
        made.append(hidden)
    return np.stack(made)


def net_weights(model):
    """Return the kernels and biases of a fitted detector; one vector says which columns change."""
    return [weight for weight in model.autoencoder_.weights_ if weight.ndim > 1]


def test_scores_and_reconstructions_are_those_of_members_one_by_one(fitted):
    standardized = (X - X.mean(axis=0)) / X.std(axis=0)
    made = made_by_hand(net_weights(fitted), standardized)
    assert_allclose(fitted.score_samples(X), -np.abs(made - standardized).mean(axis=(0, 2)), rtol=1e-9)
    assert_allclose(fitted.reconstruct(X), made.mean(axis=0) * X.std(axis=0) + X.mean(axis=0), rtol=1e-9)


def losses_of_steps(weights, rows, drawn, trim):
    """Return the loss of each member on rows of its own, of which the worst do not count."""
    made = [made_by_hand(weights, part)[member] for member, part in enumerate(rows[drawn])]
    losses = np.abs(np.stack(made) - rows[drawn]).mean(axis=2)
    kept = losses.shape[1] - int(trim * losses.shape[1])
    return np.sort(losses, axis=1)[:, :kept].mean(axis=1)


@pytest.mark.parametrize(
    ("trim", "n_rows", "batch_size"), [(0.0, 200, 32), (0.25, 200, 32), (0.1, 15, 64), (0.9, 3, 8)]
)
def test_the_loss_leaves_out_the_worst_rows_of_each_member(trim, n_rows, batch_size):
    rows, settings = X[:n_rows], SMALL | {"steps": 1, "trim": trim, "batch_size": batch_size}
    still = AutoencoderOutlier(**settings | {"learning_rate": 1e-12}).fit(rows)
    size = min(batch_size, n_rows)
    drawn = Drawn(n_rows, 3 * size).rows(0, still.autoencoder_._net.seeds[1]).reshape(3, size)
    standardized = (rows - rows.mean(axis=0)) / rows.std(axis=0)
    losses = losses_of_steps(net_weights(still), standardized, drawn, trim)
    assert still.autoencoder_.loss_curve_ == pytest.approx([losses.mean()], rel=1e-6)


def test_a_step_is_one_of_adam_down_the_trimmed_loss_of_each_member():
    trim, rate = 0.25, 1e-3
    still, moved = (
        AutoencoderOutlier(**SMALL | {"steps": 1, "trim": trim, "learning_rate": step}).fit(X) for step in (1e-12, rate)
    )
    standardized = (X - X.mean(axis=0)) / X.std(axis=0)
    drawn = Drawn(200, 96).rows(0, still.autoencoder_._net.seeds[1]).reshape(3, 32)
    weights = [weight.copy() for weight in net_weights(still)]
    rng = np.random.default_rng(0)
    for at, after in enumerate(net_weights(moved)):
        for place in map(tuple, rng.integers(after.shape, size=(5, after.ndim))):
            slopes = []
            for step in (1e-6, -1e-6):
                weights[at][place] += step
                slopes.append(losses_of_steps(weights, standardized, drawn, trim).sum() / step)
                weights[at][place] -= step
            slope = sum(slopes) / 2
            # The first step of Adam: the sign of the slope, unless it is tiny.
            assert after[place] - weights[at][place] == pytest.approx(
                -rate * slope / (abs(slope) + 1e-7 / 0.001**0.5), abs=2e-6
            )


@pytest.mark.parametrize(("trim", "kept"), [(0.0, 10), (0.29, 8), (0.3, 7), (0.999999, 1)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_so_many_rows_count_and_copies_count_alike(trim, kept, dtype):
    import tensorflow as tf

    from skdeep._engine.objectives.own_rows import counting

    losses = np.array([np.arange(10)[::-1], np.repeat([3.0, 1.0], 5)], dtype)
    weights = counting(tf.constant(losses), tf.constant(trim, dtype)).numpy()
    assert_array_equal(weights[0], np.arange(10) >= 10 - kept)
    assert_allclose(weights[1], [max(kept / 5 - 1, 0)] * 5 + [min(kept / 5, 1)] * 5, rtol=1e-6, atol=1e-6)


def test_rows_of_members_are_drawn_with_replacement_and_anew_at_each_step():
    order = Drawn(50, 4000)
    first, second = order.rows(0, 1), order.rows(1, 1)
    assert len(order) == len(first) == 4000
    assert_array_equal(first, order.rows(0, 1))
    assert not np.array_equal(first, second)
    counts = np.bincount(np.concatenate([first, second]), minlength=50)
    assert counts.min() > 100
    assert counts.max() < 220


@pytest.mark.parametrize("contamination", [0.05, 0.1, 0.3, 0.5])
def test_as_many_training_rows_are_outliers_as_contamination_says(contamination, fitted):
    model = clone(fitted).set_params(contamination=contamination).fit(X)
    assert (model.predict(X) == -1).sum() == round(200 * contamination)
    assert_allclose(model.decision_function(X), model.score_samples(X) - model.offset_)
    assert_array_equal(clone(model).fit_predict(X), model.predict(X))


def test_auto_is_the_rule_of_box_plots(fitted):
    scores = fitted.score_samples(X)
    lower, upper = np.percentile(scores, [25, 75])
    assert fitted.offset_ == pytest.approx(lower - 1.5 * (upper - lower))
    clean, mixed = RNG.normal(size=(500, 4)), RNG.normal(size=(500, 4))
    mixed[:60] += RNG.choice([-9, 9], size=(60, 4))
    model = AutoencoderOutlier(random_state=0, steps=100)
    assert (model.fit_predict(clean) == -1).mean() < 0.06
    found = model.fit_predict(mixed) == -1
    assert found[:60].mean() > 0.9
    assert found[60:].mean() < 0.06


def test_odd_rows_are_found_and_trimming_keeps_them_from_being_learned():
    digits, labels = load_digits(return_X_y=True)
    rng = np.random.default_rng(0)
    rows = np.concatenate([digits[labels == 0], rng.permutation(digits[labels == 1])[:25]])
    odd = np.arange(len(rows)) >= len(rows) - 25
    areas = [
        roc_auc_score(odd, -AutoencoderOutlier(trim=trim, random_state=0).fit(rows).score_samples(rows))
        for trim in (0.0, 0.2)
    ]
    assert areas[1] > 0.98
    assert areas[1] > areas[0] + 0.05


def test_constant_columns_are_made_again_and_a_row_that_differs_there_is_odd(fitted):
    wide = np.column_stack([X, np.full(200, 0.1)])
    model = clone(fitted).fit(wide)
    assert_allclose(model.reconstruct(wide)[:, 5], 0.1, rtol=1e-12)
    changed = wide[:1] + np.eye(6)[5] * 100 * X.std(axis=0).mean()
    assert_allclose(model.reconstruct(changed), model.reconstruct(wide[:1]))
    assert model.score_samples(changed)[0] == pytest.approx(model.score_samples(wide[:1])[0] - 100 / 6, rel=1e-6)
    assert model.predict(changed)[0] == -1
    flat = np.full((20, 3), 2.0)
    model = clone(fitted).fit(flat)
    assert_array_equal(model.predict(flat), 1)
    assert_array_equal(model.predict(flat[:1] + 1), -1)


def test_large_numbers_keep_their_small_differences(fitted):
    far = X / X.std(axis=0) + 1e6
    one, other = (clone(fitted).set_params(dtype="float32").fit(rows) for rows in (X, far))
    assert_allclose(one.score_samples(X), other.score_samples(far), rtol=1e-2)


def test_rows_of_any_shape_are_as_good_as_flat_ones(fitted):
    images = load_digits().images[:100]
    model, flat = clone(fitted).fit(images), clone(fitted).fit(images.reshape(100, -1))
    assert model.row_shape_ == (8, 8)
    assert model.n_features_in_ == 64
    assert_array_equal(model.score_samples(images), flat.score_samples(images.reshape(100, -1)))
    assert_array_equal(model.reconstruct(images), flat.reconstruct(images.reshape(100, -1)).reshape(100, 8, 8))
    assert_allclose(clone(fitted).fit(images.astype(np.uint8)).score_samples(images), model.score_samples(images), 1e-4)
    with pytest.raises(
        ValueError, match=r"rows of X have the shape \(8, 7\), but AutoencoderOutlier was fitted on .* \(8, 8\)"
    ):
        model.predict(images[:, :, :7])


def test_another_autoencoder_is_cloned_and_fitted_without_the_rows_it_makes_worst():
    inner = Autoencoder(2, hidden_layer_sizes=(6,), epochs=5, random_state=0)
    model = AutoencoderOutlier(autoencoder=inner, trim=0.1, contamination=0.1).fit(X)
    first = clone(inner).fit(X)
    kept = np.sort(np.argsort(first.score_samples(X))[20:])
    second = clone(inner).fit(X[kept])
    assert_array_equal(model.score_samples(X), second.score_samples(X))
    assert_array_equal(model.reconstruct(X), second.reconstruct(X))
    assert (model.predict(X) == -1).sum() == 20
    assert not hasattr(inner, "weights_")
    frame = pd.DataFrame(X, columns=list("abcde"))
    whole = AutoencoderOutlier(autoencoder=inner, trim=0.0).fit(frame)
    assert_allclose(whole.score_samples(frame), first.score_samples(X), rtol=1e-10)
    assert whole.feature_names_in_.tolist() == list("abcde")
    assert whole.n_features_in_ == 5


def test_what_makes_no_rows_again_says_so():
    rows = np.random.default_rng(0).normal(size=(50, 4))
    model = AutoencoderOutlier(autoencoder=PCA(2), trim=0.0).fit(rows)
    assert_allclose(model.score_samples(rows), PCA(2).fit(rows).score_samples(rows))
    with pytest.raises(AttributeError, match=r"PCA\(n_components=2\), has no method reconstruct"):
        model.reconstruct(rows)


def test_a_convolutional_autoencoder_is_given_images_as_they_are():
    images = load_digits().images[:60]
    inner = Autoencoder(3, architecture="conv", epochs=1, random_state=0)
    model = AutoencoderOutlier(autoencoder=inner, trim=0.0).fit(images)
    assert_array_equal(model.score_samples(images), clone(inner).fit(images).score_samples(images))
    assert model.reconstruct(images).shape == images.shape
    assert model.row_shape_ == (8, 8)


def test_numbers_and_other_rows_compile_nothing(fitted):
    clone(fitted).fit(X)
    before = skdeep.cache_info().misses
    for settings in ParameterGrid(
        {"trim": [0.0, 0.3], "learning_rate": [1e-3, 1e-2], "batch_size": [16], "steps": [9]}
    ):
        clone(fitted).set_params(**settings, contamination=0.2, random_state=5).fit(X[:90])
    clone(fitted).fit(np.column_stack([X[:, :4], np.ones(200)]))
    assert skdeep.cache_info().misses == before


def test_a_seed_gives_the_same_bits_and_a_pickle_the_same_scores(fitted):
    again, other = clone(fitted).fit(X), clone(fitted).set_params(random_state=1).fit(X)
    assert_array_equal(again.score_samples(X), fitted.score_samples(X))
    assert not np.array_equal(other.score_samples(X), fitted.score_samples(X))
    loaded = pickle.loads(pickle.dumps(fitted))
    loaded.set_params(loss="squared_error", autoencoder=Autoencoder(), n_estimators=1, contamination=0.5)
    assert_array_equal(loaded.predict(X), fitted.predict(X))
    assert_array_equal(loaded.reconstruct(X), fitted.reconstruct(X))


def test_losses_and_precisions(fitted):
    squared = clone(fitted).set_params(loss="squared_error").fit(X)
    standardized = (X - X.mean(axis=0)) / X.std(axis=0)
    made = made_by_hand(net_weights(squared), standardized)
    assert_allclose(squared.score_samples(X), -np.square(made - standardized).mean(axis=(0, 2)), rtol=1e-9)
    single = clone(fitted).set_params(dtype="float32").fit(X)
    assert {weight.dtype.name for weight in single.autoencoder_.weights_} == {"float32"}
    assert_allclose(single.score_samples(X), fitted.score_samples(X), rtol=1e-2)


@pytest.mark.parametrize(("n_rows", "n_columns"), [(2, 1), (2, 3), (5, 40), (30, 1)])
def test_few_rows_and_few_columns_are_enough(n_rows, n_columns):
    rows = np.random.default_rng(1).normal(size=(n_rows, n_columns))
    model = AutoencoderOutlier(**SMALL).fit(rows)
    assert np.isfinite(model.score_samples(rows)).all()
    assert model.reconstruct(rows).shape == rows.shape


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"contamination": 0.0}, "The 'contamination' parameter"),
        ({"contamination": 0.6}, "The 'contamination' parameter"),
        ({"contamination": "some"}, "The 'contamination' parameter"),
        ({"trim": 1.0}, "The 'trim' parameter"),
        ({"trim": -0.1}, "The 'trim' parameter"),
        ({"n_estimators": 0}, "The 'n_estimators' parameter"),
        ({"n_components": 0}, "The 'n_components' parameter"),
        ({"n_components": 6}, "n_components=6 is more than the 5 values of a row"),
        ({"steps": 0}, "The 'steps' parameter"),
        ({"learning_rate": 0.0}, "The 'learning_rate' parameter"),
        ({"hidden_layer_sizes": (4, 0)}, r"hidden_layer_sizes must all be at least 1, got \(4, 0\)"),
        ({"loss": "poisson"}, "loss='poisson' is none of rows made again"),
        ({"activation": "reluu"}, "activation='reluu' is not the name"),
        ({"autoencoder": "conv"}, "The 'autoencoder' parameter"),
        ({"autoencoder": Autoencoder(9)}, "n_components=9 is more than the 5 values of a row"),
        ({"learning_rate": 1e38, "dtype": "float32"}, "Likely causes: a learning rate"),
    ],
    ids=str,
)
def test_bad_parameters_change_nothing(fitted, settings, message):
    model = pickle.loads(pickle.dumps(fitted))
    with pytest.raises(ValueError, match=message):
        model.set_params(**settings).fit(X[:100])
    assert_array_equal(model.score_samples(X), fitted.score_samples(X))
    assert model.offset_ == fitted.offset_


def test_bad_rows_are_refused(fitted):
    for rows, message in (
        (np.full((10, 5), np.nan), "Input X contains NaN"),
        (X[:, :3], "X has 3 features, but AutoencoderOutlier is expecting 5"),
        (pd.DataFrame({"a": ["x"] * 4}), "not numeric: 'a'"),
    ):
        with pytest.raises(ValueError, match=message):
            fitted.predict(rows)
    with pytest.raises(ValueError, match="minimum of 2 is required"):
        clone(fitted).fit(X[:1])
    with pytest.raises(TypeError, match="Sparse data was passed"):
        clone(fitted).fit(sparse.csr_matrix(X))
    for method in ("predict", "decision_function", "score_samples", "reconstruct"):
        with pytest.raises(NotFittedError):
            getattr(AutoencoderOutlier(), method)(X)
