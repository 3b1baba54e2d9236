"""Parameters of losses that a search can set, as those of an estimator: `loss__quantile`."""

from skdeep.utils._keys import plain_copy


class Searchable:
    """What scikit-learn asks of an object whose parameters are searched.

    Subclasses name these in `_parameters`, and check them in `_check`.
    """

    _parameters = ()

    def get_params(self, deep=True):
        """Return the parameters.

        Parameters
        ----------
        deep : bool, default=True
            Not used: no parameter has parameters of its own.

        Returns
        -------
        params : dict
            Values by name.
        """
        return {name: getattr(self, name) for name in self._parameters}

    def set_params(self, **params):
        """Set parameters.

        Parameters
        ----------
        **params : object
            Values by name.

        Returns
        -------
        self : object
            The loss.
        """
        for name, value in params.items():
            if name not in self._parameters:
                known = ", ".join(self._parameters)
                raise ValueError(f"{type(self).__name__} has no parameter {name!r}, only {known}.")
            setattr(self, name, value)
        self._check()
        return self

    def _check(self):
        """Raise ValueError if a parameter is out of its range."""

    def __sklearn_clone__(self):
        return plain_copy(self)

    def __repr__(self):
        shown = ", ".join(f"{name}={value!r}" for name, value in self.get_params().items())
        return f"{type(self).__name__}({shown})"
