"""What a net of dense layers does, described without Keras, for those who compute it with something else."""

from typing import Any, NamedTuple


class Operation(NamedTuple):
    """One step of a net.

    Parameters
    ----------
    kind : {"dense", "transposed", "batch_normalization", "standardization", "layer_normalization", "activation", \
            "maxout", "add"}
        A "transposed" layer is dense, and uses the kernel of another; a "standardization" has mean and variance only.
    reads : tuple of str
        Names of what it is given: "input", that of the net, or what other operations make.
    makes : str
        Name of what it returns.
    weights : tuple of str
        Paths of the weights it uses, in the order of Keras' layer.
    setting : object
        The name of the activation, the epsilon of a normalisation, the number of pieces of a maxout.
    """

    kind: str
    reads: tuple
    makes: str
    weights: tuple = ()
    setting: Any = None
