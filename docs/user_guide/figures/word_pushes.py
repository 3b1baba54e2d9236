"""A made-up review in the colours of what its words say."""

import matplotlib.pyplot as plt
import numpy as np

from skdeep.inspection import TextExplanationDisplay
from skdeep.text import TextClassifier

rng = np.random.default_rng(0)
words = {"good": ["great", "moving", "funny", "lovely"], "bad": ["dull", "silly", "awful", "slow"]}


def review(label):
    first, second = rng.choice(words[label], 2)
    thing, other = rng.choice(["film", "story", "cast", "ending", "music"], 2)
    return f"A {first} {thing}, with {second} {other}."


labels = np.array(["good", "bad"] * 120)
model = TextClassifier(random_state=0).fit([review(label) for label in labels], labels)
text = "A lovely film, a great cast, but a silly ending."

_, ax = plt.subplots(figsize=(5, 0.8), layout="constrained")
display = TextExplanationDisplay.from_estimator(model, text, target="good", ax=ax)
for word in display.texts_:  # one line that is not full: larger letters
    word.set_fontsize(word.get_fontsize() * ax.get_xlim()[1] / 50)
ax.set_xlim(0, 50)
ax.set_title("Orange speaks for a good review, violet against it", loc="left", fontsize=10)
