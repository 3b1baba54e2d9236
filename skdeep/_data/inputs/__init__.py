"""What X is as a user gives it, and its way to named arrays and an InputSignature: one class a kind of input.

An estimator has one of these objects, made of its parameters by `_inputs`. A fit asks it to `validate` X, to settle the
dtype for `computing`, to `learn` from training rows, for the `numbers` that the net starts from, and to describe
(`signature`) and `encode` rows. What was learned is kept in the net, and predictions ask that one.
"""

from skdeep._data.inputs.frames import Frames
from skdeep._data.inputs.images import Images
from skdeep._data.inputs.series import SeriesInputs
from skdeep._data.inputs.tables import Tables
from skdeep._data.inputs.texts import Texts
from skdeep._data.inputs.tokens import TokenInputs

__all__ = ["Frames", "Images", "SeriesInputs", "Tables", "Texts", "TokenInputs"]
