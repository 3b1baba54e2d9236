"""Saliency is the gradient: that of finite differences, and that of a linear net, which is known."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdeep.image import CNNClassifier, CNNRegressor, Custom, Small
from skdeep.inspection import SaliencyDisplay, _saliency
from skdeep.tabular import MLPClassifier, MLPRegressor
from skdeep.wrappers import KerasClassifier, KerasRegressor

RANDOM = np.random.default_rng(0)
X = RANDOM.random((30, 8, 8))
FLAT = X.reshape(30, -1)
THREE = np.array(["cat", "dog", "owl"] * 10)
TWO = np.array(["cat", "dog"] * 15)
SEVERAL = RANDOM.integers(0, 2, (30, 3))


def smooth(Estimator, **settings):
    """A net whose outputs have derivatives everywhere, in double precision."""
    settings = {"activation": "tanh", "dtype": "float64", "epochs": 3, "random_state": 0} | settings
    return Estimator(Custom(filters=(4,), head=(5,), pooling="average"), learning_rate=0.01, **settings)


def linear(Estimator, X, y, **settings):
    """A net whose gradient is its one matrix of weights."""
    settings = {"epochs": 3, "learning_rate": 0.05, "random_state": 0} | settings
    net = Estimator((), **settings).fit(X, y)
    return net, net.weights_[0]


def plain(estimator, X, **settings):
    return SaliencyDisplay.from_estimator(estimator, X, noise=0.0, **settings)


def differences(score, images, step=1e-5):
    """Central differences of the score of each image with respect to each of its values."""
    found = np.empty(images.shape)
    for index in np.ndindex(images.shape[1:]):
        up, down = images.copy(), images.copy()
        up[(slice(None), *index)] += step
        down[(slice(None), *index)] -= step
        found[(slice(None), *index)] = (score(up) - score(down)) / (2 * step)
    return found


def assert_gradient(display, score, images=X[:3]):
    np.testing.assert_allclose(display.saliency, np.abs(differences(score, images)), rtol=1e-5, atol=1e-9)


def test_gradient_of_classes_is_that_of_finite_differences():
    net = smooth(CNNClassifier).fit(X, THREE)
    each = net.predict(X[:3])
    columns = np.searchsorted(net.classes_, each)
    display = plain(net, X[:3])
    assert_gradient(display, lambda images: net.decision_function(images)[np.arange(3), columns])
    assert display.labels == each.tolist()
    assert_gradient(plain(net, X[:3], target="owl"), lambda images: net.decision_function(images)[:, 2])
    named = plain(net, X[:3], target=["dog", "cat", "owl"])
    assert_gradient(named, lambda images: net.decision_function(images)[np.arange(3), [1, 0, 2]])
    assert named.labels == ["dog", "cat", "owl"]


def test_gradient_of_one_of_two_classes_is_that_of_finite_differences():
    net = smooth(CNNClassifier).fit(X, TWO)
    display = plain(net, X[:3])
    assert_gradient(display, net.decision_function)
    assert display.labels == net.predict(X[:3]).tolist()
    np.testing.assert_array_equal(plain(net, X[:3], target="cat").saliency, display.saliency)


def test_gradient_of_labels_is_that_of_finite_differences():
    net = smooth(CNNClassifier).fit(X, SEVERAL)
    best = net.predict_proba(X[:3]).argmax(axis=1)
    display = plain(net, X[:3])
    assert_gradient(display, lambda images: net.decision_function(images)[np.arange(3), best])
    assert display.labels == [str(label) for label in best]
    assert_gradient(plain(net, X[:3], target=1), lambda images: net.decision_function(images)[:, 1])


def test_gradient_of_several_targets_is_that_of_finite_differences():
    y = np.column_stack([THREE, TWO])
    net = smooth(CNNClassifier).fit(X, y)

    def score(images):
        """Sum of the logits of "owl" and "cat", which softmax knows but for a constant: so from the layers before."""
        import keras

        model = net.model_
        logits = [layer.input for layer in model.layers if layer.output in model.outputs]
        first, second = keras.Model(model.inputs[0], logits)(images[..., None])
        return np.asarray(first)[:, 2] + np.asarray(second)[:, 0]

    display = plain(net, X[:3], target=["owl", "cat"])
    np.testing.assert_allclose(display.saliency[:, :2, :2], np.abs(differences(score, X[:3]))[:, :2, :2], rtol=1e-5)
    assert display.labels == ["owl, cat"] * 3
    assert plain(net, X[:3]).labels == [f"{one}, {other}" for one, other in net.predict(X[:3])]


@pytest.mark.parametrize("loss", ["squared_error", "poisson"])
def test_gradient_of_numbers_is_that_of_predictions_in_their_units(loss):
    y = 100 + 50 * X.mean(axis=(1, 2))
    net = smooth(CNNRegressor, loss=loss).fit(X, y)
    display = plain(net, X[:3])
    assert_gradient(display, net.predict)
    assert display.labels is None
    several = smooth(CNNRegressor).fit(X, np.column_stack([y, X[:, 0, 0]]))
    assert_gradient(plain(several, X[:3], target=1), lambda images: several.predict(images)[:, 1])


def test_batch_normalisation_and_dropout_are_as_in_predictions():
    net = smooth(CNNClassifier, normalization="batch", dropout=0.5).fit(X, TWO)
    assert_gradient(plain(net, X[:3]), net.decision_function)


@pytest.mark.parametrize("settings", [{}, {"loss": "hinge"}, {"epochs": 300}])
def test_gradient_of_a_linear_net_is_its_weights_however_sure_it_is(settings):
    net, weights = linear(MLPClassifier, FLAT, TWO, **settings)
    display = SaliencyDisplay.from_estimator(net, FLAT[:2], image_shape=(8, 8), random_state=0)
    np.testing.assert_allclose(display.saliency, np.abs(weights).reshape(1, 8, 8).repeat(2, axis=0), rtol=1e-6)
    np.testing.assert_array_equal(display.images[..., 0], X[:2])


def test_saliency_of_a_colour_is_that_of_its_strongest_channel():
    colours = RANDOM.random((30, 48))
    net, weights = linear(MLPRegressor, colours, colours[:, 5])
    display = plain(net, colours[:2], image_shape=(4, 4, 3))
    expected = np.abs(weights * colours[:, 5].std()).reshape(4, 4, 3).max(axis=-1)
    np.testing.assert_allclose(display.saliency[1], expected, rtol=1e-5)


def test_gradients_are_averaged_over_noisy_copies(monkeypatch):
    net = smooth(CNNClassifier).fit(X, TWO)
    images = X[:2] * np.array([1.0, 10.0])[:, None, None]
    found = SaliencyDisplay.from_estimator(net, images, n_samples=7, noise=0.2, random_state=5).saliency
    draws = np.random.RandomState(5).standard_normal((2, 7, 8, 8))
    expected = np.zeros((2, 8, 8))
    for image, noise, average in zip(images, draws, expected, strict=True):
        copies = image + 0.2 * np.ptp(image) * noise
        average += differences(net.decision_function, copies).mean(axis=0)
    np.testing.assert_allclose(found, np.abs(expected), rtol=1e-5, atol=1e-9)
    monkeypatch.setattr(_saliency, "_VALUES_A_CALL", 200)
    batched = SaliencyDisplay.from_estimator(net, images, n_samples=7, noise=0.2, random_state=5).saliency
    np.testing.assert_allclose(batched, found, rtol=1e-9)


def test_pipelines_and_searches_are_differentiated_behind_their_first_steps():
    pipeline = make_pipeline(StandardScaler(), MLPClassifier((), epochs=3, random_state=0))
    search = GridSearchCV(pipeline, {"mlpclassifier__alpha": [0.0, 0.1]}, cv=2).fit(FLAT, TWO)
    weights = search.best_estimator_[-1].weights_[0]
    display = SaliencyDisplay.from_estimator(search, FLAT[:3], image_shape=(8, 8))
    np.testing.assert_allclose(display.saliency, np.abs(weights).reshape(1, 8, 8).repeat(3, axis=0), rtol=1e-6)
    np.testing.assert_allclose(display.images.reshape(3, -1), search.best_estimator_[0].transform(FLAT[:3]))
    assert display.labels == search.predict(FLAT[:3]).tolist()


def test_bytes_will_do():
    bytes_ = (255 * X).astype(np.uint8)
    net = smooth(CNNClassifier).fit(bytes_, TWO)
    assert_gradient(plain(net, bytes_[:3]), net.decision_function, bytes_[:3].astype(float))


def test_a_trained_net_is_seen_to_look_at_the_corner():
    random = np.random.default_rng(0)
    images, y = random.random((200, 8, 8)) / 2, random.integers(0, 2, 200)
    images[y == 1, 6:, 6:] += 0.5
    net = CNNClassifier(Small(width=0.25), epochs=8, batch_size=20, learning_rate=0.01, random_state=0).fit(images, y)
    saliency = SaliencyDisplay.from_estimator(net, images, random_state=0, max_images=50).saliency
    assert len(saliency) == 50
    mean = saliency.mean(axis=0)
    assert mean[6:, 6:].mean() > 2 * np.delete(mean.ravel(), [54, 55, 62, 63]).mean()


def test_images_stand_beside_their_saliency():
    net = smooth(CNNClassifier).fit(X, THREE)
    display = SaliencyDisplay.from_estimator(net, X, max_images=5, random_state=0)
    assert display.axes_.shape == (5, 2)
    for (left, right), image, saliency, label in zip(display.axes_, X, display.saliency, display.labels, strict=False):
        np.testing.assert_array_equal(left.images[0].get_array(), image)
        np.testing.assert_array_equal(right.images[0].get_array(), saliency)
        assert right.images[0].get_clim() == (0, np.percentile(saliency, 99))
        assert left.get_title() == label
        beside, over = left.get_position().y0 == right.get_position().y0, left.get_position().x1
        assert beside
        assert over <= right.get_position().x0
    assert [im.axes for im in display.ims_] == display.axes_[:, 1].tolist()


def test_picture_is_drawn_where_and_how_the_caller_wants_it():
    net = smooth(CNNClassifier).fit(X, THREE)
    figure, ax = plt.subplots()
    display = SaliencyDisplay.from_estimator(net, X[:1], ax=ax, cmap="gray", im_kw={"vmax": 1})
    assert plt.get_fignums() == [figure.number]
    assert (display.ax_, display.figure_) == (ax, figure)
    assert (display.ims_[0].get_cmap().name, display.ims_[0].get_clim()) == ("gray", (0, 1))
    assert not ax.axison


@pytest.mark.parametrize(
    ("y", "settings", "message"),
    [
        (THREE, {"target": "cow"}, r"labels \['cow'\] are not among the classes \['cat', 'dog', 'owl'\]"),
        (THREE, {"target": ["cat", "dog"]}, "target must be one label, or one for each of the 3 samples"),
        (SEVERAL, {"target": 3}, r"labels \[3\] are not among the classes \[0, 1, 2\]"),
        (np.column_stack([THREE, TWO]), {"target": "cat"}, "one label for each of the 2 targets, got 'cat'"),
        (THREE, {"n_samples": 0}, "n_samples == 0, must be >= 1"),
        (THREE, {"noise": -0.1}, "noise == -0.1, must be >= 0"),
        (THREE, {"max_images": 0}, "max_images == 0, must be >= 1"),
    ],
)
def test_what_does_not_fit_is_refused(y, settings, message):
    net = smooth(CNNClassifier, epochs=1).fit(X, y)
    with pytest.raises(ValueError, match=message):
        SaliencyDisplay.from_estimator(net, X[:3], **settings)
    assert plt.get_fignums() == []


def test_number_of_the_target_is_asked_for():
    net = smooth(CNNRegressor, epochs=1).fit(X, FLAT[:, :2])
    with pytest.raises(ValueError, match="predicts 2 targets; say which one"):
        SaliencyDisplay.from_estimator(net, X)
    for wrong in (2, -1, "first", 0.5):
        with pytest.raises(ValueError, match="target must be a number from 0 to 1"):
            SaliencyDisplay.from_estimator(net, X, target=wrong)


def test_only_fitted_nets_are_differentiated():
    with pytest.raises(NotFittedError):
        SaliencyDisplay.from_estimator(CNNClassifier(), X)
    with pytest.raises(ValueError, match="LogisticRegression has no history_ of its training"):
        SaliencyDisplay.from_estimator(LogisticRegression().fit(FLAT, TWO), FLAT)
    net = MLPClassifier(epochs=1).fit(FLAT, TWO)
    with pytest.raises(ValueError, match="flat rows of 64 values, and the shape of its images is not known"):
        SaliencyDisplay.from_estimator(net, FLAT)


def of_a_user(n_units, activation):
    """Return a function that builds a linear model of a user's."""

    def build():
        import keras

        dense = keras.layers.Dense(n_units, activation=activation)
        return keras.Sequential([keras.Input((8, 8)), keras.layers.Flatten(), dense])

    return build


