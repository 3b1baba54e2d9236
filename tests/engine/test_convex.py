"""The perceptron, trained to convergence, against scikit-learn's solvers of the same convex problems."""

import numpy as np
import pytest
from sklearn.datasets import load_iris, make_regression
from sklearn.linear_model import LinearRegression, LogisticRegression, PoissonRegressor, Ridge
from sklearn.preprocessing import StandardScaler

from skdeep.tabular import MLPClassifier, MLPRegressor

rng = np.random.default_rng(0)
N = 120
X_iris, y_iris = load_iris(return_X_y=True)
X_iris, y_iris = StandardScaler().fit_transform(X_iris)[::-1][:N], y_iris[::-1][:N]  # 50, 50 and 20 rows of the classes
X, y = make_regression(N, 5, noise=20.0, bias=3e4, random_state=0)
X_correlated = X + X[:, :1]
WEIGHTS = rng.uniform(0.1, 4.0, size=N)
ALPHA = 0.05

CONVERGED = {
    "hidden_layer_sizes": (), "optimizer": "nesterov", "batch_size": N, "epochs": 2000, "n_iter_no_change": np.inf,
    "tol": 0.0, "dtype": "float64", "random_state": 0,
}  # fmt: skip


def close(ours, theirs):
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6 * np.abs(theirs).max())


@pytest.mark.parametrize("sample_weight", [None, WEIGHTS], ids=["equal", "weighted"])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_logistic_regression(n_classes, sample_weight):
    labels = np.array(["a", "b", "c"])[np.maximum(y_iris, 3 - n_classes)]
    total = N if sample_weight is None else sample_weight.sum()
    ours = MLPClassifier(**CONVERGED, alpha=ALPHA, learning_rate=0.5).fit(X_iris, labels, sample_weight)
    theirs = LogisticRegression(C=1 / (total * ALPHA), tol=1e-10, max_iter=10_000).fit(X_iris, labels, sample_weight)
    close(ours.coefs_[0].T, theirs.coef_)
    close(ours.intercepts_[0], theirs.intercept_)
    close(ours.predict_proba(X_iris), theirs.predict_proba(X_iris))
    close(ours.decision_function(X_iris), theirs.decision_function(X_iris))


def test_class_weights_are_those_of_logistic_regression():
    table = {0: 0.5, 2: 7.0}
    row_weights = np.array([0.5, 1.0, 7.0])[y_iris]
    ours = MLPClassifier(**CONVERGED, alpha=ALPHA, learning_rate=0.5, class_weight=table).fit(X_iris, y_iris)
    theirs = LogisticRegression(C=1 / (row_weights.sum() * ALPHA), class_weight=table, tol=1e-10, max_iter=10_000)
    close(ours.predict_proba(X_iris), theirs.fit(X_iris, y_iris).predict_proba(X_iris))


def test_labels_are_learned_independently_of_each_other():
    """The loss is the mean over the labels, so each label sees the penalty as many times as there are labels."""
    labels = np.column_stack([y_iris == 0, y_iris > 0, X_iris[:, 0] > 0]).astype(int)
    ours = MLPClassifier(**CONVERGED, alpha=ALPHA, learning_rate=0.5).fit(X_iris, labels).predict_proba(X_iris)
    for column in range(3):
        theirs = LogisticRegression(C=1 / (3 * N * ALPHA), tol=1e-10, max_iter=10_000).fit(X_iris, labels[:, column])
        close(ours[:, column], theirs.predict_proba(X_iris)[:, 1])


@pytest.mark.parametrize("sample_weight", [None, WEIGHTS], ids=["equal", "weighted"])
def test_ridge(sample_weight):
    """The squared error has no factor of one half, and targets are standardised: their scale goes into the penalty."""
    total = N if sample_weight is None else sample_weight.sum()
    ours = MLPRegressor(**CONVERGED, alpha=ALPHA, learning_rate=0.03).fit(X_correlated, y, sample_weight)
    theirs = Ridge(alpha=total * ALPHA / 2, tol=1e-10).fit(X_correlated, y, sample_weight)
    close(ours.predict(X_correlated), theirs.predict(X_correlated))
    close(ours.coefs_[0][:, 0] * np.sqrt(np.cov(y, ddof=0, aweights=sample_weight)), theirs.coef_)


def test_linear_regression_of_several_targets():
    targets = np.column_stack([y, rng.normal(size=N), -1e-6 * y + X[:, 2]])
    ours = MLPRegressor(**CONVERGED, learning_rate=0.1).fit(X, targets)
    theirs = LinearRegression().fit(X, targets)
    for column in range(3):
        close(ours.predict(X)[:, column], theirs.predict(X)[:, column])


def test_poisson_regression():
    """Counts are divided by their mean inside, which multiplies the strength of the penalty by it."""
    counts = rng.poisson(np.exp(1.0 + X[:, 0] / 2 - X[:, 1] / 3))
    ours = MLPRegressor(**CONVERGED, loss="poisson", alpha=ALPHA, learning_rate=0.05).fit(X, counts)
    theirs = PoissonRegressor(alpha=ALPHA * counts.mean(), tol=1e-10, max_iter=10_000).fit(X, counts)
    close(ours.predict(X), theirs.predict(X))
