"""
=========================================
French reviews, from strings to a search
=========================================

A French adjective has up to four forms, a verb has dozens. Where there are few texts, it pays to count all forms of a
word as one.
"""

# %%
# Reviews, made up
# ----------------
# No data come with this page, so a few lines make reviews of films. Each holds three opinions, of which two or three
# agree and decide about the label, and a sentence that says nothing. Some opinions are denied ("n'est pas drôle"). As
# on the web, line breaks are tags.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from skdeep.inspection import TextExplanationDisplay
from skdeep.text import TextClassifier, TextFeatures, TextNormalizer
from skdeep.text.architectures import TfidfMLP

# Masculine, feminine, and the plurals of both.
ADJECTIVES = {
    True: [
        ("touchant", "touchante", "touchants", "touchantes"),
        ("brillant", "brillante", "brillants", "brillantes"),
        ("passionnant", "passionnante", "passionnants", "passionnantes"),
        ("merveilleux", "merveilleuse", "merveilleux", "merveilleuses"),
        ("réussi", "réussie", "réussis", "réussies"),
        ("magnifique", "magnifique", "magnifiques", "magnifiques"),
        ("original", "originale", "originaux", "originales"),
        ("drôle", "drôle", "drôles", "drôles"),
        ("excellent", "excellente", "excellents", "excellentes"),
    ],
    False: [
        ("ennuyeux", "ennuyeuse", "ennuyeux", "ennuyeuses"),
        ("raté", "ratée", "ratés", "ratées"),
        ("lent", "lente", "lents", "lentes"),
        ("banal", "banale", "banals", "banales"),
        ("décevant", "décevante", "décevants", "décevantes"),
        ("mauvais", "mauvaise", "mauvais", "mauvaises"),
        ("confus", "confuse", "confus", "confuses"),
        ("prévisible", "prévisible", "prévisibles", "prévisibles"),
        ("prétentieux", "prétentieuse", "prétentieux", "prétentieuses"),
    ],
}
VERBS = {
    True: [
        "J'ai adoré",
        "Nous adorons",
        "On aime",
        "Mes amis ont aimé",
        "J'admirais",
        "Vous admirerez",
        "On savoure",
    ],
    False: [
        "J'ai détesté",
        "On déteste",
        "Nous subissons",
        "On subit",
        "Je regrette",
        "Nous regrettons",
        "On oubliera",
    ],
}
# Which of the four forms goes with each.
THINGS = {
    "le film": 0, "le scénario": 0, "l'humour": 0,
    "l'histoire": 1, "la musique": 1, "l'intrigue": 1,
    "les acteurs": 2, "les dialogues": 2, "les images": 3,
    "les scènes": 3, "les actrices": 3,
}  # fmt: skip
BESIDE = [
    "Vu hier soir avec des amis.",
    "La salle était pleine.",
    "Le film dure deux heures.",
    "C'est une suite.",
]


def opinion(good, rng):
    """Return a sentence that praises something, or does not."""
    thing, form = list(THINGS.items())[rng.integers(len(THINGS))]
    if rng.random() < 0.3:
        return f"{rng.choice(VERBS[good])} {thing}."
    denied = rng.random() < 0.2
    adjectives = ADJECTIVES[good != denied]
    adjective = adjectives[rng.integers(len(adjectives))][form]
    verb = (
        ("n'est pas" if form < 2 else "ne sont pas")
        if denied
        else ("est" if form < 2 else "sont")
    )
    return f"{thing.capitalize()} {verb} {adjective}."


def reviews(n, seed):
    """Return texts and their labels."""
    rng = np.random.default_rng(seed)
    opinions = rng.random((n, 3)) < 0.5
    texts = []
    for row in opinions:
        sentences = [opinion(good, rng) for good in row]
        sentences.insert(rng.integers(4), rng.choice(BESIDE))
        texts.append("<br />".join(sentences))
    return texts, np.where(opinions.sum(axis=1) > 1, "positif", "négatif")


texts, labels = reviews(300, seed=0)
new_texts, new_labels = reviews(1000, seed=1)
for text, label in zip(texts[:3], labels, strict=False):
    print(f"{label}: {text}")

# %%
# What cleaning does
# ------------------
# `TextNormalizer` takes the tags out, lets elided words such as "l'" stand alone and puts lemmas in the place of words,
# by the package simplemma. No stop words are left out: "pas" is one, and here it decides.

normalizer = TextNormalizer(lemmatizer="simplemma", language="fr")
print(normalizer.fit_transform(texts[:3]).tolist())

# %%
# A search
# --------
# Two questions: words as they are, or lemmas; and single words alone, or pairs beside them. Strings go into the
# pipeline, so every fold cleans and counts its own training texts. The features are a parameter of the architecture,
# whose parameters can be searched in turn.

features = TextFeatures(char_ngrams=None, selection="f_classif")
net = TextClassifier(TfidfMLP(features=features), random_state=0)
pipeline = make_pipeline(TextNormalizer(language="fr"), net)
grid = {
    "textnormalizer__lemmatizer": [None, "simplemma"],
    "textclassifier__architecture__features__word_ngrams": [(1, 1), (1, 2)],
}
search = GridSearchCV(pipeline, grid, cv=3).fit(texts, labels)
results = search.cv_results_
found = pd.DataFrame(
    {
        "words": [
            "lemmas" if done else "words as they are"
            for done in results["param_textnormalizer__lemmatizer"]
        ],
        "terms": [
            "single words" if runs == (1, 1) else "words and pairs"
            for runs in results[
                "param_textclassifier__architecture__features__word_ngrams"
            ]
        ],
        "accuracy": results["mean_test_score"],
    }
)
print(found.round(3).to_string(index=False))
print(
    f"The best on {len(new_texts)} new reviews: {search.score(new_texts, new_labels):.3f}"
)

# %%
# Lemmas help, and pairs help more when they are pairs of lemmas: "pas drôle" and "pas drôles" are one term then.

scores = found.pivot(index="terms", columns="words", values="accuracy")
figure, ax = plt.subplots(figsize=(7.5, 2.4), layout="constrained")
for place, pair in enumerate(scores.to_numpy()):
    ax.plot(pair, [place] * 2, color="#CCCCCC", zorder=0)
for kind, color in (("words as they are", "#7F7F7F"), ("lemmas", "#D55E00")):
    ax.plot(scores[kind], range(len(scores)), "o", color=color, markersize=9, label=kind)
ax.set(
    yticks=range(len(scores)), yticklabels=scores.index, ylim=(-0.5, len(scores) - 0.5)
)
ax.set(xlabel="accuracy in cross-validation")
ax.set_title("Lemmas help, and pairs of them help most", loc="left")
ax.grid(axis="x", alpha=0.3)
ax.spines[["top", "right", "left"]].set_visible(False)
ax.tick_params(left=False)
ax.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
plt.show()

# %%
# Which words pushed a prediction
# -------------------------------
# `TextExplanationDisplay` leaves out one word after the other: orange words speak for the class over the text, purple
# ones against it. Look at "pas": it turns a word of praise.

review = (
    "L'histoire n'est pas originale, mais les dialogues sont "
    "drôles et j'ai adoré la musique."
)
display = TextExplanationDisplay.from_estimator(search, review)
display.ax_.set_title("Orange speaks for the class, purple against it", loc="left")
plt.show()
