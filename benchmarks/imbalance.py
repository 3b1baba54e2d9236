"""Ways to balance rare classes, on tables and on images: the tables of the guide.

    python benchmarks/imbalance.py --tables folder_of_csv_files --images fashion_mnist.npz

Each table is a csv.gz file with a column "target" of 0 and 1, as imbalanced-learn's benchmark publishes its sets.
Columns are encoded, and a net of two layers of 64 units is scored by three stratified folds. Images are those of an
.npz file with x_train, y_train, x_test and y_test, of which class number k keeps 1,000 / 100 ** (k / 9) rows; a small
convolutional net is scored on the first 2,000 test images, of which all classes have about as many, with two seeds.
Parameters are the defaults but for sizes. `--ways` measures some ways, and leaves the others in the tables as they are.
"""

import argparse
import json
import re
import time
from pathlib import Path

import numpy as np
import pandas as pd
from _list_table import list_table
from imblearn.metrics import geometric_mean_score
from imblearn.over_sampling import SMOTE, RandomOverSampler
from imblearn.pipeline import make_pipeline
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.metrics import balanced_accuracy_score, log_loss, roc_auc_score
from sklearn.model_selection import FixedThresholdClassifier, StratifiedKFold, TunedThresholdClassifierCV
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from skdeep.image import CNNClassifier
from skdeep.over_sampling import LatentSMOTE, NDResampler, VAEOverSampler
from skdeep.tabular import MLPClassifier

STATIC = Path(__file__).parents[1] / "docs" / "_static"
COLUMNS = ("G-mean", "balanced accuracy", "AUC", "log loss", "seconds")
FOLDS = StratifiedKFold(3, shuffle=True, random_state=1)
SEEDS = 0, 1
MOST_IMAGES, RATIO, N_TEST = 1_000, 100, 2_000


def net(**parameters):
    """Return the net of tables."""
    return MLPClassifier((64, 64), epochs=60, early_stopping=True, random_state=0, **parameters)


def after(sampler):
    """Return the net of tables after a sampler."""
    return make_pipeline(sampler, net())


class CutAtPrior(FixedThresholdClassifier):
    """A classifier that says 1 where the probability is above the share of ones in training."""

    def fit(self, X, y):
        """Fit the classifier, and set the threshold."""
        self.threshold = np.mean(y)
        return super().fit(X, y)


TABLES = {
    "plain": net,
    "cut at the prior": lambda: CutAtPrior(net(), response_method="predict_proba"),
    "threshold tuned": lambda: TunedThresholdClassifierCV(net(), scoring="balanced_accuracy", cv=3, random_state=0),
    'prediction_prior="uniform"': lambda: net(prediction_prior="uniform"),
    'loss="logit_adjusted"': lambda: net(loss="logit_adjusted"),
    'class_weight="balanced"': lambda: net(class_weight="balanced"),
    'class_weight="effective"': lambda: net(class_weight="effective"),
    'batch_sampling="balanced"': lambda: net(batch_sampling="balanced"),
    'loss="focal"': lambda: net(loss="focal"),
    'loss="ldam", weights deferred': lambda: net(loss="ldam", class_weight="balanced", deferred_fraction=0.5),
    "RandomOverSampler": lambda: after(RandomOverSampler(random_state=0)),
    "SMOTE": lambda: after(SMOTE(random_state=0)),
    "LatentSMOTE": lambda: after(LatentSMOTE(random_state=0)),
    "VAEOverSampler": lambda: after(VAEOverSampler(random_state=0)),
}


def image_net(seed, **parameters):
    """Return the net of images."""
    return CNNClassifier("small", epochs=20, random_state=seed, **parameters)


def images_after(sampler, seed):
    """Return the net of images after a sampler."""
    return make_pipeline(sampler, image_net(seed))


IMAGES = {
    "plain": image_net,
    'prediction_prior="uniform"': lambda seed: image_net(seed, prediction_prior="uniform"),
    'loss="logit_adjusted"': lambda seed: image_net(seed, loss="logit_adjusted"),
    'class_weight="balanced"': lambda seed: image_net(seed, class_weight="balanced"),
    'class_weight="effective"': lambda seed: image_net(seed, class_weight="effective"),
    'class_weight="effective", deferred': lambda seed: image_net(seed, class_weight="effective", deferred_fraction=0.7),
    'batch_sampling="balanced"': lambda seed: image_net(seed, batch_sampling="balanced"),
    'batch_sampling="sqrt"': lambda seed: image_net(seed, batch_sampling="sqrt"),
    'loss="focal"': lambda seed: image_net(seed, loss="focal"),
    'loss="ldam", weights deferred': lambda seed: image_net(
        seed, loss="ldam", class_weight="balanced", deferred_fraction=0.7
    ),
    'mixup and loss="logit_adjusted"': lambda seed: image_net(seed, augmentation=["mixup"], loss="logit_adjusted"),
    "RandomOverSampler": lambda seed: images_after(NDResampler(RandomOverSampler(random_state=seed)), seed),
    "SMOTE": lambda seed: images_after(NDResampler(SMOTE(random_state=seed)), seed),
    "LatentSMOTE": lambda seed: images_after(LatentSMOTE(random_state=seed), seed),
    "VAEOverSampler": lambda seed: images_after(VAEOverSampler(random_state=seed), seed),
}


