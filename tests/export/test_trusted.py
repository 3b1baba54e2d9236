"""Files of skops, and of joblib with memory mapping: which types are in them, and that they predict the same."""

import hashlib
import importlib

import joblib
import numpy as np
import pandas as pd
import pytest
import skops.io
from scipy import sparse
from sklearn.compose import make_column_transformer
from sklearn.datasets import make_classification
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.utils import get_tags

from skdeep.export import TRUSTED_TYPES, compress
from skdeep.image import CNNClassifier
from skdeep.image.architectures import Custom
from skdeep.image.augmentation import Flip, Mixup
from skdeep.losses import Focal
from skdeep.schedules import OneCycle
from skdeep.sequence import TransformerClassifier, WindowForecaster
from skdeep.tabular import MLPClassifier, MLPRegressor, TabularClassifier
from skdeep.tabular.architectures import MLP, FTTransformer, ResNet, TabM, WideDeep
from skdeep.text import Seq2SeqTransducer, TextClassifier
from skdeep.text.architectures import BiGRU, Encoder, FastText, KimCNN, TfidfMLP
from skdeep.utils.discovery import all_estimators, checking_instance

X, Y = make_classification(60, 4, random_state=0)
FRAME = pd.DataFrame(X, columns=list("abcd"))
# What stands in for a user's own model in instances that are checked, and what it is made of.
OF_USERS = ("skdeep.utils.discovery._", "keras.src.", "imblearn.")
OF_WRAPPERS = {"collections.defaultdict", "inspect.Signature", "numpy.dtype", "weakref.ReferenceType"}


def untrusted(data):
    """Return the types of a file that are not in the list, but for those of the user."""
    return {one for one in skops.io.get_untrusted_types(data=data) if not one.startswith(OF_USERS)} - {*TRUSTED_TYPES}


def opened(data):
    of_users = [one for one in skops.io.get_untrusted_types(data=data) if one not in TRUSTED_TYPES]
    return skops.io.loads(data, trusted=[*TRUSTED_TYPES, *of_users])


def predicted(estimator, X):
    """Return what an estimator makes of rows, by one of its methods, or None if it has none."""
    for name in ("predict_proba", "score_samples", "transform", "predict", "sample"):
        if hasattr(estimator, name):
            made = estimator.sample(2, random_state=0) if name == "sample" else getattr(estimator, name)(X)
            return made.toarray() if sparse.issparse(made) else np.asarray(made)
    return None


def test_a_change_of_the_list_breaks_saved_files():
    """If this fails, files that users have saved cannot be opened any more: leave the old paths behind as aliases.

    A path may be added; then change the number here.
    """
    listed = hashlib.sha256("\n".join(sorted(TRUSTED_TYPES)).encode()).hexdigest()
    assert (len(TRUSTED_TYPES), listed[:16]) == (189, "9a4d319be47f9a03")
    assert len({*TRUSTED_TYPES}) == len(TRUSTED_TYPES)


@pytest.mark.parametrize("path", TRUSTED_TYPES)
def test_each_path_of_the_list_leads_to_a_type(path):
    module, _, name = path.rpartition(".")
    assert callable(getattr(importlib.import_module(module), name))


@pytest.mark.parametrize(("name", "cls"), all_estimators())
def test_each_estimator_is_made_of_trusted_types(name, cls, tmp_path):
    estimator, rows, y = checking_instance(cls), FRAME, Y
    if cls is WindowForecaster:
        rows, y = X[:, 0], None
    elif not get_tags(estimator).input_tags.two_d_array:
        rows = [f"{row}.png" for row in range(len(X))]
        y = rows if cls is Seq2SeqTransducer else y
    estimator.set_params(**{"epochs": 1} if hasattr(estimator, "epochs") else {}).fit(rows, y)
    data = skops.io.dumps(estimator)
    is_wrapper = cls.__module__.startswith("skdeep.wrappers")
    assert untrusted(data) <= (OF_WRAPPERS if is_wrapper else set())
    again = opened(data)
    joblib.dump(estimator, tmp_path / "file")
    mapped = joblib.load(tmp_path / "file", mmap_mode="r")
    if name == "ImageLoader":  # there are no such images
        return
    rows = 3 if cls is WindowForecaster else rows  # steps into the future
    wanted = predicted(estimator, rows)
    if wanted is not None:
        np.testing.assert_array_equal(predicted(again, rows), wanted)
        np.testing.assert_array_equal(predicted(mapped, rows), wanted)


