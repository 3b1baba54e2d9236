"""TextClassifier and TextRegressor: from raw strings to labels and numbers."""

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline

import skdeep
from skdeep.tabular import MLPClassifier
from skdeep.text import TextClassifier, TextFeatures, TextRegressor, TokenSequencer, WordEmbeddingVectorizer
from skdeep.text import _features as features_module
from skdeep.text.architectures import BiGRU, Encoder, FastText, KimCNN, TfidfMLP

GOOD, BAD = ("good", "great", "fine"), ("bad", "awful", "poor")
FILLERS = ["the", "a", "film", "plot", "actor", "music", "scene", "and", "of", "with", "it", "was", "very", "so"]


def reviews(n, seed=0):
    rng, texts, labels = np.random.default_rng(seed), [], np.arange(n) % 2
    for label in labels:
        words = [*rng.choice(FILLERS, 6), rng.choice(GOOD if label else BAD)]
        texts.append(" ".join(rng.permutation(words)))
    return texts, labels


TEXTS, LABELS = reviews(120)
NEW, TRUTH = reviews(60, seed=1)
SMALL = {
    "tfidf_mlp": TfidfMLP(hidden_layer_sizes=(8,)),
    "fasttext": FastText(embedding_dim=8, word_ngrams=(1, 1)),
    "cnn": KimCNN(filters=8, embedding_dim=8, kernel_sizes=(1, 3)),
    "bigru": BiGRU(units=8, embedding_dim=8),
    "transformer": Encoder(width=8, n_heads=2, embedding_dim=8, dropout=0.0),
}
by_architecture = pytest.mark.parametrize("architecture", SMALL)


@by_architecture
def test_every_architecture_learns_which_words_decide(architecture):
    rate = 0.05 if architecture == "fasttext" else 0.01  # it has the mean of many words to work with
    settings = {"architecture": SMALL[architecture], "learning_rate": rate, "epochs": 30, "random_state": 0}
    assert TextClassifier(**settings).fit(TEXTS, LABELS).score(NEW, TRUTH) > 0.95
    assert TextRegressor(**settings).fit(TEXTS, 10.0 * LABELS).score(NEW, 10.0 * TRUTH) > 0.7


@by_architecture
def test_a_name_stands_for_the_defaults(architecture):
    by_name = TextClassifier(architecture)._resolved()
    assert repr(by_name) == f"{type(SMALL[architecture]).__name__}()"


def test_the_default_is_a_perceptron_on_selected_features():
    settings = {"learning_rate": 0.01, "epochs": 3, "batch_size": 64, "random_state": 0}
    features = TextFeatures(selection="f_classif", n_selected=512)  # a width that is not rounded up
    net = MLPClassifier((32,), dropout=0.5, dtype="float32", **settings)
    expected = make_pipeline(features, net).fit(TEXTS, LABELS)
    model = TextClassifier(TfidfMLP(features=features), learning_rate_schedule=None, **settings).fit(TEXTS, LABELS)
    np.testing.assert_allclose(model.predict_proba(NEW), expected.predict_proba(NEW), atol=1e-6)
    np.testing.assert_array_equal(model.vectorizer_.terms_, expected[0].terms_)


def test_columns_of_the_features_stay_sparse():
    model = TextClassifier(epochs=1, random_state=0).fit(TEXTS, LABELS)
    ((_, column),) = model._net.signature.inputs
    assert type(column).__name__ == "Sparse"


def test_short_corpora_are_visited_more_often():
    assert TextClassifier(random_state=0).fit(TEXTS, LABELS).n_epochs_ == 80  # two steps an epoch
    assert TextClassifier(SMALL["cnn"], random_state=0).fit(TEXTS, LABELS).n_epochs_ == 50


@pytest.mark.parametrize(
    "y",
    [
        LABELS,
        np.array(["bad", "good"])[LABELS],
        np.arange(120) % 3,
        np.stack([LABELS, 1 - LABELS, np.arange(120) % 3 == 0], axis=1).astype(int),
        pd.Series(LABELS.astype(bool)),
    ],
    ids=["binary", "names", "three", "labels", "series"],
)
def test_every_kind_of_labels(y):
    model = TextClassifier(epochs=2, random_state=0).fit(TEXTS, y)
    assert np.shape(model.predict(NEW)) == (60, *np.shape(y)[1:])
    assert set(np.unique(model.predict(NEW))) <= set(np.unique(y))


