"""How nets of raw tables are trained: weights, classes, held out rows, scores, further calls, and searches."""

import pickle
import subprocess
import sys

import keras
import numpy as np
import pandas as pd
import pytest
from imblearn.over_sampling import RandomOverSampler
from imblearn.pipeline import make_pipeline as make_imblearn_pipeline
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.metrics import get_scorer
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skdeep.tabular import TabularClassifier
from skdeep.tabular.architectures import RealMLP
from tests.tabular.tables import CLASSES, LABELS, N_ROWS, VALUES, WEIGHTS, X, classifier, regressor, same_weights
from tests.test_traces import traces  # noqa: F401

BOTH = pytest.mark.parametrize(("make", "y"), [(classifier, CLASSES), (regressor, VALUES)])
OWN = pytest.mark.parametrize("architecture", ["realmlp", "mlp"])  # one model with a member axis, and several models


# -- held out rows ----------------------------------------------------------------------------------------------------


@BOTH
@OWN
def test_each_member_is_judged_on_rows_of_its_own(architecture, make, y):
    model = make(architecture, epochs=5).fit(X, y)
    own = np.array([model.history_[f"val_score_{number}"] for number in range(2)])
    assert own.shape == (2, 5)
    assert not np.allclose(own[0], own[1])
    assert_allclose(model.history_["val_score"], own.mean(axis=0))
    assert model.best_validation_score_ == pytest.approx(own.max(axis=1).mean())


@OWN
def test_the_weights_of_the_best_epoch_are_kept(architecture):
    """The rate becomes so high that what was learned is lost."""
    held_out = {"X_val": X[100:], "y_val": VALUES[100:]}
    model = regressor(architecture, n_estimators=1, epochs=8, learning_rate=0.003)
    model.set_params(learning_rate_schedule=lambda fraction: np.where(fraction < 0.5, 1.0, 1000.0))
    model.fit(X[:100], VALUES[:100], **held_out)
    scores = model.history_["val_score"]
    assert max(scores[4:]) < max(scores)
    assert model.score(X[100:], VALUES[100:]) == pytest.approx(max(scores), abs=1e-5)


@BOTH
def test_given_rows_are_held_out_for_all_members(make, y):
    model = make(scoring="loss").fit(X[:100], y[:100], X_val=X[100:], y_val=y[100:], sample_weight_val=WEIGHTS[100:])
    assert len(model.history_["val_loss"]) == 3
    means = np.mean([model.history_[f"val_member_{number}"] for number in range(2)], axis=0)
    assert_allclose(model.history_["val_loss"], means, rtol=1e-6)


@BOTH
def test_without_early_stopping_all_rows_are_learned_from(make, y):
    model = make(early_stopping=False).fit(X, y)
    assert not any(name.startswith("val") for name in model.history_)
    assert model.best_validation_score_ is None
    held_out = make(early_stopping=True).fit(X, y)
    assert not same_weights(model, held_out, rtol=1e-6)


def test_few_rows_are_all_learned_from_by_default():
    assert classifier().fit(X[:99], LABELS[:99]).validation_scores_ is None
    assert len(classifier().fit(X[:100], LABELS[:100]).validation_scores_) == 3


@OWN
def test_members_stop_when_their_time_has_come(architecture):
    model = classifier(architecture, epochs=30, n_iter_no_change=1, tol=10.0).fit(X, CLASSES)
    assert model.n_iter_ == 3  # the first epoch is an improvement, two are waited for


@pytest.mark.parametrize(
    "scoring",
    ["roc_auc", ["balanced_accuracy", "neg_log_loss"], {"mine": get_scorer("f1_macro"), "loss": "loss"}],
    ids=["name", "names", "dict"],
)
def test_scores_that_are_asked_for_are_in_the_history(scoring):
    model = classifier(scoring=scoring).fit(X, CLASSES == 1)
    named = ["val_score"] if isinstance(scoring, str) else [f"val_{name}" for name in scoring]
    assert set(named) <= set(model.history_)
    assert_allclose(model.history_[named[0]], model.history_["val_score"])


def test_a_scorer_is_given_each_member_and_its_rows():
    seen = []

    def scorer(model, X, y):
        seen.append((len(y), model.predict_proba(X).shape))
        return float(model.score(X, y))

    classifier(n_estimators=3, epochs=2, scoring=scorer).fit(X, CLASSES)
    assert seen == [(32, (32, 3))] * 6


