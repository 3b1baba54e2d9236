"""Worker processes that compile small nets: what is said about them, and that it is said once."""

import multiprocessing
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from sklearn.exceptions import EfficiencyWarning

import skdeep
from skdeep._engine import workers

SEARCHES = """
import joblib
import numpy as np
from sklearn.model_selection import GridSearchCV
from skdeep.tabular import MLPClassifier

X = np.random.default_rng(0).normal(size=(60, 3))
net = MLPClassifier((3,), epochs=2, n_iter_no_change=np.inf, random_state=0)
search = GridSearchCV(net, {"learning_rate": [0.01, 0.1]}, cv=2)
search.fit(X, X[:, 0] > 0)
with joblib.parallel_config(backend="threading"):
    search.set_params(n_jobs=2).fit(X, X[:, 0] > 0)
print("processes")
for _ in range(2):
    search.fit(X, X[:, 0] > 0)
"""


def test_one_of_several_workers_warns_once():
    command = [sys.executable, "-u", "-c", SEARCHES]
    root = Path(skdeep.__file__).parents[1]
    result = subprocess.run(
        command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300, check=True
    )
    before, after = result.stdout.split("processes\n")
    assert "EfficiencyWarning" not in before
    assert after.count("EfficiencyWarning: A worker process of joblib has compiled a net in ") == 1


@pytest.mark.parametrize(
    ("name", "trained", "warns"),
    [("LokyProcess-1", 0.1, True), ("LokyProcess-1", 2.0, False), ("LokyProcess-2", 0.1, False), (None, 0.1, False)],
    ids=["small net", "long training", "another worker", "no worker"],
)
def test_it_speaks_in_the_first_worker_of_what_was_quicker_to_train_than_to_compile(monkeypatch, name, trained, warns):
    if name:
        monkeypatch.setattr(multiprocessing.current_process(), "name", name)
    if warns:
        with pytest.warns(EfficiencyWarning, match=r"compiled a net in 1\.5 s and trained it in 0\.1 s"):
            workers.advise(1.5, trained)
    else:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            workers.advise(1.5, trained)
