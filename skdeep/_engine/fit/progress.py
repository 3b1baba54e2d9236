"""What a running fit shows: a progress bar (verbose=1) or a line an epoch (verbose=2)."""

from tqdm.auto import tqdm

# tqdm's own, but for whole numbers without a decimal point.
_BAR = "{l_bar}{bar}| {n:g}/{total_fmt} [{elapsed}<{remaining}, {rate_fmt}{postfix}]"


class Progress:
    """Reports epochs to the terminal or notebook.

    Parameters
    ----------
    verbose : int
        0 shows nothing, 1 a bar with the time that is left, 2 a line for every epoch.
    epochs : int
        Epochs planned.
    title : str
        What is being fitted.
    """

    def __init__(self, verbose, epochs, title):
        self._epochs = epochs
        self._title = title
        self._lines = verbose >= 2
        self._bar = tqdm(total=epochs, desc=title, unit="epoch", bar_format=_BAR) if verbose == 1 else None

    def update(self, epoch, values):
        """Show the values of one finished epoch."""
        shown = {name: f"{value:.4g}" for name, value in values.items()}
        if self._bar is not None:
            self._bar.set_postfix(shown, refresh=False)
            self.within(epoch)
        elif self._lines:
            print(f"{self._title}: epoch {epoch}/{self._epochs}, " + ", ".join(f"{k} = {v}" for k, v in shown.items()))

    def within(self, epochs):
        """Show how many epochs are done, the running one in part."""
        if self._bar is not None:
            self._bar.update(round(epochs, 2) - self._bar.n)

    def close(self):
        """Leave the bar where it is."""
        if self._bar is not None:
            self._bar.close()
