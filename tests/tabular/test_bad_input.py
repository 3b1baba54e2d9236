"""Bad data get a clear error before any training, and leave a fitted net exactly as it was."""

import copy
import re

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.datasets import load_diabetes, load_iris
from sklearn.preprocessing import scale

from skdeep.tabular import MLPClassifier, MLPRegressor
from tests.unharmed import Unharmed

FLOWERS, SPECIES = load_iris(return_X_y=True)
FLOWERS = scale(FLOWERS)
PATIENTS, PROGRESSION = (half[:200] for half in load_diabetes(return_X_y=True))
SETTINGS = {"hidden_layer_sizes": (8,), "learning_rate": 0.03, "epochs": 5, "random_state": 0}


@pytest.fixture(scope="module")
def fitted():
    return {
        MLPClassifier: MLPClassifier(**SETTINGS).fit(FLOWERS, SPECIES),
        MLPRegressor: MLPRegressor(**SETTINGS).fit(PATIENTS, PROGRESSION),
    }


@pytest.fixture
def classifier(fitted):
    return copy.deepcopy(fitted[MLPClassifier])


@pytest.fixture
def regressor(fitted):
    return copy.deepcopy(fitted[MLPRegressor])


def unharmed(net, error, message):
    return Unharmed(net, FLOWERS if isinstance(net, MLPClassifier) else PATIENTS, error, message)


def replaced(array, value, where=(3, 1)):
    array = array.astype(np.result_type(array, np.asarray(value)) if not isinstance(value, str) else object)
    array[where] = value
    return array


# -- X ----------------------------------------------------------------------------------------------------------------

BAD_ROWS = {
    "a string among the numbers": (replaced(FLOWERS, "tall"), ValueError, "could not convert string to float: 'tall'"),
    "NaN": (replaced(FLOWERS, np.nan), ValueError, "Input X contains NaN"),
    "infinity": (replaced(FLOWERS, np.inf), ValueError, "Input X contains infinity"),
    "NaN in a sparse matrix": (sparse.csr_matrix(replaced(FLOWERS, np.nan)), ValueError, "Input X contains NaN"),
    "complex numbers": (FLOWERS + 1j, ValueError, "Complex data not supported"),
    "one dimension": (FLOWERS[:, 0], ValueError, "Expected 2D array, got 1D array instead"),
    "three dimensions": (FLOWERS[:, :, None], ValueError, "Found array with dim 3"),
    "no rows": (FLOWERS[:0], ValueError, "0 sample"),
    "no columns": (FLOWERS[:, :0], ValueError, "0 feature"),
    "fewer rows than targets": (FLOWERS[:-1], ValueError, "inconsistent numbers of samples"),
}


@pytest.mark.parametrize("case", BAD_ROWS)
def test_bad_rows_to_fit_on(classifier, case):
    X, error, message = BAD_ROWS[case]
    with unharmed(classifier, error, message):
        classifier.fit(X, SPECIES)


@pytest.mark.parametrize("method", ["predict", "predict_proba", "predict_log_proba", "decision_function"])
@pytest.mark.parametrize("case", [case for case in BAD_ROWS if "targets" not in case])
def test_bad_rows_to_predict(classifier, method, case):
    X, error, message = BAD_ROWS[case]
    with unharmed(classifier, error, message):
        getattr(classifier, method)(X)


@pytest.mark.parametrize("columns", [1, 3, 5])
def test_the_wrong_number_of_columns(classifier, regressor, columns):
    expected = rf"X has {columns} features?, but MLP(Classifier|Regressor) is expecting (4|10) features as input"
    X = np.ones((20, columns))
    for net in (classifier, regressor):
        for call in (net.predict, lambda X, net=net: net.partial_fit(X, np.arange(20) % 3)):
            with unharmed(net, ValueError, expected):
                call(X)


def test_columns_in_another_order_or_of_other_names(classifier):
    frame = pd.DataFrame(FLOWERS, columns=["a", "b", "c", "d"])
    classifier.fit(frame, SPECIES)
    with pytest.raises(ValueError, match="Feature names must be in the same order"):
        classifier.predict(frame[["b", "a", "c", "d"]])
    with pytest.raises(ValueError, match="Feature names unseen at fit time"):
        classifier.predict(frame.rename(columns={"a": "e"}))


