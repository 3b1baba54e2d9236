"""
=============================
From English to French, short
=============================

French words agree: "the small black cars" are "les petites voitures noires". A net that translates has to look at the
noun before it writes the article, and to bring words into another order.
"""

# %%
# Sentences, made up
# ------------------
# No data come with this page. A small grammar makes sentences of both languages: four persons, three verbs, denied or
# not, and things with up to two adjectives, of which some stand before the noun and some behind it.

import itertools

import matplotlib.pyplot as plt
import numpy as np

from skdeep.text import Seq2SeqTransducer

PERSONS = [("I", "je", 0), ("you", "tu", 1), ("she", "elle", 2), ("we", "nous", 3)]
VERBS = [
    ("see", ("vois", "vois", "voit", "voyons")),
    ("want", ("veux", "veux", "veut", "voulons")),
    ("love", ("aime", "aimes", "aime", "aimons")),
]
NOUNS = [
    ("cat", "chat", False), ("book", "livre", False),
    ("tree", "arbre", False), ("garden", "jardin", False),
    ("car", "voiture", True), ("table", "table", True),
    ("island", "île", True), ("house", "maison", True),
]  # fmt: skip
# Masculine and feminine; both take an "s" where there are several.
BEFORE = [
    None,
    ("small", ("petit", "petite")),
    ("big", ("grand", "grande")),
    ("pretty", ("joli", "jolie")),
]
BEHIND = [
    None,
    ("black", ("noir", "noire")),
    ("green", ("vert", "verte")),
    ("blue", ("bleu", "bleue")),
]


def elided(word, following):
    """Return a little word and the one after it, before which it may lose its vowel."""
    vowel = following[0] in "aeiouî"
    return f"{word[:-1]}'{following}" if vowel else f"{word} {following}"


def english(person, verb, noun, before, behind, denied, several):
    """Return a sentence such as "she does not see the small black cats."."""
    who, (act, _) = person[0], verb
    third = who == "she"
    acts = f"{'does' if third else 'do'} not {act}" if denied else act + "s" * third
    words = [
        who,
        acts,
        "the",
        *(one[0] for one in (before, behind) if one),
        noun[0] + "s" * several,
    ]
    return " ".join(words) + "."


def french(person, verb, noun, before, behind, denied, several):
    """Return the same in French: "elle ne voit pas les petits chats noirs."."""
    (_, who, number), (_, acts), (_, thing, feminine) = person, verb, noun
    agreed = [
        one[1][feminine] + "s" * several if one else None for one in (before, behind)
    ]
    group = " ".join(
        word for word in (agreed[0], thing + "s" * several, agreed[1]) if word
    )
    group = f"les {group}" if several else elided("la" if feminine else "le", group)
    act = acts[number]
    if denied:
        return f"{who} {elided('ne', act)} pas {group}."
    return f"{elided(who, act) if who == 'je' else f'{who} {act}'} {group}."


parts = list(
    itertools.product(PERSONS, VERBS, NOUNS, BEFORE, BEHIND, (False, True), (False, True))
)
np.random.default_rng(0).shuffle(parts)
X = np.array([english(*one) for one in parts], object)
y = np.array([french(*one) for one in parts], object)
n_train = 600
print(f"{len(X)} sentences, of which {n_train} are shown.")
for one, other in zip(X[:4], y[:4], strict=True):
    print(f"{one:45} {other}")

# %%
# Three ways to read
# ------------------
# Without attention, all that was read has to fit into the last state of the encoder. With attention, the decoder looks
# back at each word. The transformer has no state at all: every word looks at every other.

nets = {
    "gated units": Seq2SeqTransducer(level="word", attention=None, random_state=0),
    "gated units with attention": Seq2SeqTransducer(level="word", random_state=0),
    "transformer": Seq2SeqTransducer("transformer", level="word", random_state=0),
}
scores = {}
for name, net in nets.items():
    net.fit(X[:n_train], y[:n_train])
    scores[name] = net.score(X[n_train:], y[n_train:])
    print(f"{name}: {scores[name]:.1%} of new sentences are right in every word.")

figure, ax = plt.subplots(figsize=(7, 1.8), layout="constrained")
ax.barh(list(scores), list(scores.values()), color="#0072B2")
ax.set(xlim=(0, 1), xlabel="share of new sentences without a mistake")
ax.set_title("With attention, hardly a mistake is left", loc="left")
ax.invert_yaxis()
ax.spines[["top", "right"]].set_visible(False)
plt.show()

# %%
# New sentences
# -------------
# `beam_size` keeps several beginnings of a translation at once and ends with the likeliest of all. It can be set after
# the fit.

best = nets["gated units with attention"].set_params(beam_size=4)
some = [
    "I love the small trees.",
    "she does not want the pretty blue island.",
    "we see the big green gardens.",
]
for one, other in zip(some, best.predict(some), strict=True):
    print(f"{one:45} {other}")