# -- label smoothing --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scoring", ["neg_log_loss", "roc_auc_ovr", "loss", ["neg_brier_score", "accuracy"]])
def test_labels_are_not_smoothed_for_scores_of_probabilities(scoring):
    auto, none = (classifier(scoring=scoring, label_smoothing=share).fit(X, CLASSES) for share in ("auto", 0.0))
    assert same_weights(auto, none)


@pytest.mark.parametrize("scoring", [None, "accuracy", ["balanced_accuracy", "neg_log_loss"]])
def test_labels_are_smoothed_for_scores_of_labels(scoring):
    auto, same, none = (classifier(scoring=scoring, label_smoothing=s).fit(X, CLASSES) for s in ("auto", 0.1, 0.0))
    assert same_weights(auto, same)
    assert not same_weights(auto, none, rtol=1e-6)


def test_what_has_no_smoothing_gets_none():
    auto, none = (classifier("mlp", label_smoothing=share).fit(X, CLASSES) for share in ("auto", 0.0))
    assert same_weights(auto, none)
    assert classifier(loss="focal").fit(X, LABELS).history_["loss"][-1] > 0


# -- weights and classes ----------------------------------------------------------------------------------------------


@BOTH
@OWN
def test_weights_count_and_their_size_does_not(architecture, make, y):
    fits = [
        make(architecture, early_stopping=False, dtype="float64").fit(X, y, sample_weight=weight)
        for weight in (None, WEIGHTS, 3 * WEIGHTS, np.full(N_ROWS, 2.0))
    ]
    assert same_weights(fits[1], fits[2], rtol=1e-6, atol=1e-8)
    assert same_weights(fits[0], fits[3], rtol=1e-6, atol=1e-8)
    assert not same_weights(fits[0], fits[1], rtol=1e-3)


@OWN
def test_rows_of_weight_zero_are_as_if_they_were_not_there(architecture):
    weight = np.where(np.arange(N_ROWS) % 4, 1.0, 0.0)
    kept = weight > 0
    weighed = classifier(architecture).fit(X, CLASSES, sample_weight=weight)
    assert same_weights(weighed, classifier(architecture).fit(X[kept], CLASSES[kept]))


@OWN
@pytest.mark.parametrize("class_weight", ["balanced", "effective", {0: 5.0}])
def test_weights_of_classes_count(architecture, class_weight):
    weighed, plain = (classifier(architecture, class_weight=given).fit(X, CLASSES) for given in (class_weight, None))
    assert not same_weights(weighed, plain, rtol=1e-6)


@OWN
def test_a_class_of_weight_zero_does_not_count_where_members_are_judged(architecture):
    """Each member is still judged on rows of its own, which are all of one class here."""
    weight = {0: 0.0, 1: 1.0, 2: 0.0}
    model = classifier(architecture, class_weight=weight, scoring="loss", epochs=40, learning_rate=0.05).fit(X, CLASSES)
    own = np.array([model.history_[f"val_member_{number}"] for number in range(2)])
    assert own.min(axis=1).max() < 0.5
    assert_allclose(model.history_["val_loss"], own.mean(axis=0), rtol=1e-5)
    assert (model.predict(X) == 1).all()


def test_balanced_weights_are_those_of_rows():
    """On columns without medians, which weights of rows count for and weights of classes do not."""
    columns = X[["colour", "open"]].fillna("none")
    counts = np.bincount(CLASSES)
    by_row = (N_ROWS / (3 * counts))[CLASSES]
    balanced = classifier(class_weight="balanced", early_stopping=False, dtype="float64").fit(columns, CLASSES)
    weighed = classifier(early_stopping=False, dtype="float64").fit(columns, CLASSES, sample_weight=by_row)
    assert_allclose(balanced.history_["loss"], weighed.history_["loss"], rtol=1e-6)
    assert not np.allclose(balanced.history_["loss"], classifier().fit(columns, CLASSES).history_["loss"], rtol=1e-3)


@OWN
@pytest.mark.parametrize("n_estimators", [1, 2])
def test_weights_of_classes_may_come_late(architecture, n_estimators):
    given = {"epochs": 6, "class_weight": {0: 0.1, 1: 1.0, 2: 9.0}, "n_estimators": n_estimators}
    late = classifier(architecture, deferred_fraction=0.5, **given).fit(X, CLASSES)
    early = classifier(architecture, **given).fit(X, CLASSES)
    assert not same_weights(late, early, rtol=1e-6)
    assert len(late.history_["loss"]) == 6


