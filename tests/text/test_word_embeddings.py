"""Vectors of words: how texts pool them, what is trained, what is read, and what is refused."""

import gzip
import os
import pickle
import subprocess
import sys

import numpy as np
import pytest
from gensim.models import FastText, KeyedVectors, Word2Vec
from gensim.test.utils import common_texts
from sklearn.base import clone
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline

from skdeep.sequence import RNNClassifier
from skdeep.text import TokenSequencer, WordEmbeddingVectorizer

TABLE = {"king": [4.0, 1.0, 0.0], "man": [3.0, 0.0, 1.0], "woman": [0.0, 3.0, 1.0], "queen": [1.0, 4.0, 0.0]}
TABLE |= {"the": [0.5, 0.5, 2.0], "apple": [-1.0, -1.0, 3.0]}
TEXTS = ["The king, the queen", "the man", "a woman and the apple", "the the the", ""]
ARRAY = np.array([*TABLE.values()])


def written(tmp_path, text, name="vectors.txt"):
    path = tmp_path / name
    path.write_bytes(text.encode("utf-8"))
    return path


def topics(seed, n=60):
    """Return texts of two topics: the words of a topic stand together, and three words are in all texts."""
    rng = np.random.default_rng(seed)
    animals, money = ["cat", "dog", "horse", "fur", "paw"], ["bank", "stock", "coin", "price", "loan"]
    words = [[*rng.choice(money if number % 2 else animals, 8), *rng.choice(["and", "the", "of"], 4)]
             for number in range(n)]  # fmt: skip
    return [" ".join(rng.permutation(row)) for row in words], np.arange(n) % 2


# -- pooling ----------------------------------------------------------------------------------------------------------


def test_average_and_max_by_hand():
    average = WordEmbeddingVectorizer(TABLE, pooling="average").fit_transform(TEXTS)
    np.testing.assert_allclose(average[0], np.mean([TABLE[w] for w in ("the", "king", "the", "queen")], axis=0))
    np.testing.assert_allclose(average[2], [-0.5 / 3, 2.5 / 3, 2.0], rtol=1e-6)
    highest = WordEmbeddingVectorizer(TABLE, pooling="max").fit_transform(TEXTS)
    np.testing.assert_array_equal(highest[[0, 2]], [[4.0, 4.0, 2.0], [0.5, 3.0, 3.0]])
    assert average.dtype == highest.dtype == np.float32


def test_idf_is_scikit_learns_tfidf_times_the_vectors():
    vectorizer = WordEmbeddingVectorizer(TABLE).fit(TEXTS)
    reference = TfidfVectorizer(vocabulary=list(TABLE), norm="l1", token_pattern=r"\w+")
    expected = reference.fit_transform(TEXTS) @ ARRAY
    np.testing.assert_allclose(vectorizer.transform(TEXTS), expected, rtol=1e-6)
    np.testing.assert_allclose(vectorizer.idf_, reference.idf_)


def test_sif_by_hand():
    vectorizer = WordEmbeddingVectorizer(TABLE, pooling="sif").fit(TEXTS)
    counts = {"the": 7, "king": 1, "queen": 1, "man": 1, "woman": 1, "apple": 1}
    # 14 words and a comma.
    weights = {word: 1e-3 / (1e-3 + counts[word] / 15) for word in TABLE}
    rows = [["the", "king", "the", "queen"], ["the", "man"], ["woman", "the", "apple"], ["the"] * 3]
    vectors = np.array([np.mean([weights[w] * np.array(TABLE[w]) for w in row], axis=0) for row in rows])
    direction = np.linalg.svd(vectors)[2][0]
    expected = vectors - np.outer(vectors @ direction, direction)
    np.testing.assert_allclose(vectorizer.transform(TEXTS[:4]), expected, atol=1e-7)
    np.testing.assert_allclose(abs(vectorizer.direction_ @ direction), 1.0)
    np.testing.assert_array_equal(vectorizer.transform(["", "unknown"]), 0.0)


