"""NDResampler does to images, sequences, strings and tables what imbalanced-learn does to tables."""

import pickle

import numpy as np
import pandas as pd
import pytest
import sklearn
from imblearn import FunctionSampler
from imblearn.combine import SMOTEENN, SMOTETomek
from imblearn.over_sampling import (
    ADASYN,
    SMOTE,
    SMOTENC,
    SVMSMOTE,
    BorderlineSMOTE,
    RandomOverSampler,
)
from imblearn.pipeline import make_pipeline
from imblearn.under_sampling import (
    ClusterCentroids,
    EditedNearestNeighbours,
    NearMiss,
    OneSidedSelection,
    RandomUnderSampler,
    TomekLinks,
)
from imblearn.utils.estimator_checks import parametrize_with_checks as parametrize_with_imblearn_checks
from numpy.testing import assert_allclose, assert_array_equal
from pandas.testing import assert_frame_equal, assert_series_equal
from scipy import sparse
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import parametrize_with_checks

from skdeep.over_sampling import NDResampler
from skdeep.tabular import MLPClassifier

DIGITS, DIGIT = (half[:400] for half in (load_digits().images, load_digits().target))
LABELS = np.where(DIGIT == 8, "eight", "other")
KMEANS = KMeans(n_clusters=2, n_init=1, random_state=0)

BLIND = [RandomOverSampler(random_state=0), RandomUnderSampler(random_state=0)]
SELECTING = [*BLIND, NearMiss(), TomekLinks(), EditedNearestNeighbours(), OneSidedSelection(random_state=0)]
ADDING = [
    SMOTE(random_state=0),
    BorderlineSMOTE(random_state=0),
    SVMSMOTE(random_state=0),
    ADASYN(random_state=0),
    RandomOverSampler(random_state=0, shrinkage=0.5),
]
COMPUTING = [
    *ADDING,
    SMOTEENN(random_state=0),
    SMOTETomek(random_state=0),
    ClusterCentroids(estimator=KMEANS, voting="soft"),
]


def name(sampler):
    return type(sampler).__name__ + ("-shrinkage" if getattr(sampler, "shrinkage", None) else "")


def each(samplers):
    return pytest.mark.parametrize("sampler", samplers, ids=name)


def flat(images):
    return images.reshape(len(images), -1)


# -- both suites ------------------------------------------------------------------------------------------------------

CHECKED = [
    NDResampler(sampler)
    for sampler in (*BLIND, SMOTE(random_state=0), NearMiss(), RandomOverSampler(random_state=0, shrinkage=0.5))
]


@parametrize_with_checks(CHECKED)
def test_scikit_learn_checks(estimator, check):
    check(estimator)


IMBALANCED_LEARN_CHECKS = [*parametrize_with_imblearn_checks(CHECKED).args[1]]


@pytest.mark.parametrize(
    ("estimator", "check"),
    IMBALANCED_LEARN_CHECKS,
    ids=[f"{name(resampler.sampler)}-{number}" for number, (resampler, _) in enumerate(IMBALANCED_LEARN_CHECKS)],
)
def test_imbalanced_learn_checks(estimator, check):
    check(estimator)


# -- images and sequences ---------------------------------------------------------------------------------------------


@each([*SELECTING, *COMPUTING])
@pytest.mark.parametrize("shape", [(8, 8), (8, 8, 1), (4, 4, 4), (64,)], ids=str)
def test_equals_the_sampler_on_the_flattened_rows(sampler, shape):
    expected, expected_labels = clone(sampler).fit_resample(flat(DIGITS), LABELS)
    images, labels = NDResampler(sampler).fit_resample(DIGITS.reshape(-1, *shape), LABELS)
    assert images.shape[1:] == shape
    assert images.dtype == np.float64
    assert_array_equal(flat(images), expected)
    assert_array_equal(labels, expected_labels)


@each(SELECTING)
@pytest.mark.parametrize("dtype", ["uint8", "int16", "float16", "float32", "bool"])
def test_selected_rows_are_those_of_the_indices(sampler, dtype):
    images = (DIGITS > 7 if dtype == "bool" else DIGITS).astype(dtype)
    resampler = NDResampler(sampler)
    selected, labels = resampler.fit_resample(images, LABELS)
    assert selected.dtype == images.dtype
    assert_array_equal(selected, images[resampler.sample_indices_])
    assert_array_equal(labels, LABELS[resampler.sample_indices_])
    reference = clone(sampler)
    reference.fit_resample(flat(images).astype(np.float64), LABELS)
    assert_array_equal(resampler.sample_indices_, reference.sample_indices_)


