"""Texts are cleaned as readers of English and French expect."""

import unicodedata

import pytest

from skdeep.text import TextNormalizer


def cleaned(text, **parameters):
    return TextNormalizer(**parameters).fit_transform([text])[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("L'école", "l' école"),
        ("l\u2019\u00c9cole", "l' école"),
        ("Qu'elle aujourd'hui S'IL", "qu' elle aujourd'hui s' il"),
        ("jusqu'à l'hôtel", "jusqu' à l' hôtel"),
        ("don't, it's o'clock", "don't, it's o'clock"),
        ("ÉTÉ à Noël", "été à noël"),
        ("  a \t b\n\nc ", "a b c"),
        ("", ""),
    ],
)
def test_case_apostrophes_elisions_and_spaces(text, expected):
    assert cleaned(text) == expected


def test_letters_are_composed():
    decomposed = unicodedata.normalize("NFD", "élève")
    assert cleaned(decomposed) == "élève"
    assert cleaned(decomposed) != decomposed


def test_english_has_no_elisions():
    assert cleaned("l'école", language="en") == "l'école"
    assert cleaned("l'école", language=["en", "fr"]) == "l' école"


def test_markup_is_taken_out_and_entities_become_characters():
    text = "One<br />two &amp; <a href='x'>three</a> <!-- no --> 2 < 3 &eacute;"
    assert cleaned(text) == "one two & three 2 < 3 é"
    assert cleaned("a <b>c</b>", strip_html=False) == "a <b>c</b>"


def test_accents_and_case_stay_unless_asked_otherwise():
    assert cleaned("Élève Ça", lowercase=False) == "Élève Ça"
    assert cleaned("Élève Ça", strip_accents=True) == "eleve ca"


def test_lemmas_by_language_and_by_function():
    assert cleaned("les chevaux étaient là", lemmatizer="simplemma", language="fr") == "le cheval être là"
    assert cleaned("cats ran", lemmatizer="simplemma", language=["fr", "en"]) == "cat run"
    assert cleaned("I met her in may", lemmatizer="simplemma", language="en") == "i meet her in may"
    assert cleaned("cats ran!", lemmatizer=lambda word: word.upper()) == "CATS RAN!"


def test_stop_words_by_name_language_and_list():
    assert cleaned("The cat is on the mat.", stop_words="english") == "cat mat."
    assert cleaned("L'école est à côté", stop_words="french") == "école côté"
    assert cleaned("the école est à the côté", stop_words="auto", language=["fr", "en"]) == "école côté"
    assert cleaned("a cat b", stop_words=["a", "b"]) == "cat"
    assert cleaned("a cat, an ox", min_token_length=3) == "cat,"


def test_a_text_of_stop_words_becomes_empty():
    assert cleaned("It is the", stop_words="english") == ""


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"lemmatizer": "simplemma"}, ValueError, "needs a language"),
        ({"lemmatizer": "simplemma", "language": "zz"}, ValueError, "zz"),
        ({"language": "Klingon"}, ValueError, "must be codes such as"),
        ({"language": [3]}, ValueError, "got 3"),
        ({"stop_words": "auto", "language": "de"}, ValueError, r"is for the languages \['en', 'fr'\], got"),
        ({"stop_words": "auto"}, ValueError, "is for the languages"),
        ({"stop_words": "latin"}, ValueError, "stop_words"),
        ({"lemmatizer": "spacy"}, ValueError, "lemmatizer"),
        ({"lemmatizer": len}, TypeError, "must return a str, but made 4 of 'word'"),
        ({"min_token_length": 0}, ValueError, "min_token_length"),
    ],
    ids=str,
)
def test_what_is_not_known_is_refused_before_anything_is_read(parameters, error, message):
    with pytest.raises(error, match=message):
        TextNormalizer(**parameters).fit(["text"])
