"""What each part of the default net of raw tables brings, in error and in seconds: a table of the guide.

    python benchmarks/tabular_ablation.py folder_of_tables --seeds 0 1

Tables are read as raw_tables.py reads them. What its first split tests on is left out here, so that defaults can be
chosen by this table: of the rows that it trains on, 1,500 are trained on, and the others tested on.
"""

import argparse
import json
import time
import warnings
from pathlib import Path

import numpy as np
from _list_table import list_table
from raw_tables import STATIC, error, read
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split

from skdeep.tabular import TabularClassifier, TabularRegressor
from skdeep.tabular.architectures import RealMLP

N_ROWS = 1_500
RATES = "bias_rate", "activation_rate", "scale_rate", "embedding_rate"
# What is changed: (architecture, estimator).
CHANGES = {
    "nothing": ({}, {}),
    "without piecewise-linear columns": ({"n_bins": None}, {}),
    "without periodic vectors": ({"periodic_dim": None}, {}),
    "without either": ({"n_bins": None, "periodic_dim": None}, {}),
    "without factors of columns": ({"scale": False}, {}),
    "without parametric activations": ({"parametric": False}, {}),
    "relu": ({"activation": "relu"}, {}),
    "without the start from rows": ({"start_from_rows": False}, {}),
    "one rate for all weights": (dict.fromkeys(RATES, 1.0), {}),
    "without dropout": ({"dropout": 0.0}, {}),
    "without weight decay": ({}, {"weight_decay": 0.0}),
    "without label smoothing": ({}, {"label_smoothing": 0.0}),
    "a constant learning rate": ({}, {"learning_rate_schedule": None}),
    "Adam with its usual memory": ({}, {"optimizer": "adam"}),
    "without early stopping": ({}, {"early_stopping": False}),
    "one net": ({}, {"n_estimators": 1}),
    "two nets": ({}, {"n_estimators": 2}),
    "eight nets": ({}, {"n_estimators": 8}),
}


def part(table, seed):
    """Return (frame, target) to train on and to test on, all of them rows that raw_tables.py trains on at seed 0."""
    frame, y, labels = table
    frame, _, y, _ = train_test_split(frame, y, test_size=0.3, random_state=0, stratify=y if labels else None)
    n_rows = min(N_ROWS, int(0.7 * len(frame)))
    train, test, y_train, y_test = train_test_split(
        frame, y, train_size=n_rows, random_state=seed, stratify=y if labels else None
    )
    return (train, y_train), (test, y_test)


def measure(table, seed, architecture, given):
    """Return [error, log loss or NaN, seconds of a fit that finds its program compiled]."""
    labels = table[2]
    (train, y_train), (test, y_test) = part(table, seed)
    model = TabularClassifier if labels else TabularRegressor
    given = {name: value for name, value in given.items() if labels or name != "label_smoothing"}
    made = model(RealMLP(**architecture), random_state=seed, **given)
    made.set_params(epochs=1).fit(train, y_train)
    made.set_params(epochs="auto")
    started = time.perf_counter()
    made.fit(train, y_train)
    seconds = time.perf_counter() - started
    loss = log_loss(y_test, made.predict_proba(test), labels=np.unique(table[1])) if labels else np.nan
    return [error(made.score(test, y_test), labels, len(test)), loss, seconds]


def page(results, kinds):
    """Return the table as reStructuredText: geometric means of what is more than with nothing changed.

    Parameters
    ----------
    results : dict
        {change: {table: {seed: values}}}.
    kinds : dict
        Whether the target of each table holds labels.
    """
    rows = []
    for name, of_change in results.items():
        pairs = [(table, seed) for table, of_table in of_change.items() for seed in of_table]
        labels = np.array([kinds[table] for table, _ in pairs])
        values, whole = (
            np.array([one[table][seed] for table, seed in pairs], float) for one in (of_change, results["nothing"])
        )
        more = np.log(values[:, :2] / whole[:, :2])
        cells = [_percent(np.expm1(np.mean(column))) for column in (more[labels, 0], more[~labels, 0], more[labels, 1])]
        rows.append([name, *cells, f"{values[:, 2].sum() / whole[:, 2].sum():.2f}"])
    return list_table(["Changed", "error of labels", "error of numbers", "log loss", "time"], rows)


def _percent(value):
    return f"{100 * value:+.1f} %".replace("+0.0", "0.0").replace("-0.0", "0.0")


def main():
    """Measure what is not known yet. All changes take turns with a table, so that all meet the machine's slow hours."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="a folder of tables")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    parser.add_argument("--again", action="store_true", help="forget what is known")
    parser.add_argument("--output", type=Path, default=STATIC / "tabular_ablation.json")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    known = json.loads(options.output.read_text()) if options.output.exists() and not options.again else {}
    results, kinds = {change: known.get(change, {}) for change in CHANGES}, {}
    for path in sorted(options.data.glob("*.csv.gz")):
        name, table = path.name.removesuffix(".csv.gz"), read(path)
        kinds[name] = table[2]
        for seed in map(str, options.seeds):
            for change, given in CHANGES.items():
                of_table = results[change].setdefault(name, {})
                of_table[seed] = of_table.get(seed) or measure(table, int(seed), *given)
            options.output.write_text(json.dumps(results) + "\n")
            print(name, seed, {change: round(results[change][name][seed][0], 4) for change in CHANGES}, flush=True)
    options.output.with_suffix(".rst").write_text(page(results, kinds))


if __name__ == "__main__":
    main()
