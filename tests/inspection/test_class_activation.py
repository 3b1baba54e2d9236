"""The mean over time of a class activation map, plus the bias, is the output of the net."""

import sys

import matplotlib.pyplot as plt
import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from skdeep.inspection import ClassActivationDisplay, class_activation_map
from skdeep.losses import LogPoisson, Pinball
from skdeep.sequence import RNNClassifier, SequenceScaler, TemporalCNNClassifier, TemporalCNNRegressor
from skdeep.tabular import MLPClassifier

RANDOM = np.random.default_rng(0)
LENGTHS = [9, 4, 7, 1, 9, 6, 2, 8, 5, 3, 10, 4]
RAGGED = [RANDOM.normal(size=(length, 2)) for length in LENGTHS]
EQUAL = RANDOM.normal(size=(12, 9, 2))
TWO = np.array(["cat", "dog"] * 6)
THREE = np.array(["cat", "dog", "owl"] * 4)
ARCHITECTURES = ("fcn", "resnet", "inception")
NET = {"filters": 2, "depth": 3, "epochs": 3, "learning_rate": 0.01, "random_state": 0}


def fitted(X, y, architecture="fcn", **settings):
    cls = TemporalCNNRegressor if np.asarray(y).dtype.kind == "f" else TemporalCNNClassifier
    return cls(architecture, **NET | settings).fit(X, y)


def means(net, X, target=None):
    return np.nanmean(class_activation_map(net, X, target), axis=1)


def bias(net, output=0):
    (found,) = (weight for weight in net.model_.weights if weight.path == f"output_{output}/bias")
    return found.numpy()


@pytest.mark.parametrize(
    ("architecture", "X"), [("fcn", EQUAL), *((one, RAGGED) for one in ARCHITECTURES)], ids=["equal", *ARCHITECTURES]
)
def test_mean_and_bias_are_the_logit(architecture, X):
    net = fitted(X, THREE, architecture)
    logits = net.decision_function(X)
    for number, label in enumerate(net.classes_):
        np.testing.assert_allclose(means(net, X, label) + bias(net)[number], logits[:, number], atol=1e-5)
    np.testing.assert_allclose(means(net, X) + bias(net)[logits.argmax(axis=1)], logits.max(axis=1), atol=1e-5)
    each = np.roll(THREE, 1)
    columns = np.searchsorted(net.classes_, each)
    expected = logits[np.arange(12), columns]
    np.testing.assert_allclose(means(net, X, each) + bias(net)[columns], expected, atol=1e-5)


def test_one_output_stands_for_both_of_two_classes():
    net = fitted(RAGGED, TWO)
    logit = net.decision_function(RAGGED) - bias(net)
    np.testing.assert_allclose(means(net, RAGGED, "dog"), logit, atol=1e-5)
    np.testing.assert_allclose(means(net, RAGGED, "cat"), -logit, atol=1e-5)
    np.testing.assert_allclose(means(net, RAGGED), np.where(net.predict(RAGGED) == "dog", logit, -logit), atol=1e-5)


def test_labels_and_several_targets():
    labels = np.column_stack([TWO == "cat", np.arange(12) < 5, np.arange(12) % 4 == 0]).astype(int)
    net = fitted(RAGGED, labels)
    logits = net.decision_function(RAGGED)
    for number in range(3):
        np.testing.assert_allclose(means(net, RAGGED, number) + bias(net)[number], logits[:, number], atol=1e-5)
    several = fitted(RAGGED, np.column_stack([THREE, np.roll(THREE, 2)]))
    first, second = several._outputs(several._net.inputs.validate(several, RAGGED, reset=False))
    expected = first[:, 1] - bias(several)[1] + second[:, 2] - bias(several, 1)[2]
    np.testing.assert_allclose(means(several, RAGGED, ["dog", "owl"]), expected, atol=1e-5)


def test_maps_of_regressors_have_the_units_of_the_target():
    y = RANDOM.normal(50, 10, size=(12, 2))
    net = fitted(RAGGED, y)
    for number in range(2):
        constant = net.predict(RAGGED)[:, number] - means(net, RAGGED, number)
        np.testing.assert_allclose(constant, constant[0], rtol=1e-5)  # the bias in the units of the target
    counts = fitted(RAGGED, RANDOM.poisson(5, 12).astype(float), loss=LogPoisson())
    constant = np.log(counts.predict(RAGGED)) - means(counts, RAGGED)
    np.testing.assert_allclose(constant, constant[0], atol=1e-5)


@pytest.mark.parametrize("architecture", ["fcn", "resnet"])
def test_maps_of_an_ensemble_are_the_mean_of_its_members(architecture):
    from skdeep._engine import views

    net = fitted(RAGGED, THREE, architecture, n_estimators=2)
    members = net._viewed(net._net.inputs.validate(net, RAGGED, reset=False), views.members())
    biases = [weight for weight in net.weights_ if weight.shape == (3,)]  # no layer has so few units
    assert len(biases) == 2
    for number, label in enumerate(net.classes_):
        expected = np.mean(members, axis=0)[:, number]
        np.testing.assert_allclose(means(net, RAGGED, label) + np.mean(biases, axis=0)[number], expected, atol=1e-5)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_what_lies_behind_an_end_is_absent(architecture):
    net = fitted(RAGGED, THREE, architecture)
    maps = class_activation_map(net, RAGGED, "owl")
    np.testing.assert_array_equal(np.isfinite(maps), np.arange(10) < np.array(LENGTHS)[:, None])
    for number in (0, 3, 6):
        alone = class_activation_map(net, RAGGED[number : number + 1], "owl")
        np.testing.assert_allclose(maps[number, : LENGTHS[number]], alone[0], atol=1e-5)


