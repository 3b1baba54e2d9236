"""The verdict is drawn into the picture, and is there without one."""

import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest
from imblearn.over_sampling import SMOTE
from imblearn.pipeline import make_pipeline
from scipy.stats import entropy
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.preprocessing import StandardScaler

from skdeep.inspection import TrainingDiagnosisDisplay
from skdeep.tabular import MLPClassifier, MLPRegressor

EPOCHS = np.arange(40)
OVERFITTED = {
    "loss": (0.1 + np.exp(-EPOCHS / 5)).tolist(),
    "val_loss": np.where(EPOCHS < 10, 0.1 + np.exp(-EPOCHS / 5), 0.25 + 0.02 * (EPOCHS - 10)).tolist(),
}


def slow(Estimator, **settings):
    return Estimator((8,), learning_rate=1e-6, epochs=20, random_state=0, **settings)


def test_verdict_reason_and_advice_are_drawn():
    display = TrainingDiagnosisDisplay.from_history(OVERFITTED)
    assert display.verdict_ == "overfitting"
    assert display.ax_.get_title(loc="left") == "Overfitting"
    assert " ".join(display.text_.get_text().split()) == f"{display.reason_} {display.advice_}"
    assert [line.get_ydata().tolist() for line in display.lines_] == [OVERFITTED["loss"], OVERFITTED["val_loss"]]


def test_words_stay_inside_a_narrow_picture():
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 3, figsize=(12, 3), layout="constrained")
    for ax in axes:
        display = TrainingDiagnosisDisplay.from_history(OVERFITTED, ax=ax)
    figure.draw_without_rendering()
    for ax, following in pairwise(axes):
        text = ax.texts[0].get_window_extent()
        assert text.x1 < following.get_window_extent().x0
        assert text.y1 < ax.xaxis.label.get_window_extent().y0
    assert display.text_.get_window_extent().y0 >= 0


def test_advice_can_be_left_out():
    display = TrainingDiagnosisDisplay.from_history(OVERFITTED, show_advice=False, log_scale=True, name="net")
    assert display.text_ is None
    assert len(display.ax_.texts) == 0
    assert display.ax_.get_yscale() == "log"
    assert display.lines_[0].get_label() == "net, training"


