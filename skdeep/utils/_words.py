"""Names that users bring along from other libraries, and what they are called here."""

import difflib

from sklearn.utils._param_validation import StrOptions

# By the name of a parameter elsewhere; what is no name of ours is said in a few words.
_PARAMETERS = {
    "activations": "activation",
    "backbone": "architecture=Backbone(...)",
    "batchsize": "batch_size",
    "beta_1": "optimizer=keras.optimizers.Adam(beta_1=...)",
    "beta_2": "optimizer=keras.optimizers.Adam(beta_2=...)",
    "class_weights": "class_weight",
    "criterion": "loss",
    "dropout_rate": "dropout",
    "epsilon": "optimizer=keras.optimizers.Adam(epsilon=...)",
    "hidden_layers": "hidden_layer_sizes",
    "hidden_sizes": "hidden_layer_sizes",
    "hidden_units": "hidden_layer_sizes",
    "kernel_regularizer": "alpha (L2) and l1",
    "l2": "alpha",
    "l2_reg": "alpha",
    "layers": "hidden_layer_sizes",
    "learning_rate_init": "learning_rate",
    "loss_function": "loss",
    "lr": "learning_rate",
    "max_epochs": "epochs",
    "max_iter": "epochs",
    "n_epochs": "epochs",
    "nb_epoch": "epochs",
    "nesterovs_momentum": 'optimizer="nesterov"',
    "patience": "n_iter_no_change",
    "power_t": 'learning_rate_schedule="inverse_time"',
    "regularization": "alpha",
    "seed": "random_state",
    "solver": "optimizer",
    "units": "hidden_layer_sizes",
    "validation_split": "validation_fraction",
}
_VALUES = {
    ("activation", "identity"): '"linear"',
    ("activation", "logistic"): '"sigmoid"',
    ("learning_rate", "adaptive"): 'learning_rate_schedule="reduce_on_plateau"',
    ("learning_rate", "constant"): "a number, which is constant with learning_rate_schedule=None",
    ("learning_rate", "invscaling"): 'learning_rate_schedule="inverse_time"',
    ("loss", "log_loss"): '"cross_entropy"',
    ("optimizer", "lbfgs"): '"adam", or any other name; every one of them takes batches',
}
_OF_FIT = {
    "eval_set": "X_val and y_val",
    "validation_data": "X_val and y_val",
    "validation_split": "the parameter validation_fraction, with early_stopping=True",
}


class Names(StrOptions):
    """Constraint: one of some names, which a message lists in their order.

    Parameters
    ----------
    names : iterable of str
    any_case : bool, default=False
        Whether a name may be spelled as the class of that name, "RMSprop" for "rmsprop".
    """

    def __init__(self, names, *, any_case=False):
        super().__init__(set(names))
        self._any_case = any_case

    def is_satisfied_by(self, value):
        """Whether a value is one of the names."""
        return isinstance(value, str) and (value.lower() if self._any_case else value) in self.options

    def __str__(self):
        """Say what is accepted."""
        return f"a str among {{{', '.join(map(repr, sorted(self.options)))}}}"


def parameter_hint(name, known):
    """Return a sentence on what an unknown parameter may be called here, with a space before; empty if nobody knows."""
    ours = _PARAMETERS.get(name)
    if ours is None or (ours.isidentifier() and ours not in known):
        close = difflib.get_close_matches(name, known, n=1)
        return f" Did you mean {close[0]}?" if close else ""
    return f" Here it is {ours}."


def check_values(parameters):
    """Raise ValueError for a value that has another name here.

    Parameters
    ----------
    parameters : dict
        Values by name.
    """
    for name, value in parameters.items():
        ours = _VALUES.get((name, value)) if isinstance(value, str) else None
        if ours is not None:
            raise ValueError(f"{name}={value!r} is not known here: it is {ours}.")


def check_arguments(estimator, named, known):
    """Raise TypeError for an argument that `fit` does not have, and say where to put what was meant.

    Parameters
    ----------
    estimator : estimator instance
    named : dict
        Arguments given by name.
    known : list of str
        Those that there are.
    """
    for name in named.keys() - set(known):
        if name in _OF_FIT:
            hint = f"here it is {_OF_FIT[name]}"
        elif name in estimator.get_params(deep=False):
            hint = f"{name} is a parameter of the estimator"
        else:
            hint = f"it has {', '.join(known)}"
        raise TypeError(f"{type(estimator).__name__}.fit() has no argument {name!r}: {hint}.")
