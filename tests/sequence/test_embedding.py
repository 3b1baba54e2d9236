"""SequenceEmbedding: features of which the output layer makes the predictions, and the manners of a transformer."""

import pickle
from functools import partial

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import softmax
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.utils import get_tags

import skdeep
from skdeep._engine.predict import Predictor
from skdeep._estimator.keras_model import networks
from skdeep.sequence import (
    RandomConvolutions,
    RNNClassifier,
    RNNRegressor,
    SequenceEmbedding,
    TemporalCNNClassifier,
    TemporalCNNRegressor,
)
from skdeep.tabular import MLPClassifier
from tests.sequence.data import EQUAL, LABELS, LENGTHS, NETS, RAGGED, REGRESSORS, VALUES, net

TOLERANCE = {"float64": 1e-10, "float32": 2e-5}


def tiny(**parameters):
    return net("gru", **{"units": 4, "pooling": "last"} | parameters)


def output_weights(model, output=0):
    """Kernel and bias of an output layer of each member."""
    return [member.get_layer(f"output_{output}").get_weights() for member in networks(model)]


@pytest.fixture
def forwards(monkeypatch):
    """Return a list that grows with every predictor that is compiled."""
    skdeep.clear_cache()
    traced, trace = [], Predictor._trace
    monkeypatch.setattr(Predictor, "_trace", lambda self: (traced.append(self), trace(self))[1])
    return traced


# -- the features -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in NETS if name != "ensemble"])
def test_the_output_layer_makes_the_probabilities_of_the_features(name):
    embedding = SequenceEmbedding(net(name)).fit(RAGGED, LABELS)
    features = embedding.transform(RAGGED)
    ((kernel, bias),) = output_weights(embedding.estimator_)
    assert features.shape == (12, len(kernel))
    expected = embedding.estimator_.predict_proba(RAGGED)
    assert_allclose(softmax(features @ kernel + bias, axis=1), expected, atol=1e-5)
    assert np.ptp(expected, axis=0).min() > 1e-5, "the series are told apart"


@pytest.mark.parametrize("cls", REGRESSORS.values())
def test_the_output_layer_makes_the_numbers_of_the_features(cls):
    own = next(parameters for other, parameters in NETS.values() if REGRESSORS[other] is cls)
    targets = np.stack([VALUES, LENGTHS], axis=1)
    model = cls(**own, epochs=3, random_state=0).fit(RAGGED, targets)
    features = SequenceEmbedding(model, prefit=True).fit_transform(RAGGED)
    ((kernel, bias),) = output_weights(model)
    outputs = features @ kernel + bias
    assert_allclose(outputs * targets.std(axis=0) + targets.mean(axis=0), model.predict(RAGGED), atol=1e-5)


def test_features_of_an_ensemble_are_those_of_its_members_beside_each_other():
    model = net("ensemble").fit(RAGGED, LABELS)
    features = SequenceEmbedding(model, prefit=True).fit_transform(RAGGED)
    parts = np.split(features, 3, axis=1)
    members = [softmax(part @ k + b, axis=1) for part, (k, b) in zip(parts, output_weights(model), strict=True)]
    assert_allclose(np.mean(members, axis=0), model.predict_proba(RAGGED), atol=1e-5)


def test_several_outputs_share_their_features():
    targets = np.stack([LABELS, LENGTHS > 5], axis=1)
    model = tiny().fit(RAGGED, targets)
    features = SequenceEmbedding(model, prefit=True).fit_transform(RAGGED)
    assert features.shape == (12, 4)
    for output, expected in enumerate(model.predict_proba(RAGGED)):
        ((kernel, bias),) = output_weights(model, output)
        assert_allclose(softmax(features @ kernel + bias, axis=1), expected, atol=1e-5)


def test_dropout_before_the_output_is_off():
    model = net("fcn", dropout=0.5).fit(RAGGED, LABELS)
    features = SequenceEmbedding(model, prefit=True).fit_transform(RAGGED)
    ((kernel, bias),) = output_weights(model)
    assert_allclose(softmax(features @ kernel + bias, axis=1), model.predict_proba(RAGGED), atol=1e-5)


