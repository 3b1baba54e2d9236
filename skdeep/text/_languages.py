"""What depends on the language of a text: the words that say little, and the codes of languages."""

import re

ELIDING = frozenset({"fr", "it", "ca", "oc"})  # languages whose words lose a vowel before another
_CODE = re.compile(r"[a-z]{2,3}")

_FRENCH = """
a à ai aie aient aies ait alors après as au aucun aussi autre aux avaient avais avait avant avec avez aviez avions
avoir avons ayant ayez ayons c' car ce ceci cela celle celles celui cent ces cet cette ceux chaque chez ci comme
comment d' dans de depuis des donc dont du elle elles en encore entre es est et étaient étais était étant été êtes
étiez étions être eu eue eues eurent eus eut eux fait faites fois font furent fus fut hors ici il ils j' je jusqu'
l' la le lequel les lesquels leur leurs lorsqu' lui là m' ma mais me mes moi moins mon même mêmes n' ne nos notre
nous on ont ou où par parce pas peu peut plus pour pourquoi puis puisqu' qu' quand que quel quelle quelles quels
qui quoi s' sa sans se sera serai seraient serais serait seras serez seriez serions serons seront ses si sien soi
soient sois soit sommes son sont sous soyez soyons suis sur t' ta tandis te tes toi ton tous tout toute toutes très
tu un une vers vos votre vous vu y
"""
STOP_WORDS = ("english", "french")
_NAMES = {"en": "english", "fr": "french"}


def codes(language):
    """Return the codes of one language, of several, or of none.

    Parameters
    ----------
    language : str, sequence of str or None

    Raises
    ------
    ValueError
        If one is no code of a language.
    """
    given = () if language is None else (language,) if isinstance(language, str) else tuple(language)
    for code in given:
        if not isinstance(code, str) or not _CODE.fullmatch(code):
            raise ValueError(f'language must be codes such as "en" or ["fr", "en"], got {code!r}.')
    return given


def stop_words(wanted, languages):
    """Return a set of stop words.

    Parameters
    ----------
    wanted : {"auto", "english", "french"}, iterable of str or None
        "auto" is those of the languages.
    languages : sequence of str
        Codes.

    Raises
    ------
    ValueError
        If there is no list for a language.
    """
    if wanted is None:
        return frozenset()
    if not isinstance(wanted, str):
        return frozenset(wanted)
    if wanted != "auto":
        return _listed(wanted)
    lacking = [code for code in languages if code not in _NAMES]
    if lacking or not languages:
        raise ValueError(
            f'stop_words="auto" is for the languages {sorted(_NAMES)}, got language={lacking or None}. Give a list of '
            "words instead."
        )
    return frozenset().union(*(_listed(_NAMES[code]) for code in languages))


def _listed(name):
    if name == "french":
        return frozenset(_FRENCH.split())
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    return ENGLISH_STOP_WORDS
