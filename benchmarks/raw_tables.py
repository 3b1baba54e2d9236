"""Raw frames with default parameters, beside boosted trees and other nets: the table and the picture of the guide.

    python benchmarks/raw_tables.py folder_of_tables --seeds 0 1 2
    make bench TABLES=folder_of_tables

A table is `name.csv.gz` with `name.json` beside it, which says {"target": ..., "categorical": [...]}. At most 6,000
rows are taken, 70 % train, stratified for labels; a numeric target of up to 30 values is one of labels. Errors are
1 - accuracy, or the root of 1 - R2. The net gets the frame as it is, CatBoost strings, scikit-learn's boosting and
LightGBM categories; MLPs stand behind one-hot encoding, scaling and imputation. CatBoost and LightGBM take part where
they are installed.
"""

import argparse
import json
import os
import time
import warnings
from importlib.util import find_spec
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pandas as pd
from _list_table import list_table
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier as SklearnMLPClassifier
from sklearn.neural_network import MLPRegressor as SklearnMLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from skdeep.tabular import MLPClassifier, MLPRegressor, TabularClassifier, TabularRegressor

STATIC = Path(__file__).parents[1] / "docs" / "_static"
OURS, BOOSTING = "Tabular", "HistGradientBoosting"
MOST_ROWS, MOST_LABELS, FEWEST_OF_A_LABEL, MOST_CATEGORIES = 6_000, 30, 5, 250


def read(path):
    """Return (frame, target, whether it holds labels) of one table."""
    about = json.loads(path.with_name(path.name.replace(".csv.gz", ".json")).read_text())
    frame = pd.read_csv(path, keep_default_na=False, na_values=[""], low_memory=False)
    frame = frame.iloc[np.random.RandomState(0).permutation(len(frame))[:MOST_ROWS]]
    y = frame.pop(about["target"])
    frame = frame.astype(dict.fromkeys(about["categorical"], "category"))
    labels = not pd.api.types.is_numeric_dtype(y) or y.nunique() <= MOST_LABELS
    if labels:
        y = pd.Series(pd.factorize(y, sort=True)[0], index=y.index)
        kept = y.map(y.value_counts()) >= FEWEST_OF_A_LABEL
        frame, y = frame[kept], y[kept]
    return frame, y, labels


def not_numbers(frame):
    """Return the names of the columns that are no numbers."""
    return [name for name in frame if not pd.api.types.is_numeric_dtype(frame[name])]


def as_categories(frame, train):
    """Return a frame with the most frequent categories of the training rows."""
    frame = frame.copy()
    for name in not_numbers(frame):
        known = train[name].astype(str).value_counts().index[:MOST_CATEGORIES]
        names = frame[name].astype(str)
        frame[name] = pd.Categorical(names.where(names.isin(known)), categories=known)
    return frame


def as_strings(frame, train):
    """Return a frame with strings in place of categories, and of what is missing among them."""
    frame = frame.copy()
    for name in not_numbers(frame):
        frame[name] = frame[name].astype(object).where(frame[name].notna(), "missing").astype(str)
    return frame


def with_plain_names(frame, train):
    """Return the same as `as_categories` with numbers for names, of which LightGBM refuses some."""
    return as_categories(frame, train).set_axis([str(number) for number in range(frame.shape[1])], axis=1)


def as_it_is(frame, train):
    """Return a frame as it is."""
    return frame


def behind_encoding(net):
    """Return a pipeline of one-hot encoding, imputation, scaling and a net."""
    numbers = make_pipeline(SimpleImputer(add_indicator=True), StandardScaler())
    encoder = OneHotEncoder(handle_unknown="ignore", min_frequency=3, sparse_output=False)
    columns = (
        (encoder, make_column_selector(dtype_exclude="number")),
        (numbers, make_column_selector(dtype_include="number")),
    )
    return make_pipeline(make_column_transformer(*columns), net)


def contenders(frame, labels, seed):
    """Return {name: (unfitted estimator, what it makes of a frame)}."""
    boosting = HistGradientBoostingClassifier if labels else HistGradientBoostingRegressor
    found = {
        OURS: ((TabularClassifier if labels else TabularRegressor)(random_state=seed), as_it_is),
        BOOSTING: (boosting(categorical_features="from_dtype", random_state=seed), as_categories),
    }
    if find_spec("catboost"):
        import catboost

        cls = catboost.CatBoostClassifier if labels else catboost.CatBoostRegressor
        settings = {"cat_features": not_numbers(frame), "verbose": 0, "allow_writing_files": False}
        found["CatBoost"] = cls(random_state=seed, **settings), as_strings
    if find_spec("lightgbm"):
        import lightgbm

        cls = lightgbm.LGBMClassifier if labels else lightgbm.LGBMRegressor
        found["LightGBM"] = cls(random_state=seed, verbose=-1), with_plain_names
    ours, theirs = (MLPClassifier, SklearnMLPClassifier) if labels else (MLPRegressor, SklearnMLPRegressor)
    found["MLP"] = behind_encoding(ours(random_state=seed)), as_strings
    found["scikit-learn's MLP"] = behind_encoding(theirs(random_state=seed)), as_strings
    return found


