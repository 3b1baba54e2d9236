"""The learning rate range test: what it trains, in which steps, and that its suggestion is one to train with."""

import keras
import numpy as np
import pandas as pd
import pytest
from imblearn.over_sampling import RandomOverSampler
from imblearn.pipeline import make_pipeline as make_imblearn_pipeline
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import SGDClassifier
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, scale
from sklearn.utils.validation import check_is_fitted

import skdeep
from skdeep.decomposition import Autoencoder, VariationalAutoencoder
from skdeep.image import CNNClassifier
from skdeep.image.architectures import Custom
from skdeep.model_selection import LearningRateFinder
from skdeep.model_selection._learning_rate import _Rising
from skdeep.sequence import RNNClassifier
from skdeep.tabular import MLPClassifier, MLPRegressor, TabularClassifier
from skdeep.text import TextClassifier
from skdeep.wrappers import KerasClassifier

PATIENTS, PROGRESSION = load_diabetes(return_X_y=True)
PATIENTS = scale(PATIENTS)
IMAGES, DIGITS = load_digits(return_X_y=True)
IMAGES = IMAGES / 16
PIXELS = IMAGES.reshape(-1, 8, 8)


def net(**settings):
    return MLPRegressor((8,), **{"random_state": 0, "optimizer": "sgd", "batch_size": 100} | settings)


# -- what is trained --------------------------------------------------------------------------------------------------


def test_losses_are_those_of_a_training_at_the_same_rates():
    """With all rows in each batch, an epoch is a step of any training."""
    every = net(batch_size=len(PATIENTS))
    finder = LearningRateFinder(every, min_learning_rate=1e-4, max_learning_rate=0.5, n_steps=25)
    finder.fit(PATIENTS, PROGRESSION)
    schedule = {"learning_rate": 0.5, "learning_rate_schedule": _Rising(2e-4, 25)}
    trained = every.set_params(epochs=25, n_iter_no_change=np.inf, **schedule).fit(PATIENTS, PROGRESSION)
    n_losses = len(finder.losses_)
    assert n_losses > 15
    assert_array_equal(finder.losses_, trained.loss_curve_[:n_losses])
    assert_allclose(finder.learning_rates_, trained.history_["learning_rate"][:n_losses])
    assert_allclose(finder.learning_rates_, np.geomspace(1e-4, 0.5, 25)[:n_losses])


@pytest.mark.filterwarnings("ignore:The loss did not fall")
def test_each_step_takes_the_next_batch_and_passes_follow_each_other():
    """At rates of nothing the losses are those of the first weights, on one batch after the other."""
    still = {"min_learning_rate": 1e-14, "max_learning_rate": 1e-13, "n_steps": 10}
    ordered = net(shuffle=False)
    finder = LearningRateFinder(ordered, **still).fit(PATIENTS, PROGRESSION)
    predicted = ordered.set_params(learning_rate=1e-14, epochs=1).fit(PATIENTS, PROGRESSION).predict(PATIENTS)
    errors = ((predicted - PROGRESSION) / PROGRESSION.std()) ** 2
    of_batches = [errors[start : start + 100].mean() for start in (0, 100, 200, 300)]  # 42 rows are left over
    expected = [*of_batches, *of_batches, *of_batches[:2]][: len(finder.losses_)]
    assert_allclose(finder.losses_, expected)
    assert len(finder.losses_) >= 5


def test_the_estimator_stays_as_it_was_and_the_same_seed_gives_the_same():
    estimator = net(early_stopping=True, learning_rate_schedule="cosine", callbacks=[], warm_start=True)
    before = str(estimator.get_params())
    one, other = (LearningRateFinder(estimator, n_steps=30).fit(PATIENTS, PROGRESSION) for _ in range(2))
    assert str(estimator.get_params()) == before
    with pytest.raises(NotFittedError):
        check_is_fitted(estimator)
    assert_array_equal(one.losses_, other.losses_)
    assert one.suggestion_ == other.suggestion_


def test_other_rates_and_steps_compile_nothing():
    LearningRateFinder(net(), n_steps=20).fit(PATIENTS, PROGRESSION)
    before = skdeep.cache_info().misses
    LearningRateFinder(net(), n_steps=35, min_learning_rate=1e-5, max_learning_rate=1.0).fit(PATIENTS, PROGRESSION)
    assert skdeep.cache_info().misses == before


