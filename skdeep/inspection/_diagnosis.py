"""What the shapes of a training and a validation curve say: a verdict, the reason and advice, in plain words.

The rules compare numbers one can read off the picture. Losses are measured in units of what a blind guess costs, so
that the same rules hold for any loss and any data; where that is unknown, the first epoch stands in for it.
"""

from dataclasses import dataclass

import numpy as np

VERDICTS = (
    "good fit",
    "no fault found",
    "underfitting",
    "overfitting",
    "learning rate too high",
    "learning rate too low",
)

_FEWEST_EPOCHS = 5
_PEAK = 10.0  # a loss this many times that of a guess has exploded ...
_START = 2.0  # ... but in the first epoch this is little, since nets start from equal shares of rare classes
_JUMP = 0.1  # a rise from one epoch to the next by this share of the loss is a jump ...
_JUMPY = 0.1  # ... and this share of epochs with jumps is too many ...
_CLIMB = 0.01  # ... if the loss rises in an epoch, on average, by this share of its whole fall
_STEADY = 0.4  # of its fall, which a loss that levels off does not make in the second half; a straight line makes half
_STEADY_IF_HARDLY = 0.2  # the same for a loss that hardly fell ...
_FELL_HARDLY = 0.9  # ... which is, ended at this share of its start
_LEARNED_LITTLE = 0.6  # of the loss of a guess
_LEARNED_NOTHING = 0.98  # of the loss of a guess
_STILL_FALLING = 0.95  # of its level at four fifths of the epochs: where a loss that falls no more does not end
_RISE = 0.1  # of the loss of a guess: how far a loss may end above its best; the validation loss ...
_RELATIVE_RISE = 0.2  # ... by this share of its best, if that is more
_GAP = 0.3  # of the loss of a guess: how far the validation loss may be above the training loss

_ADVICE = {
    "learning rate too high": (
        "Try a tenth of the learning rate, or a schedule that lowers it, such as 'cosine'. If the inputs are not "
        "scaled, scale them first (StandardScaler); clip_norm=1.0 tames single explosions."
    ),
    "learning rate too low": "Try ten times the learning rate. More epochs would get there too, but slowly.",
    "overfitting": (
        "Stop at the best epoch (early_stopping=True), regularise (dropout, alpha, weight_decay), make the net "
        "smaller, or get more training data."
    ),
    "underfitting": (
        "Try a larger net, weaker regularisation, more epochs or a higher learning rate. If none of them helps, the "
        "inputs may say no more about the target than this."
    ),
    "good fit": "Nothing needs to be changed.",
    "no fault found": (
        "Whether the net overfits cannot be told from the training rows: fit with early_stopping=True, or give X_val "
        "and y_val."
    ),
}


@dataclass(frozen=True)
class Diagnosis:
    """What training curves say.

    Parameters
    ----------
    verdict : str
        One of `VERDICTS`.
    reason : str
        The numbers that decided.
    advice : str
        What to try next.
    """

    verdict: str
    reason: str
    advice: str


def diagnose(loss, val_loss, *, guess_loss=None, perfect_loss=0.0, kept_epoch=None, learning_rate=None):
    """Judge a training run by its curves.

    The first of these that holds is the verdict:

    - "learning rate too high": the training loss exploded, went up again, or kept jumping up,
    - "learning rate too low": it came down by little, and was still falling steadily at the end,
    - "overfitting": the validation loss turned upwards, or stayed far above the training loss,
    - "underfitting": the training loss, too, stayed near that of a guess,
    - "good fit": none of these; "no fault found" without a validation curve, which overfitting needs.

    Parameters
    ----------
    loss, val_loss : array-like of shape (n_epochs,)
        Training and validation loss of each epoch; the latter may be None.
    guess_loss : float, default=None
        Loss of a guess that ignores the inputs. By default, the training loss of the first epoch.
    perfect_loss : float or None, default=0.0
        Loss of perfect predictions; None if that is not known. Then only a net that is no better than the guess counts
        as underfitting.
    kept_epoch : int, default=None
        The epoch, counted from 1, whose weights were kept; by default, the last.
    learning_rate : array-like of shape (n_epochs,), default=None
        Learning rate of each epoch. With it, a loss that levels off because a schedule has run out is not mistaken for
        one that has arrived.

    Returns
    -------
    diagnosis : Diagnosis
    """
    curves = _Curves(loss, val_loss, guess_loss, perfect_loss, kept_epoch, learning_rate)
    rules = {
        "learning rate too high": _rate_too_high,
        "learning rate too low": _rate_too_low,
        "overfitting": _overfitting,
        "underfitting": _underfitting,
    }
    for verdict, rule in rules.items():
        reason = rule(curves)
        if reason:
            return Diagnosis(verdict, reason, _ADVICE[verdict])
    return Diagnosis(*_nothing_wrong(curves))


