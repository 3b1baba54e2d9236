"""Raw tables and parameters that a net cannot use: a clear error before training, or what the documentation says."""

import numpy as np
import pandas as pd
import pytest

from skdeep.tabular import TabularClassifier
from skdeep.tabular.architectures import FTTransformer, RealMLP, TabM
from tests.tabular.tables import CLASSES, LABELS, N_ROWS, VALUES, X, classifier, regressor


def changed(**columns):
    return X.assign(**columns)


# -- tables -----------------------------------------------------------------------------------------------------------


def test_columns_that_tell_nothing_change_nothing_but_sizes():
    known = changed(empty=np.nan, constant=3.0, same="always")
    model = classifier().fit(known, LABELS)
    other = known.assign(empty=5.0, constant=4.0)
    assert np.isfinite(model.predict_proba(other)).all()
    assert np.array_equal(model.predict_proba(known.assign(empty=5.0)), model.predict_proba(known))


@pytest.mark.parametrize(
    ("column", "values", "message"),
    [
        ("mixed", [1.0, "a"] * (N_ROWS // 2), "mixed"),
        ("lists", [[1, 2]] * N_ROWS, "lists"),
        ("size", np.where(np.arange(N_ROWS) % 5, 1.0, np.inf), "size"),
        ("day", np.full(N_ROWS, "12000-01-01", "datetime64[s]"), "'day'.*out of range"),
    ],
)
def test_a_column_that_cannot_be_read_is_named(column, values, message):
    with pytest.raises((TypeError, ValueError), match=message):
        classifier().fit(changed(**{column: values}), LABELS)


def test_a_column_that_changed_its_type_is_named():
    model = classifier().fit(X, LABELS)
    with pytest.raises((TypeError, ValueError), match="age"):
        model.predict(changed(age="old"))
    with pytest.raises((TypeError, ValueError), match="town"):
        model.predict(changed(town=3.0))


def test_duplicated_names_are_named():
    twice = pd.concat([X, X[["age"]]], axis=1)
    with pytest.raises(ValueError, match="age"):
        classifier().fit(twice, LABELS)


def test_missing_columns_are_named():
    with pytest.raises(ValueError, match="town"):
        classifier().fit(X, LABELS).predict(X.drop(columns="town"))


@pytest.mark.parametrize("text_features", ["hash", "drop", "error"])
def test_ids_are_texts(text_features):
    known = changed(id=[f"row {number}" for number in range(N_ROWS)])
    model = classifier(text_features=text_features)
    if text_features == "error":
        with pytest.raises(ValueError, match="id"):
            model.fit(known, LABELS)
    elif text_features == "drop":
        with pytest.warns(UserWarning, match="id"):
            model.fit(known, LABELS)
        assert np.array_equal(model.predict_proba(known.assign(id="x")), model.predict_proba(known))
    else:
        assert np.isfinite(model.fit(known, LABELS).predict_proba(known.assign(id="x"))).all()


def test_more_categories_than_rows_of_a_class():
    known = changed(many=[f"v{number % 75}" for number in range(N_ROWS)])
    assert classifier().fit(known, LABELS).predict(known.assign(many="new")).shape == (N_ROWS,)


def test_more_categories_than_rows():
    """Those that a frame knows of, and no row has, are as good as new ones."""
    names = [f"v{number}" for number in range(10 * N_ROWS)]
    known = changed(many=pd.Categorical(np.resize(names[:20], N_ROWS), categories=names))
    model = classifier().fit(known, LABELS)
    unseen = [model.predict_proba(known.assign(many=pd.Categorical([name] * N_ROWS, names))) for name in names[20:22]]
    assert np.array_equal(*unseen)
    assert not np.allclose(unseen[0], model.predict_proba(known))


def test_wide_tables():
    """Of 10,000 numbers, the default net reads the numbers alone, not 20 columns for each."""
    wide = pd.DataFrame(np.random.default_rng(0).normal(size=(120, 10_000)))
    model = classifier(epochs=1).fit(wide, LABELS[:120])
    assert max(weights.size for weights in model.weights_) == 2 * 10_000 * 8
    assert model.predict(wide).shape == (120,)


@pytest.mark.parametrize(
    ("make", "n_numbers", "width"),
    [
        (classifier, 64, 8 + 4),
        (regressor, 32, 16 + 4),
        (regressor, 33, 12 + 4),
        (regressor, 256, 2 + 4),
        (regressor, 257, 1),
    ],
)
def test_what_is_made_of_a_number_where_there_are_many(make, n_numbers, width):
    many = pd.DataFrame(np.random.default_rng(0).normal(size=(40, n_numbers)))
    model = make(epochs=1, early_stopping=False, n_estimators=1).fit(
        many, VALUES[:40] if make is regressor else LABELS[:40]
    )
    assert n_numbers * width in {size for weights in model.weights_ for size in weights.shape}


# -- targets ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("missing", [np.nan, None])
def test_a_target_with_missing_values(missing):
    labels = LABELS.astype(object)
    labels[3] = missing
    with pytest.raises(ValueError, match=r"(?i)nan|missing|None"):
        classifier().fit(X, labels)
    values = VALUES.astype(object)
    values[3] = missing
    with pytest.raises(ValueError, match=r"(?i)nan|missing|None"):
        regressor().fit(X, values)


def test_one_row():
    with pytest.raises(ValueError, match=r"(?i)class"):
        classifier().fit(X[:1], LABELS[:1])
    assert regressor().fit(X[:1], VALUES[:1]).predict(X[:2]) == pytest.approx(VALUES[0], abs=1e-5)


def test_too_few_rows_to_hold_some_out():
    with pytest.raises(ValueError, match="early_stopping"):
        regressor(early_stopping=True, n_estimators=4).fit(X[:3], VALUES[:3])


def test_a_fit_that_fails_leaves_the_estimator_as_it_was():
    model = classifier().fit(X, CLASSES)
    before = model.predict_proba(X)
    with pytest.raises(ValueError, match="size"):
        model.fit(changed(size=np.inf), CLASSES)
    assert np.array_equal(model.predict_proba(X), before)


# -- parameters -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("architecture", [RealMLP, "real_mlp", 3, None])
def test_what_is_no_architecture(architecture):
    with pytest.raises((TypeError, ValueError), match=r"architecture.*RealMLP"):
        TabularClassifier(architecture).fit(X, LABELS)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("dropout", 1.0),
        ("dropout", -0.1),
        ("n_bins", 0),
        ("periodic_dim", 1),
        ("hidden_layer_sizes", (0,)),
        ("category_dim", 0),
        ("frequency_deviation", 0.0),
        ("bias_rate", -1.0),
        ("scale", "yes"),
        ("activation", 3),
        ("activation", "selur"),
    ],
)
def test_parameters_of_an_architecture_out_of_their_range_are_named(name, value):
    with pytest.raises((TypeError, ValueError), match=name if value != "selur" else "selur"):
        TabularClassifier(RealMLP(**{name: value})).fit(X, LABELS)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("n_estimators", 0),
        ("n_estimators", "all"),
        ("text_share", 1.5),
        ("text_features", "keep"),
        ("categorical_features", "all"),
        ("epochs", 0),
        ("validation_fraction", 1.0),
        ("label_smoothing", 1.0),
        ("scoring", "accuracies"),
        ("optimizer", "adamm"),
    ],
)
def test_parameters_out_of_their_range_are_named(name, value):
    with pytest.raises(ValueError, match=name):
        classifier(**{name: value}).fit(X, LABELS)


def test_parameters_that_do_not_go_together():
    with pytest.raises(ValueError, match="n_heads"):
        classifier(FTTransformer(1, width=8, n_heads=3)).fit(X, LABELS)
    with pytest.raises(ValueError, match="categorical_features"):
        classifier(categorical_features=["towns"]).fit(X, LABELS)
    with pytest.raises(ValueError, match="n_members"):
        classifier(TabM(0)).fit(X, LABELS)