def test_rows_of_ids():
    rows = [[1, 2, 3], [3, 2], [0, 1, 2, 4, 0], [4], [2, 2, 3, 1], [1, 4]]
    embedding = SequenceEmbedding(tiny(embedding_dim=3)).fit(rows, [0, 1] * 3)
    features = embedding.transform(rows)
    assert features.shape == (6, 4)
    assert_allclose(embedding.transform([[1, 2, 4]]), features[2:3], atol=1e-5)
    assert embedding.vocabulary_size_ == 5
    assert embedding.n_channels_ is None


@pytest.mark.parametrize(
    ("name", "dtype"), [*((name, "float64") for name in NETS), ("lstm", "float32"), ("inception", "float32")]
)
def test_padding_never_changes_features(name, dtype):
    embedding = SequenceEmbedding(net(name, dtype=dtype)).fit(RAGGED, LABELS)
    together = embedding.transform(RAGGED)
    alone = np.concatenate([embedding.transform(row[None]) for row in RAGGED])
    assert together.dtype == dtype
    assert_allclose(together, alone, atol=TOLERANCE[dtype], rtol=TOLERANCE[dtype])
    longer = embedding.transform([*RAGGED, np.ones((9, 2))])  # more padding behind the others
    assert_allclose(longer[:-1], together, atol=TOLERANCE[dtype], rtol=TOLERANCE[dtype])
    assert np.ptp(together, axis=0).max() > 1e-4, "the series are told apart"


def test_features_are_in_the_precision_of_the_net_and_single_if_X_is():
    embedding = SequenceEmbedding(tiny()).fit(EQUAL, LABELS)
    double = embedding.transform(EQUAL)
    single = embedding.transform(EQUAL.astype(np.float32))
    assert (double.dtype, single.dtype) == (np.float64, np.float32)
    assert_allclose(single, double, atol=1e-5)
    assert SequenceEmbedding(tiny(dtype="float32")).fit(EQUAL, LABELS).transform(EQUAL).dtype == np.float32


# -- what is compiled -------------------------------------------------------------------------------------------------


def test_other_lengths_and_other_weights_compile_nothing_new(forwards):
    embedding = SequenceEmbedding(tiny()).fit(RAGGED, LABELS)
    assert len(forwards) == 1
    embedding.transform(RAGGED[:5])
    embedding.transform([np.ones((50, 2)), np.ones((3, 2))])
    SequenceEmbedding(tiny(random_state=1, learning_rate=0.1)).fit(RAGGED, LABELS).transform(RAGGED)
    assert len(forwards) == 1
    embedding.transform(EQUAL)  # of one length: without a mask
    embedding.transform(EQUAL[:, :4])
    assert len(forwards) == 2


# -- a net that was fitted before -------------------------------------------------------------------------------------


@pytest.mark.parametrize("wrap", [lambda model: (model, True), lambda model: (FrozenEstimator(model), False),
                                  lambda model: (FrozenEstimator(model), True)])  # fmt: skip
def test_a_fitted_net_stays_as_it_is(wrap):
    model = tiny().fit(RAGGED, LABELS)
    weights, kept = model.weights_, [array.copy() for array in model.weights_]
    given, prefit = wrap(model)
    embedding = SequenceEmbedding(given, prefit=prefit)
    features = embedding.fit_transform(EQUAL[:, :5])  # no y, and other series
    assert model.weights_ is weights
    assert embedding.estimator_.weights_ is weights
    for array, before in zip(model.weights_, kept, strict=True):
        assert_array_equal(array, before)
    ((kernel, bias),) = output_weights(model)
    assert_allclose(softmax(features @ kernel + bias, axis=1), model.predict_proba(EQUAL[:, :5]), atol=1e-5)
    assert_array_equal(clone(embedding).fit_transform(EQUAL[:, :5]), features)
    model.set_params(epochs=1, random_state=7).fit(EQUAL, LABELS)
    assert_array_equal(embedding.transform(EQUAL[:, :5]), features)


def test_a_clone_of_an_embedding_leaves_the_parameters_of_the_net_alone():
    model = tiny().fit(RAGGED, LABELS)
    copy = clone(SequenceEmbedding(model, prefit=True).set_output(transform="pandas"))
    copy.set_params(estimator__epochs=77)
    assert model.epochs == 3
    assert isinstance(copy.fit_transform(EQUAL), pd.DataFrame)
    fresh = clone(SequenceEmbedding(model))
    assert not hasattr(fresh.estimator, "weights_")