@each(COMPUTING)
@pytest.mark.parametrize("scale", [1, 15], ids=["0-16", "0-240"])
def test_small_integers_are_computed_in_floats_and_rounded(sampler, scale):
    images = (DIGITS * scale).astype(np.uint8)
    expected, expected_labels = clone(sampler).fit_resample(flat(images).astype(np.float64), LABELS)
    resampled, labels = NDResampler(sampler).fit_resample(images, LABELS)
    assert resampled.dtype == np.uint8
    assert_array_equal(flat(resampled), np.clip(np.rint(expected), 0, 255))
    assert_array_equal(labels, expected_labels)


def test_smote_stays_between_the_neighbours_where_uint8_would_wrap():
    rng = np.random.default_rng(0)
    dark, bright = rng.integers(0, 11, (40, 6, 6)), rng.integers(240, 256, (12, 6, 6))
    images, y = np.concatenate([dark, bright]).astype(np.uint8), np.repeat([0, 1], [40, 12])
    wrapped, _ = SMOTE(random_state=0).fit_resample(flat(images), y)
    assert wrapped[52:].min() < 200
    resampled, _ = NDResampler(SMOTE(random_state=0)).fit_resample(images, y)
    assert len(resampled) == 80
    assert resampled[52:].min() >= 240


@pytest.mark.parametrize("dtype", ["uint8", "int8", "int64", "uint64"])
def test_what_lies_beyond_the_range_of_the_dtype_is_clipped(dtype):
    info = np.iinfo(dtype)
    rows, y = np.array([info.min, info.max] * 10, dtype)[:, np.newaxis], np.repeat([0, 1], [14, 6])
    beyond = FunctionSampler(func=lambda X, y: (np.append(X, [[-1e30], [1e30]], axis=0), np.append(y, [1, 1])))
    resampled, _ = NDResampler(beyond).fit_resample(rows, y)
    assert_array_equal(resampled[:20], rows)
    assert resampled[20, 0] == info.min
    # The largest float below 2**63 or 2**64 is the largest that can be converted.
    largest = info.max if info.bits < 64 else int(np.nextafter(float(info.max), 0))
    assert resampled[21, 0] == largest


def test_masks_are_true_from_one_half_on():
    masks = DIGITS > 7
    expected, _ = SMOTE(random_state=0).fit_resample(flat(masks).astype(float), LABELS)
    resampled, _ = NDResampler(SMOTE(random_state=0)).fit_resample(masks, LABELS)
    assert resampled.dtype == bool
    assert_array_equal(flat(resampled), np.rint(expected) == 1)


@each(ADDING)
@pytest.mark.parametrize("dtype", ["bool", "uint8", "int64", "float16", "float32", "float64"])
def test_old_rows_come_back_bit_by_bit(sampler, dtype):
    images = ((DIGITS > 7) if dtype == "bool" else DIGITS).astype(dtype)
    resampled, _ = NDResampler(sampler).fit_resample(images, LABELS)
    assert len(resampled) > len(images)
    assert resampled[: len(images)].tobytes() == images.tobytes()


@pytest.mark.parametrize("frame", [False, True], ids=["array", "frame"])
def test_integers_that_floats_cannot_tell_apart_come_back(frame):
    rows = 2**53 + np.arange(60, dtype=np.int64).reshape(30, 2)
    assert (rows != rows.astype(float).astype(np.int64)).any()
    X = pd.DataFrame(rows, columns=["a", "b"]) if frame else rows
    resampled, _ = NDResampler(SMOTE(random_state=0)).fit_resample(X, np.repeat([0, 1], [20, 10]))
    assert_array_equal(np.asarray(resampled)[:30], rows)


def test_x_is_not_changed_and_nothing_shares_its_memory():
    for sampler in (*SELECTING, *COMPUTING):
        images = DIGITS.copy()
        resampled, _ = NDResampler(sampler).fit_resample(images, LABELS)
        resampled[...] = -1
        assert_array_equal(images, DIGITS)


# -- lists, ragged series, strings ------------------------------------------------------------------------------------

