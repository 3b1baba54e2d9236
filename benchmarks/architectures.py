"""Accuracy, parameters and seconds of every image architecture on one data set: the table of the guide.

    python benchmarks/architectures.py fashion_mnist.npz --rows 12000 60000 --epochs 15

The file holds x_train, y_train, x_test and y_test, as Keras publishes Fashion-MNIST and MNIST. A tenth of the training
rows is set aside: the epoch whose weights are kept is chosen there, and the test part is looked at once. Results are
added to a JSON file one by one, and the page is written from all of them; what is there already is not run again.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
from _list_table import list_table

from skdeep.image import CNNClassifier

STATIC = Path(__file__).parents[1] / "docs" / "_static"
NETS = {
    "small": {},
    "lenet": {},
    "alexnet": {},
    "vgg": {},
    "nin": {},
    "inception": {},
    "resnet": {},
    "densenet": {},
    "resnet, shifted and flipped": {"architecture": "resnet", "augmentation": ("flip", "shift")},
}


def measure(settings, X, y, X_test, y_test, epochs):
    """Fit one net and return its figures."""
    model = CNNClassifier(
        **settings,
        epochs=epochs,
        early_stopping=True,
        scoring="accuracy",
        n_iter_no_change=epochs,
        random_state=0,
        verbose=1,
    )
    started = time.perf_counter()
    model.fit(X, y)
    seconds = time.perf_counter() - started
    return {
        "accuracy": model.score(X_test, y_test),
        "validation": model.best_validation_score_,
        "parameters": model.n_parameters_,
        "epochs": epochs,
        "seconds": round(seconds, 1),
    }


def seconds_per_epoch(settings, X, y):
    """Return the seconds of one epoch in a program that is compiled already."""
    model = CNNClassifier(**settings, epochs=1, random_state=0).fit(X, y)
    started = time.perf_counter()
    model.fit(X, y)
    return time.perf_counter() - started


def page(results, rows):
    """Return the table as reStructuredText."""
    columns = [
        "Architecture",
        "Parameters",
        "Seconds an epoch [#seconds]_",
        *[f"Accuracy, {n:,} rows ({results[f'small {n}']['epochs']} epochs)" for n in rows],
    ]
    lines = []
    for name in NETS:
        found = [results.get(f"{name} {n}") for n in rows]
        known = next(filter(None, found), None)
        if known is not None:
            seconds = results.get(f"{name} seconds")
            cells = [name, f"{known['parameters']:,}", "" if seconds is None else f"{seconds:.1f}"]
            lines.append([*cells, *["" if one is None else f"{one['accuracy']:.3f}" for one in found]])
    note = ".. [#seconds] 12,000 images on two cores, compilation not included."
    return "\n".join([list_table(columns, lines), note, ""])


def main():
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="an .npz file")
    parser.add_argument("--rows", type=int, nargs="+", default=[12_000, 60_000])
    parser.add_argument("--epochs", type=int, default=15)
    parser.add_argument("--only", nargs="+", default=list(NETS), help="names of nets")
    parser.add_argument("--seconds", action="store_true", help="measure the seconds of an epoch only")
    parser.add_argument("--output", type=Path, default=STATIC / "architectures.json")
    options = parser.parse_args()
    with np.load(options.data) as file:
        names = {name.lower(): name for name in file.files}
        X, y, X_test, y_test = (file[names[name]] for name in ("x_train", "y_train", "x_test", "y_test"))
    results = json.loads(options.output.read_text()) if options.output.exists() else {}
    for n_rows in options.rows:
        for name in options.only:
            settings = {"architecture": name, **NETS[name]}
            key = f"{name} seconds" if options.seconds else f"{name} {n_rows}"
            if key in results and not options.seconds:
                continue
            if options.seconds:
                results[key] = seconds_per_epoch(settings, X[:n_rows], y[:n_rows])
            else:
                results[key] = measure(settings, X[:n_rows], y[:n_rows], X_test, y_test, options.epochs)
            print(key, results[key], flush=True)
            options.output.write_text(json.dumps(results, indent=1) + "\n")
    rows = [n for n in options.rows if f"small {n}" in results]
    if rows:
        options.output.with_suffix(".rst").write_text(page(results, rows))


if __name__ == "__main__":
    main()