def test_weights_of_rows_are_passed_on():
    weight = np.arange(len(PATIENTS)) % 2
    whole = net(batch_size=len(PATIENTS) // 2)
    weighted = LearningRateFinder(whole, n_steps=20).fit(PATIENTS, PROGRESSION, sample_weight=weight)
    without = LearningRateFinder(whole, n_steps=20).fit(PATIENTS[weight > 0], PROGRESSION[weight > 0])
    assert_allclose(weighted.losses_, without.losses_)


def test_a_divergence_is_the_end_and_no_error():
    finder = LearningRateFinder(net(), max_learning_rate=1e12, n_steps=120).fit(PATIENTS, PROGRESSION)
    assert len(finder.losses_) < 120
    assert len(finder.losses_) == len(finder.learning_rates_) == len(finder.smoothed_losses_)
    assert np.isfinite(finder.losses_).all()
    assert finder.losses_[-1] > finder.losses_[0]
    assert 1e-4 < finder.suggestion_ < 0.3


@pytest.mark.parametrize("make", [Autoencoder, VariationalAutoencoder])
def test_nets_without_y(make):
    finder = LearningRateFinder(make(4, hidden_layer_sizes=(16,), random_state=0), n_steps=60).fit(IMAGES[:300])
    assert finder.smoothed_losses_.min() < finder.smoothed_losses_[0]
    assert 1e-5 < finder.suggestion_ < 0.3


def test_what_is_trained_before_the_whole_net_is_left_out():
    estimator = Autoencoder(4, hidden_layer_sizes=(16,), random_state=0)
    expected = LearningRateFinder(estimator, n_steps=20).fit(IMAGES[:300])
    found = LearningRateFinder(estimator.set_params(layerwise=True), n_steps=20).fit(IMAGES[:300])
    assert_array_equal(found.losses_, expected.losses_)


def test_class_weights_that_come_late_count_from_the_first_step():
    rare = (DIGITS == 8).astype(int)
    settings = {"class_weight": "balanced", "random_state": 0, "batch_size": 200}
    late = LearningRateFinder(MLPClassifier((8,), deferred_fraction=0.5, **settings)).fit(IMAGES, rare)
    weighed = LearningRateFinder(MLPClassifier((8,), **settings)).fit(IMAGES, rare)
    assert_allclose(late.losses_[:30], weighed.losses_[:30], rtol=0.01)
    unweighed = LearningRateFinder(MLPClassifier((8,), **settings | {"class_weight": None})).fit(IMAGES, rare)
    assert abs(unweighed.losses_[:30] / weighed.losses_[:30] - 1).max() > 0.1


# -- what it takes ----------------------------------------------------------------------------------------------------

TEXTS = [f"{'good' if number % 3 else 'bad'} film {number % 7}" for number in range(300)]
KINDS = {
    "classifier": (MLPClassifier((16,), random_state=0), IMAGES, DIGITS),
    "sparse": (MLPClassifier((16,), random_state=0), sparse.csr_matrix(IMAGES), DIGITS),
    "images": (CNNClassifier(Custom((8,), head=(16,)), random_state=0), PIXELS, DIGITS),
    "series": (RNNClassifier(units=8, random_state=0), PIXELS, DIGITS),
    "texts": (TextClassifier(random_state=0), TEXTS, [number % 3 > 0 for number in range(300)]),
    "members": (MLPClassifier((8,), dropout=0.1, normalization="batch", mixup=0.2, random_state=0), IMAGES, DIGITS),
}


@pytest.mark.parametrize("kind", KINDS)
def test_all_kinds_of_nets(kind):
    estimator, X, y = KINDS[kind]
    finder = LearningRateFinder(estimator, n_steps=60).fit(X, y)
    assert finder.smoothed_losses_.min() < 0.8 * finder.smoothed_losses_[0]
    assert 1e-4 < finder.suggestion_ < 0.5
    assert finder.best_params_ == {"learning_rate": finder.suggestion_}
    assert estimator.set_params(**finder.best_params_).learning_rate == finder.suggestion_


def test_members_with_rows_of_their_own():
    estimator = TabularClassifier(n_estimators=2, random_state=0)
    finder = LearningRateFinder(estimator, n_steps=50).fit(IMAGES[:600], DIGITS[:600])
    assert finder.smoothed_losses_.min() < 0.8 * finder.smoothed_losses_[0]


def test_a_pipeline_fits_and_applies_its_steps():
    raw = load_diabetes(return_X_y=True, scaled=False)[0]
    pipeline = make_pipeline(StandardScaler(), make_pipeline(StandardScaler(), net()))
    found = LearningRateFinder(pipeline, n_steps=30).fit(raw, PROGRESSION)
    assert_allclose(found.losses_, LearningRateFinder(net(), n_steps=30).fit(scale(raw), PROGRESSION).losses_)
    assert found.best_params_ == {"pipeline__mlpregressor__learning_rate": found.suggestion_}
    assert pipeline.set_params(**found.best_params_)[-1][-1].learning_rate == found.suggestion_
    assert found.n_features_in_ == 10


def test_a_sampler_in_a_pipeline_resamples():
    rare = (DIGITS == 8).astype(int)
    classifier = MLPClassifier((8,), random_state=0, batch_size=200)
    sampler = RandomOverSampler(random_state=0)
    found = LearningRateFinder(make_imblearn_pipeline(sampler, classifier)).fit(IMAGES, rare)
    resampled = sampler.fit_resample(IMAGES, rare)
    assert_allclose(found.losses_, LearningRateFinder(classifier).fit(*resampled).losses_)


def dense(meta):
    inputs = keras.Input((64,))
    return keras.Model(inputs, keras.layers.Dense(10, activation="softmax")(inputs))


def compiled(meta, rate=0.5):
    model = dense(meta)
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy")
    return model


@pytest.mark.parametrize("engine", ["compiled", "keras"])
def test_models_of_users(engine):
    settings = {"optimizer": "adam", "loss": "sparse_categorical_crossentropy", "engine": engine, "random_state": 0}
    wrapper = KerasClassifier(dense, batch_size=200, verbose=0, **settings)
    finder = LearningRateFinder(wrapper, n_steps=30, min_learning_rate=1e-4).fit(IMAGES, DIGITS)
    assert finder.smoothed_losses_.min() < 0.5 * finder.smoothed_losses_[0]
    assert finder.best_params_ == {"optimizer__learning_rate": finder.suggestion_}
    wrapper.set_params(**finder.best_params_).fit(IMAGES[:300], DIGITS[:300])
    assert float(wrapper.model_.optimizer.learning_rate) == pytest.approx(finder.suggestion_)


@pytest.mark.parametrize("engine", ["compiled", "keras"])
def test_models_that_are_compiled_by_users_have_a_parameter_of_their_own(engine):
    wrapper = KerasClassifier(compiled, batch_size=200, verbose=0, engine=engine, random_state=0)
    with pytest.raises(ValueError, match=r"'optimizer__learning_rate' does not set the learning rate.*Say with param"):
        LearningRateFinder(wrapper, n_steps=10).fit(IMAGES, DIGITS)
    finder = LearningRateFinder(wrapper, param="model__rate", n_steps=30, min_learning_rate=1e-4).fit(IMAGES, DIGITS)
    assert list(finder.best_params_) == ["model__rate"]
    assert finder.smoothed_losses_.min() < 0.5 * finder.smoothed_losses_[0]


@pytest.mark.parametrize("estimator", [SGDClassifier(), make_pipeline(StandardScaler(), SGDClassifier())])
def test_what_is_not_ours_is_refused(estimator):
    with pytest.raises(TypeError, match=r"takes an estimator of scikit-deep .* got SGDClassifier"):
        LearningRateFinder(estimator).fit(IMAGES, DIGITS)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"min_learning_rate": 1.0, "max_learning_rate": 0.1}, "max_learning_rate=0.1 has to be above"),
        ({"min_learning_rate": 0.0}, "The 'min_learning_rate' parameter"),
        ({"n_steps": 3}, "The 'n_steps' parameter"),
        ({"param": "rate"}, "Invalid parameter 'rate'"),
        ({"min_learning_rate": 1e30, "max_learning_rate": 1e32}, "Training diverged in step"),
    ],
)
def test_bad_parameters(settings, message):
    with pytest.raises(ValueError, match=message):
        LearningRateFinder(net(), **settings).fit(PATIENTS, PROGRESSION)


