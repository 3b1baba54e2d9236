"""ROC AUC of detectors on tables with known anomalies, in two protocols: the table of the guide.

    python benchmarks/outliers.py folder_of_npz_files --seeds 1 2 3

Each file holds X and y, in which 1 is an anomaly, as ADBench publishes its sets. At most 10,000 rows are taken; 70 % of
them, stratified, train, and the rest is scored; columns are scaled to 0..1 on the training part. "Mixed" trains on all
training rows, anomalies included and not marked, "normal" on the others alone. Parameters are the defaults.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
from _list_table import list_table
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.neighbors import LocalOutlierFactor, NearestNeighbors
from sklearn.preprocessing import MinMaxScaler
from sklearn.svm import OneClassSVM

from skdeep.outlier_detection import AutoencoderOutlier, DeepSVDD, VAEOutlier

STATIC = Path(__file__).parents[1] / "docs" / "_static"
PROTOCOLS = "mixed", "normal"
MOST_ROWS = 10_000


def by_neighbours(train, test, n_neighbors):
    """Return minus the distance to the farthest of some nearest training rows."""
    distances, _ = NearestNeighbors(n_neighbors=n_neighbors).fit(train).kneighbors(test)
    return -distances[:, -1]


def by_pca(train, test, seed):
    """Return minus the squared error of rows made again of half as many components as there are columns."""
    pca = PCA(max(1, train.shape[1] // 2), random_state=seed).fit(train)
    return -np.square(pca.inverse_transform(pca.transform(test)) - test).sum(axis=1)


def of(make):
    """Return the scores of a detector that is made of a seed."""
    return lambda train, test, seed: make(seed).fit(train).score_samples(test)


SCORES = {
    "AutoencoderOutlier": of(lambda seed: AutoencoderOutlier(random_state=seed)),
    "VAEOutlier": of(lambda seed: VAEOutlier(random_state=seed)),
    "DeepSVDD": of(lambda seed: DeepSVDD(random_state=seed)),
    "IsolationForest": of(lambda seed: IsolationForest(random_state=seed)),
    "kNN (k=5)": lambda train, test, seed: by_neighbours(train, test, 5),
    "kNN (k=200)": lambda train, test, seed: by_neighbours(train, test, min(200, len(train))),
    "LocalOutlierFactor": of(lambda seed: LocalOutlierFactor(novelty=True)),
    "OneClassSVM": of(lambda seed: OneClassSVM()),
    "PCA": by_pca,
}


def splits(path, seeds):
    """Yield (protocol, seed, training rows, test rows, labels of these) of one file."""
    with np.load(path) as file:
        X, y = file["X"], file["y"]
    rows = np.random.RandomState(0).permutation(len(X))[:MOST_ROWS]
    for seed in seeds:
        train, test, y_train, y_test = train_test_split(
            X[rows], y[rows], test_size=0.3, stratify=y[rows], random_state=seed
        )
        scaler = MinMaxScaler().fit(train)
        train, test = scaler.transform(train), scaler.transform(test)
        for protocol in PROTOCOLS:
            yield protocol, seed, train if protocol == "mixed" else train[y_train == 0], test, y_test


def measure(path, seeds):
    """Return {detector: {protocol: area, "seconds": of one fit and its scores}} of one file, means over seeds."""
    found = {name: {protocol: [] for protocol in (*PROTOCOLS, "seconds")} for name in SCORES}
    for protocol, seed, train, test, labels in splits(path, seeds):
        for name, score in SCORES.items():
            started = time.perf_counter()
            values = score(train, test, seed)
            found[name]["seconds"].append(time.perf_counter() - started)
            found[name][protocol].append(roc_auc_score(labels, -values))
    # What is compiled in the first fit is not in the median.
    return {
        name: {key: float((np.median if key == "seconds" else np.mean)(of_key)) for key, of_key in of_name.items()}
        for name, of_name in found.items()
    }


def page(results):
    """Return the table as reStructuredText."""
    sets = sorted(results)
    rows = []
    for name in SCORES:
        cells = [_pair([results[one][name][protocol] for protocol in PROTOCOLS]) for one in sets]
        means = [np.mean([results[one][name][protocol] for one in sets]) for protocol in PROTOCOLS]
        seconds = np.mean([results[one][name]["seconds"] for one in sets])
        rows.append([name, *cells, _pair(means), f"{seconds:.2f}"])
    return list_table(["Detector", *sets, "mean", "seconds"], rows)


def _pair(values):
    return " / ".join(f"{value:.3f}".removeprefix("0") for value in values)


def main():
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="a folder of .npz files")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--output", type=Path, default=STATIC / "outliers.json")
    options = parser.parse_args()
    results = {}
    for path in sorted(options.data.glob("*.npz")):
        results[path.stem] = measure(path, options.seeds)
        print(
            path.stem,
            {name: _pair([of[one] for one in PROTOCOLS]) for name, of in results[path.stem].items()},
            flush=True,
        )
        options.output.write_text(json.dumps(results, indent=1) + "\n")
    options.output.with_suffix(".rst").write_text(page(results))


if __name__ == "__main__":
    main()