SERIES = [np.random.default_rng(number).normal(size=(3 + number % 6, 2)) for number in range(30)]
RARE = np.repeat([0, 1], [20, 10])


def objects(series):
    array = np.empty(len(series), dtype=object)
    array[:] = series
    return array


@each(BLIND)
@pytest.mark.parametrize("container", [list, objects, pd.Series], ids=["list", "object array", "Series"])
def test_ragged_series_are_selected(sampler, container):
    resampler = NDResampler(sampler)
    X, y = resampler.fit_resample(container(SERIES), RARE)
    assert type(X) is type(container(SERIES))
    assert all(one is SERIES[index] for one, index in zip(X, resampler.sample_indices_, strict=True))
    assert_array_equal(y, RARE[resampler.sample_indices_])
    assert np.ptp(np.bincount(y)) == 0
    assert not hasattr(resampler, "n_features_in_")


@each(BLIND)
@pytest.mark.parametrize("container", [list, np.array, objects, pd.Series], ids=["list", "array", "objects", "Series"])
def test_strings_are_selected(sampler, container):
    texts = container([f"text number {number}" for number in range(30)])
    resampler = NDResampler(sampler)
    X, y = resampler.fit_resample(texts, RARE.tolist())
    assert type(X) is type(texts)
    assert [*X] == [f"text number {number}" for number in resampler.sample_indices_]
    assert isinstance(y, list)
    assert y == RARE[resampler.sample_indices_].tolist()


@each([SMOTE(), NearMiss(), SMOTEENN(), ClusterCentroids(), RandomOverSampler(shrinkage=1)])
@pytest.mark.parametrize(
    "X", [SERIES, objects(SERIES), ["a", "b"] * 15, np.array(["a", "b"] * 15)], ids=["list", "objects", "str", "U"]
)
def test_rows_of_no_common_shape_need_a_sampler_that_does_not_look(sampler, X):
    for method in ("fit", "fit_resample"):
        with pytest.raises(ValueError, match=f"{type(sampler).__name__} computes with the values .* Pad or encode"):
            getattr(NDResampler(sampler), method)(X, RARE)


@each([NearMiss(), SMOTE(random_state=0)])
def test_a_list_of_equal_arrays_stays_a_list_of_arrays(sampler):
    expected, _ = NDResampler(sampler).fit_resample(DIGITS.astype(np.float32), LABELS)
    resampled, labels = NDResampler(sampler).fit_resample([*DIGITS.astype(np.float32)], LABELS.tolist())
    assert isinstance(resampled, list)
    assert isinstance(labels, list)
    assert all(isinstance(image, np.ndarray) and image.dtype == np.float32 for image in resampled)
    assert_array_equal(resampled, expected)


def test_nested_lists_stay_nested_lists():
    resampled, _ = NDResampler(SMOTE(random_state=0)).fit_resample(DIGITS.tolist(), LABELS)
    expected, _ = NDResampler(SMOTE(random_state=0)).fit_resample(DIGITS, LABELS)
    assert isinstance(resampled[0][0], list)
    assert_array_equal(resampled, expected)


# -- tables -----------------------------------------------------------------------------------------------------------


def mixed_frame():
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "age": rng.integers(18, 90, 30),
            "income": rng.normal(size=30).astype(np.float32),
            "married": rng.random(30) > 0.5,
            "city": pd.Categorical(rng.choice(["Rome", "Oslo"], 30)),
            "seen": pd.date_range("2020-01-01", periods=30),
            "note": [None, "x", "y"] * 10,
        },
        index=[f"row {number}" for number in range(30)],
    )


@each(BLIND)
def test_mixed_frames_are_selected_as_imbalanced_learn_does(sampler):
    X, y = mixed_frame(), pd.Series(np.where(RARE, "rare", "common"), name="kind", index=mixed_frame().index)
    expected, expected_y = clone(sampler).fit_resample(X, y)
    resampled, resampled_y = NDResampler(sampler).fit_resample(X, y)
    assert_frame_equal(resampled, expected)
    assert_series_equal(resampled_y, expected_y)