def test_weights_of_classes_and_texts():
    rare = np.r_[np.flatnonzero(LABELS == 0), np.flatnonzero(LABELS == 1)[:6]]
    texts, labels = [TEXTS[number] for number in rare], LABELS[rare]
    plain = TextClassifier(epochs=8, random_state=0).fit(texts, labels)
    balanced = TextClassifier(epochs=8, class_weight="balanced", random_state=0).fit(texts, labels)
    assert balanced.predict_proba(NEW)[:, 1].mean() > plain.predict_proba(NEW)[:, 1].mean() + 0.1
    weighed = TextClassifier(epochs=8, random_state=0).fit(texts, labels, np.where(labels, 11, 1))
    assert weighed.predict_proba(NEW)[:, 1].mean() > plain.predict_proba(NEW)[:, 1].mean() + 0.1


def test_a_search_compiles_once_and_stands_in_any_tool():
    skdeep.clear_cache()
    before = skdeep.cache_info().misses
    grid = {"learning_rate": [0.001, 0.01], "architecture__dropout": [0.2, 0.5]}
    texts = [f"{text} number{number}" for number, text in enumerate(TEXTS)]  # the words of each fold are others
    search = GridSearchCV(TextClassifier(TfidfMLP(), epochs=20, random_state=0), grid, cv=3).fit(texts, LABELS)
    assert search.best_score_ > 0.9
    assert skdeep.cache_info().misses - before == 2  # of the folds, and of all texts, which have more terms
    assert cross_val_score(search.best_estimator_, np.array(TEXTS, object), LABELS, cv=3).mean() > 0.9


def test_early_stopping_reads_no_word_of_the_texts_it_watches():
    model = TextClassifier(TfidfMLP(features=TextFeatures((1, 1), char_ngrams=None)), epochs=3, random_state=0)
    texts, labels = [*TEXTS, *(f"secret{number} good" for number in range(40))], np.r_[LABELS, np.ones(40, int)]
    model.set_params(early_stopping=True, validation_fraction=0.5).fit(texts, labels)
    seen = sum(term.startswith("secret") for term in model.vectorizer_.terms_)
    assert 0 < seen < 40
    given = clone(model).fit(TEXTS, LABELS, X_val=["secret0 good", "bad"], y_val=[1, 0])
    assert "secret0" not in given.vectorizer_.terms_
    assert len(given.history_["val_loss"]) == 3


def test_partial_fit_and_warm_starts_keep_the_words():
    model = TextClassifier(SMALL["tfidf_mlp"], learning_rate=0.01, random_state=0)
    for _ in range(20):
        model.partial_fit(TEXTS, LABELS, classes=[0, 1])
    assert model.score(NEW, TRUTH) > 0.95
    terms = model.vectorizer_.terms_
    model.partial_fit(["unseen words"], [1])
    assert model.vectorizer_.terms_ is terms


def test_memory_reads_each_fold_once(tmp_path, monkeypatch):
    calls = []
    original = features_module.TextFeatures.fit_transform

    def counted(self, X, y=None):
        calls.append(len(X))
        return original(self, X, y)

    monkeypatch.setattr(features_module.TextFeatures, "fit_transform", counted)
    model = TextClassifier(epochs=1, random_state=0, memory=joblib.Memory(tmp_path, verbose=0))
    GridSearchCV(model, {"learning_rate": [0.001, 0.01, 0.1]}, cv=3, refit=False).fit(TEXTS, LABELS)
    assert calls == [80, 80, 80]
    calls.clear()
    GridSearchCV(model.set_params(memory=None), {"learning_rate": [0.001, 0.01]}, cv=3, refit=False).fit(TEXTS, LABELS)
    assert calls == [80] * 6


def test_the_vectorizer_reads_texts_once_in_a_fit(monkeypatch):
    calls = []
    original = TokenSequencer.transform
    monkeypatch.setattr(TokenSequencer, "transform", lambda self, X: calls.append(len(X)) or original(self, X))
    model = TextClassifier(SMALL["bigru"], epochs=1, random_state=0).fit(TEXTS, LABELS)
    assert calls == []
    model.predict(NEW)
    assert calls == [60]


def test_languages_make_lemmas():
    model = TextClassifier(TfidfMLP(features=TextFeatures((1, 1), char_ngrams=None)), language=["fr", "en"], epochs=1)
    model.fit(["les chevaux couraient", "the cats ran"], ["fr", "en"])
    assert model.vectorizer_[-1].terms_.tolist() == ["cat", "cheval", "courir", "le", "run", "the"]
    reader = TextClassifier(SMALL["cnn"], language="fr", epochs=1).fit(["les chevaux", "un cheval"], [0, 1])
    assert reader.vectorizer_.sequencer.vocabulary_.tolist() == ["cheval", "le", "un"]