@pytest.mark.parametrize("pooling", ["idf", "average", "max", "sif"])
def test_texts_without_a_known_word_are_zeros_and_batches_do_not_matter(pooling):
    vectorizer = WordEmbeddingVectorizer(TABLE, pooling=pooling).fit(TEXTS)
    whole = vectorizer.transform([*TEXTS, "none of these"])
    np.testing.assert_array_equal(whole[4:], 0.0)
    alone = np.concatenate([vectorizer.transform([text]) for text in TEXTS])
    np.testing.assert_array_equal(whole[:5], alone)
    assert whole[:3].any(axis=1).all()


def test_case():
    capitals = {"Paris": [1.0, 2.0], "paris": [5.0, 6.0]}
    vectors = WordEmbeddingVectorizer(capitals, lowercase=False).fit_transform(["Paris", "paris"])
    np.testing.assert_array_equal(vectors, [[1.0, 2.0], [5.0, 6.0]])
    lower = WordEmbeddingVectorizer(capitals).fit(["Paris"])
    np.testing.assert_array_equal(lower.transform(["Paris"]), [[5.0, 6.0]])
    with pytest.warns(UserWarning, match="lowercase=False"):
        WordEmbeddingVectorizer({"Paris": [1.0]}).fit(["Paris"])


# -- training ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("skip_gram", [True, False])
@pytest.mark.parametrize(("method", "reference"), [("word2vec", Word2Vec), ("fasttext", FastText)])
def test_training_is_gensims(method, reference, skip_gram):
    texts = [" ".join(words) for words in common_texts]
    ours = WordEmbeddingVectorizer(method=method, skip_gram=skip_gram, vector_size=6, random_state=0).fit(texts)
    more = {"bucket": 1000} if method == "fasttext" else {}
    seed = np.random.RandomState(0).randint(2**31 - 1)
    settings = {"sg": skip_gram, "vector_size": 6, "min_count": 2, "epochs": 20, "workers": 1, "seed": seed}
    theirs = reference(common_texts, **settings, **more).wv
    assert ours.words_.tolist() == theirs.index_to_key
    np.testing.assert_array_equal(ours.vectors_, theirs.vectors)
    for word in ("human", "graph"):
        ours_found, their_found = ours.most_similar(word, 5), theirs.most_similar(word, topn=5)
        assert [found for found, _ in ours_found] == [found for found, _ in their_found]
        np.testing.assert_allclose([x for _, x in ours_found], [x for _, x in their_found], rtol=1e-5)


@pytest.mark.parametrize("method", ["word2vec", "fasttext"])
@pytest.mark.parametrize("seed", range(3))
def test_words_of_a_topic_become_similar(method, seed):
    texts, labels = topics(seed)
    model = WordEmbeddingVectorizer(method=method, vector_size=20, epochs=60, random_state=seed)
    fitted = clone(model).fit(texts)
    close = {word for word, _ in fitted.most_similar("cat", 4)}
    assert len(close & {"dog", "horse", "fur", "paw"}) >= 3
    assert cross_val_score(make_pipeline(model, LogisticRegression(C=100)), texts, labels, cv=3).min() > 0.9


PRINTED = """
from skdeep.text import WordEmbeddingVectorizer, DocumentVectors
texts = ["the cat sat on the mat", "the dog sat", "stocks fell again", "stocks fell and fell"] * 3
models = [WordEmbeddingVectorizer(vector_size=4, method=m, random_state=3) for m in ("word2vec", "fasttext")]
models += [DocumentVectors(4, method=m, random_state=3) for m in ("dm", "dbow")]
print([model.fit(texts).transform(["a cat fell", "dogs"]).tobytes().hex() for model in models])
"""


