"""
=====================
A net writes comments
=====================

A language model learns which character comes next, and writes texts one character at a time. ``temperature`` and
``top_p`` say how bold it is. Here it reads what Python's standard library says of its functions, and adds some more.
"""

# %%
# Texts that Python carries
# -------------------------
# The first line of every docstring of the standard library is a text. A tenth of them is held back.

import ast
import re
import sysconfig
import warnings
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import PercentFormatter
from sklearn.model_selection import train_test_split

from skdeep.text import TextGenerator

LIBRARY = Path(sysconfig.get_path("stdlib"))
LEFT_OUT = {
    "site-packages",
    "dist-packages",
    "test",
    "tests",
    "idlelib",
    "idle_test",
    "lib2to3",
    "encodings",
}


def first_lines(path):
    """Return the first lines of the docstrings of a file."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about old ways of writing in the library itself
        tree = ast.parse(path.read_bytes())
    documented = ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef
    docstrings = [
        ast.get_docstring(node) or ""
        for node in ast.walk(tree)
        if isinstance(node, documented)
    ]
    return [docstring.splitlines()[0] for docstring in docstrings if docstring.strip()]


files = [
    path
    for path in sorted(LIBRARY.rglob("*.py"))
    if not LEFT_OUT & set(path.relative_to(LIBRARY).parts)
]
lines = sorted(
    {
        line
        for path in files
        for line in first_lines(path)
        if line.isascii() and 20 <= len(line) <= 90
    }
)
train, test = train_test_split(lines, test_size=0.1, random_state=0)
print(f"{len(lines)} lines, such as:", *train[:4], sep="\n  ")

# %%
# Training
# --------
# A recurrent net of 128 units, half of the default. ``perplexity`` is the number of characters that it hesitates
# between; one that knows nothing hesitates between all.

model = TextGenerator(units=128, random_state=0).fit(train)
print(
    f"{len(model.sequencer_.vocabulary_)} characters, perplexity "
    f"{model.perplexity(test):.2f} on lines held back"
)

# %%
# ``log_likelihood`` judges whole texts, by the logarithm of their probability: lines that were held back are far more
# likely than the same words shuffled.

rng = np.random.default_rng(0)
for line in test[:3]:
    shuffled = " ".join(rng.permutation(line.split()))
    for text, value in zip(
        [line, shuffled], model.log_likelihood([line, shuffled]), strict=True
    ):
        print(f"{value:7.1f}  {text}")

# %%
# Temperatures
# ------------
# At 0 the most likely character is always taken: the same prompt gives the same text, which soon goes round in circles.
# The higher the temperature, the more is unlikely, and in the end wrong.

for temperature in (0, 0.4, 0.7, 1.0, 1.5):
    texts = model.sample(
        3, prompt="Return ", length=90, temperature=temperature, random_state=0
    )
    print(f"temperature={temperature}", *texts, sep="\n  ")

# %%
# What ``top_p`` does
# -------------------
# ``top_p=0.8`` draws from the fewest characters that have eight tenths of the probability, and never from the others.
# Where the net is sure, that leaves one character; where it is not, that leaves many.

for top_p in (0.4, 0.8, None):
    texts = model.sample(3, prompt="Return ", length=90, top_p=top_p, random_state=0)
    print(f"top_p={top_p}", *texts, sep="\n  ")

# %%
# Right or rich
# -------------
# Careful texts have words that exist, and repeat themselves. Two hundred lines are written for each point, and their
# first thousand words are looked at: upwards is the share of them that the training lines have too, to the right is how
# many of them differ. The star stands for lines that were held back, which people wrote.


def right_and_rich(texts):
    """Return, of the first thousand words, the share that training lines have and how
    many differ.
    """
    words = WORD.findall(" ".join(texts).lower())[:1000]
    return np.mean([word in known for word in words]), len(set(words))


WORD = re.compile("[a-z]+")
known = set(WORD.findall(" ".join(train).lower()))
RULES = {
    "temperature": ([0.3, 0.5, 0.7, 0.85, 1.0, 1.2], "#0072B2", 8),
    "top_p": ([0.3, 0.5, 0.7, 0.8, 0.9, 0.95], "#D55E00", -16),
}

figure, ax = plt.subplots(figsize=(8, 4.5), layout="constrained")
for name, (values, color, above) in RULES.items():
    written = [
        model.sample(200, length=90, random_state=0, **{name: value}) for value in values
    ]
    right, rich = zip(*map(right_and_rich, written), strict=True)
    ax.plot(rich, right, "o-", color=color, label=name)
    for value, *place in zip(values, rich, right, strict=True):
        settings = {"color": color, "fontsize": 9, "ha": "center"}
        ax.annotate(
            value, place, xytext=(0, above), textcoords="offset points", **settings
        )
right, rich = right_and_rich(test)
ax.plot(rich, right, "k*", markersize=12, linestyle="", label="people")
ax.set(xlabel="different words in a thousand", ylabel="share of words that exist")
ax.set_title("Careful texts have right words, bold ones many", loc="left")
ax.yaxis.set_major_formatter(PercentFormatter(1))
ax.grid(alpha=0.3)
ax.spines[["top", "right"]].set_visible(False)
ax.legend(frameon=False, loc="lower left")
plt.show()

# %%
# The two rules go along one line here, so either will do: ``top_p`` is no better than a lower temperature. People are
# above that line, both right and rich. A better net would come closer to them; no way of drawing from this one does.