def table(model):
    return next(weight for weight in model.weights_ if weight.ndim == 2 and weight.shape[1] == 8)


def test_vectors_that_are_given_are_where_a_net_begins():
    vectors = WordEmbeddingVectorizer(vector_size=8, min_count=1, random_state=0).fit(TEXTS)
    settings = {"vectors": vectors, "epochs": 2, "random_state": 0}
    model = TextClassifier(KimCNN(filters=4, channels="static"), **settings).fit(TEXTS, LABELS)
    expected = vectors.embedding_matrix(model.vectorizer_.sequencer)
    np.testing.assert_allclose(table(model)[: len(expected)][2:], expected[2:], atol=1e-6)
    tuned = TextClassifier(KimCNN(filters=4), **settings).fit(TEXTS, LABELS)
    assert 0 < np.abs(table(tuned)[: len(expected)] - expected)[2:].max() < 0.1


def test_two_channels_begin_alike_and_one_of_them_moves():
    vectors = WordEmbeddingVectorizer(vector_size=8, min_count=1, random_state=0).fit(TEXTS)
    model = TextClassifier(KimCNN(filters=4, channels="two"), vectors=vectors, epochs=2, random_state=0)
    expected = vectors.embedding_matrix(model.fit(TEXTS, LABELS).vectorizer_.sequencer)
    tables = [weight[2 : len(expected)] for weight in model.weights_ if weight.ndim == 2 and weight.shape[1] == 8]
    moved = sorted(float(np.abs(one - expected[2:]).max()) for one in tables)
    assert len(moved) == 2
    assert moved[0] < 1e-6 < moved[1]


def test_vectors_are_trained_on_texts_without_labels_too():
    settings = {"vectors": "train", "extra_texts": ["unlabelled film words"] * 20, "epochs": 1, "random_state": 0}
    model = TextClassifier(SMALL["cnn"], **settings).fit(TEXTS, LABELS)
    assert model.vectorizer_.matrix_.shape == (model.vectorizer_.sequencer.n_ids_, 8)
    without = TextClassifier(SMALL["cnn"], **settings | {"extra_texts": None}).fit(TEXTS, LABELS)
    assert np.abs(model.vectorizer_.matrix_ - without.vectorizer_.matrix_).max() > 0


def test_length_of_other_texts_changes_no_prediction():
    for name in ("cnn", "bigru", "transformer"):
        model = TextClassifier(SMALL[name], epochs=2, random_state=0).fit(TEXTS, LABELS)
        alone = np.concatenate([model.predict_proba([text]) for text in ["good", "a bad film", ""]])
        together = model.predict_proba(["good", "a bad film", "", "a very very very good film with music"])
        np.testing.assert_allclose(together[:3], alone, atol=1e-6)


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"architecture": "word2vec"}, ValueError, "architecture"),
        ({"architecture": TfidfMLP(dropout=1.5)}, ValueError, "dropout"),
        ({"architecture": Encoder(width=10, n_heads=4)}, ValueError, "width=10 must be a multiple of n_heads=4"),
        ({"architecture": KimCNN(channels="two")}, ValueError, "channels='two' needs vectors"),
        ({"vectors": "train"}, ValueError, "vectors are for the architectures that read words in order"),
        ({"language": "zz"}, ValueError, "zz"),
        ({"language": "Klingon"}, ValueError, "must be codes such as"),
        ({"architecture": "cnn", "vectors": "/no/such/file.txt"}, (ValueError, OSError), "/no/such/file.txt"),
    ],
    ids=str,
)
def test_bad_parameters_are_refused(parameters, error, message):
    with pytest.raises(error, match=message):
        TextClassifier(**parameters).fit(TEXTS, LABELS)


@by_architecture
def test_texts_without_any_word_are_refused(architecture):
    with pytest.raises(ValueError, match=r"empty vocabulary|no token"):
        TextClassifier(architecture).fit(["", " "], [0, 1])


def test_the_default_beats_chance_where_logistic_regression_does():
    linear = make_pipeline(TextFeatures(), LogisticRegression()).fit(TEXTS, LABELS)
    assert linear.score(NEW, TRUTH) > 0.9
    assert TextClassifier(random_state=0).fit(TEXTS, LABELS).score(NEW, TRUTH) >= linear.score(NEW, TRUTH) - 0.05
