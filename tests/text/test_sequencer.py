"""Tokens and their ids, back and forth."""

import pickle

import numpy as np
import pytest

from skdeep.sequence import RNNClassifier
from skdeep.text import TokenSequencer

TEXTS = ["The cat sat.", "the dog sat!", "The the cat", ""]


def test_ids_count_from_the_most_frequent_token_and_ties_are_alphabetical():
    sequencer = TokenSequencer(max_length="longest").fit(TEXTS)
    assert sequencer.vocabulary_.tolist() == ["the", "cat", "sat", "!", ".", "dog"]
    assert sequencer.n_ids_ == 8
    assert sequencer.length_ == 4
    np.testing.assert_array_equal(sequencer.transform(TEXTS), [[2, 3, 4, 6], [2, 7, 4, 5], [2, 2, 3, 0], [0, 0, 0, 0]])
    assert sequencer.transform(TEXTS).dtype == np.int32


def test_order_of_texts_changes_nothing():
    forth, back = TokenSequencer().fit(TEXTS), TokenSequencer().fit(TEXTS[::-1])
    np.testing.assert_array_equal(forth.vocabulary_, back.vocabulary_)


def test_what_was_not_learned_is_unknown():
    sequencer = TokenSequencer(2).fit(TEXTS)
    assert sequencer.vocabulary_.tolist() == ["the", "cat"]
    np.testing.assert_array_equal(sequencer.transform(["the new cat"])[0, :3], [2, 1, 3])
    assert sequencer.inverse_transform([[2, 1, 3, 0]]).tolist() == ["the [unknown] cat"]


@pytest.mark.parametrize(("truncate", "kept"), [("end", [2, 3]), ("start", [3, 4])])
def test_longer_texts_are_cut(truncate, kept):
    sequencer = TokenSequencer(max_length=2, truncate=truncate).fit(["a b c", "a b", "a"])
    np.testing.assert_array_equal(sequencer.transform(["a b c", "a"]), [kept, [2, 0]])


def test_length_is_that_of_95_of_100_texts():
    texts = ["a " * n for n in range(1, 101)]
    assert TokenSequencer().fit(texts).length_ == 96
    assert TokenSequencer(max_length="longest").fit(texts).length_ == 100


def test_characters_come_back_as_they_were():
    text = "Voilà, l'été… est  fini !"
    sequencer = TokenSequencer(level="char", lowercase=False, max_length="longest").fit([text])
    assert sequencer.inverse_transform(sequencer.transform([text])).tolist() == [text]


def test_words_come_back_with_their_spaces():
    text = "the cat sat, didn't it? l'école (d'abord) 50%!"
    sequencer = TokenSequencer(max_length="longest").fit([text])
    assert sequencer.inverse_transform(sequencer.transform([text])).tolist() == [text]


def test_subwords_are_frequent_parts_and_come_back():
    texts = ["lower lowest low newer newest new widest wide"] * 3
    sequencer = TokenSequencer(40, level="subword", max_length="longest").fit(texts)
    assert len(sequencer.vocabulary_) <= 40
    assert {"▁low", "▁new"} <= set(sequencer.vocabulary_)
    assert sequencer.inverse_transform(sequencer.transform(texts)).tolist() == texts
    assert sequencer.inverse_transform(sequencer.transform(["newest z"])).tolist() == ["newest [unknown]"]
    again = pickle.loads(pickle.dumps(sequencer))
    np.testing.assert_array_equal(again.transform(texts), sequencer.transform(texts))
    np.testing.assert_array_equal(TokenSequencer(40, level="subword").fit(texts).vocabulary_, sequencer.vocabulary_)


def test_rows_without_padding():
    sequencer = TokenSequencer(max_length=2).fit(TEXTS)
    assert [row.tolist() for row in sequencer.ids(TEXTS)] == [[2, 3, 4, 6], [2, 7, 4, 5], [2, 2, 3], []]


def test_a_recurrent_net_reads_the_rows():
    texts = ["good", "very good", "so good", "bad", "very bad", "so bad"] * 10
    labels = np.repeat([[1, 1, 1, 0, 0, 0]], 10, axis=0).ravel()
    rows = TokenSequencer().fit_transform(texts)
    net = RNNClassifier(units=8, embedding_dim=8, epochs=30, random_state=0).fit(rows, labels)
    assert net.score(rows, labels) == 1.0


@pytest.mark.parametrize("level", ["word", "char", "subword"])
def test_texts_without_tokens_are_refused(level):
    with pytest.raises(ValueError, match="X has no token"):
        TokenSequencer(level=level).fit(["", "  \n"])


def test_ids_that_were_not_learned_have_no_text():
    sequencer = TokenSequencer().fit(TEXTS)
    with pytest.raises(ValueError, match="X has ids from 2 to 8, but those that were learned end at 7"):
        sequencer.inverse_transform([[2, 8]])
    with pytest.raises(ValueError, match="from -1"):
        sequencer.inverse_transform([[-1]])