def scores(model, train, test):
    """Return the figures of COLUMNS of a model that is fitted to (X, y) and scored on another."""
    started = time.perf_counter()
    model.fit(*train)
    seconds = time.perf_counter() - started
    X, y = test
    labels, shares = model.predict(X), model.predict_proba(X)
    area = roc_auc_score(y, shares[:, 1]) if shares.shape[1] == 2 else roc_auc_score(y, shares, multi_class="ovr")
    return geometric_mean_score(y, labels), balanced_accuracy_score(y, labels), area, log_loss(y, shares), seconds


def encoder():
    """Return what makes numbers of the columns of a table."""
    return make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore", sparse_output=False), make_column_selector(dtype_exclude="number")),
        (StandardScaler(), make_column_selector(dtype_include="number")),
    )


def of_tables(paths, ways):
    """Return {way: means of COLUMNS over tables and folds}."""
    found = {name: [] for name in TABLES if not ways or name in ways}
    for path in paths:
        X = pd.read_csv(path)
        y = X.pop("target").to_numpy()
        for train, test in FOLDS.split(X, y):
            encode = encoder().fit(X.iloc[train])
            parts = [(encode.transform(X.iloc[rows]), y[rows]) for rows in (train, test)]
            for name, rows in found.items():
                rows.append(scores(TABLES[name](), *parts))
        of_path = {name: np.round(np.mean(rows[-3:], axis=0), 3).tolist() for name, rows in found.items()}
        print(path.name, of_path, flush=True)
    return {name: np.mean(rows, axis=0).tolist() for name, rows in found.items()}


def long_tailed(path):
    """Return (images, classes) to train on, of which later classes have fewer, and those to score on."""
    with np.load(path) as file:
        parts = {name.lower(): file[name] for name in file.files}
    X, y = parts["x_train"], parts["y_train"]
    kept = [np.flatnonzero(y == k)[: round(MOST_IMAGES / RATIO ** (k / y.max()))] for k in range(y.max() + 1)]
    kept = np.random.default_rng(0).permutation(np.concatenate(kept))
    return (X[kept], y[kept]), (parts["x_test"][:N_TEST], parts["y_test"][:N_TEST])


def of_images(path, ways):
    """Return {way: means of COLUMNS over seeds}."""
    train, test = long_tailed(path)
    found = {}
    for name, make in IMAGES.items():
        if ways and name not in ways:
            continue
        found[name] = np.mean([scores(make(seed), train, test) for seed in SEEDS], axis=0).tolist()
        print(name, np.round(found[name], 3).tolist(), flush=True)
    return found


def page(results):
    """Return a table as reStructuredText."""
    rows = []
    for name, values in results.items():
        *quality, seconds = values
        shown = re.sub(r'\w+="\w+"', r"``\g<0>``", name)
        taken = "" if seconds is None else f"{seconds:.1f}"  # None by hand, of a time that cannot be compared
        rows.append([shown, *(f"{value:.3f}" for value in quality), taken])
    return list_table(["way", *COLUMNS], rows)


def write(name, found, ways):
    """Write what was found as .json and as .rst, in the order of the ways, with what the .json had of other ways."""
    path = STATIC / f"{name}.json"
    known = json.loads(path.read_text()) if path.exists() else {}
    known |= found
    results = {way: known[way] for way in ways if way in known}
    path.write_text(json.dumps(results, indent=1) + "\n")
    path.with_suffix(".rst").write_text(page(results))


def main():
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", type=Path, help="a folder of csv.gz files")
    parser.add_argument("--images", type=Path, help="an .npz file")
    parser.add_argument(
        "--ways", nargs="+", default=[], choices=[*TABLES, *IMAGES], metavar="WAY", help="names of the first column"
    )
    options = parser.parse_args()
    if options.images:
        write("imbalance_images", of_images(options.images, options.ways), IMAGES)
    if options.tables:
        write("imbalance_tables", of_tables(sorted(options.tables.glob("*.csv.gz")), options.ways), TABLES)


if __name__ == "__main__":
    main()
