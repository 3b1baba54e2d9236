"""The web service of the guide answers with what the pipeline predicts."""

import importlib
import warnings
from pathlib import Path

import joblib
import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdeep.tabular import MLPClassifier

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # that of the test client about the client that it uses itself
    from fastapi.testclient import TestClient

X, Y = load_iris(return_X_y=True)
GUIDE = Path(__file__).resolve().parents[2] / "docs" / "user_guide"


@pytest.fixture(scope="module")
def model():
    labels = np.array(["setosa", "versicolor", "virginica"])[Y]
    return make_pipeline(StandardScaler(), MLPClassifier((8,), epochs=20, random_state=0)).fit(X, labels)


@pytest.fixture
def client(model, tmp_path, monkeypatch):
    """Return a client of the service of a file, as a server would open it."""
    joblib.dump(model, tmp_path / "model.joblib")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(GUIDE))
    serving = importlib.reload(importlib.import_module("serving"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return TestClient(serving.app)


@pytest.mark.parametrize("n_rows", [1, 10, 150])
def test_it_answers_with_labels_and_probabilities(client, model, n_rows):
    answer = client.post("/predict", json=X[:n_rows].tolist())
    assert answer.status_code == 200
    assert answer.json()["labels"] == model.predict(X[:n_rows]).tolist()
    np.testing.assert_array_equal(answer.json()["probabilities"], model.predict_proba(X[:n_rows]))


@pytest.mark.parametrize(
    ("rows", "said"), [([[1.0, 2.0]], "expecting 4 features"), ([["a", 1.0, 2.0, 3.0]], "valid number")]
)
def test_bad_requests_are_told_what_is_wrong(client, rows, said):
    answer = client.post("/predict", json=rows)
    assert answer.status_code == 422
    assert said in str(answer.json()["detail"])
