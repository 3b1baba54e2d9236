"""With verbose=0 nothing is written, whatever TensorFlow would say."""

import os
import subprocess
import sys

import pytest

from tests.test_layers import ROOT

_PROGRAM = """
import numpy as np
from skdeep.tabular import MLPClassifier, MLPRegressor

X = np.random.default_rng(0).random((60, 3))
for rows in (X, np.repeat(X, 40, axis=0).astype("float32")):
    labels = rows[:, 0] > 0.5
    model = MLPClassifier((4,), epochs=2, batch_size=100, n_iter_no_change=np.inf).fit(rows, labels)
    model.predict(rows)
    MLPRegressor((4,), epochs=2, early_stopping=True).fit(rows, rows[:, 0]).predict(rows)
    model.model_
    model.summary()
"""


def output_of(program, **environment):
    known = {name: value for name, value in os.environ.items() if name != "TF_CPP_MIN_LOG_LEVEL"}
    command = [sys.executable, "-c", program]
    result = subprocess.run(command, cwd=ROOT, env=known | environment, capture_output=True, text=True, check=False)
    return result.returncode, result.stdout, result.stderr


@pytest.mark.parametrize("level", [{}, {"TF_CPP_MIN_LOG_LEVEL": "3"}])
def test_training_is_silent(level):
    assert output_of(_PROGRAM, **level) == (0, "", "")


def test_who_wants_the_log_of_tensorflow_gets_it():
    code, _, errors = output_of(_PROGRAM, TF_CPP_MIN_LOG_LEVEL="0")
    assert code == 0
    assert "port.cc" in errors or "cpu_feature_guard" in errors


def test_what_others_write_is_passed_on_and_the_environment_stays():
    program = """
import os, sys
class Finder:
    def find_spec(self, name, *_):
        if name == "tensorflow":
            os.write(2, b"I do not belong to the log\\n")
sys.meta_path.insert(0, Finder())
import skdeep.losses.regression
assert "TF_CPP_MIN_LOG_LEVEL" not in os.environ
raise SystemExit("an error")
"""
    assert output_of(program) == (1, "", "I do not belong to the log\nan error\n")