def test_a_net_of_flat_rows_embeds_rows_of_another_width():
    model = tiny(units=3).fit(EQUAL[:, :, 0], LABELS)
    embedding = SequenceEmbedding(model, prefit=True).fit(EQUAL[:, :6, 0])
    assert embedding.n_features_in_ == 6
    assert model.n_features_in_ == 9
    assert_allclose(embedding.transform(EQUAL[:, :6, 0]), embedding.transform([*EQUAL[:, :6, :1]]), atol=1e-6)


@pytest.mark.parametrize("prefit", [False, True])
def test_a_cross_validation_with_a_fitted_net_trains_none(prefit):
    model = tiny().fit(RAGGED, LABELS)
    misses, hits = skdeep.cache_info()[2:]
    embedding = SequenceEmbedding(model if prefit else FrozenEstimator(model), prefit=prefit)
    scores = cross_val_score(make_pipeline(embedding, LogisticRegression()), EQUAL, LABELS, cv=2)
    assert np.isfinite(scores).all()
    assert skdeep.cache_info()[2:] == (hits, misses)[::-1]


# -- a net that is fitted here ----------------------------------------------------------------------------------------


def test_the_net_is_trained_as_it_would_be_alone_and_the_given_one_is_not():
    given = tiny()
    embedding = SequenceEmbedding(given).fit(RAGGED, LABELS)
    assert not hasattr(given, "weights_")
    for one, other in zip(embedding.estimator_.weights_, clone(given).fit(RAGGED, LABELS).weights_, strict=True):
        assert_array_equal(one, other)


def test_the_seed_is_that_of_a_net_without_one():
    unseeded = tiny(random_state=None)
    first, second, third = [
        SequenceEmbedding(unseeded, random_state=seed).fit(RAGGED, LABELS).transform(RAGGED) for seed in (0, 0, 1)
    ]
    assert_array_equal(first, second)
    assert np.abs(first - third).max() > 1e-3
    one, other = [SequenceEmbedding(tiny(), random_state=seed).fit(RAGGED, LABELS).transform(RAGGED) for seed in (0, 1)]
    assert_array_equal(one, other)


CHOICES = {
    "integers": (LABELS, TemporalCNNClassifier),
    "whole floats": (LABELS.astype(float), TemporalCNNClassifier),
    "strings": (LABELS.astype(str), TemporalCNNClassifier),
    "numbers": (VALUES, TemporalCNNRegressor),
    "pairs of numbers": (np.stack([VALUES, -VALUES], axis=1), TemporalCNNRegressor),
}


@pytest.mark.parametrize(("y", "cls"), CHOICES.values(), ids=CHOICES)
def test_the_default_net_suits_the_targets(y, cls, monkeypatch):
    small = partial(cls, "fcn", filters=2, epochs=1)
    monkeypatch.setattr(f"skdeep.sequence._embedding.{cls.__name__}", small)
    embedding = SequenceEmbedding(random_state=0).fit(RAGGED, y)
    assert type(embedding.estimator_) is cls
    assert embedding.estimator_.random_state == 0
    assert embedding.transform(RAGGED).shape == (12, 2)


# -- the manners of a transformer -------------------------------------------------------------------------------------


def test_a_pipeline_in_a_grid_search_compiles_once(forwards):
    misses = skdeep.cache_info().misses
    model = make_pipeline(SequenceEmbedding(tiny()), LogisticRegression())
    grid = {"sequenceembedding__estimator__epochs": [1, 3], "logisticregression__C": [0.1, 1.0]}
    search = GridSearchCV(model, grid, cv=2).fit(RAGGED, LABELS)
    assert (skdeep.cache_info().misses - misses, len(forwards)) == (1, 1)
    best = search.best_estimator_
    assert best[0].estimator_.n_epochs_ == search.best_params_["sequenceembedding__estimator__epochs"]
    assert_array_equal(best.predict(RAGGED), best[1].predict(best[0].transform(RAGGED)))


def test_names_and_frames():
    X = pd.DataFrame(EQUAL[:, :, 0], columns=[f"moment {i}" for i in range(9)], index=range(5, 17))
    embedding = SequenceEmbedding(tiny()).set_output(transform="pandas").fit(X, LABELS)
    features = embedding.transform(X)
    names = [f"sequenceembedding{i}" for i in range(4)]
    assert features.columns.tolist() == embedding.get_feature_names_out().tolist() == names
    assert features.index.tolist() == X.index.tolist()
    assert embedding.feature_names_in_.tolist() == X.columns.tolist()