class _Curves:
    """The curves, checked, and the few numbers that the rules compare."""

    def __init__(self, loss, val_loss, guess_loss, perfect_loss, kept_epoch, learning_rate):
        self.is_validated = val_loss is not None
        train = _checked(loss, "loss")
        validation = _checked(val_loss, "val_loss") if self.is_validated else train
        if len(train) != len(validation):
            raise ValueError(f"loss and val_loss must be equally long, got {len(train)} and {len(validation)} epochs.")
        floor = min(0.0 if perfect_loss is None else perfect_loss, train.min(), validation.min())
        self.train, self.validation, self.floor = train - floor, validation - floor, floor
        self.n_epochs = len(train)
        self.guess_is_known = guess_loss is not None
        guess = self.train[0] if guess_loss is None else guess_loss - floor
        self.guess = max(float(guess), np.finfo(float).tiny)
        self.kept = _checked_epoch(kept_epoch, self.n_epochs)
        self.train_end, self.validation_end = self._at_end(self.train), self._at_end(self.validation)
        self.best = int(self.validation.argmin())
        self.little = _LEARNED_NOTHING if perfect_loss is None else _LEARNED_LITTLE
        # Dropout blurs the training curve of a net that hardly moves; the validation curve stays clear.
        self.steadiness = _steadiness(self.train, learning_rate) or _steadiness(self.validation, learning_rate)

    def _at_end(self, curve):
        """Return the loss of the weights that were kept; if these are the last, the middle of the last tenth."""
        if self.kept < self.n_epochs:
            return float(curve[self.kept - 1])
        return _last(curve)

    @property
    def yardstick(self):
        """What losses are compared with, in words."""
        return "that of a blind guess" if self.guess_is_known else "that of the first epoch"


def _checked(curve, name):
    curve = np.asarray(curve, dtype=float)
    if curve.ndim != 1 or not np.isfinite(curve).all():
        raise ValueError(f"{name} must be a list of finite numbers, one an epoch, got {curve!r}.")
    if len(curve) < _FEWEST_EPOCHS:
        raise ValueError(f"{name} has {len(curve)} epochs; a diagnosis needs at least {_FEWEST_EPOCHS}.")
    return curve


def _checked_epoch(epoch, n_epochs):
    if epoch is None:
        return n_epochs
    if not 1 <= epoch <= n_epochs:
        raise ValueError(f"kept_epoch must lie between 1 and the {n_epochs} epochs there are, got {epoch!r}.")
    return int(epoch)