@each([NearMiss(), TomekLinks(), SMOTE(random_state=0), SMOTEENN(random_state=0)])
def test_frames_of_floats_equal_those_of_imbalanced_learn(sampler):
    X = pd.DataFrame(flat(DIGITS)[:, 20:24], columns=list("abcd")).astype({"b": "float32"}).astype({"c": "Float64"})
    y = pd.Series(LABELS, name="label", dtype="category")
    expected, expected_y = clone(sampler).fit_resample(X, y)
    resampler = NDResampler(sampler)
    resampled, resampled_y = resampler.fit_resample(X, y)
    assert_frame_equal(resampled, expected)
    assert_series_equal(resampled_y, expected_y)
    assert resampler.n_features_in_ == 4
    assert resampler.feature_names_in_.tolist() == list("abcd")
    assert resampler.get_feature_names_out().tolist() == list("abcd")


def test_whole_columns_are_rounded_and_keep_their_dtypes():
    dtypes = {"age": "int64", "size": "uint8", "married": "bool", "rooms": "Int32", "garden": "boolean", "x": "float32"}
    rng = np.random.default_rng(0)
    X = pd.DataFrame({name: rng.integers(0, 2 if "bool" in dtype else 200, 30) for name, dtype in dtypes.items()})
    expected, _ = SMOTE(random_state=0).fit_resample(X.astype(float), RARE)
    resampled, _ = NDResampler(SMOTE(random_state=0)).fit_resample(X.astype(dtypes), RARE)
    assert resampled.dtypes.astype(str).to_dict() == dtypes
    whole = [name for name in dtypes if name != "x"]
    assert_array_equal(resampled[whole].to_numpy(dtype=float), np.rint(expected[whole]))
    assert_allclose(resampled["x"], expected["x"], rtol=1e-6)


def test_categories_are_left_to_samplers_that_know_them():
    X = mixed_frame()[["age", "income", "city"]]
    expected, _ = SMOTENC("auto", random_state=0).fit_resample(X.astype({"age": float}), RARE)
    resampled, _ = NDResampler(SMOTENC("auto", random_state=0)).fit_resample(X, RARE)
    assert_frame_equal(resampled, expected.assign(age=np.rint(expected["age"]).astype(int)))


@each([RandomOverSampler(random_state=0), NearMiss(), SMOTE(random_state=0)])
@pytest.mark.parametrize("container", [sparse.csr_matrix, sparse.csc_array, sparse.coo_array])
@pytest.mark.parametrize("dtype", ["float64", "uint8"])
def test_sparse_tables_stay_sparse(sampler, container, dtype):
    X = flat(DIGITS).astype(dtype)
    expected, _ = NDResampler(sampler).fit_resample(X, LABELS)
    resampled, _ = NDResampler(sampler).fit_resample(container(X), LABELS)
    assert sparse.issparse(resampled)
    assert resampled.format == ("csr" if container is sparse.coo_array else container((1, 1)).format)
    assert resampled.dtype == X.dtype
    assert_allclose(resampled.toarray(), expected, atol=1e-12)


def test_one_class_a_column_is_a_label():
    columns = np.eye(3, dtype=int)[np.minimum(DIGIT, 2)]
    _, expected = NDResampler(SMOTE(random_state=0)).fit_resample(DIGITS, np.minimum(DIGIT, 2))
    _, labels = NDResampler(SMOTE(random_state=0)).fit_resample(DIGITS, columns)
    assert_array_equal(labels, np.eye(3, dtype=int)[expected])


# -- extra arrays -----------------------------------------------------------------------------------------------------


@each([RandomOverSampler(random_state=0), RandomUnderSampler(random_state=0), NearMiss()])
def test_whatever_belongs_to_the_rows_is_selected_with_them(sampler):
    images, extra_index = DIGITS[:30], [f"row {number}" for number in range(30)]
    weight, text, frame = pd.Series(np.arange(30.0), extra_index), [f"text {n}" for n in range(30)], mixed_frame()
    resampler = NDResampler(sampler)
    X, y, *others = resampler.fit_resample(images, RARE, weight, text, frame, SERIES, sparse.csr_array(np.eye(30)))
    chosen = resampler.sample_indices_
    assert_array_equal(X, images[chosen])
    assert_array_equal(y, RARE[chosen])
    assert_series_equal(others[0], weight.iloc[chosen].reset_index(drop=True))
    assert others[1] == [text[number] for number in chosen]
    assert_frame_equal(others[2], frame.iloc[chosen].reset_index(drop=True))
    assert all(one is SERIES[number] for one, number in zip(others[3], chosen, strict=True))
    assert_array_equal(others[4].toarray(), np.eye(30)[chosen])
    alone, _ = NDResampler(sampler).fit_resample(images, RARE)
    assert_array_equal(X, alone)


