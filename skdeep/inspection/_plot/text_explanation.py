"""The words of a text, coloured by what they add to a prediction."""

import numpy as np

from skdeep.inspection._plot import _style
from skdeep.inspection._plot._docs import documented
from skdeep.text._explanation import explained

_COLUMNS = 72  # characters of a line
_LINE = 0.3  # inches
_WIDTH = 7.2  # inches
_CHARACTER = 0.602  # width of a letter of a font of fixed width, in units of its size


@documented
class TextExplanationDisplay:
    """A text whose words are coloured by what they add to a prediction.

    It is recommended to use `TextExplanationDisplay.from_estimator`. All parameters are stored as attributes.

    Orange words speak for the target, purple ones against it: without them, its score would be lower, or higher.
    Colours are relative to the text.

    Parameters
    ----------
    words : list of (str, float)
        Words, and what each adds.
    target : label or int, default=None
        What is explained, to be written over the text.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes with the text.
    figure_ : matplotlib Figure
        Figure containing the text.
    texts_ : list of matplotlib Text
        The words.

    See Also
    --------
    skdeep.text.TextClassifier : Has `explain`, whose result is drawn.
    OcclusionDisplay : The same for images and series.

    References
    ----------
    Zeiler and Fergus (2014), "Visualizing and understanding convolutional networks": leaving out what is explained.

    Examples
    --------
    >>> from skdeep.inspection import TextExplanationDisplay
    >>> from skdeep.text import TextClassifier
    >>> texts = ["what a good film", "a bad, bad film", "good music", "bad acting"] * 5
    >>> model = TextClassifier(random_state=0).fit(texts, ["up", "down"] * 10)
    >>> display = TextExplanationDisplay.from_estimator(model, "a good film")
    >>> max(display.words, key=lambda word: word[1])[0]
    'good'
    """

    def __init__(self, *, words, target=None):
        self.words = words
        self.target = target

    def plot(self, ax=None, *, cmap="PuOr_r"):
        """Write the words in lines.

        Parameters
        ----------
        cmap : str or matplotlib Colormap, default="PuOr_r"
            Colours; zero is in the middle.
        """
        places, n_lines = _places([word for word, _ in self.words])
        _style.set_axes(self, ax, (_WIDTH, (n_lines + 1) * _LINE))
        from matplotlib import colormaps

        colours = colormaps[cmap] if isinstance(cmap, str) else cmap
        largest = max((abs(value) for _, value in self.words), default=0.0) or 1.0
        size = 72 * self.ax_.get_window_extent().width / self.figure_.dpi / _COLUMNS / _CHARACTER
        self.texts_ = []
        for (word, value), (column, line) in zip(self.words, places, strict=True):
            colour = colours(0.5 + 0.35 * value / largest)  # the ends are too dark to read on
            box = {"facecolor": colour, "edgecolor": "none", "boxstyle": "square,pad=0.15"}
            settings = {"fontfamily": "monospace", "fontsize": size, "color": _style.TEXT, "bbox": box, "va": "center"}
            self.texts_.append(self.ax_.text(column, line, word, **settings))
        self.ax_.set(xlim=(0, _COLUMNS), ylim=(n_lines - 0.4, -0.6))
        self.ax_.set_axis_off()
        if self.target is not None:
            self.ax_.set_title(str(self.target), fontsize="medium", loc="left")
        return self

    @classmethod
    def from_estimator(cls, estimator, text, *, target=None, ax=None, cmap="PuOr_r"):
        """Leave out each word of a text in turn, and draw what that changes.

        Parameters
        ----------
        estimator : estimator instance
            A fitted classifier or regressor of strings: of skdeep.text, or a pipeline that begins with a vectorizer.
        text : str
            One text.
        target : label or int, default=None
            The class that is explained; of several labels, or several columns of numbers, the number of one. By
            default, what the estimator predicts, or the most probable label.

        Raises
        ------
        ValueError
            If the text has no words, or if there is no such target.
        """
        _style.check_matplotlib(f"{cls.__name__}.from_estimator")
        words, target = explained(estimator, text, target)
        return cls(words=words, target=target).plot(ax, cmap=cmap)


def _places(words):
    """Return the column and the line of each word, and the number of lines."""
    places, column, line = [], 0, 0
    for width in np.array([len(word) for word in words]):
        if column and column + width > _COLUMNS:
            column, line = 0, line + 1
        places.append((column, line))
        column += width + 1
    return places, line + 1
