"""What is measured in a process of its own: import time, a whole short script, peak memory. Prints one line of JSON."""

import json
import os
import resource
import sys
import time
import warnings

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
warnings.simplefilter("ignore")

IMPORTS = {
    "scikit-deep": "from skdeep.tabular import MLPClassifier; MLPClassifier()",
    "scikit-learn": "from sklearn.neural_network import MLPClassifier; MLPClassifier()",
    "Keras": "import keras; keras.Sequential([keras.layers.Dense(10)])",
    "scikeras": "from scikeras.wrappers import KerasClassifier; KerasClassifier()",
}


def peak_memory():
    """Return the largest resident size of this process in MB."""
    try:
        # ru_maxrss would do, but on Linux it starts at the size of the process that started this one.
        with open("/proc/self/status") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmHWM")) / 1024
    except FileNotFoundError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20  # bytes on macOS


def forget_peak():
    """Begin to look for the largest resident size anew, on Linux; elsewhere the growth shown is what exceeds it."""
    try:
        with open("/proc/self/clear_refs", "w") as file:
            file.write("5")
    except OSError:
        pass


def importing(contender):
    """Time the import and the making of an estimator."""
    started = time.perf_counter()
    exec(IMPORTS[contender])
    return {"seconds": time.perf_counter() - started}


def script(contender):
    """Time a whole short script: import, one fit of digits, one prediction."""
    started = time.perf_counter()
    import _contenders
    from sklearn.datasets import load_digits

    X, y = load_digits(return_X_y=True)
    X = (X / 16).astype("float32")
    _contenders.make(contender, (100,), epochs=20).fit(X, y).predict(X)
    return {"seconds": time.perf_counter() - started, "megabytes": peak_memory()}


def large(contender, n_rows, n_features):
    """Fit one large table for one epoch."""
    import _cases
    import _contenders

    X, y = _cases.table(n_rows, n_features)
    _contenders.make(contender, (100,), epochs=1).fit(X, y)
    return {"megabytes": peak_memory()}


def many(contender, n_fits):
    """Fit a small table many times over."""
    import _cases
    import _contenders

    X, y = _cases.table(1_000, 20)
    for _ in range(n_fits):
        _contenders.make(contender, (100,), epochs=2).fit(X, y)
    return {"megabytes": peak_memory()}


def images(contender, n_images):
    """Hold images in the form a contender takes and train on them, when all else has been loaded and compiled."""
    from _image_contenders import contenders, digits_enlarged

    one = contenders("lenet")[contender]
    few, labels = digits_enlarged(256)
    one.fit(one.taken(few), labels)
    forget_peak()
    before = peak_memory()
    X, y = digits_enlarged(n_images)
    X = one.taken(X)
    one.fit(X, y)
    return {"megabytes": peak_memory() - before}


if __name__ == "__main__":
    jobs = {"importing": importing, "script": script, "large": large, "many": many, "images": images}
    print(json.dumps(jobs[sys.argv[1]](sys.argv[2], **json.loads(sys.argv[3]))))
