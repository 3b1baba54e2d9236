"""`warm_up` compiles what the first request would have waited for."""

import pickle

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

import skdeep
from skdeep._engine.predict import Predictor
from skdeep.decomposition import Autoencoder
from skdeep.image import CNNClassifier
from skdeep.sequence import RNNClassifier
from skdeep.tabular import MLPClassifier
from skdeep.text import Seq2SeqTransducer, TextClassifier, TextGenerator

RNG = np.random.default_rng(0)
LABELS = np.arange(20) % 2
IMAGES = RNG.random((20, 8, 8))
SERIES = [RNG.normal(size=(5 + number % 3, 2)) for number in range(20)]
TEXTS = ["a good film", "bad acting"] * 10

# A net, its training rows and targets, the request, and what a request is given that warm_up needs.
CASES = {
    "images": (CNNClassifier("lenet", epochs=1), IMAGES, LABELS, "predict_proba", None),
    "images, as asked": (CNNClassifier("lenet", epochs=1), IMAGES, LABELS, "predict", IMAGES[:2]),
    "series": (RNNClassifier(units=4, epochs=1), SERIES, LABELS, "predict", SERIES[:2]),
    "texts": (TextClassifier("cnn", epochs=1), TEXTS, LABELS, "predict", TEXTS[:2]),
    "codes": (Autoencoder(2, architecture="conv", epochs=1), IMAGES, None, "transform", None),
    "written texts": (Seq2SeqTransducer(epochs=1), TEXTS, TEXTS, "predict", None),
}


@pytest.fixture
def compiled(monkeypatch):
    """Return a list that grows with each prediction that is compiled."""
    found, trace = [], Predictor._trace
    monkeypatch.setattr(Predictor, "_trace", lambda self: (found.append(self), trace(self))[1])
    return found


@pytest.mark.parametrize("name", CASES)
def test_the_first_request_compiles_nothing(name, compiled):
    net, X, y, request, given = CASES[name]
    fitted = net.set_params(random_state=0).fit(X) if y is None else net.set_params(random_state=0).fit(X, y)
    expected = getattr(fitted, request)(X[:2])
    opened = pickle.loads(pickle.dumps(fitted))
    skdeep.clear_cache()
    del compiled[:]
    assert opened.warm_up(given) is opened
    assert len(compiled) == 1
    np.testing.assert_array_equal(getattr(opened, request)(X[:2]), expected)
    assert len(compiled) == 1


def test_a_generator(compiled):
    net = TextGenerator(epochs=1, random_state=0).fit(TEXTS)
    skdeep.clear_cache()
    del compiled[:]
    net.warm_up()
    net.sample(prompt="a", length=5, random_state=0)
    assert len(compiled) == 1


def test_dense_nets_have_nothing_to_compile(compiled):
    net = MLPClassifier((4,), epochs=1, random_state=0).fit(RNG.random((20, 3)), LABELS)
    net.warm_up().predict(RNG.random((20, 3)))
    assert compiled == []


def test_a_net_that_was_not_fitted():
    with pytest.raises(NotFittedError):
        MLPClassifier().warm_up()


def test_rows_of_another_kind():
    net = MLPClassifier((4,), epochs=1, random_state=0).fit(RNG.random((20, 3)), LABELS)
    with pytest.raises(ValueError, match="3 features"):
        net.warm_up(RNG.random((2, 5)))