@pytest.mark.parametrize(
    ("wrapper", "y", "n_units", "activation", "loss"),
    [
        (KerasClassifier, THREE, 3, "softmax", "sparse_categorical_crossentropy"),
        (KerasClassifier, TWO, 1, "sigmoid", "binary_crossentropy"),
        (KerasClassifier, TWO, 2, "softmax", "sparse_categorical_crossentropy"),
        (KerasRegressor, np.arange(30.0), 1, None, "mse"),
    ],
)
def test_models_of_users(wrapper, y, n_units, activation, loss):
    net = wrapper(of_a_user(n_units, activation), loss=loss, epochs=1, verbose=0, random_state=0).fit(X, y)
    kernel = net.model_.layers[-1].get_weights()[0]
    first = wrapper is KerasRegressor or n_units == 1
    columns = [0, 0, 0] if first else np.searchsorted(net.classes_, net.predict(X[:3]))
    np.testing.assert_allclose(plain(net, X[:3]).saliency, np.abs(kernel[:, columns].T).reshape(3, 8, 8), rtol=1e-6)


def test_labels_of_a_user_s_model_are_not_explained():
    net = KerasClassifier(of_a_user(3, "sigmoid"), loss="binary_crossentropy", epochs=1, verbose=0).fit(X, SEVERAL)
    with pytest.raises(ValueError, match="multilabel-indicator"):
        plain(net, X[:3])
