"""What a word adds is what is lost without it."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from skdeep.inspection import TextExplanationDisplay
from skdeep.text import TextClassifier, TextRegressor
from skdeep.text._explanation import explained

TEXTS = ["good film", "bad film", "good music", "bad music", "good good day", "bad bad day"] * 3
LABELS = np.array(["up", "down"] * 9)


def test_words_of_a_linear_model_add_their_coefficients():
    model = make_pipeline(CountVectorizer(), LogisticRegression()).fit(TEXTS, LABELS)
    coefficient = dict(zip(model[0].get_feature_names_out(), model[1].coef_[0], strict=True))
    words, target = explained(model, "A good, good film but bad")
    assert target == "up"
    assert [word for word, _ in words] == ["A", "good", "good", "film", "but", "bad"]
    expected = [0, coefficient["good"], coefficient["good"], coefficient["film"], 0, coefficient["bad"]]
    np.testing.assert_allclose([value for _, value in words], expected, atol=1e-5)
    against, _ = explained(model, "A good, good film but bad", "down")
    np.testing.assert_allclose([value for _, value in against], np.negative(expected), atol=1e-5)


def test_decision_values_and_numbers_are_explained_too():
    machine = make_pipeline(CountVectorizer(), LinearSVC()).fit(TEXTS, LABELS)
    words, target = explained(machine, "bad film")
    assert target == "down"
    assert words[0][1] == pytest.approx(-machine[1].coef_[0][0])
    line = make_pipeline(CountVectorizer(), Ridge()).fit(TEXTS, LABELS == "up")
    words, target = explained(line, "bad film")
    assert target is None
    np.testing.assert_allclose(words[0][1], line[1].coef_[0])


def test_estimators_explain_themselves():
    model = TextClassifier(random_state=0).fit(TEXTS, LABELS)
    words = dict(model.explain("a good film"))
    assert words["good"] > 5 * abs(words["film"])
    assert dict(model.explain("a good film", "down"))["good"] == pytest.approx(-words["good"], rel=1e-4)
    regressor = TextRegressor(random_state=0).fit(TEXTS, 5.0 * (LABELS == "up"))
    assert dict(regressor.explain("a bad film"))["bad"] < -1


def test_one_of_several_labels():
    y = np.stack([LABELS == "up", ["film" in text for text in TEXTS]], axis=1).astype(int)
    model = TextClassifier(random_state=0).fit(TEXTS, y)
    assert max(model.explain("bad film", 1), key=lambda word: word[1])[0] == "film"
    assert model.explain("bad film") == model.explain("bad film", 1)
    with pytest.raises(ValueError, match="target must be a number from 0 to 1, got 'up'"):
        model.explain("bad film", "up")


def test_elided_words_are_words():
    model = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(["l'école", "d'abord"], [0, 1])
    assert [word for word, _ in explained(model, "L\u2019école d'abord")[0]] == ["L'", "école", "d'", "abord"]


@pytest.mark.parametrize(
    ("text", "target", "error", "message"),
    [
        (["a", "b"], None, TypeError, "text must be one string"),
        (" ... ", None, ValueError, "text has no words"),
        ("good", "sideways", ValueError, "target='sideways' is no class; there are"),
    ],
    ids=["list", "no words", "no class"],
)
def test_what_cannot_be_explained(text, target, error, message):
    model = TextClassifier(epochs=1, random_state=0).fit(TEXTS, LABELS)
    with pytest.raises(error, match=message):
        model.explain(text, target)


def test_the_display_writes_words_in_lines_and_colours_them():
    model = make_pipeline(CountVectorizer(), LogisticRegression()).fit(TEXTS, LABELS)
    text = "good " + "film and music " * 10 + "bad"
    display = TextExplanationDisplay.from_estimator(model, text, target="up")
    assert [one.get_text() for one in display.texts_] == text.split()
    assert display.words == explained(model, text, "up")[0]
    assert display.ax_.get_title(loc="left") == "up"
    lines = [one.get_position()[1] for one in display.texts_]
    assert sorted(set(lines)) == [0, 1, 2]
    columns = [one.get_position()[0] + len(one.get_text()) for one in display.texts_]
    assert max(columns) <= display.ax_.get_xlim()[1]
    good, bad = (display.texts_[number].get_bbox_patch().get_facecolor() for number in (0, -1))
    assert good[0] > good[2], "orange"
    assert bad[2] > bad[1], "purple"
    plt.close(display.figure_)
    figure, ax = plt.subplots()
    again = TextExplanationDisplay(words=display.words).plot(ax)
    assert again.ax_ is ax
    plt.close(figure)