def test_numbers_that_belong_to_the_rows_are_interpolated_with_them():
    images, labels = DIGITS.astype(np.uint8), LABELS
    weight = np.linspace(0, 1, len(images), dtype=np.float32)
    series = pd.Series(np.arange(len(images)), name="number")
    table = pd.DataFrame({"a": weight, "b": DIGIT})
    side_by_side = np.column_stack([flat(images), weight, series, table]).astype(float)
    expected, expected_labels = SMOTE(random_state=0).fit_resample(side_by_side, labels)
    resampled, y, *others = NDResampler(SMOTE(random_state=0)).fit_resample(images, labels, weight, series, table)
    assert_array_equal(flat(resampled), np.rint(expected[:, :64]))
    assert_array_equal(y, expected_labels)
    assert_array_equal(others[0], expected[:, 64].astype(np.float32))
    assert_series_equal(others[1], pd.Series(np.rint(expected[:, 65]).astype(int), name="number"))
    expected_table = pd.DataFrame(expected[:, 66:], columns=["a", "b"])
    assert_frame_equal(others[2], expected_table.round({"b": 0}).astype({"a": "float32", "b": int}))


def test_new_masks_are_the_masks_of_new_images():
    """A mask that is the image, bright or not, stays so where both neighbours agree."""
    images = DIGITS.astype(np.uint8)
    resampled, _, masks = NDResampler(SMOTE(random_state=0)).fit_resample(images, LABELS, images > 7)
    assert masks.dtype == bool
    assert_array_equal(masks[: len(images)], images > 7)
    assert masks[len(images) :][resampled[len(images) :] == 16].all()
    assert not masks[len(images) :][resampled[len(images) :] == 0].any()


def test_sparse_and_dense_parts_are_interpolated_together():
    weight = np.linspace(0, 1, len(DIGITS))
    expected = NDResampler(SMOTE(random_state=0)).fit_resample(flat(DIGITS), LABELS, weight)
    X, _, resampled = NDResampler(SMOTE(random_state=0)).fit_resample(sparse.csc_array(flat(DIGITS)), LABELS, weight)
    assert_allclose(X.toarray(), expected[0], atol=1e-12)
    assert isinstance(resampled, np.ndarray)
    assert_allclose(resampled, expected[2], atol=1e-12)


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        (["text"] * 400, r"arrays\[1\] has to be numeric.*list of object"),
        ([np.ones(1 + n % 3) for n in range(400)], r"arrays\[1\] has to be numeric.*list of object"),
        (pd.DataFrame({"a": ["x"] * 400}), r"arrays\[1\] has to be numeric.*DataFrame of"),
        (np.ones(399), "inconsistent numbers of samples"),
    ],
    ids=["strings", "ragged", "frame", "length"],
)
def test_other_things_cannot_be_interpolated(extra, message):
    with pytest.raises(ValueError, match=message):
        NDResampler(SMOTE()).fit_resample(DIGITS, LABELS, np.ones(400), extra)


# -- manners ----------------------------------------------------------------------------------------------------------


def state_of(estimator):
    return {name: id(value) for name, value in vars(estimator).items()}


def test_the_given_sampler_is_cloned_and_left_alone():
    sampler = SMOTE(random_state=0)
    before = state_of(sampler)
    resampler = NDResampler(sampler)
    resampler.fit_resample(DIGITS, LABELS)
    resampler.fit(DIGITS, LABELS)
    assert state_of(sampler) == before
    assert resampler.sampler is sampler
    assert isinstance(resampler.sampler_, SMOTE)
    assert resampler.sampler_ is not sampler


def test_fitted_attributes_are_those_of_the_sampler():
    resampler = NDResampler(SMOTE(random_state=0))
    assert not hasattr(resampler, "sampling_strategy_")
    resampler.fit(DIGITS[..., np.newaxis], LABELS)
    assert resampler.sampling_strategy_ == {"eight": int(np.sum(LABELS == "other") - np.sum(LABELS == "eight"))}
    assert resampler.n_features_in_ == 64
    assert not hasattr(resampler, "sample_indices_")
    resampler.set_params(sampler=TomekLinks()).fit_resample(DIGITS, LABELS)
    assert_array_equal(resampler.sample_indices_, resampler.sampler_.sample_indices_)


