"""Pictures: of how a training or a search went, of what an estimator sees, of forecasts and codes."""

from skdeep.inspection._class_activation import class_activation_map
from skdeep.inspection._plot.attention import AttentionDisplay
from skdeep.inspection._plot.class_activation import ClassActivationDisplay
from skdeep.inspection._plot.embedding import EmbeddingDisplay
from skdeep.inspection._plot.filters import FiltersDisplay
from skdeep.inspection._plot.forecast import ForecastDisplay
from skdeep.inspection._plot.growth import GrowthDisplay
from skdeep.inspection._plot.learning_rate import LearningRateDisplay
from skdeep.inspection._plot.loss_curve import LossCurveDisplay
from skdeep.inspection._plot.misclassified import MisclassifiedDisplay
from skdeep.inspection._plot.occlusion import OcclusionDisplay
from skdeep.inspection._plot.reconstruction import ReconstructionDisplay
from skdeep.inspection._plot.saliency import SaliencyDisplay
from skdeep.inspection._plot.search import SearchDisplay
from skdeep.inspection._plot.text_explanation import TextExplanationDisplay
from skdeep.inspection._plot.training_diagnosis import TrainingDiagnosisDisplay

__all__ = [
    "AttentionDisplay",
    "ClassActivationDisplay",
    "EmbeddingDisplay",
    "FiltersDisplay",
    "ForecastDisplay",
    "GrowthDisplay",
    "LearningRateDisplay",
    "LossCurveDisplay",
    "MisclassifiedDisplay",
    "OcclusionDisplay",
    "ReconstructionDisplay",
    "SaliencyDisplay",
    "SearchDisplay",
    "TextExplanationDisplay",
    "TrainingDiagnosisDisplay",
    "class_activation_map",
]