@OWN
def test_classes_are_drawn_in_other_shares(architecture):
    rare = np.where(np.arange(N_ROWS) % 20 == 0, "rare", "usual")
    given = {"epochs": 20, "learning_rate": 0.02, "batch_size": 32, "early_stopping": False}
    sampled, plain = (classifier(architecture, batch_sampling=one, **given) for one in ("balanced", None))
    shares = [model.fit(X, rare).predict_proba(X)[:, 0].mean() for model in (sampled, plain)]
    assert shares[0] > 1.3 * shares[1]


@OWN
def test_rows_of_weight_zero_are_never_drawn(architecture):
    """Where classes are drawn in other shares, weights still count: labels of weight zero could be any."""
    counted = np.arange(N_ROWS) % 3 > 0
    other = np.where(counted, LABELS, np.where(LABELS == "yes", "no", "yes"))
    given = {"batch_sampling": "balanced", "early_stopping": False}
    fits = [classifier(architecture, **given).fit(X, y, sample_weight=counted * 1.0) for y in (LABELS, other)]
    assert same_weights(*fits)


@OWN
@pytest.mark.parametrize("loss", ["hinge", "logit_adjusted"])
def test_other_losses_of_labels(architecture, loss):
    """Adjusted logits answer for the balanced accuracy, and so say "rare" more often."""
    rare = np.where(X["size"].fillna(0) + np.random.default_rng(0).normal(0, 0.7, N_ROWS) > 0.8, "rare", "usual")
    given = {"epochs": 30, "learning_rate": 0.02, "early_stopping": False}
    model, plain = (classifier(architecture, loss=one, **given).fit(X, rare) for one in (loss, "auto"))
    assert model.history_["loss"][-1] < 0.7 * model.history_["loss"][0]
    said = [(one.predict(X) == "rare").mean() for one in (model, plain)]
    assert said[0] > said[1] if loss == "logit_adjusted" else model.score(X, rare) > (rare == "usual").mean()


def test_another_prior_moves_the_probabilities():
    model = classifier().fit(X, LABELS)
    before = model.predict_proba(X)[:, 1]
    after = clone(model).set_params(prediction_prior=[0.1, 0.9]).fit(X, LABELS).predict_proba(X)[:, 1]
    assert (after > before).all()


# -- going on ---------------------------------------------------------------------------------------------------------


@BOTH
@OWN
def test_partial_fit_learns_of_the_columns_at_the_first_call(architecture, make, y):
    known = {"classes": [0, 1, 2]} if make is classifier else {}
    model = make(architecture).partial_fit(X[:80], y[:80], **known)
    first, inputs = [*model.weights_], model._net.inputs
    model.partial_fit(X[80:], y[80:])
    assert model._net.inputs is inputs
    assert model.n_epochs_ == 2
    assert not all(np.allclose(a, b) for a, b in zip(first, model.weights_, strict=True))
    assert model.predict(X).shape == (N_ROWS,)


def test_early_stopping_is_not_for_partial_fit():
    with pytest.raises(ValueError, match="partial_fit does not support early_stopping=True"):
        classifier(early_stopping=True).partial_fit(X, CLASSES, classes=[0, 1, 2])


@BOTH
@OWN
def test_a_warm_start_goes_on_from_where_it_was(architecture, make, y):
    still = make(architecture, warm_start=True, early_stopping=False).fit(X, y)
    before = still.predict(X)
    still.set_params(learning_rate=1e-12).fit(X[:120], y[:120])
    assert_array_equal(still.predict(X), before) if make is classifier else assert_allclose(
        still.predict(X), before, atol=1e-5
    )
    assert still.n_epochs_ == 6
    assert still.n_iter_ == 3


@OWN
def test_a_warm_start_with_held_out_rows_and_other_rows(architecture):
    model = classifier(architecture, warm_start=True).fit(X, CLASSES)
    model.fit(X[:120], CLASSES[:120])
    assert len(model.validation_scores_) == 3
    assert model.n_epochs_ == 6


def test_a_warm_start_keeps_the_number_of_members():
    model = classifier(n_estimators="auto", warm_start=True, early_stopping=False).fit(X, CLASSES)
    assert model._net.n_packed == 4
    assert model.fit(X[:100], CLASSES[:100])._net.n_packed == 4