def test_names_of_columns_are_forgotten_when_there_are_none():
    resampler = NDResampler(RandomOverSampler()).fit(mixed_frame(), RARE)
    assert resampler.feature_names_in_.tolist() == mixed_frame().columns.tolist()
    assert not hasattr(resampler.fit(DIGITS, LABELS), "feature_names_in_")
    assert not hasattr(resampler.fit(SERIES, RARE), "n_features_in_")


@pytest.mark.parametrize(
    ("X", "y"),
    [
        (DIGITS * np.nan, LABELS),
        (DIGITS, LABELS[:-1]),
        (SERIES, RARE),
        (DIGITS[:20], np.repeat([0, 1], [18, 2])),
        (DIGITS, np.zeros(400)),
        (DIGITS[:, :0], LABELS),
    ],
    ids=["nan", "length", "ragged", "neighbours", "one class", "empty"],
)
def test_a_failed_fit_leaves_it_as_it_was(X, y):
    resampler = NDResampler(SMOTE(random_state=0))
    resampler.fit_resample(pd.DataFrame(flat(DIGITS)).add_prefix("pixel"), LABELS)
    before = state_of(resampler)
    with pytest.raises(ValueError, match=r"\w"):
        resampler.fit_resample(X, y)
    assert state_of(resampler) == before


@pytest.mark.parametrize("fitted", [False, True])
def test_pickles_and_clones_do_the_same(fitted):
    resampler = NDResampler(SMOTE(random_state=0))
    expected, _ = resampler.fit_resample(DIGITS, LABELS) if fitted else clone(resampler).fit_resample(DIGITS, LABELS)
    for copy in (pickle.loads(pickle.dumps(resampler)), clone(resampler)):
        assert_array_equal(copy.fit_resample(DIGITS, LABELS)[0], expected)
    assert pickle.loads(pickle.dumps(resampler)).get_params().keys() == resampler.get_params().keys()
    assert clone(resampler).sampler is not resampler.sampler


def test_nested_resamplers_and_pipelines_of_samplers_do_what_the_inner_ones_do():
    images = DIGITS.astype(np.uint8)
    for sampler in (NearMiss(), SMOTE(random_state=0), RandomOverSampler(random_state=0, shrinkage=1)):
        expected, _ = NDResampler(sampler).fit_resample(images, LABELS)
        assert_array_equal(NDResampler(NDResampler(sampler)).fit_resample(images, LABELS)[0], expected)
    chain = make_pipeline(SMOTE(random_state=0), TomekLinks())
    expected, _ = chain.fit_resample(flat(DIGITS), LABELS)
    assert_array_equal(NDResampler(chain).fit_resample(images, LABELS)[0], np.rint(expected).reshape(-1, 8, 8))


class Shy(RandomUnderSampler):
    """A random under-sampler that looks at X all the same: the dimmest rows go first."""

    def _fit_resample(self, X, y):
        kept = np.concatenate([np.flatnonzero(y == "eight"), np.argsort(X.sum(axis=1))[-10:]])
        self.sample_indices_ = kept
        return X[kept], y[kept]


def test_subclasses_of_random_samplers_see_x():
    resampled, _ = NDResampler(Shy()).fit_resample(DIGITS.astype(np.uint8), LABELS)
    assert_array_equal(resampled[-10:], DIGITS[np.argsort(DIGITS.sum(axis=(1, 2)))[-10:]])


# -- in company -------------------------------------------------------------------------------------------------------


def net_on_images(sampler):
    net = MLPClassifier((16,), learning_rate=0.01, epochs=15, random_state=0)
    return make_pipeline(NDResampler(sampler), FunctionTransformer(flat), net)


def test_a_net_in_a_pipeline_is_trained_on_resampled_images():
    pipeline = net_on_images(SMOTE(random_state=0)).fit(DIGITS, LABELS)
    X, y = SMOTE(random_state=0).fit_resample(flat(DIGITS), LABELS)
    assert_array_equal(pipeline.predict_proba(DIGITS), clone(pipeline[-1]).fit(X, y).predict_proba(flat(DIGITS)))
    assert pipeline.score(DIGITS, LABELS) > 0.95