def test_where_there_is_nothing_to_learn_there_is_no_suggestion():
    X, y = np.zeros((200, 3)), np.arange(200) % 2
    finder = LearningRateFinder(MLPClassifier((4,), random_state=0, batch_size=50))
    with pytest.warns(UserWarning, match="The loss did not fall at any learning rate"):
        finder.fit(X, y)
    assert np.isnan(finder.suggestion_)


# -- the suggestion ---------------------------------------------------------------------------------------------------

CANCER = load_breast_cancer(return_X_y=True)
DATA = {"digits": (IMAGES, DIGITS), "cancer": (scale(CANCER[0]), CANCER[1]), "diabetes": (PATIENTS, PROGRESSION)}


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
@pytest.mark.parametrize("data", DATA)
def test_training_with_the_suggestion_is_about_as_good_as_with_the_default(data, optimizer):
    """Means over seeds; the default of "adam" is well chosen for such tables, that of "sgd" is slow."""
    X, X_test, y, y_test = train_test_split(*DATA[data], random_state=0)
    default, suggested = [], []
    for seed in range(3):
        make = MLPRegressor if data == "diabetes" else MLPClassifier
        model = make((32,), optimizer=optimizer, random_state=seed, epochs=40, n_iter_no_change=np.inf)
        default.append(model.fit(X, y).score(X_test, y_test))
        finder = LearningRateFinder(model).fit(X, y)
        suggested.append(model.set_params(**finder.best_params_).fit(X, y).score(X_test, y_test))
    assert np.mean(suggested) > np.mean(default) - (0.1 if data == "diabetes" else 0.02)


def test_a_failed_fit_leaves_the_finder_as_it_was():
    rows = np.random.default_rng(0).normal(size=(40, 3))
    net = MLPClassifier(optimizer="sgd", epochs=1, random_state=0)
    finder = LearningRateFinder(net, n_steps=20).fit(pd.DataFrame(rows, columns=list("abc")), np.arange(40) % 2)
    before = dict(vars(finder))
    with pytest.raises(ValueError, match="Training diverged"):
        finder.set_params(min_learning_rate=5.0).fit(rows[:, :2] * 1e9, np.arange(40) % 2)
    assert vars(finder) == before | {"min_learning_rate": 5.0}


def test_a_class_is_no_estimator():
    with pytest.raises(TypeError, match="takes an estimator of scikit-deep"):
        LearningRateFinder(MLPClassifier).fit([[0.0], [1.0]], [0, 1])
