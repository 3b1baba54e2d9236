"""Any Keras model as a scikit-learn estimator, with the parameters of scikeras, on the compiled engine."""

from skdeep.wrappers._base import BaseWrapper
from skdeep.wrappers._classifier import KerasClassifier
from skdeep.wrappers._encoders import ClassifierLabelEncoder as ClassifierLabelEncoder
from skdeep.wrappers._encoders import RegressorTargetEncoder as RegressorTargetEncoder
from skdeep.wrappers._from_scikeras import from_scikeras
from skdeep.wrappers._regressor import KerasRegressor
from skdeep.wrappers._transformer import KerasTransformer

__all__ = ["BaseWrapper", "KerasClassifier", "KerasRegressor", "KerasTransformer", "from_scikeras"]