def measure(frame, y, labels, seed):
    """Return {contender: [error, log loss or NaN, seconds of a fit]} on one split."""
    split = train_test_split(frame, y, test_size=0.3, random_state=seed, stratify=y if labels else None)
    train, test, y_train, y_test = split
    found = {}
    for name, (model, prepared) in contenders(frame, labels, seed).items():
        fitted_on, tested_on = prepared(train, train), prepared(test, train)
        started = time.perf_counter()
        model.fit(fitted_on, y_train)
        seconds = time.perf_counter() - started
        loss = log_loss(y_test, model.predict_proba(tested_on), labels=np.unique(y)) if labels else np.nan
        found[name] = [error(model.score(tested_on, y_test), labels, len(test)), loss, seconds]
    return found


def error(score, labels, n_rows):
    """Return the error of a score."""
    return max(1 - score, 0.5 / n_rows) if labels else min(1.5, max(1 - score, 1e-8) ** 0.5)


def ratios(results):
    """Return {contender: (error, log loss, seconds)}, geometric means of ratios to boosting's; seconds as they are."""
    found = {}
    for name in next(iter(results.values())):
        values = np.array([results[table][name] for table in results])
        theirs = np.array([results[table][BOOSTING] for table in results])
        error, loss = np.exp(np.nanmean(np.log(values[:, :2] / theirs[:, :2]), axis=0))
        found[name] = error, loss, values[:, 2].mean()
    return found


def page(results):
    """Return the table as reStructuredText."""
    names = list(next(iter(results.values())))
    rows = [
        [table, *(_cell(of_table[name], min(one[0] for one in of_table.values())) for name in names)]
        for table, of_table in sorted(results.items())
    ]
    means = ratios(results)
    rows.append(["error, as a multiple of boosting's", *(f"{means[name][0]:.3f}" for name in names)])
    rows.append(["log loss, as a multiple of boosting's", *(f"{means[name][1]:.3f}" for name in names)])
    rows.append(["seconds of a fit, mean", *(f"{means[name][2]:.1f}" for name in names)])
    return list_table(["Table", *names], rows)


def _cell(values, least):
    text = f"{values[0]:.4f}".removeprefix("0")
    return f"**{text}**" if values[0] == least else text


def draw(results, path):
    """Draw error against time, as multiples of boosting's."""
    import matplotlib

    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 4.5), layout="constrained")
    for name, (error, _, seconds) in ratios(results).items():
        axes.scatter(seconds, error, s=60, color="tab:blue" if name in (OURS, "MLP") else "tab:gray")
        axes.annotate(name, (seconds, error), xytext=(6, 6), textcoords="offset points")
    axes.axhline(1.0, color="lightgray", zorder=0)
    axes.set(xscale="log", xlabel="seconds of a fit, mean", ylabel="error, as a multiple of HistGradientBoosting's")
    axes.margins(x=0.2, y=0.12)
    axes.xaxis.set_major_formatter("{x:g}")
    axes.set_title(f"{len(results)} raw tables of at most {MOST_ROWS:,} rows, default parameters")
    figure.savefig(path, dpi=120)


def main():
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="a folder of tables")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--only", nargs="+", help="names of tables; what is known of others is kept")
    parser.add_argument("--output", type=Path, default=STATIC / "raw_tables.json")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    results = json.loads(options.output.read_text()) if options.only else {}
    for path in sorted(options.data.glob("*.csv.gz")):
        name = path.name.removesuffix(".csv.gz")
        if options.only and name not in options.only:
            continue
        table = read(path)
        splits = [measure(*table, seed) for seed in options.seeds]
        results[name] = {one: np.mean([split[one] for split in splits], axis=0).tolist() for one in splits[0]}
        print(name, {one: [round(value, 4) for value in values] for one, values in results[name].items()}, flush=True)
        options.output.write_text(json.dumps(results, indent=1) + "\n")
    options.output.with_suffix(".rst").write_text(page(results))
    draw(results, options.output.with_suffix(".png"))


if __name__ == "__main__":
    main()