def test_a_pickle_embeds_the_same():
    embedding = SequenceEmbedding(tiny()).fit(RAGGED, LABELS)
    opened = pickle.loads(pickle.dumps(embedding))
    assert_array_equal(opened.transform(RAGGED), embedding.transform(RAGGED))
    fitted = pickle.loads(pickle.dumps(SequenceEmbedding(embedding.estimator_, prefit=True)))
    assert_array_equal(fitted.fit_transform(RAGGED), embedding.transform(RAGGED))


def test_many_rows_are_computed_in_pieces():
    embedding = SequenceEmbedding(tiny(dtype="float64")).fit(RAGGED, LABELS)
    many = np.random.default_rng(0).normal(size=(300, 1200, 2))
    features = embedding.transform(many)
    assert_allclose(embedding.transform(many[-2:]), features[-2:], atol=1e-10)


def test_tags_are_those_of_the_net():
    required, missing = [], []
    for embedding in (
        SequenceEmbedding(),
        SequenceEmbedding(tiny(nan="trailing")),
        SequenceEmbedding(tiny(), prefit=True),
        SequenceEmbedding(FrozenEstimator(tiny(nan="trailing"))),
    ):
        tags = get_tags(embedding)
        required.append(tags.target_tags.required)
        missing.append(tags.input_tags.allow_nan)
        assert tags.input_tags.three_d_array
    assert required == [True, True, False, False]
    assert missing == [False, True, False, True]


# -- errors -----------------------------------------------------------------------------------------------------------


def test_a_net_that_labels_moments_is_refused():
    with pytest.raises(ValueError, match="one vector of each series"):
        SequenceEmbedding(tiny().set_params(per_step=True)).fit(np.zeros((4, 5)), np.zeros((4, 5)))


@pytest.mark.parametrize("prefit", [False, True])
@pytest.mark.parametrize("foreign", [Ridge(), MLPClassifier(), FrozenEstimator(Ridge()), make_pipeline(tiny())])
def test_other_estimators_are_refused(foreign, prefit):
    with pytest.raises(ValueError, match="estimator must be a classifier or regressor of"):
        SequenceEmbedding(foreign, prefit=prefit).fit(RAGGED, LABELS)


def test_what_has_no_predictions_is_refused():
    with pytest.raises(ValueError, match="'estimator' parameter of SequenceEmbedding"):
        SequenceEmbedding(RandomConvolutions()).fit(RAGGED, LABELS)


def test_a_net_that_is_not_fitted_is_refused():
    with pytest.raises(NotFittedError, match=r"prefit=True, but estimator is a RNNClassifier that is not fitted"):
        SequenceEmbedding(RNNClassifier(), prefit=True).fit(RAGGED)
    with pytest.raises(NotFittedError, match="FrozenEstimator"):
        SequenceEmbedding(FrozenEstimator(RNNRegressor())).fit(RAGGED)
    with pytest.raises(ValueError, match="prefit=True wants a fitted estimator"):
        SequenceEmbedding(prefit=True).fit(RAGGED)
    with pytest.raises(NotFittedError):
        SequenceEmbedding(tiny().fit(RAGGED, LABELS), prefit=True).transform(RAGGED)


def test_targets_are_missed():
    with pytest.raises(ValueError, match="requires y to be passed"):
        SequenceEmbedding(tiny()).fit(RAGGED)


def test_a_failed_fit_leaves_the_embedding_as_it_was():
    embedding = SequenceEmbedding(tiny().fit(RAGGED, LABELS), prefit=True).fit(RAGGED)
    features = embedding.transform(RAGGED)
    with pytest.raises(ValueError, match="X has 3 channels, but estimator was fitted on series of 2"):
        embedding.fit(np.ones((5, 4, 3)))
    limited = net("patches").fit(RAGGED, LABELS)
    with pytest.raises(ValueError, match="it has learned positions"):
        embedding.set_params(estimator=limited).fit(np.ones((2, 100, 2)))
    assert_array_equal(embedding.transform(RAGGED), features)
    with pytest.raises(ValueError, match="X has 1 channels, but SequenceEmbedding is expecting 2"):
        embedding.transform(EQUAL[:, :, :1])