def test_verdict_needs_no_picture():
    script = (
        "import sys; from skdeep.inspection import TrainingDiagnosisDisplay as Display;"
        f"display = Display(loss={OVERFITTED['loss']}, val_loss={OVERFITTED['val_loss']});"
        "print(display.verdict_, 'matplotlib' in sys.modules, 'tensorflow' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "overfitting False False\n"


def test_estimator_is_judged_inside_a_search_over_a_pipeline():
    X, y = load_breast_cancer(return_X_y=True)
    pipeline = make_pipeline(StandardScaler(), SMOTE(random_state=0), slow(MLPClassifier, early_stopping=True))
    search = GridSearchCV(pipeline, {"mlpclassifier__alpha": [0.0, 0.1]}, cv=2).fit(X, y)
    display = TrainingDiagnosisDisplay.from_estimator(search)
    assert display.verdict_ == "learning rate too low"
    assert display.lines_[0].get_ydata().tolist() == search.best_estimator_[-1].loss_curve_


@pytest.mark.parametrize(
    ("estimator", "load", "guess_loss", "perfect_loss"),
    [
        (slow(MLPClassifier), load_iris, "entropy", 0.0),
        (slow(MLPClassifier), load_breast_cancer, "entropy", 0.0),
        (slow(MLPClassifier, loss="hinge"), load_iris, None, 0.0),
        (slow(MLPRegressor), load_diabetes, 1.0, 0.0),
        (slow(MLPRegressor, loss="poisson"), load_diabetes, 1.0, None),
        (slow(MLPRegressor, loss="cosine"), load_diabetes, 0.0, -1.0),
        (slow(MLPRegressor, loss="mean_squared_logarithmic_error"), load_diabetes, None, 0.0),
    ],
)
def test_losses_are_measured_against_that_of_a_guess(estimator, load, guess_loss, perfect_loss):
    X, X_val, y, y_val = train_test_split(*load(return_X_y=True), random_state=0)
    scaler = StandardScaler().fit(X)
    estimator.fit(scaler.transform(X), y, X_val=scaler.transform(X_val), y_val=y_val)
    display = TrainingDiagnosisDisplay.from_estimator(estimator, show_advice=False)
    expected = entropy(np.bincount(y)) if guess_loss == "entropy" else guess_loss
    assert display.guess_loss == pytest.approx(expected)
    assert display.perfect_loss == perfect_loss


@pytest.mark.parametrize(
    ("loss", "guess_loss"), [("auto", 1.0), ("mae", 0.8), ("huber", 0.42), ("log_cosh", 0.37), ("pinball", 0.4)]
)
def test_loss_of_a_guess_is_that_of_predicting_the_middle_of_a_normal_target(loss, guess_loss):
    random = np.random.default_rng(0)
    X, y = np.zeros((20000, 1)), 5 + 3 * random.standard_normal(20000)
    blind = MLPRegressor((), loss=loss, epochs=5, learning_rate=0.01, random_state=0).fit(X, y, X_val=X, y_val=y)
    display = TrainingDiagnosisDisplay.from_estimator(blind, show_advice=False)
    assert display.guess_loss == guess_loss
    assert display.val_loss[-1] == pytest.approx(guess_loss, rel=0.02)


def test_loss_of_a_guess_adds_up_over_several_targets():
    X, y = load_iris(return_X_y=True)
    several = np.column_stack([y, y == 1])
    model = slow(MLPClassifier).fit(X, several, X_val=X, y_val=several)
    display = TrainingDiagnosisDisplay.from_estimator(model, show_advice=False)
    third = np.log(3) / 3 + 2 / 3 * np.log(3 / 2)
    assert display.guess_loss == pytest.approx(np.log(3) + third)
    labels = np.column_stack([y == 0, y == 1]).astype(int)
    labels = slow(MLPClassifier).fit(X, labels, X_val=X, y_val=labels)
    guess = TrainingDiagnosisDisplay.from_estimator(labels, show_advice=False).guess_loss
    assert guess == pytest.approx(third)


def test_a_net_that_learned_only_how_rare_a_class_is_underfits():
    random = np.random.default_rng(0)
    X, y = random.normal(size=(2000, 3)), random.uniform(size=2000) < 0.03
    model = MLPClassifier((8,), epochs=30, random_state=0).fit(X[:1000], y[:1000], X_val=X[1000:], y_val=y[1000:])
    assert TrainingDiagnosisDisplay.from_estimator(model, show_advice=False).verdict_ == "underfitting"


def test_with_early_stopping_the_kept_epoch_is_judged():
    X, y = load_iris(return_X_y=True)
    model = MLPClassifier((8,), early_stopping=True, scoring="accuracy", epochs=30, random_state=0).fit(X, y)
    display = TrainingDiagnosisDisplay.from_estimator(model)
    assert display.kept_epoch == display.best_epoch == int(np.argmax(model.history_["val_score"])) + 1


def test_a_fit_without_validation_data_is_judged_as_far_as_that_goes():
    X, y = load_iris(return_X_y=True)
    fitted = MLPClassifier((8,), learning_rate=0.01, epochs=60, random_state=0).fit(X, y)
    display = TrainingDiagnosisDisplay.from_estimator(fitted)
    assert display.verdict_ == "no fault found"
    assert "early_stopping=True" in display.advice_
    assert len(display.lines_) == 1
    slowly = slow(MLPClassifier).fit(X, y)
    assert TrainingDiagnosisDisplay.from_estimator(slowly).verdict_ == "learning rate too low"
    with pytest.raises(ValueError, match="at least 5"):
        TrainingDiagnosisDisplay.from_history({"loss": [1.0, 0.9]})


def test_it_is_said_when_the_loss_was_still_falling():
    falling = [1.0, 0.9, 0.8, 0.72, 0.64, 0.56, 0.48, 0.4, 0.33, 0.26]
    for history in ({"loss": falling}, {"loss": falling, "val_loss": [one + 0.01 for one in falling]}):
        display = TrainingDiagnosisDisplay.from_history(history, guess_loss=1.1)
        assert "still falling" in display.advice_
    level = [1.0, 0.6, 0.4, 0.3, 0.26, 0.24, 0.231, 0.23, 0.23, 0.229]
    display = TrainingDiagnosisDisplay.from_history({"loss": level}, guess_loss=1.1)
    assert "still falling" not in display.advice_


def test_too_few_epochs_are_refused():
    with pytest.raises(ValueError, match="at least 5"):
        TrainingDiagnosisDisplay.from_history({"loss": [1.0, 0.9], "val_loss": [1.0, 0.9]})


def test_without_matplotlib_the_error_says_what_to_install(monkeypatch):
    display = TrainingDiagnosisDisplay(loss=OVERFITTED["loss"], val_loss=OVERFITTED["val_loss"])
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(ImportError, match=r'TrainingDiagnosisDisplay.plot needs matplotlib, .*"scikit-deep\[plot\]"'):
        display.plot()
