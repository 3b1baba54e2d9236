"""Pictures of how a training went, and what they say."""

from skdeep.inspection._plot.loss_curve import LossCurveDisplay
from skdeep.inspection._plot.training_diagnosis import TrainingDiagnosisDisplay

__all__ = ["LossCurveDisplay", "TrainingDiagnosisDisplay"]
