"""Parts of words, learned by byte-pair encoding through the package tokenizers."""

import json

_SPACE = "▁"  # stands for the space before a word
UNKNOWN_TOKEN = "[unknown]"


class Subwords:
    """A fitted byte-pair encoding, which pickles as its own JSON.

    Parameters
    ----------
    state : str
        JSON of a tokenizers.Tokenizer.
    """

    def __init__(self, state):
        self.state, self._tokenizer = state, None

    @property
    def vocabulary(self):
        """All parts: single characters first, then what was merged, from the most frequent pair on."""
        numbers = json.loads(self.state)["model"]["vocab"]
        return sorted(numbers.keys() - {UNKNOWN_TOKEN}, key=numbers.get)

    def split(self, text):
        """Return the parts of a text, with UNKNOWN_TOKEN for characters that were not learned."""
        return self._loaded().encode(text).tokens

    def joined(self, parts):
        """Return parts as a text again."""
        return "".join(parts).replace(_SPACE, " ").removeprefix(" ")

    def __getstate__(self):
        return {"state": self.state, "_tokenizer": None}

    def _loaded(self):
        if self._tokenizer is None:
            self._tokenizer = _package().Tokenizer.from_str(self.state)
        return self._tokenizer


def learn(texts, max_tokens):
    """Return the Subwords of texts.

    Parameters
    ----------
    texts : iterable of str
    max_tokens : int or None
        Parts, at most; None is 8,000.

    Raises
    ------
    ImportError
        If the package tokenizers is not installed.
    """
    package = _package()
    tokenizer = package.Tokenizer(package.models.BPE(unk_token=UNKNOWN_TOKEN))
    tokenizer.pre_tokenizer = package.pre_tokenizers.Sequence(
        [package.pre_tokenizers.Metaspace(_SPACE), package.pre_tokenizers.Punctuation("isolated")]
    )
    trainer = package.trainers.BpeTrainer(
        vocab_size=max_tokens or 8_000, show_progress=False, special_tokens=[UNKNOWN_TOKEN]
    )
    tokenizer.train_from_iterator(texts, trainer)
    return Subwords(tokenizer.to_str())


def _package():
    try:
        import tokenizers
        from tokenizers import models, pre_tokenizers, trainers  # noqa: F401
    except ImportError as error:
        raise ImportError('level="subword" needs the package tokenizers: pip install "scikit-deep[text]".') from error
    return tokenizers
