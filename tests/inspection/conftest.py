"""Pictures are drawn in memory and closed after each test."""

import pytest


@pytest.fixture(autouse=True)
def _closed_figures():
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    yield
    plt.close("all")