def test_dropout_and_ids_will_do():
    rows = [[1, 2, 3], [0, 2, 1], [3, 3, 1, 2]] * 4
    net = fitted(rows, TWO, embedding_dim=3, dropout=0.5)
    maps = class_activation_map(net, rows, "dog")
    assert np.isfinite(maps[1]).tolist() == [True, True, False, False]  # without its padding
    np.testing.assert_allclose(np.nanmean(maps, axis=1) + bias(net), net.decision_function(rows), atol=1e-5)


def test_pipelines_and_searches_will_do():
    model = make_pipeline(SequenceScaler(), TemporalCNNClassifier("fcn", **NET)).fit(RAGGED, TWO)
    expected = model.decision_function(RAGGED) - bias(model[-1])
    np.testing.assert_allclose(means(model, RAGGED, "dog"), expected, atol=1e-5)
    search = GridSearchCV(TemporalCNNClassifier("fcn", **NET), {"alpha": [0.0]}, cv=2).fit(EQUAL, TWO)
    assert class_activation_map(search, EQUAL).shape == (12, 9)


def test_a_trained_net_is_seen_to_look_at_the_bump():
    X, y = RANDOM.normal(size=(100, 40)), np.arange(100) % 2
    X[y == 1, 20:25] += 4
    net = fitted(X, y, filters=8, epochs=20)
    average = class_activation_map(net, X[y == 1], 1).mean(axis=0)
    assert 18 <= average.argmax() <= 27
    assert average[20:25].mean() > 3 * np.abs(average[:10]).mean()


def test_maps_are_drawn_under_their_series():
    net = fitted(RAGGED, THREE)
    display = ClassActivationDisplay.from_estimator(net, RAGGED, target="owl", max_series=4)
    maps = class_activation_map(net, RAGGED[:4], "owl")
    assert display.labels == ["owl"] * 4
    for number, (ax, image) in enumerate(zip(display.axes_, display.ims_, strict=True)):
        length = LENGTHS[number]
        np.testing.assert_array_equal(image.get_array(), maps[None, number, :length])
        assert image.get_extent() == [-0.5, length - 0.5, 0, 1]
        np.testing.assert_allclose(image.get_clim(), np.array([-1, 1]) * np.abs(maps[number, :length]).max())
        np.testing.assert_array_equal([line.get_ydata() for line in ax.lines], RAGGED[number].T)
        assert ax.get_title() == "owl"
        assert ax.get_xlim() == (-0.5, length - 0.5)
    by_default = ClassActivationDisplay.from_estimator(net, RAGGED)
    assert by_default.labels == net.predict(RAGGED[:6]).tolist()


def test_picture_is_drawn_where_and_how_the_caller_wants_it():
    figure, ax = plt.subplots()
    net = fitted(RAGGED, np.arange(12.0))
    display = ClassActivationDisplay.from_estimator(net, RAGGED[:2], ax=ax, cmap="coolwarm", im_kw={"alpha": 0.5})
    assert plt.get_fignums() == [figure.number]
    assert (display.ax_, display.figure_, display.labels) == (ax, figure, None)
    assert (display.ims_[0].get_cmap().name, display.ims_[0].get_alpha()) == ("coolwarm", 0.5)


def test_nets_without_an_average_are_refused():
    for net, message in (
        (TemporalCNNClassifier("lstm_fcn", **NET), "TemporalCNNClassifier with the architecture 'lstm_fcn' does not"),
        (RNNClassifier(units=2, epochs=1), "RNNClassifier does not end in an average over time"),
    ):
        with pytest.raises(ValueError, match=message):
            class_activation_map(net.fit(RAGGED, TWO), RAGGED)
    with pytest.raises(ValueError, match="MLPClassifier does not end in an average"):
        class_activation_map(MLPClassifier((), epochs=1).fit(EQUAL[:, :, 0], TWO), EQUAL[:, :, 0])
    with pytest.raises(ValueError, match="LogisticRegression has no history_"):
        class_activation_map(LogisticRegression().fit(EQUAL[:, :, 0], TWO), EQUAL[:, :, 0])
    with pytest.raises(ValueError, match="Several quantiles of one net are no sums"):
        class_activation_map(fitted(RAGGED, np.arange(12.0), loss=Pinball([0.1, 0.9])), RAGGED, 0)
    with pytest.raises(NotFittedError):
        class_activation_map(TemporalCNNClassifier(), RAGGED)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"target": "cow"}, r"labels \['cow'\] are not among the classes \['cat', 'dog', 'owl'\]"),
        ({"target": ["cat", "dog"]}, "one label, or one for each of the 6 samples"),
        ({"max_series": 0}, "max_series == 0, must be >= 1"),
    ],
)
def test_what_does_not_fit_is_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        ClassActivationDisplay.from_estimator(fitted(RAGGED, THREE), RAGGED, **settings)
    assert plt.get_fignums() == []


def test_without_matplotlib_nothing_is_computed(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(ImportError, match=r"ClassActivationDisplay.from_estimator needs matplotlib"):
        ClassActivationDisplay.from_estimator(None, None)
