"""What is compared on tables: each case returns rows of medians, one number a contender, taken in turns in one run."""

import pickle

import numpy as np
from _contenders import CONTENDERS, KERAS, OURS, RATE, SCIKERAS, SKLEARN, final_loss, make
from _measure import fresh, in_turns, per_call, probe
from _row import Row

N_CLASSES = 10


def digits():
    """Return the 1,797 handwritten digits that ship with scikit-learn, scaled to [0, 1]."""
    from sklearn.datasets import load_digits

    X, y = load_digits(return_X_y=True)
    return (X / 16).astype(np.float32), y


def table(n_rows, n_features):
    """Return a float32 table and ten classes that a linear map of it decides."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((n_rows, n_features), dtype=np.float32)
    return X, (X @ rng.standard_normal((n_features, N_CLASSES), dtype=np.float32)).argmax(axis=1)


def text_matrix(n_rows, n_features, per_row=25):
    """Return a CSR matrix as sparse as TF-IDF features of sentences, and two classes."""
    from scipy import sparse

    rng = np.random.default_rng(0)
    X = sparse.random(n_rows, n_features, per_row / n_features, format="csr", dtype=np.float32, random_state=rng)
    return X, rng.integers(0, 2, n_rows)


def _split_off_first(values):
    return values.pop("first"), values


def grid_search(quick):
    """Search eight learning rates on five folds and refit: 41 fits."""
    from sklearn.model_selection import GridSearchCV

    X, y = digits()
    epochs, n_rates, n_folds, repeats = (2, 2, 2, 1) if quick else (20, 8, 5, 3)
    rates = list(np.geomspace(1e-4, 1e-2, n_rates))

    def search(name, rates):
        return lambda: GridSearchCV(make(name, (100,), epochs=epochs), {RATE[name]: rates}, cv=n_folds).fit(X, y)

    make(OURS, (8,), epochs=1).fit(X[:50], y[:50])  # TensorFlow's own import has a row of its own
    actions = {
        "first": fresh(search(OURS, rates)),
        OURS: search(OURS, rates),
        SKLEARN: search(SKLEARN, rates),
        KERAS: search(KERAS, rates[:1]),
        SCIKERAS: search(SCIKERAS, rates[:1]),
    }
    first, values = _split_off_first(in_turns(actions, repeats))
    for name in (KERAS, SCIKERAS):
        values[name] *= (n_folds * n_rates + 1) / (n_folds + 1)
    label = f"grid search on digits, {n_rates} rates x {n_folds} folds and a refit"
    return [Row("grid", label, "s", values, first=first, extrapolated=(KERAS, SCIKERAS), headline=True)]


# rows, columns, hidden layers of 100 units, epochs, whether it is a headline
_FITS = [
    (1_000, 20, 1, 50, True),
    (1_000, 20, 4, 50, False),
    (10_000, 50, 1, 20, False),
    (10_000, 50, 2, 20, False),
    (10_000, 50, 3, 20, False),
    (10_000, 50, 4, 20, False),
    (50_000, 100, 1, 5, False),
    (50_000, 100, 4, 5, False),
    (200_000, 100, 1, 2, True),
    (200_000, 100, 4, 2, False),
]


def one_fit(quick):
    """Fit tables of several sizes with one to four hidden layers."""
    chosen = [(n_rows, width, depth, 1, shown) for n_rows, width, depth, _, shown in _FITS[:3]] if quick else _FITS
    return [_fit_row(*size, repeats=1 if quick else 3) for size in chosen]


def _fit_row(n_rows, n_features, n_layers, epochs, headline, repeats):
    X, y = table(n_rows, n_features)
    estimators = {name: make(name, (100,) * n_layers, epochs=epochs) for name in CONTENDERS}
    ours = estimators[OURS]
    actions = {"first": fresh(lambda: ours.fit(X, y))}
    actions |= {name: lambda one=one: one.fit(X, y) for name, one in estimators.items()}
    first, values = _split_off_first(in_turns(actions, repeats))
    sizes = f"{_count(n_layers, 'layer')} of 100, {_count(epochs, 'epoch')}"
    label = f"fit {n_rows:,} x {n_features}, {sizes}"
    losses = {name: final_loss(one) for name, one in estimators.items()}
    return Row("fit", label, "s", values, first=first, losses=losses, headline=headline)


def _count(number, noun):
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def sparse_text(quick):
    """Train on a sparse text matrix, 64 units, batches of 128."""
    n_rows, n_features, epochs, repeats = (1_000, 5_000, 1, 1) if quick else (10_662, 29_260, 3, 3)
    X, y = text_matrix(n_rows, n_features)
    estimators = {name: make(name, (64,), epochs=epochs, batch_size=128) for name in CONTENDERS}
    estimators[OURS].fit(X, y)  # compiles
    actions = {name: lambda one=one: one.fit(X, y) for name, one in estimators.items()}
    values = {name: value / epochs for name, value in in_turns(actions, repeats).items()}
    label = f"sparse text {n_rows:,} x {n_features:,}, 25 entries a row, an epoch"
    losses = {name: final_loss(one) for name, one in estimators.items()}
    return [Row("sparse", label, "s", values, losses=losses, headline=True)]


def prediction(quick):
    """Predict probabilities: one row, and many at once."""
    X, y = digits()
    estimators = {name: make(name, (100,), epochs=2).fit(X, y) for name in CONTENDERS}
    repeats, n_rows = (1, 5_000) if quick else (5, 200_000)

    def predictions(rows):
        return {name: lambda one=one: one.predict_proba(rows) for name, one in estimators.items()}

    in_turns(predictions(X[:1]), 1)
    one = in_turns(predictions(X[:1]), repeats, per_call(3 if quick else 30))
    many = np.resize(X, (n_rows, X.shape[1]))
    in_turns(predictions(many), 1)
    bulk = in_turns(predictions(many), repeats)
    return [
        Row("predict", "predict one row", "s", one, headline=True),
        Row("predict", f"predict {n_rows:,} x {X.shape[1]}", "s", bulk, headline=True),
    ]


def imports(quick):
    """Import and make an estimator; a whole short script. Each in a fresh process."""
    repeats = 1 if quick else 3

    def elapsed(job):
        return lambda name: probe(job, name)["seconds"]

    rows = [Row("import", "import and make an estimator", "s", _probed(elapsed("importing"), repeats))]
    if not quick:
        label = "a whole script: import, fit digits for 20 epochs, predict"
        rows.append(Row("import", label, "s", _probed(elapsed("script"), repeats), headline=True))
    return rows


def pickles(quick):
    """Pickle a fitted classifier."""
    X, y = digits()
    sizes = {name: len(pickle.dumps(make(name, (100,), epochs=1).fit(X, y))) / 1e3 for name in CONTENDERS}
    return [Row("pickle", "pickle of a fitted 64-100-10 net", "kB", sizes)]


def memory(quick):
    """Measure peak memory: one large table, and many fits in a row. Each in a fresh process."""
    n_rows, n_fits = (5_000, 2) if quick else (200_000, 30)

    def peak(job, **settings):
        return _probed(lambda name: probe(job, name, **settings)["megabytes"], 1)

    large = peak("large", n_rows=n_rows, n_features=100)
    rows = [Row("memory", f"peak memory, one fit of {n_rows:,} x 100", "MB", large, headline=True)]
    if not quick:
        rows.append(Row("memory", f"peak memory, {n_fits} fits in a row", "MB", peak("many", n_fits=n_fits)))
    return rows


def _probed(measure, repeats):
    return in_turns({name: name for name in CONTENDERS}, repeats, measure)


CASES = {
    "grid": grid_search,
    "fit": one_fit,
    "sparse": sparse_text,
    "predict": prediction,
    "import": imports,
    "pickle": pickles,
    "memory": memory,
}