def test_a_search_chooses_the_sampler_and_its_parameters():
    grid = [
        {"ndresampler__sampler": [RandomUnderSampler(random_state=0), TomekLinks()]},
        {"ndresampler__sampler": [SMOTE(random_state=0)], "ndresampler__sampler__k_neighbors": [1, 3]},
    ]
    search = GridSearchCV(net_on_images(SMOTE()), grid, cv=2, scoring="balanced_accuracy").fit(DIGITS, LABELS)
    scores = search.cv_results_["mean_test_score"]
    for candidate, score in zip(search.cv_results_["params"], scores, strict=True):
        alone = clone(net_on_images(SMOTE())).set_params(**candidate)
        assert score == cross_val_score(alone, DIGITS, LABELS, cv=2, scoring="balanced_accuracy").mean()
    assert len({*scores}) > 1


def test_metadata_are_routed_past_it():
    weight = np.ones(len(DIGITS))
    with sklearn.config_context(enable_metadata_routing=True):
        net = MLPClassifier((4,), epochs=1, random_state=0).set_fit_request(sample_weight=False)
        pipeline = make_pipeline(NDResampler(SMOTE(random_state=0)), FunctionTransformer(flat), net)
        pipeline.fit(DIGITS, LABELS)
        with pytest.raises(TypeError, match="sample_weight"):
            pipeline.fit(DIGITS, LABELS, sample_weight=weight)


# -- bad input --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sampler", [None, "SMOTE", 3, MLPClassifier()], ids=["None", "name", "number", "classifier"])
@pytest.mark.parametrize("method", ["fit", "fit_resample"])
def test_something_else_than_a_sampler_is_refused(sampler, method):
    with pytest.raises(ValueError, match="The 'sampler' parameter of NDResampler must be"):
        getattr(NDResampler(sampler), method)(DIGITS, LABELS)


def test_a_class_is_not_a_sampler():
    with pytest.raises(TypeError, match="instance"):
        NDResampler(SMOTE).fit_resample(DIGITS, LABELS)


@each([RandomOverSampler(), NearMiss(), SMOTE()])
@pytest.mark.parametrize(
    ("X", "message"),
    [
        (np.arange(30.0), "Expected 2D array, got 1D array"),
        (pd.Series(np.arange(30)), "Expected 2D array, got 1D array"),
        (np.ones((30, 4, 0, 3)), r"X holds no values: its shape is \(30, 4, 0, 3\)"),
        (pd.DataFrame(index=range(30)), r"X holds no values: its shape is \(30, 0\)"),
        (np.ones((30, 2, 2), complex), "Complex data not supported"),
    ],
    ids=["numbers", "Series", "no pixels", "no columns", "complex"],
)
def test_what_has_no_rows_is_refused(sampler, X, message):
    with pytest.raises(ValueError, match=message):
        NDResampler(sampler).fit_resample(X, RARE)


@each([RandomOverSampler(), NearMiss(), SMOTE()])
@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.linspace(0, 1, 400), "Unknown label type: continuous|Maybe you are trying to fit a classifier"),
        (np.ones((400, 2), int), "Multilabel and multioutput targets are not supported"),
        (np.zeros(400), "needs to have more than 1 class"),
        (LABELS[1:], "inconsistent numbers of samples"),
        (None, "got None"),
    ],
    ids=["continuous", "multilabel", "one class", "length", "None"],
)
def test_bad_labels_are_refused(sampler, y, message):
    with pytest.raises(ValueError, match=message):
        NDResampler(sampler).fit_resample(DIGITS, y)


def test_too_few_rows_of_a_class_are_named_by_the_sampler():
    with pytest.raises(ValueError, match="n_neighbors"):
        NDResampler(SMOTE()).fit_resample(DIGITS[:20], np.repeat([0, 1], [18, 2]))


def test_missing_pixels_are_left_to_the_sampler():
    images = np.where(DIGITS == 0, np.nan, DIGITS)
    with pytest.raises(ValueError, match="NaN"):
        NDResampler(SMOTE()).fit_resample(images, LABELS)
    resampler = NDResampler(RandomOverSampler(random_state=0))
    assert_array_equal(resampler.fit_resample(images, LABELS)[0], images[resampler.sample_indices_])


def test_a_sampler_that_changes_the_columns_is_refused():
    first = FunctionSampler(func=lambda X, y: (X[:, :3], y))
    with pytest.raises(ValueError, match="FunctionSampler returned 3 columns for 64"):
        NDResampler(first).fit_resample(DIGITS, LABELS)
