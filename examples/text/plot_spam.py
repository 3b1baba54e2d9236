"""
===================
Spam, which is rare
===================

Three messages of two hundred are spam. A net that is not told what a rare class is worth lets most of it pass; weights
of the classes change that, for a little precision.
"""

# %%
# Messages, made up
# -----------------
# No data come with this page, so a few lines make messages. Words of spam are used among friends too, and one kind of
# message comes from both, word for word: that of a friend with a new number who needs money.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from skdeep.metrics import classification_table, imbalance_scoring
from skdeep.text import TextClassifier, TextFeatures
from skdeep.text.architectures import TfidfMLP

FRIENDLY = [
    "{hello} are you free {when}? We could go to {place}",
    "{hello} I am late, call me when you are at {place}",
    "Mum asks if you can pick up {thing} {when}",
    "I won the game {when}! Your turn to pay for {thing}",
    "Your parcel with {thing} arrives {when}, reply if you are not at home",
    "{hello} your account of the trip was so funny, write again {when}",
    "Do you want {thing} from {place}? It is cheap {when}",
    "The meeting at {place} is {when}, please text the others",
    "{hello} thank you for {thing}, see you {when}",
    "Can I claim the cost of {thing}? Urgent, the office closes {when}",
    "{hello} my new number is {number}, text me {when}",
    "{hello} it is me, this is my new number {number}, can you send money {when}?",
    "You will not believe it, I have won {prize} at {place}",
    "{hello} can you send money for {thing} {when}? I will pay you back",
    "Free tickets at {place} {when}, call {number} to get some",
]
SPAM = [
    "{hello} you have won {prize}! Call {number} {when} to claim",
    "Urgent: your account is closed {when}. Text {number} to open it again",
    "Free entry! Win {prize}, reply YES to {number}",
    "{hello} cheap loans {when}, no questions, call {number}",
    "Your parcel waits. Pay the fee at {number} {when}",
    "{hello} it is me, this is my new number {number}, can you send money {when}?",
    "We met at {place} {when}, write me on {number}",
    "{hello} want to earn {prize} from home? Ask me {when}",
]
FILLED = {
    "hello": ["Hi,", "Hey,", "Hello", "Dear friend,", "Sorry,", ""],
    "when": [
        "today",
        "tonight",
        "tomorrow",
        "on Friday",
        "at 6",
        "this week",
        "now",
        "last night",
    ],
    "place": [
        "the station",
        "the café",
        "the office",
        "the cinema",
        "school",
        "the market",
        "my place",
    ],
    "thing": [
        "bread",
        "a cake",
        "the tickets",
        "the keys",
        "two books",
        "a phone",
        "the new shoes",
        "lunch",
    ],
    "prize": [
        "a phone",
        "$500",
        "1000 pounds",
        "a holiday",
        "two tickets",
        "a gift card",
        "cash",
    ],
}


def messages(n, share, seed):
    """Return messages, and whether each is spam."""
    rng = np.random.default_rng(seed)
    spam = (np.arange(n) < share * n).astype(int)
    texts = []
    for is_spam in spam:
        filled = {name: rng.choice(words) for name, words in FILLED.items()}
        filled["number"] = rng.choice(["0800 ", "07", "555-"]) + str(
            rng.integers(10_000, 99_999)
        )
        texts.append(rng.choice(SPAM if is_spam else FRIENDLY).format(**filled).strip())
    return texts, spam


texts, spam = messages(1000, share=0.015, seed=0)
print(f"{len(texts)} messages, {spam.sum()} are spam, such as:", *texts[:3], sep="\n  ")

# %%
# With weights and without
# ------------------------
# ``class_weight="balanced"`` weighs messages so that both classes weigh alike in the loss. Each seed makes messages for
# the training and, of the same kinds, for the test. TF-IDF of words and pairs is enough here.


def net(class_weight):
    architecture = TfidfMLP(
        features=TextFeatures(char_ngrams=None, selection="f_classif")
    )
    return TextClassifier(architecture, class_weight=class_weight, random_state=0)


candidates = {"no weights": net(None), "balanced": net("balanced")}
scoring = imbalance_scoring(pos_label=1)
shown = ["accuracy", "recall", "precision", "balanced_accuracy", "average_precision"]
found = []
for seed in range(4):
    texts, spam = messages(1000, share=0.015, seed=seed)
    new_texts, new_spam = messages(2000, share=0.015, seed=100 + seed)
    for name, model in candidates.items():
        model.fit(texts, spam)
        scores = {score: scoring[score](model, new_texts, new_spam) for score in shown}
        found.append({"model": name, "seed": seed} | scores)
found = pd.DataFrame(found)
print(found.groupby("model", sort=False)[shown].mean().round(3).to_string())

# %%
# What the scores say
# -------------------
# In the picture, each dot is a seed, each bar the mean. Accuracy is close to one either way, as for a model that never finds spam.
# With weights, far more spam is found (recall), and a few messages of friends are taken for spam (precision). Average
# precision looks at the order alone, from the most suspicious message to the least: it stays, so the weights have moved
# the threshold rather than taught the net something new.

colors = ["#7F7F7F", "#D55E00"]
figure, axes = plt.subplots(
    1, 3, figsize=(9, 2.4), layout="constrained", sharex=True, sharey=True
)
compared = ("recall", "precision", "average_precision")
for ax, score in zip(axes, compared, strict=True):
    for place, (name, color) in enumerate(zip(candidates, colors, strict=True)):
        values = found.loc[found["model"] == name, score]
        ax.plot(
            values, [place] * len(values), "o", color=color, alpha=0.4, markeredgewidth=0
        )
        ax.plot(values.mean(), place, "|", color=color, markersize=20, markeredgewidth=3)
    ax.set_title(score.replace("_", " ").capitalize(), loc="left")
    ax.set(
        yticks=range(len(candidates)),
        yticklabels=candidates,
        ylim=(len(candidates) - 0.5, -0.5),
    )
    ax.grid(axis="x", alpha=0.3)
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.tick_params(left=False)
figure.suptitle("With weights, more spam is found; the ranking stays")
plt.show()

# %%
# Class by class, for the last seed and with weights:

predicted = candidates["balanced"].predict(new_texts)
print(
    classification_table(new_spam, predicted, target_names=["friends", "spam"])
    .round(3)
    .to_string()
)