def test_a_data_frame_names_its_columns_that_are_not_numeric(classifier):
    frame = pd.DataFrame(FLOWERS, columns=["a", "b", "c", "d"])
    frame["colour"] = np.where(SPECIES == 0, "blue", "violet")
    frame["size"] = pd.Categorical(np.where(SPECIES == 0, "small", "large"))
    frame["picked"] = pd.Timestamp("2026-05-01")
    frame["mixed"] = pd.Series([1.5, "x"] * 75, dtype=object)
    message = r"not numeric: .*'colour'.*ColumnTransformer"
    with unharmed(classifier, ValueError, message) as raised:
        classifier.fit(frame, SPECIES)
    named = str(raised.value).split(". ")[0]
    assert set(re.findall(r"'(\w+)'", named)) == {"colour", "size", "picked", "mixed"}


@pytest.mark.parametrize("kind", ["Int64", "Float32", "boolean", "object"])
def test_a_data_frame_with_missing_numbers(classifier, kind):
    values = [1, None] * 75 if kind != "boolean" else [True, None] * 75
    frame = pd.DataFrame(FLOWERS[:, :3], columns=["a", "b", "c"]).assign(d=pd.array(values, dtype=kind))
    with unharmed(classifier, ValueError, "Input X contains NaN"):
        classifier.fit(frame, SPECIES)


@pytest.mark.filterwarnings("ignore:overflow encountered in cast")
@pytest.mark.parametrize("dtype", ["auto", "float32"])
def test_numbers_that_float32_cannot_hold(dtype):
    X, y = np.repeat(FLOWERS, 5, axis=0), np.repeat(SPECIES, 5)
    net = MLPClassifier(**SETTINGS, dtype=dtype).fit(X, y)
    for call in (lambda X: net.fit(X, y), net.predict_proba):
        with unharmed(net, ValueError, "too large for dtype"):
            call(replaced(X, 1e300))


@pytest.mark.parametrize("make", [MLPClassifier, MLPRegressor])
def test_what_needs_a_fit_says_so(make):
    with pytest.raises(ValueError, match="not fitted yet"):
        make().predict(FLOWERS)
    for attribute in ("model_", "coefs_", "intercepts_"):
        with pytest.raises(AttributeError, match="not fitted yet"):
            getattr(make(), attribute)


# -- y ----------------------------------------------------------------------------------------------------------------

ONE_CLASS = "at least 2 classes in y, but y contains one class only"
BAD_LABELS = {
    "none": (None, "requires y to be passed, but the target y is None"),
    "one class": (np.zeros(150), ONE_CLASS),
    "one class of strings": (np.full(150, "setosa"), ONE_CLASS),
    "NaN": (replaced(SPECIES, np.nan, 3), "Input y contains NaN"),
    "infinity": (replaced(SPECIES, np.inf, 3), "Input y contains infinity"),
    "continuous": (np.linspace(0, 1, 150), "Unknown label type: continuous"),
    "too short": (SPECIES[:-1], r"inconsistent numbers of samples: \[150, 149\]"),
    "three dimensions": (SPECIES[:, None, None], "dim 3"),
    "a single label": (1, "at least 1 dimension"),
}


@pytest.mark.parametrize("case", BAD_LABELS)
def test_bad_labels(classifier, case):
    y, message = BAD_LABELS[case]
    with unharmed(classifier, (ValueError, TypeError), message):
        classifier.fit(FLOWERS, y)


BAD_TARGETS = {
    "none": (None, "requires y to be passed, but the target y is None"),
    "NaN": (replaced(PROGRESSION, np.nan, 3), "Input y contains NaN"),
    "infinity": (replaced(PROGRESSION, np.inf, 3), "Input y contains infinity"),
    "minus infinity": (replaced(PROGRESSION, -np.inf, 3), "Input y contains infinity"),
    "strings": (np.full(200, "dear"), "could not convert string to float"),
    "too long": (np.append(PROGRESSION, 1.0), r"inconsistent numbers of samples: \[200, 201\]"),
    "three dimensions": (PROGRESSION[:, None, None], "dim 3"),
    "complex numbers": (PROGRESSION + 1j, "Complex data not supported"),
}


@pytest.mark.parametrize("case", BAD_TARGETS)
def test_bad_targets(regressor, case):
    y, message = BAD_TARGETS[case]
    with unharmed(regressor, ValueError, message):
        regressor.fit(PATIENTS, y)


@pytest.mark.parametrize("y", [-PROGRESSION, np.where(PROGRESSION > 200, -1.0, PROGRESSION), np.zeros(200)])
def test_poisson_wants_counts(regressor, y):
    regressor.set_params(loss="poisson")
    with unharmed(regressor, ValueError, "loss='poisson' needs targets that are not negative and not all zero"):
        regressor.fit(PATIENTS, y)