TEXTS = [f"{'good' if label else 'bad'} word{row % 7} and word{row % 3}" for row, label in enumerate(Y)]
MIXED = FRAME.assign(
    e=pd.Categorical(list("xyz") * 20), f=pd.date_range("2020-01-01", periods=60), g=list("uvwxyz") * 10
)
MIXED.loc[3, "a"] = np.nan
COLUMNS = make_column_transformer((StandardScaler(), list("abcd")), (OneHotEncoder(), ["e", "g"]))
TABLES = (
    MLP((8,)),
    ResNet(width=8, n_blocks=1),
    WideDeep(),
    TabM(2, width=8),
    FTTransformer(width=8, n_heads=1, n_blocks=1),
)
TYPICAL = [
    pytest.param(make_pipeline(StandardScaler(), MLPClassifier((8,), epochs=1)), X, id="scaled"),
    pytest.param(make_pipeline(COLUMNS, MLPClassifier((8,), epochs=1)), MIXED.fillna(0.0), id="columns"),
    pytest.param(make_pipeline(TfidfVectorizer(), MLPClassifier((8,), epochs=1)), TEXTS, id="tfidf"),
    pytest.param(MLPRegressor((8,), epochs=1, loss="quantile"), X, id="quantiles"),
    pytest.param(MLPClassifier((8,), epochs=1, loss=Focal(), learning_rate_schedule=OneCycle()), X, id="objects"),
    *(pytest.param(TabularClassifier(one, n_estimators=2, epochs=1), MIXED, id=type(one).__name__) for one in TABLES),
    pytest.param(TabularClassifier(n_estimators=2, epochs=1), MIXED, id="RealMLP"),
    *(
        pytest.param(TextClassifier(one, epochs=1), TEXTS, id=type(one).__name__)
        for one in (TfidfMLP(), FastText(), KimCNN(), BiGRU(units=4), Encoder())
    ),
    pytest.param(
        CNNClassifier(Custom((4,)), augmentation=[Flip(), Mixup()], epochs=1), X.reshape(-1, 2, 2, 1), id="augmented"
    ),
    pytest.param(TransformerClassifier(n_layers=1, width=8, epochs=1), [row[: 2 + n % 3] for n, row in enumerate(X)],
                 id="lengths"),
    pytest.param(TransformerClassifier(n_layers=1, width=8, epochs=1), (X > 0).astype(int), id="ids"),
]  # fmt: skip


@pytest.mark.parametrize(("estimator", "X"), TYPICAL)
def test_typical_models_are_made_of_trusted_types(estimator, X):
    estimator.fit(X, Y)
    data = skops.io.dumps(estimator)
    again = skops.io.loads(data, trusted=TRUSTED_TYPES)
    np.testing.assert_array_equal(predicted(again, X), predicted(estimator, X))


def test_what_was_made_smaller_stays_small_in_these_files(tmp_path):
    net = MLPClassifier((256, 256), epochs=1, random_state=0).fit(X, Y)
    smaller = compress(net, "int8", prune=0.8)
    data = skops.io.dumps(smaller)
    assert len(data) < len(skops.io.dumps(net)) / 10
    again = skops.io.loads(data, trusted=TRUSTED_TYPES)
    np.testing.assert_array_equal(again.predict_proba(X), smaller.predict_proba(X))
    joblib.dump(smaller, tmp_path / "file")
    mapped = joblib.load(tmp_path / "file", mmap_mode="r")
    np.testing.assert_array_equal(mapped.predict_proba(X), smaller.predict_proba(X))


def test_mapped_weights_are_read_from_the_file_and_are_not_changed(tmp_path):
    net = MLPClassifier((64,), epochs=1, random_state=0).fit(X, Y)
    joblib.dump(net, tmp_path / "file")
    mapped = joblib.load(tmp_path / "file", mmap_mode="r")
    assert isinstance(mapped.weights_[0], np.memmap)
    before = (tmp_path / "file").read_bytes()
    many = np.tile(X, (10, 1))  # more rows than NumPy is given
    np.testing.assert_array_equal(mapped.predict_proba(many), net.predict_proba(many))
    mapped.set_params(warm_start=True).fit(X, Y)
    net.set_params(warm_start=True).fit(X, Y)
    np.testing.assert_array_equal(mapped.predict_proba(X), net.predict_proba(X))
    assert (tmp_path / "file").read_bytes() == before
