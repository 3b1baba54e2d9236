"""What an epoch leaves in the history: seconds, several scores; and a warning about raw validation rows."""

import warnings

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_iris, load_wine
from sklearn.metrics import balanced_accuracy_score, make_scorer, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from skdeep.metrics import imbalance_scoring
from skdeep.tabular import MLPClassifier

X, y = load_breast_cancer(return_X_y=True)
X = StandardScaler().fit_transform(X)
X, X_VAL, Y, Y_VAL = train_test_split(X, y, random_state=0)
SETTINGS = {"hidden_layer_sizes": (4,), "epochs": 5, "random_state": 0}
HELD_OUT = {"X_val": X_VAL, "y_val": Y_VAL}


def test_every_epoch_has_its_seconds():
    for given in ({}, {"verbose": 0, "early_stopping": True}):
        model = MLPClassifier(**SETTINGS, **given).fit(X, Y)
        assert len(model.history_["seconds"]) == 5
        assert min(model.history_["seconds"]) > 0


def test_the_first_of_several_scores_decides_and_all_are_in_the_history():
    scoring = ["balanced_accuracy", "roc_auc", "neg_log_loss"]
    model = MLPClassifier(**SETTINGS, scoring=scoring, early_stopping=True).fit(X, Y, **HELD_OUT)
    alone = MLPClassifier(**SETTINGS, scoring="balanced_accuracy", early_stopping=True).fit(X, Y, **HELD_OUT)
    history = model.history_
    assert history["val_score"] == history["val_balanced_accuracy"] == alone.history_["val_score"]
    assert model.validation_scores_ == alone.validation_scores_
    np.testing.assert_allclose(history["val_neg_log_loss"], -np.array(history["val_loss"]), rtol=1e-5)
    best = int(np.argmax(history["val_score"]))
    assert roc_auc_score(Y_VAL, model.predict_proba(X_VAL)[:, 1]) == pytest.approx(history["val_roc_auc"][best])


def test_the_loss_may_decide_beside_other_scores():
    scoring = {"first": "loss", "balanced": make_scorer(balanced_accuracy_score)}
    model = MLPClassifier(**SETTINGS, scoring=scoring, early_stopping=True).fit(X, Y, **HELD_OUT)
    assert "val_score" not in model.history_
    assert model.best_validation_score_ == pytest.approx(-min(model.history_["val_loss"]))
    assert len(model.history_["val_balanced"]) == 5


def test_the_scores_for_rare_classes_can_be_followed():
    model = MLPClassifier(**SETTINGS, scoring=imbalance_scoring()).fit(X, Y, **HELD_OUT)
    assert {f"val_{name}" for name in imbalance_scoring()} < set(model.history_)


@pytest.mark.parametrize("wrong", [[], {}, [balanced_accuracy_score], {1: "accuracy"}])
def test_scores_have_names(wrong):
    with pytest.raises(ValueError, match="scoring must hold names"):
        MLPClassifier(**SETTINGS, scoring=wrong).fit(X, Y)


def test_an_unknown_score_among_several_is_named():
    with pytest.raises(ValueError, match="no such score"):
        MLPClassifier(**SETTINGS, scoring=["accuracy", "no such score"]).fit(X, Y, **HELD_OUT)


RAW = [load_iris(return_X_y=True), load_wine(return_X_y=True), load_breast_cancer(return_X_y=True)]


@pytest.mark.parametrize(("raw", "labels"), RAW)
def test_raw_validation_rows_beside_scaled_ones_warn_and_others_do_not(raw, labels):
    train, held_out, y_train, y_held_out = train_test_split(raw, labels, random_state=0)
    scaler = StandardScaler().fit(train)
    model = MLPClassifier(**SETTINGS)
    for first, second in ((scaler.transform(train), held_out), (train, scaler.transform(held_out))):
        with pytest.warns(UserWarning, match="X_val is on another scale than X"):
            model.fit(first, y_train, X_val=second, y_val=y_held_out)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.fit(scaler.transform(train), y_train, X_val=scaler.transform(held_out), y_val=y_held_out)
        one_hot = np.eye(200)[np.arange(len(train)) % 200][:, :150]
        few = np.eye(200)[np.arange(len(held_out)) % 7][:, :150]
        model.fit(one_hot, y_train, X_val=few, y_val=y_held_out)
