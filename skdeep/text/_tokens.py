"""From a text to its words or characters, and back."""

import re
import unicodedata

_APOSTROPHES = {0x2019: "'", 0x02BC: "'"}  # the typographic one, and the letter
# An article, pronoun or preposition that lost its vowel before another: l'école, d'abord, qu'elle; dell'arte.
_ELIDED = r"\b(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu|quoiqu|presqu|quelqu|un|all|dall|dell|nell|sull)'"
_ELISION = re.compile(rf"({_ELIDED})(?=[aeiouyhàâäæéèêëîïôöœùûü])", re.IGNORECASE)
_A_WORD = rf"{_ELIDED}(?=\s)|\w+(?:['\-]\w+)*"
WORD = re.compile(_A_WORD, re.IGNORECASE)
_TOKEN = re.compile(rf"{_A_WORD}|[^\w\s]", re.IGNORECASE)
_GLUED_BEFORE = re.compile(r"\s+([.,;:!?%)\]}…])")
_GLUED_AFTER = re.compile(rf"([(\[{{]|{_ELIDED})\s+(?=\w)", re.IGNORECASE)


def composed(text):
    """Return a text in Unicode's composed form (NFC), with plain apostrophes."""
    return unicodedata.normalize("NFC", text).translate(_APOSTROPHES)


def split_elisions(text):
    """Return a composed text whose elided words stand alone: "l'école" becomes "l' école"."""
    return _ELISION.sub(r"\1 ", text)


def words(text):
    """Return the words and the punctuation marks of a text, in order."""
    return _TOKEN.findall(split_elisions(composed(text)))


def joined(tokens):
    """Return words and punctuation as a text again, with spaces where one expects them."""
    return _GLUED_AFTER.sub(r"\1", _GLUED_BEFORE.sub(r"\1", " ".join(tokens)))