def _last(curve):
    return float(np.median(curve[-max(3, len(curve) // 10) :]))


def _steadiness(curve, learning_rate):
    """Return which part of the fall from the first third to the last came after the second: half for a straight line.

    Thirds of the way that the learning rates could have taken the net, which are thirds of the epochs if these are all
    the same. Zero if the loss did not fall throughout.
    """
    rates = np.ones(len(curve)) if learning_rate is None else np.asarray(learning_rate, dtype=float)
    if rates.shape != curve.shape or not (rates > 0).all():
        rates = np.ones(len(curve))
    way = (np.cumsum(rates) - rates / 2) / rates.sum()
    thirds = [curve[(way >= low) & (way <= low + 1 / 3)] for low in (0, 1 / 3, 2 / 3)]
    if not all(len(third) for third in thirds):
        return 0.0
    first, second, last = (third.mean() for third in thirds)
    if not first > second > last or np.corrcoef(way, curve)[0, 1] > -0.9:
        return 0.0
    return float((second - last) / (first - last))


def _rate_too_high(curves):
    train = curves.train
    peak = int(train.argmax())
    if train[peak] > max(_PEAK * curves.guess, 0.0 if peak else _START):
        times = train[peak] / curves.guess
        return f"The training loss shot up to {times:.0f} times {curves.yardstick}, in epoch {peak + 1}."
    lowest = int(train.argmin())
    # Dropout makes the training loss of a small net jump up and down, but not the validation loss.
    rise = min(_last(curve) - curve[lowest] for curve in (train, curves.validation))
    if rise > _RISE * curves.guess:
        change = _change(train[lowest], _last(train), curves.floor)
        return f"The training loss went up again after epoch {lowest + 1}: {change}."
    jumps, climb = _jumps(train, curves.guess)
    fall = max(min(train[0], curves.guess) - curves.train_end, 0.0)
    restless = min(jumps, _jumps(curves.validation, curves.guess)[0]) > _JUMPY * len(train)
    if restless and climb > _CLIMB * fall * len(train):
        return f"The training loss jumped up in {jumps} of {len(train)} epochs instead of settling down."
    return None


def _jumps(curve, guess):
    """Return in how many epochs the curve jumped up, and by how much it rose in all of them together."""
    steps = np.diff(curve)
    jumps = (steps > _JUMP * curve[:-1]) & (curve[1:] > 0.05 * guess)
    return int(jumps.sum()), float(steps.clip(min=0).sum())


def _rate_too_low(curves):
    # Weights drawn by luck may start below the loss of a guess, so either yardstick counts.
    if curves.train_end < _LEARNED_LITTLE * min(curves.guess, curves.train[0]):
        return None
    hardly = curves.train_end > _FELL_HARDLY * curves.train[0]
    if curves.steadiness < (_STEADY_IF_HARDLY if hardly else _STEADY):
        return None
    change = _change(curves.train[0], curves.train_end, curves.floor)
    return f"The training loss fell by little and was still falling steadily at the end: {change}."


def _overfitting(curves):
    if not curves.is_validated:
        return None
    best, end = curves.validation[curves.best], curves.validation_end
    if end - best > max(_RISE * curves.guess, _RELATIVE_RISE * best):
        change = _change(best, end, curves.floor)
        return f"The validation loss turned upwards after epoch {curves.best + 1}: {change}."
    if end - curves.train_end > _GAP * curves.guess:
        train, end = _number(curves.train_end + curves.floor), _number(end + curves.floor)
        return f"The validation loss, {end}, stayed far above the training loss, {train}."
    return None


def _underfitting(curves):
    # With dropout the training loss is the higher one: underfitting shows in both.
    end = min(curves.train_end, curves.validation_end)
    if end < curves.little * curves.guess:
        return None
    share = f"{curves.train_end / curves.guess:.0%} of {curves.yardstick}"
    if not curves.is_validated:
        return f"The training loss stayed high: it is {share}."
    return f"Both losses stayed high: the training loss is {share}."


def _nothing_wrong(curves):
    """Return verdict, reason and advice where no rule holds."""
    train, end = _number(curves.train_end + curves.floor), _number(curves.validation_end + curves.floor)
    verdict = "good fit" if curves.is_validated else "no fault found"
    both = f"{train} in training, {end} in validation"
    reason, advice = (
        f"Both losses came far below {curves.yardstick}, {_number(curves.guess + curves.floor)}: {both}.",
        "",
    )
    if not curves.is_validated:
        reason = f"The training loss came down: {_change(curves.train[0], curves.train_end, curves.floor)}."
    if curves.kept < curves.n_epochs:
        advice = f" The weights of epoch {curves.kept} were kept."
    elif _falls_at_the_end(curves.validation):
        advice = " The loss was still falling: more epochs may gain a little."
    return verdict, reason, _ADVICE[verdict] + advice


def _falls_at_the_end(curve):
    """Whether the lowest losses are the last ones, and well below those of a fifth of the epochs before."""
    late = curve.argmin() + 1 >= 0.9 * len(curve)
    return late and _last(curve) < _STILL_FALLING * curve[int(0.8 * len(curve)) - 1]


def _change(before, after, floor):
    return f"from {_number(before + floor)} to {_number(after + floor)}"


def _number(value):
    return f"{value:.3g}"
