"""The way out: fitted estimators and pipelines as ONNX, and smaller ones."""

from skdeep.export._compress import compress
from skdeep.export._onnx import to_onnx
from skdeep.export._trusted import TRUSTED_TYPES

__all__ = ["TRUSTED_TYPES", "compress", "to_onnx"]
