"""From a fitted estimator, also inside a pipeline or search, or a dict of lists, to the curves that displays draw."""

import numpy as np
from sklearn.utils.validation import check_is_fitted

# Where searches, threshold tuners and target transformers keep the estimator that they have fitted.
_INSIDE = ("best_estimator_", "estimator_", "regressor_")


def unwrapped(estimator):
    """Yield an estimator, then what it has fitted inside: the last step of a pipeline, the best one of a search."""
    yield estimator
    inside = next((getattr(estimator, name) for name in _INSIDE if hasattr(estimator, name)), None)
    if inside is None and hasattr(estimator, "steps"):
        inside = estimator.steps[-1][1]
    if inside is not None:
        yield from unwrapped(inside)


def find_trained(estimator):
    """Return the estimator with a `history_`: this one, the last step of a pipeline, or the best one of a search.

    Raises
    ------
    NotFittedError
        If it has not been fitted.
    ValueError
        If there is none.
    """
    for found in unwrapped(estimator):
        if hasattr(found, "history_"):
            return found
    if hasattr(found, "fit"):
        check_is_fitted(found)
    raise ValueError(
        f"{type(found).__name__} has no history_ of its training; accepted are fitted estimators of scikit-deep, "
        "also as the last step of a Pipeline or inside a search with refit."
    )


def seen_by_net(estimator, X):
    """Return what reaches the net: X after the steps of all pipelines on the way."""
    for outer in unwrapped(estimator):
        if len(getattr(outer, "steps", ())) > 1:
            X = outer[:-1].transform(X)
        if hasattr(outer, "history_"):
            break
    return X


def check_history(history):
    """Return the curves of a history as a dict of arrays, one value an epoch.

    Parameters
    ----------
    history : dict of list
        As `history_`, or the `history` of what `keras.Model.fit` returns; "loss" is needed, "val_loss", "val_score" and
        "learning_rate" are used if they are there.
    """
    if not hasattr(history, "keys") or "loss" not in history:
        raise ValueError(f"A history must be a dict with the losses of all epochs under 'loss', got {history!r}.")
    curves = {
        name: np.asarray(history[name], dtype=float)
        for name in ("loss", "val_loss", "val_score", "learning_rate")
        if name in history
    }
    for name, curve in curves.items():
        if curve.shape != (len(history["loss"]),) or not len(curve):
            raise ValueError(
                f"A history needs one number an epoch; 'loss' has {len(history['loss'])}, {name!r} has the shape "
                f"{curve.shape}."
            )
    return curves


def best_epoch(curves):
    """Return the epoch, counted from 1, with the best validation score, else validation loss, else training loss."""
    if "val_score" in curves:
        return int(np.argmax(curves["val_score"])) + 1
    return int(np.argmin(curves.get("val_loss", curves["loss"]))) + 1


def drawn_curves(history):
    """Return what displays draw of a history, as the keyword arguments of their classes."""
    curves = check_history(history)
    drawn = {name: curves.get(name) for name in ("loss", "val_loss", "val_score", "learning_rate")}
    return drawn | {"best_epoch": best_epoch(curves)}


def reference_losses(estimator):
    """Return the loss of a guess that ignores the inputs and that of perfect predictions; None where not known."""
    if not hasattr(estimator, "_net"):
        return None, 0.0
    return estimator._net.guess, estimator._net.loss.perfect