def test_the_same_seed_gives_the_same_vectors_whatever_the_hash_of_python_is():
    environments = [os.environ | {"PYTHONHASHSEED": seed} for seed in ("1", "2024")]
    started = [
        subprocess.Popen(
            [sys.executable, "-c", PRINTED], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for environment in environments
    ]
    (one, log), (other, _) = [process.communicate(timeout=100) for process in started]
    assert one == other
    assert one.startswith(b"[")
    assert log == b""


def test_other_seeds_give_other_vectors():
    texts, _ = topics(0)
    one, same, other = (WordEmbeddingVectorizer(random_state=seed).fit(texts).vectors_ for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, same)
    assert not np.allclose(one, other)


def test_fasttext_knows_unseen_words_by_their_parts_and_pickles_without_gensim():
    texts, _ = topics(0)
    fitted = WordEmbeddingVectorizer(method="fasttext", vector_size=10, random_state=0).fit(texts)
    stored = pickle.dumps(fitted)
    assert b"gensim" not in stored
    reference = FastText([text.split() for text in texts], sg=1, vector_size=10, min_count=2, epochs=20, workers=1,
                         seed=np.random.RandomState(0).randint(2**31 - 1), bucket=1000).wv  # fmt: skip
    unseen = pickle.loads(stored).transform(["horses", "dogcat"])
    np.testing.assert_allclose(unseen, [reference["horses"], reference["dogcat"]], rtol=1e-5)
    assert fitted.most_similar("horses", 1)[0][0] == "horse"


def test_long_texts_are_trained_to_their_end():
    fitted = WordEmbeddingVectorizer(vector_size=2, epochs=1).fit([" ".join(["word"] * 20_000 + ["end", "end"])])
    assert fitted.words_.tolist() == ["word", "end"]
    assert np.abs(fitted.vectors_[1]).max() > 0


# -- neighbours and matrices ------------------------------------------------------------------------------------------


def test_analogies_and_neighbours_are_gensims():
    fitted = WordEmbeddingVectorizer(TABLE).fit(TEXTS)
    keyed = KeyedVectors(3)
    keyed.add_vectors(list(TABLE), ARRAY)
    for ours, theirs in (
        (fitted.analogy("King", "man", "woman", n=3), keyed.most_similar(["king", "woman"], ["man"], topn=3)),
        (fitted.most_similar("king", n=4), keyed.most_similar("king", topn=4)),
    ):
        assert [word for word, _ in ours] == [word for word, _ in theirs]
        np.testing.assert_allclose([x for _, x in ours], [x for _, x in theirs], rtol=1e-5)
    assert fitted.analogy("king", "man", "woman")[0][0] == "queen"
    assert len(fitted.most_similar("king", n=100)) == len(TABLE) - 1


def test_a_word_without_a_vector_has_no_neighbours():
    fitted = WordEmbeddingVectorizer(TABLE).fit(TEXTS)
    with pytest.raises(ValueError, match=r"'kings' has no vector\. Close to it are 'king'"):
        fitted.most_similar("kings")
    with pytest.raises(ValueError, match=r"'zzz' has no vector\.$"):
        fitted.analogy("king", "zzz", "man")


def test_embedding_matrix():
    fitted = WordEmbeddingVectorizer(TABLE, random_state=0).fit(TEXTS)
    sequencer = TokenSequencer().fit(TEXTS)
    matrix = fitted.embedding_matrix(sequencer)
    assert matrix.shape == (sequencer.n_ids_, 3)
    np.testing.assert_array_equal(matrix[0], 0.0)
    np.testing.assert_allclose(matrix[1], ARRAY.mean(axis=0), rtol=1e-6)
    for number, word in enumerate(sequencer.vocabulary_, 2):
        assert (word in TABLE) == np.array_equal(matrix[number], TABLE.get(word))
    comma, a = (matrix[2 + sequencer.vocabulary_.tolist().index(word)] for word in (",", "a"))
    assert not np.allclose(comma, a)
    np.testing.assert_array_equal(matrix, fitted.embedding_matrix(sequencer))
    again = WordEmbeddingVectorizer(TABLE, random_state=1).fit(TEXTS).embedding_matrix(sequencer)
    assert (again == matrix).all(axis=1).sum() == len(TABLE) + 2
    net = RNNClassifier(units=2, epochs=1, embedding_matrix=matrix, train_embedding=False)
    net.fit(sequencer.transform(TEXTS), [0, 1, 0, 1, 0])
    np.testing.assert_allclose(net.weights_[0][1:], matrix[1:], rtol=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_random_rows_are_as_large_as_the_vectors(seed):
    vectors = ([f"w{number}" for number in range(400)], np.random.default_rng(seed).normal(scale=3.0, size=(400, 50)))
    fitted = WordEmbeddingVectorizer(vectors, random_state=seed).fit(["w1"])
    unknown = TokenSequencer().fit([" ".join(f"new{number}" for number in range(100))])
    assert fitted.embedding_matrix(unknown)[2:].std() == pytest.approx(3.0, rel=0.1)


def test_embedding_matrix_wants_words():
    fitted = WordEmbeddingVectorizer(TABLE).fit(TEXTS)
    with pytest.raises(ValueError, match="level=\"word\", got level='char'"):
        fitted.embedding_matrix(TokenSequencer(level="char").fit(TEXTS))


# -- vectors from elsewhere -------------------------------------------------------------------------------------------


def keyed_vectors():
    keyed = KeyedVectors(3)
    keyed.add_vectors(list(TABLE), ARRAY.astype(np.float32))
    return keyed


def saved(tmp_path, name, **settings):
    path = tmp_path / name
    keyed_vectors().save_word2vec_format(str(path), **settings)
    return path


def lines():
    return "".join(f"{word} {' '.join(map(str, row))}\n" for word, row in TABLE.items())


def gzipped(tmp_path):
    path = tmp_path / "glove.txt.gz"
    path.write_bytes(gzip.compress(lines().encode()))
    return path


SOURCES = {
    "glove": lambda folder: written(folder, lines()),
    "glove, Windows, tabs": lambda folder: written(folder, lines().replace(" ", "\t").replace("\n", " \r\n")),
    "glove, gz": gzipped,
    "glove, a path as str": lambda folder: str(written(folder, lines())),
    "word2vec, text": lambda folder: saved(folder, "vectors.vec"),
    "word2vec, binary": lambda folder: saved(folder, "vectors.bin", binary=True),
    "word2vec, binary, gz": lambda folder: saved(folder, "vectors.bin.gz", binary=True),
    "word2vec, text, gz": lambda folder: saved(folder, "vectors.vec.gz"),
    "KeyedVectors": lambda folder: keyed_vectors(),
    "dict": lambda folder: TABLE,
    "tuple": lambda folder: (list(TABLE), ARRAY),
}


@pytest.mark.parametrize("source", SOURCES)
def test_sources_of_vectors(source, tmp_path):
    fitted = WordEmbeddingVectorizer(SOURCES[source](tmp_path), vector_size=3).fit(TEXTS)
    assert fitted.words_.tolist() == list(TABLE)
    np.testing.assert_allclose(fitted.vectors_, ARRAY, rtol=1e-6)
    assert fitted.vectors_.dtype == np.float32
    assert b"gensim" not in pickle.dumps(fitted.set_params(vectors=None))


def test_models_of_gensim_are_taken_with_the_parts_of_words():
    model = FastText(common_texts, vector_size=5, min_count=1, bucket=200, workers=1, seed=0)
    for vectors in (model, model.wv):
        fitted = WordEmbeddingVectorizer(vectors, pooling="average").fit(["human interface"])
        np.testing.assert_allclose(fitted.transform(["humans"])[0], model.wv["humans"], rtol=1e-5)


def test_words_with_spaces_and_words_that_come_twice(tmp_path):
    path = written(tmp_path, "a 1 2\n. . . 3 4\na 5 6\nnew york 7 8\n\u00a0x 9 9\n")
    fitted = WordEmbeddingVectorizer(path).fit(["a"])
    assert fitted.words_.tolist() == ["a", ". . .", "new york", "\u00a0x"]
    np.testing.assert_array_equal(fitted.vectors_, [[1, 2], [3, 4], [7, 8], [9, 9]])


def test_clones_share_vectors_but_nothing_that_was_learned():
    keyed = keyed_vectors()
    fitted = WordEmbeddingVectorizer(keyed, pooling="max").fit(TEXTS)
    copied = clone(fitted)
    assert copied.vectors is keyed
    assert copied.get_params() == fitted.get_params()
    assert not hasattr(copied, "words_")
    assert fitted.vectors is keyed


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a 1 2\nb 1\n", r"vectors\.txt, line 2: a word and 2 numbers are needed, got 1"),
        ("a 1 2\n\nb 1 2 3\n", r"vectors\.txt, line 3: a word and 2 numbers are needed, got 3"),
        ("a 1 2\nb 1 x\n", r"line 2: could not convert string to float: 'x'"),
        ("a 1 2\nb 1 nan\n", r"line 2: the numbers must be finite"),
        ("alone\n", r"line 1: a word and numbers are needed, got 0"),
        ("3 2\na 1 2\nb 1 2\n", r"has 2 words, but its first line promises 3"),
        ("2 3\na 1 2\nb 1 2\n", r"line 2: a word and 3 numbers are needed, got 2"),
        ("", r"vectors\.txt has no vectors"),
        ("1 2\n", r"vectors\.txt has no vectors"),
    ],
)
def test_broken_text_files(text, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        WordEmbeddingVectorizer(written(tmp_path, text)).fit(TEXTS)


def test_broken_other_files(tmp_path):
    path = saved(tmp_path, "vectors.bin", binary=True)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(ValueError, match=r"vectors\.bin is neither text in UTF-8 nor a whole binary file"):
        WordEmbeddingVectorizer(path).fit(TEXTS)
    path = tmp_path / "latin.txt"
    path.write_bytes("a 1 2\né 1 2\n".encode("latin-1"))
    with pytest.raises(ValueError, match=r"latin\.txt, line 2: .*utf-8"):
        WordEmbeddingVectorizer(path).fit(TEXTS)
    with pytest.raises(FileNotFoundError, match=r"nowhere\.txt': there is no such file"):
        WordEmbeddingVectorizer(tmp_path / "nowhere.txt").fit(TEXTS)
    path = tmp_path / "not.gz"
    for content in (b"a 1 2\n", gzip.compress(b"a 1 2\n" * 1000)[:-10]):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"not\.gz is no whole gzip file"):
            WordEmbeddingVectorizer(path).fit(TEXTS)


