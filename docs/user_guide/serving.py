"""A fitted pipeline as a web service: run it with `uvicorn serving:app`, after `pip install fastapi uvicorn`."""

from pathlib import Path

import joblib
import numpy as np
from fastapi import FastAPI, HTTPException

MODEL = Path("model.joblib")


def service(model):
    """Return the application that answers with the predictions of a fitted classifier or pipeline."""
    app = FastAPI()

    @app.post("/predict")
    def predict(rows: list[list[float]]):
        try:
            probabilities = model.predict_proba(rows)
        except ValueError as error:  # rows of a wrong length, NaN, ...
            raise HTTPException(422, str(error)) from error
        labels = model.classes_[np.argmax(probabilities, axis=1)]
        return {"labels": labels.tolist(), "probabilities": probabilities.tolist()}

    return app


def opened(path=MODEL):
    """Return the service of a saved pipeline, whose net is compiled before the first request comes."""
    model = joblib.load(path, mmap_mode="r")
    model[-1].warm_up()
    return service(model)


if MODEL.exists():
    app = opened()
