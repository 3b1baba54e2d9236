"""What a variable of a net is for."""

# Matrices that are no kernels: the biases of a GRU or of attention heads, offsets and scales of normalisations.
_NO_KERNELS = ("bias", "beta", "gamma")


def is_kernel(variable):
    """Whether a variable multiplies what comes in, and so is what penalties and weight decay shrink."""
    return len(variable.shape) > 1 and not variable.name.endswith(_NO_KERNELS)
