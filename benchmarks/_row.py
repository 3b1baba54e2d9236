"""One comparison, as every case returns it."""

from dataclasses import dataclass, field

from _contenders import OURS


@dataclass
class Row:
    """One comparison.

    Parameters
    ----------
    case : str
        The case it belongs to, by the name that `--only` takes.
    label : str
        What was done.
    unit : {"s", "kB", "MB"}
    values : dict of str to float
        One number a contender, the median or the least of several; one that cannot do it is left out.
    first : float or None
        Our first time, compilation included, where the others' first is like their second.
    extrapolated : tuple of str
        Contenders of whom only a part was timed.
    losses : dict of str to float
        Final training losses, where the contenders train.
    headline : bool
        Whether the row is shown in the picture and in the short table.
    subject : {"Tables", "Images", "Sequences", "Texts", "Models"}
        What the nets are trained on: each has a table of its own.
    bounds : dict of str to float
        How many times the value of a contender ours may be.
    """

    case: str
    label: str
    unit: str
    values: dict
    first: float | None = None
    extrapolated: tuple = ()
    losses: dict = field(default_factory=dict)
    headline: bool = False
    subject: str = "Tables"
    bounds: dict = field(default_factory=dict)

    @property
    def ratios(self):
        """What the others take, with ours as one."""
        return {name: value / self.values[OURS] for name, value in self.values.items()}