# -- what is a scikit-learn estimator ---------------------------------------------------------------------------------


@BOTH
def test_one_seed_makes_one_net(make, y):
    first, second, other = (make(random_state=seed).fit(X, y) for seed in (0, 0, 1))
    assert same_weights(first, second)
    assert not same_weights(first, other, rtol=1e-3)


def test_parameters_of_the_architecture_are_read_set_and_cloned():
    model = classifier(RealMLP((8,), dropout=0.3))
    assert model.get_params()["architecture__dropout"] == 0.3
    copied = clone(model).set_params(architecture__dropout=0.1)
    assert copied.architecture.dropout == 0.1
    assert model.architecture.dropout == 0.3
    assert repr(TabularClassifier(RealMLP((8,)))) == "TabularClassifier(architecture=RealMLP(hidden_layer_sizes=(8,)))"


def test_callbacks_see_what_users_know(capsys):
    seen = []

    class Looks(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs):
            seen.append((epoch, self.model.output_shape, set(logs) >= {"loss", "val_score"}))

    classifier(callbacks=[Looks()], verbose=1).fit(X, CLASSES)
    assert seen == [(epoch, (None, 3), True) for epoch in range(3)]
    assert "3/3" in capsys.readouterr().err


UNPICKLE = """
import pickle, sys
model = pickle.load(open(sys.argv[1], "rb"))
assert repr(model).startswith("Tabular")
assert not {"tensorflow", "keras"} & set(sys.modules)
"""


def test_a_fitted_net_is_pickled_and_read_without_tensorflow(tmp_path):
    model = classifier().fit(X, LABELS)
    path = tmp_path / "model.pickle"
    path.write_bytes(pickle.dumps(model))
    subprocess.run([sys.executable, "-c", UNPICKLE, str(path)], check=True, timeout=100)
    assert_array_equal(pickle.loads(path.read_bytes()).predict_proba(X), model.predict_proba(X))


def test_cross_validation_of_a_frame():
    scores = cross_val_score(classifier(epochs=30, batch_size=32), X, LABELS, cv=3)
    assert scores.mean() > 0.75


def test_pipelines_and_column_transformers():
    scaled = make_column_transformer(
        (StandardScaler(), ["size", "age"]), remainder="passthrough", verbose_feature_names_out=False
    ).set_output(transform="pandas")
    assert make_pipeline(scaled, classifier()).fit(X, LABELS).predict(X).shape == (N_ROWS,)
    as_it_is = make_pipeline(FunctionTransformer(), classifier()).fit(X, LABELS)
    assert_allclose(as_it_is.predict_proba(X), classifier().fit(X, LABELS).predict_proba(X))


def test_rows_of_a_frame_are_resampled_before():
    rare = np.where(np.arange(N_ROWS) % 10 == 0, "rare", "usual")
    model = make_imblearn_pipeline(RandomOverSampler(random_state=0), classifier()).fit(X, rare)
    more, labels = RandomOverSampler(random_state=0).fit_resample(X, rare)
    assert isinstance(more, pd.DataFrame)
    assert_allclose(model.predict_proba(X), classifier().fit(more, labels).predict_proba(X))


# -- searches ---------------------------------------------------------------------------------------------------------

GRIDS = {
    "training": {"learning_rate": [0.01, 0.04], "weight_decay": [0.01, 0.05], "random_state": [0, 1]},
    "architecture": {"architecture__dropout": [0.1, 0.3], "label_smoothing": [0.05, 0.1], "epochs": [2, 3]},
    "rates of parts": {
        f"architecture__{name}_rate": [0.2, 2.0] for name in ("bias", "activation", "scale", "embedding")
    },
    "rows": {"batch_size": [16, 256], "validation_fraction": [0.2, 0.3], "class_weight": [{0: 2.0}, {0: 0.5}]},
}


@pytest.mark.parametrize("grid", GRIDS)
def test_a_search_over_numbers_compiles_one_program(grid, traces):  # noqa: F811
    columns = ["size", "age", "colour", "open"]
    model = classifier(early_stopping=True, scoring="loss")
    found = GridSearchCV(model, GRIDS[grid], cv=KFold(2), scoring="neg_log_loss").fit(X[columns], CLASSES)
    assert traces.programs == 1
    scores = found.cv_results_["mean_test_score"]
    assert len(np.unique(scores)) == len(scores)
