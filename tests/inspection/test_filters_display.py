"""Filters are the weights of the first convolution, zero in the middle of the scale."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from skdeep.image import CNNClassifier, CNNRegressor, Inception, LeNet, ResNet, Small
from skdeep.inspection import FiltersDisplay
from skdeep.inspection._plot import _sheet
from skdeep.tabular import MLPClassifier

RANDOM = np.random.default_rng(0)
X, y = RANDOM.random((20, 8, 8, 3)), np.arange(20) % 2


@pytest.mark.parametrize("architecture", [Small, LeNet, ResNet, Inception])
def test_filters_are_the_kernel_of_the_first_convolution(architecture):
    import keras

    net = CNNClassifier(architecture(width=0.25), epochs=1, random_state=0).fit(X, y)
    first = next(layer for layer in net.model_.layers if isinstance(layer, keras.layers.Conv2D))
    display = FiltersDisplay.from_estimator(net)
    np.testing.assert_array_equal(display.filters, first.kernel.numpy())
    assert len(display.axes_) == display.filters.shape[-1]


def test_gray_kernels_are_drawn_with_zero_in_the_middle():
    kernels = RANDOM.standard_normal((3, 5, 1, 6))
    kernels[..., 4] = 0
    display = FiltersDisplay(filters=kernels).plot()
    for index, drawn in enumerate(display.ims_):
        np.testing.assert_array_equal(drawn.get_array(), kernels[..., 0, index])
        largest = np.abs(kernels[..., index]).max() or 1
        assert drawn.get_clim() == (-largest, largest)
        assert not drawn.axes.axison
    assert display.ax_.get_title() == "6 filters of 3 x 5"


def test_kernels_of_three_channels_are_drawn_in_colour():
    kernels = RANDOM.standard_normal((3, 3, 3, 4))
    kernels[0, 0, :, 0] = 0
    display = FiltersDisplay(filters=kernels).plot()
    for index, drawn in enumerate(display.ims_):
        kernel = kernels[..., index]
        np.testing.assert_allclose(drawn.get_array(), 0.5 + kernel / (2 * np.abs(kernel).max()), atol=1e-12)
    np.testing.assert_allclose(display.ims_[0].get_array()[0, 0], 0.5)


def test_other_channels_are_averaged():
    kernels = RANDOM.standard_normal((3, 3, 7, 2))
    display = FiltersDisplay(filters=kernels).plot()
    np.testing.assert_allclose(display.ims_[1].get_array(), kernels[..., 1].mean(axis=-1))


def test_there_are_no_more_filters_than_asked_for():
    display = FiltersDisplay(filters=RANDOM.standard_normal((3, 3, 1, 10))).plot(max_filters=4)
    assert len(display.ims_) == 4
    assert display.ax_.get_title() == "The first 4 of 10 filters of 3 x 3"
    with pytest.raises(ValueError, match="max_filters == 0, must be >= 1"):
        display.plot(max_filters=0)


def test_nets_are_found_in_pipelines_and_searches():
    flat = X.reshape(20, -1)
    regressor = CNNRegressor(Small(width=0.25), epochs=1, image_shape=(8, 8, 3), random_state=0)
    search = GridSearchCV(make_pipeline(StandardScaler(), regressor), {"cnnregressor__alpha": [0.0]}, cv=2)
    display = FiltersDisplay.from_estimator(search.fit(flat, flat[:, 0]))
    kernels = [array for array in search.best_estimator_[-1].weights_ if array.ndim == 4]
    np.testing.assert_array_equal(display.filters, kernels[0])


def test_nets_without_convolution_are_refused():
    flat = X.reshape(20, -1)
    with pytest.raises(ValueError, match="MLPClassifier has no convolution: none of its weights has the four axes"):
        FiltersDisplay.from_estimator(MLPClassifier(epochs=1).fit(flat, y))
    with pytest.raises(ValueError, match="DecisionTreeClassifier has no history_"):
        FiltersDisplay.from_estimator(DecisionTreeClassifier().fit(flat, y))
    with pytest.raises(NotFittedError):
        FiltersDisplay.from_estimator(CNNClassifier())
    assert plt.get_fignums() == []


def test_axes_of_the_caller_are_used():
    ax = Figure().subplots()
    display = FiltersDisplay(filters=np.ones((3, 3, 1, 2))).plot(ax, im_kw={"cmap": "gray"})
    assert (display.ax_, display.figure_) == (ax, ax.figure)
    assert display.ims_[0].get_cmap().name == "gray"
    assert plt.get_fignums() == []
    assert not ax.axison


@pytest.mark.parametrize(
    ("n_images", "shape", "together", "expected"),
    [
        (64, (3, 3), 1, (8, 8)),
        (25, (28, 28), 1, (5, 5)),
        (7, (8, 8), 1, (3, 3)),
        (2, (8, 8), 1, (1, 2)),
        (1, (8, 8), 1, (1, 1)),
        (0, (8, 8), 1, (1, 1)),
        (20, (1, 20), 1, (20, 1)),
        (20, (20, 1), 1, (1, 20)),
        (32, (8, 8), 2, (6, 6)),
    ],
)
def test_sheets_are_as_square_as_can_be(n_images, shape, together, expected):
    assert _sheet.grid(n_images, shape, together) == expected