def test_poisson_wants_counts_later_and_for_validation_too(regressor):
    regressor.set_params(loss="poisson").fit(PATIENTS, PROGRESSION)
    with unharmed(regressor, ValueError, "loss='poisson' needs targets that are not negative"):
        regressor.partial_fit(PATIENTS, -PROGRESSION)
    with unharmed(regressor, ValueError, "loss='poisson' needs targets that are not negative"):
        regressor.fit(PATIENTS, PROGRESSION, X_val=PATIENTS, y_val=-PROGRESSION)


# -- sample weights ---------------------------------------------------------------------------------------------------

BAD_WEIGHTS = {
    "negative": (replaced(np.ones(150), -1.0, 3), "Negative values in data passed to `sample_weight`"),
    "NaN": (replaced(np.ones(150), np.nan, 3), "Input sample_weight contains NaN"),
    "infinity": (replaced(np.ones(150), np.inf, 3), "Input sample_weight contains infinity"),
    "too short": (np.ones(149), r"sample_weight.shape == \(149,\), expected \(150,\)"),
    "a column": (np.ones((150, 1)), "Sample weights must be 1D array"),
    "strings": (np.full(150, "heavy"), "could not convert string to float"),
    "all zero": (np.zeros(150), "at least one non-zero"),
}


@pytest.mark.parametrize("case", BAD_WEIGHTS)
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_bad_sample_weights(classifier, method, case):
    weight, message = BAD_WEIGHTS[case]
    with unharmed(classifier, ValueError, message):
        getattr(classifier, method)(FLOWERS, SPECIES, sample_weight=weight)


@pytest.mark.parametrize("case", BAD_WEIGHTS)
def test_bad_validation_weights(classifier, case):
    weight, message = BAD_WEIGHTS[case]
    with unharmed(classifier, ValueError, message):
        classifier.fit(FLOWERS, SPECIES, X_val=FLOWERS, y_val=SPECIES, sample_weight_val=weight)


def test_weights_that_leave_one_class(classifier):
    with unharmed(classifier, ValueError, ONE_CLASS):
        classifier.fit(FLOWERS, SPECIES, sample_weight=SPECIES == 1)


# -- validation data --------------------------------------------------------------------------------------------------

BAD_VALIDATION = {
    "rows without labels": ({"X_val": FLOWERS}, "X_val and y_val go together"),
    "labels without rows": ({"y_val": SPECIES}, "X_val and y_val go together"),
    "weights alone": ({"sample_weight_val": np.ones(150)}, "sample_weight_val is given without X_val and y_val"),
    "other width": ({"X_val": FLOWERS[:, :3], "y_val": SPECIES}, "X has 3 features, but MLPClassifier is expecting 4"),
    "NaN": ({"X_val": replaced(FLOWERS, np.nan), "y_val": SPECIES}, "contains NaN"),
    "other length": ({"X_val": FLOWERS, "y_val": SPECIES[:-1]}, "inconsistent numbers of samples"),
    "unknown labels": ({"X_val": FLOWERS, "y_val": SPECIES + 1}, r"labels that were not there before: \[3\]"),
}


@pytest.mark.parametrize("case", BAD_VALIDATION)
def test_bad_validation_data(classifier, case):
    given, message = BAD_VALIDATION[case]
    with unharmed(classifier, ValueError, message):
        classifier.fit(FLOWERS, SPECIES, **given)


def test_too_few_rows_to_split_for_early_stopping(classifier):
    classifier.set_params(early_stopping=True)
    with unharmed(classifier, ValueError, "cannot split validation_fraction=0.1 off 3 rows"):
        classifier.fit(FLOWERS[::50], SPECIES[::50])


# -- partial_fit ------------------------------------------------------------------------------------------------------


def test_partial_fit_needs_the_classes_first():
    with pytest.raises(ValueError, match="classes must be passed on the first call to partial_fit"):
        MLPClassifier(**SETTINGS).partial_fit(FLOWERS, SPECIES)


@pytest.mark.parametrize("classes", [[], [1]])
def test_partial_fit_needs_two_classes(classes):
    with pytest.raises(ValueError, match=r"classes|labels"):
        MLPClassifier(**SETTINGS).partial_fit(FLOWERS, SPECIES, classes=classes)