@pytest.mark.parametrize(
    ("vectors", "error", "message"),
    [
        (3, TypeError, "vectors must be the path of a file"),
        ({"a": [1.0], "b": [1.0, 2.0]}, ValueError, "as many numbers for each word"),
        ({}, ValueError, "one row for each word, got 0 words"),
        ((["a"], [[1.0], [2.0]]), ValueError, r"got 1 words and an array of the shape \(2, 1\)"),
        ((["a"], [[np.nan]]), ValueError, "vectors must be finite"),
        ((["a", "a"], [[1.0], [2.0]]), ValueError, "must all be different"),
        (KeyedVectors(3), ValueError, "a KeyedVectors without words"),
        ({1: [1.0]}, TypeError, "words of vectors must be strings, got 1"),
    ],
)
def test_vectors_that_are_none(vectors, error, message):
    with pytest.raises(error, match=message):
        WordEmbeddingVectorizer(vectors).fit(TEXTS)


@pytest.mark.parametrize(
    ("parameters", "X", "message"),
    [
        ({"vectors": TABLE, "vector_size": 4}, TEXTS, "vector_size=4, but those of vectors have 3 numbers"),
        ({"min_count": 9}, TEXTS, "No word of X occurs min_count=9 times, the most frequent 7 times"),
        ({}, ["", "  "], "X has no word"),
        ({}, [], "X has no texts"),
        ({"pooling": "mean"}, TEXTS, "The 'pooling' parameter"),
        ({"epochs": 0}, TEXTS, "The 'epochs' parameter"),
    ],
)
def test_what_is_refused_leaves_a_fitted_vectorizer_as_it_was(parameters, X, message):
    fitted = WordEmbeddingVectorizer(TABLE).fit(TEXTS)
    before = fitted.transform(TEXTS)
    fitted.set_params(**{"vectors": None} | parameters)
    with pytest.raises(ValueError, match=message):
        fitted.fit(X)
    np.testing.assert_array_equal(fitted.transform(TEXTS), before)


def test_bytes_are_refused():
    with pytest.raises(TypeError, match="decode them first"):
        WordEmbeddingVectorizer(TABLE).fit([b"the king"])


def test_without_gensim(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "gensim", None)
    with pytest.raises(ImportError, match=r'pip install "scikit-deep\[text\]"'):
        WordEmbeddingVectorizer().fit(TEXTS)
    np.testing.assert_allclose(WordEmbeddingVectorizer(written(tmp_path, lines())).fit(TEXTS).vectors_, ARRAY)
