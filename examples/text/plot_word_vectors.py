"""
==================
Word vectors, seen
==================

Words that stand among the same words get vectors of about the same direction. Here they learn from all docstrings of
Python's standard library, and find its subjects by themselves.
"""

# %%
# Texts that Python carries
# -------------------------
# Every paragraph of every docstring is a text.

import ast
import sysconfig
import warnings
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from sklearn.decomposition import PCA

from skdeep.text import WordEmbeddingVectorizer

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


def paragraphs(path):
    """Return the paragraphs of the docstrings of a file."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about old ways of writing in the library itself
        tree = ast.parse(path.read_bytes())
    documented = ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef
    docstrings = [
        ast.get_docstring(node) or ""
        for node in ast.walk(tree)
        if isinstance(node, documented)
    ]
    return [part for docstring in docstrings for part in docstring.split("\n\n") if part]


files = [
    path
    for path in sorted(LIBRARY.rglob("*.py"))
    if not LEFT_OUT & set(path.relative_to(LIBRARY).parts)
]
texts = [paragraph for path in files for paragraph in paragraphs(path)]
print(f"{len(texts)} paragraphs of {len(files)} files")

# %%
# Training
# --------
# Only words that occur ten times or more get a vector.

vectorizer = WordEmbeddingVectorizer(
    vector_size=50, min_count=10, epochs=8, random_state=0
).fit(texts)
print(f"{len(vectorizer.words_)} words with a vector")

# %%
# Neighbours
# ----------
# The words with the most similar vectors. Nobody has told the net what a thread is.

SUBJECTS = ["thread", "directory", "seconds", "float"]
neighbours = {
    subject: [word for word, _ in vectorizer.most_similar(subject, n=6)]
    for subject in SUBJECTS
}
for subject, words in neighbours.items():
    print(f"{subject:10} {', '.join(words)}")

# %%
# A map of words
# --------------
# The four words and their neighbours, on the two principal components of their vectors at length 1. Each subject has a
# place of its own; seconds lie between threads, which wait for them, and numbers.

shown = list(
    dict.fromkeys(
        (subject, word)
        for subject in SUBJECTS
        for word in (subject, *neighbours[subject])
    )
)
row_of = {word: row for row, word in enumerate(vectorizer.words_)}
vectors = vectorizer.vectors_[[row_of[word] for _, word in shown]]
places = PCA(2).fit_transform(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))

colors = dict(zip(SUBJECTS, ("#0072B2", "#D55E00", "#009E73", "#CC79A7"), strict=True))
figure, ax = plt.subplots(figsize=(9, 6), layout="constrained")
for (subject, word), place in zip(shown, places, strict=True):
    first = word == subject
    ax.plot(*place, "o", color=colors[subject], markersize=7 if first else 4)
    settings = {
        "color": colors[subject],
        "fontsize": 12 if first else 9,
        "fontweight": "bold" if first else "normal",
    }
    ax.annotate(
        word,
        place,
        xytext=(6, 5) if first else (5, 0),
        textcoords="offset points",
        va="center",
        **settings,
    )
ax.set_title(
    "Words of the standard library, by the words that they stand among", loc="left"
)
ax.set(
    xticks=[],
    yticks=[],
    xlabel="first principal component",
    ylabel="second principal component",
)
ax.spines[["top", "right"]].set_visible(False)
plt.show()

# %%
# A quarter of a million words are few: vectors of a language need many more, and come as files that
# ``WordEmbeddingVectorizer("vectors.txt")`` reads. For the words of a trade, such as the names of programs here, one's
# own texts may be all there is.