def test_partial_fit_meets_labels_outside_the_classes():
    with pytest.raises(ValueError, match=r"labels that were not there before: \[2\]; known are \[0, 1\]"):
        MLPClassifier(**SETTINGS).partial_fit(FLOWERS, SPECIES, classes=[0, 1])


def test_partial_fit_of_a_fitted_net(classifier):
    with unharmed(classifier, ValueError, r"labels that were not there before: \[3\]; known are \[0, 1, 2\]"):
        classifier.partial_fit(FLOWERS, SPECIES + 1)
    with unharmed(classifier, ValueError, "must be the same as on the last call"):
        classifier.partial_fit(FLOWERS, SPECIES, classes=[0, 1, 2, 3])
    for epochs in (0, -1, 1.5, "many"):
        with unharmed(classifier, ValueError, f"epochs must be an integer of at least 1, got {epochs!r}"):
            classifier.partial_fit(FLOWERS, SPECIES, epochs=epochs)


def test_partial_fit_cannot_stop_early(classifier, regressor):
    for net, y in ((classifier, np.arange(20) % 3), (regressor, np.arange(20.0))):
        X = np.ones((20, net.n_features_in_))
        net.set_params(early_stopping=True)
        with unharmed(net, ValueError, "partial_fit does not support early_stopping=True"):
            net.partial_fit(X, y)


def test_partial_fit_cannot_balance_the_classes(classifier):
    classifier.set_params(class_weight="balanced")
    with unharmed(classifier, ValueError, "class_weight='balanced' .*cannot be used with partial_fit"):
        classifier.partial_fit(FLOWERS, SPECIES)


def test_partial_fit_with_another_number_of_targets(regressor):
    with unharmed(regressor, ValueError, "y has 2 targets a row, but 1 are expected"):
        regressor.partial_fit(PATIENTS, np.column_stack([PROGRESSION, PROGRESSION]))


@pytest.mark.parametrize("go_on", ["partial_fit", "warm start"])
@pytest.mark.parametrize(
    "change", [{"hidden_layer_sizes": (9,)}, {"hidden_layer_sizes": (8, 8)}, {"normalization": "batch"}], ids=str
)
def test_going_on_with_another_net(classifier, go_on, change):
    classifier.set_params(**change, warm_start=go_on == "warm start")
    with unharmed(classifier, ValueError, r"partial_fit|warm_start"):
        getattr(classifier, "partial_fit" if go_on == "partial_fit" else "fit")(FLOWERS, SPECIES)


# -- messages that were obscure ---------------------------------------------------------------------------------------

TWO_LABELS = np.where(np.arange(20) % 2, "yes", "no")


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (sparse.csr_array(np.column_stack([np.arange(20) % 2, np.arange(20) % 3])), "A sparse y holds 0 and 1"),
        (pd.DataFrame({"a": np.arange(20) % 2, "b": TWO_LABELS}), "y mixes labels of the types int, str"),
        (np.array([1, "a", None, "b"] * 5, dtype=object), "y mixes labels of the types NoneType, int, str"),
        (pd.Series(TWO_LABELS).where(np.arange(20) > 0), "Input y contains NaN"),
        (pd.Series(TWO_LABELS, dtype="string").where(np.arange(20) > 0), "Input y contains NaN"),
    ],
    ids=["sparse", "columns", "labels", "object", "string"],
)
def test_labels_that_cannot_be_told_apart(y, message):
    with pytest.raises(ValueError, match=message):
        MLPClassifier(**SETTINGS).fit(np.arange(40.0).reshape(20, 2), y)


def test_strings_of_python_and_numpy_are_labels_of_one_kind():
    y = np.array([np.str_("no"), "yes"] * 10, dtype=object)
    model = MLPClassifier(**SETTINGS).fit(np.arange(40.0).reshape(20, 2) / 40, y)
    assert model.classes_.tolist() == ["no", "yes"]


def test_columns_of_the_same_name():
    X = pd.DataFrame(np.ones((20, 3)), columns=["a", "b", "a"])
    with pytest.raises(ValueError, match="X has several columns of the same name: 'a'"):
        MLPClassifier(**SETTINGS).fit(X, TWO_LABELS)


def test_a_loss_that_does_not_hash_trains():
    class Squared:
        __hash__ = None

        def __call__(self, y_true, y_pred):
            return (y_true[:, 0] - y_pred[:, 0]) ** 2

    X = np.arange(40.0).reshape(20, 2) / 40
    own = MLPRegressor(**SETTINGS, loss=Squared()).fit(X, X[:, 0])
    assert np.isfinite(own.loss_curve_).all()
