"""What training promises: weights that count, all kinds of targets, validation, going on, schedules, seeds, copies."""

import pickle
import threading
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest
from joblib import parallel_config
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.metrics import log_loss, mean_squared_error
from sklearn.model_selection import GridSearchCV

from skdeep.image import CNNClassifier, CNNRegressor, Custom, LeNet, ResNet, Small
from skdeep.image._architectures import resolve
from skdeep.image.augmentation import Mixup, Noise, Shift
from skdeep.schedules import CosineDecay
from tests.histories import learned
from tests.nets import on

# A bright spot in one of four quarters of a dark, noisy image.
rng = np.random.default_rng(0)
N = 120
QUARTERS = np.arange(N) % 4
SPOTS = rng.integers(0, 60, (N, 8, 8)).astype(np.uint8)
for index, quarter in enumerate(QUARTERS):
    row, column = 4 * (quarter // 2) + rng.integers(0, 3), 4 * (quarter % 2) + rng.integers(0, 3)
    SPOTS[index, row : row + 2, column : column + 2] += 180
COLOURED = np.stack([SPOTS, 255 - SPOTS, SPOTS // 2], axis=-1)

SETTINGS = {"architecture": Custom(filters=(4,), head=(8,)), "random_state": 0}
QUICK = SETTINGS | {"epochs": 3}
# Learns under every seed.
LEARNING = SETTINGS | {"architecture": Custom(filters=(8,), head=(16,)), "epochs": 40, "batch_size": 20}
LEARNING |= {"learning_rate": 0.01}


def net(**parameters):
    return CNNClassifier(**QUICK | parameters)


def assert_same_bits(one, other):
    assert learned(one) == learned(other)
    for mine, theirs in zip(one.weights_, other.weights_, strict=True):
        assert_array_equal(mine, theirs)


# -- defaults ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [CNNClassifier, CNNRegressor])
def test_defaults(make):
    model = make()
    assert (model.architecture, model.epochs, model.batch_size) == ("small", 20, "auto")
    assert (model.learning_rate_schedule, model.augmentation, model.rescale) == ("auto", None, "auto")
    assert (model.dropout, model.normalization) == ("auto", "auto")
    assert make("vgg").architecture == "vgg"
    assert "default=20" in make.__doc__
    assert make.__doc__.count("learning_rate_schedule :") == 1


@pytest.mark.parametrize(("n", "steps"), [(120, 2), (64, 1), (40, 1)])
def test_a_batch_is_of_64_images(n, steps):
    batches = []
    count = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: batches.append(batch))
    net(epochs=1, callbacks=[count]).fit(SPOTS[:n], QUARTERS[:n])
    assert batches == [*range(steps)]


# -- learning ---------------------------------------------------------------------------------------------------------

SIZES = {
    "small": {"width": 0.25},
    "lenet": {},
    "alexnet": {"width": 0.25, "dropout": 0.1, "learning_rate": 0.003},
    "vgg": {"width": 0.25, "depth": 0.5, "dropout": 0.1},
    "nin": {"width": 0.5, "depth": 0.5, "dropout": 0.1, "epochs": 30},
    "inception": {"width": 0.25, "depth": 0.5},
    "resnet": {"width": 0.25, "depth": 0.5},
    "densenet": {"width": 0.5, "depth": 0.25},
}


@pytest.mark.parametrize("architecture", SIZES)
def test_every_architecture_learns(architecture):
    """Global averages do not tell the quarters apart: which colour the spot has."""
    colour = np.arange(N) % 2
    X = np.where(colour[:, None, None, None] == 1, COLOURED, COLOURED[..., ::-1])
    settings = {"epochs": 12, "batch_size": 20, "learning_rate": 0.01, "random_state": 0} | SIZES[architecture]
    model = CNNClassifier(**on(type(resolve(architecture)), **settings))
    assert model.fit(X[:80], colour[:80]).score(X[80:], colour[80:]) > 0.9


EVERY = np.column_stack([QUARTERS // 2, QUARTERS % 2])
KINDS = {
    "binary": (CNNClassifier, QUARTERS // 2),
    "strings": (CNNClassifier, np.array(["north west", "north east", "south west", "south east"])[QUARTERS]),
    "multiclass": (CNNClassifier, QUARTERS),
    "multilabel": (CNNClassifier, np.column_stack([QUARTERS // 2, QUARTERS % 2, QUARTERS == 0]).astype(int)),
    "multioutput": (CNNClassifier, np.column_stack([QUARTERS, QUARTERS % 2 + 5])),
    "one value": (CNNRegressor, 100.0 * (QUARTERS // 2) - 7.0),
    "two values": (CNNRegressor, EVERY * [2.0, 300.0] + [0.0, 50.0]),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_target_is_learned(kind):
    make, y = KINDS[kind]
    model = make(**LEARNING).fit(SPOTS[:80], y[:80])
    assert model.score(SPOTS[80:], y[80:]) > 0.9
    assert model.predict(SPOTS).shape == y.shape
    if make is CNNClassifier:
        each = model.predict_proba(SPOTS)
        for p in each if isinstance(each, list) else [each]:
            assert_allclose(p.sum(axis=1) if kind != "multilabel" else 1.0, 1.0, rtol=1e-5)
        assert model.predict(SPOTS).dtype == y.dtype
    told = model.model_.predict(SPOTS[..., None], verbose=0)
    ours = model.predict(SPOTS).reshape(N, -1) if make is CNNRegressor else model.predict_proba(SPOTS)
    if kind == "binary":
        ours = ours[:, 1:]
    for one, other in zip(
        told if isinstance(told, list) else [told], ours if isinstance(ours, list) else [ours], strict=True
    ):
        assert_allclose(one, other, rtol=1e-3, atol=1e-4)


def test_several_objects_in_one_picture():
    present = np.random.default_rng(1).integers(0, 2, (160, 4))
    images = np.random.default_rng(2).integers(0, 60, (160, 8, 8)).astype(np.uint8)
    for quarter in range(4):
        row, column = 4 * (quarter // 2) + 1, 4 * (quarter % 2) + 1
        images[:, row : row + 2, column : column + 2] += (180 * present[:, quarter, None, None]).astype(np.uint8)
    model = CNNClassifier(**LEARNING).fit(images[:100], present[:100])
    assert (model.predict(images[100:]) == present[100:]).mean() > 0.95
    assert model.predict(images[:1] * 0).tolist() == [[0, 0, 0, 0]]


# -- weights ----------------------------------------------------------------------------------------------------------

COUNTED = {
    "custom": {"architecture": Custom(filters=(3,), head=(4,))},
    "custom that averages": {"architecture": Custom(filters=(3,), pooling="average", head="average")},
    "small": {"architecture": Small(width=0.1)},
    "lenet": {"architecture": LeNet(width=0.5)},
    "resnet": {"architecture": ResNet(width=0.2, depth=0.1), "normalization": None},
}


@pytest.mark.parametrize(("make", "case"), [*((CNNClassifier, case) for case in COUNTED), (CNNRegressor, "custom")])
def test_a_weight_of_two_is_a_repeated_row(make, case):
    X, y = SPOTS[:20] - 90.0, QUARTERS[:20]
    times = np.arange(20) % 3
    settings = {
        **COUNTED[case], "epochs": 5, "dtype": "float64", "batch_size": 100,
        "learning_rate": 0.01, "random_state": 0, "optimizer": "sgd",
    }  # fmt: skip
    weighted = make(**settings).fit(X, y, sample_weight=times)
    repeated = make(**settings).fit(np.repeat(X, times, axis=0), np.repeat(y, times))
    assert_allclose(weighted.loss_curve_, repeated.loss_curve_, rtol=1e-9)
    for mine, theirs in zip(weighted.weights_, repeated.weights_, strict=True):
        assert_allclose(mine, theirs, rtol=1e-7, atol=1e-10)
    plain = make(**settings).fit(X, y)
    assert not np.allclose(plain.loss_curve_, weighted.loss_curve_, rtol=1e-4)


def test_class_weights_are_sample_weights():
    by_class = net(class_weight={0: 3.0, 2: 0.5}).fit(SPOTS, QUARTERS)
    by_row = net().fit(SPOTS, QUARTERS, sample_weight=np.array([3.0, 1.0, 0.5, 1.0])[QUARTERS])
    assert_same_bits(by_class, by_row)
    rare = np.r_[0:12, 12:120:4]
    balanced = net(class_weight="balanced").fit(SPOTS[rare], QUARTERS[rare])
    weight = len(rare) / (4 * np.bincount(QUARTERS[rare]))
    by_row = net().fit(SPOTS[rare], QUARTERS[rare], sample_weight=weight[QUARTERS[rare]])
    for mine, theirs in zip(balanced.weights_, by_row.weights_, strict=True):
        assert_allclose(mine, theirs, rtol=1e-5, atol=1e-6)


# -- validation -------------------------------------------------------------------------------------------------------


def test_early_stopping_keeps_the_weights_of_the_best_epoch():
    noise = QUARTERS[np.random.default_rng(3).permutation(40)]  # which nobody can predict
    model = net(epochs=40, early_stopping=True, n_iter_no_change=3, learning_rate=0.02, augmentation="noise")
    model.fit(SPOTS[:80], QUARTERS[:80], X_val=SPOTS[80:], y_val=noise)
    assert 5 <= model.n_iter_ < 40
    losses = model.history_["val_loss"]
    assert len(losses) == model.n_iter_ == int(np.argmin(losses)) + 1 + 4
    assert log_loss(noise, model.predict_proba(SPOTS[80:])) == pytest.approx(min(losses), rel=1e-5)
    assert model.best_validation_score_ == -min(losses)


def test_validation_rows_are_seen_as_they_are():
    """Without augmentation, and normalised by the moving statistics."""
    seen = []
    model = net(augmentation=["flip", "noise", "cutout", "mixup"], dropout=0.3, normalization="batch")
    model.set_params(callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(logs))])
    model.fit(SPOTS[:80], QUARTERS[:80], X_val=SPOTS[80:], y_val=QUARTERS[80:])
    expected = log_loss(QUARTERS[80:], model.predict_proba(SPOTS[80:]))
    assert model.history_["val_loss"][-1] == pytest.approx(expected, rel=1e-5)
    assert [logs["val_loss"] for logs in seen] == model.history_["val_loss"]


def test_validation_scores_of_a_regressor_are_in_its_own_units():
    y = 100.0 * (QUARTERS // 2)
    model = CNNRegressor(**QUICK, early_stopping=True, scoring="neg_mean_squared_error")
    model.fit(SPOTS[:80], y[:80], X_val=SPOTS[80:], y_val=y[80:])
    assert -mean_squared_error(y[80:], model.predict(SPOTS[80:])) == pytest.approx(
        model.best_validation_score_, rel=1e-5
    )


# -- going on ---------------------------------------------------------------------------------------------------------

RANDOM = {"dropout": 0.3, "augmentation": ["shift", "noise", "mixup"], "learning_rate_schedule": None}


def test_partial_fits_add_up():
    whole = net(**RANDOM).partial_fit(SPOTS, QUARTERS, classes=range(4), epochs=4)
    parts = net(**RANDOM)
    for epochs in (1, 2, 1):
        parts = pickle.loads(pickle.dumps(parts.partial_fit(SPOTS, QUARTERS, classes=range(4), epochs=epochs)))
    assert_same_bits(parts, whole)
    assert parts.n_epochs_ == parts.n_iter_ == 4


@pytest.mark.parametrize("normalization", [None, "batch"])
def test_a_warm_start_goes_on(normalization):
    settings = RANDOM | {"normalization": normalization}
    whole = net(**settings, epochs=4).fit(SPOTS, QUARTERS)
    parts = net(**settings, epochs=2, warm_start=True).fit(SPOTS, QUARTERS).fit(SPOTS, QUARTERS)
    for mine, theirs in zip(parts.weights_, whole.weights_, strict=True):
        assert_array_equal(mine, theirs)
    assert parts.loss_curve_ == whole.loss_curve_[2:]
    assert parts.n_epochs_ == 4


@pytest.mark.parametrize("go_on", ["partial_fit", "warm start"])
def test_another_optimizer_does_not_forget_the_statistics_of_the_batches(go_on):
    found = []
    for optimizer in ("adam", "sgd"):
        model = net(normalization="batch", epochs=40, batch_size=30, n_iter_no_change=100).fit(SPOTS, QUARTERS)
        model.set_params(optimizer=optimizer, learning_rate=1e-30, epochs=1, warm_start=True)
        (model.fit if go_on == "warm start" else model.partial_fit)(SPOTS[:8] // 4, QUARTERS[:8])
        found.append(model.weights_[5:8])
    for one, other in zip(*found, strict=True):
        assert_allclose(one, other, rtol=1e-3, atol=1e-5)


# -- schedules --------------------------------------------------------------------------------------------------------

WITH_WARM_UP = {
    "custom": False, "custom, normalised": True, "small": False, "small, normalised": True, "resnet": True,
    "resnet, not normalised": False,
}  # fmt: skip


@pytest.mark.parametrize(
    ("make", "case"), [*((CNNClassifier, case) for case in WITH_WARM_UP), (CNNRegressor, "custom, normalised")]
)
def test_nets_with_batch_normalisation_warm_up_and_follow_a_cosine(make, case):
    nets = {
        "custom": Custom(filters=(2,), head=()),
        "small": Small(width=0.1, depth=0.1),
        "resnet": ResNet(width=0.1, depth=0.1),
    }
    settings = {"architecture": nets[case.split(",")[0]], "epochs": 6, "batch_size": 60, "learning_rate": 0.01}
    if "," in case:
        settings["normalization"] = None if "not" in case else "batch"
    model = make(**settings, random_state=0).fit(SPOTS, QUARTERS)
    last_steps = (np.arange(6) + 0.5) / 6
    factors = CosineDecay()(last_steps) if WITH_WARM_UP[case] else np.ones(6)
    assert_allclose(model.history_["learning_rate"], 0.01 * factors, rtol=1e-5)


@pytest.mark.parametrize("normalization", [None, "batch"])
def test_a_schedule_that_is_asked_for_is_followed(normalization):
    for schedule, factors in ((None, np.ones(3)), ("linear", 1 - (np.arange(3) + 0.5) / 3)):
        model = net(normalization=normalization, learning_rate_schedule=schedule, learning_rate=0.01, batch_size=60)
        assert_allclose(model.fit(SPOTS, QUARTERS).history_["learning_rate"], 0.01 * factors, rtol=1e-5)


def test_without_an_end_the_rate_stays():
    """The cosine would be at zero after a fit, and after as many partial fits as there are epochs."""
    model = net(normalization="batch", learning_rate=0.01).fit(SPOTS, QUARTERS)
    assert model.history_["learning_rate"][-1] < 0.01
    before = [array.copy() for array in model.weights_]
    model.partial_fit(SPOTS, QUARTERS, epochs=2)
    assert_allclose(model.history_["learning_rate"][-2:], 0.01)
    assert not any(
        np.allclose(mine, old, rtol=1e-4) for mine, old in zip(model.weights_[3:7], before[3:7], strict=True)
    )
    given = net(normalization="batch", learning_rate=0.01, learning_rate_schedule="cosine").fit(SPOTS, QUARTERS)
    assert given.partial_fit(SPOTS, QUARTERS).history_["learning_rate"][-1] == 0.0


def test_an_optimizer_with_a_schedule_of_its_own_keeps_it():
    rate = keras.optimizers.schedules.ExponentialDecay(0.01, decay_steps=2, decay_rate=0.5)
    settings = {"normalization": "batch", "optimizer": keras.optimizers.SGD(rate), "batch_size": 60}
    model = net(**settings).fit(SPOTS, QUARTERS)
    assert model.loss_curve_[-1] != model.loss_curve_[0]
    with pytest.raises(ValueError, match="optimizer instance has a Keras schedule of its own"):
        net(**settings, learning_rate_schedule="cosine").fit(SPOTS, QUARTERS)


def test_the_usual_rate_is_higher_where_it_falls_to_zero():
    """Three times, of the optimizer's own; nothing else is touched."""
    peak = {"batch_size": 12, "epochs": 10}  # the warm-up ends with the first of ten epochs of ten steps
    for optimizer, usual in (("adam", 0.001), ("sgd", 0.01)):
        plain = net(**peak, optimizer=optimizer).fit(SPOTS, QUARTERS)
        assert_allclose(plain.history_["learning_rate"], usual, rtol=1e-5)
        normalised = net(**peak, optimizer=optimizer, normalization="batch").fit(SPOTS, QUARTERS)
        factors = CosineDecay()((np.arange(10) + 0.9) / 10)
        assert_allclose(normalised.history_["learning_rate"], 3 * usual * factors, rtol=1e-5)
    constant = net(normalization="batch", learning_rate_schedule=None).fit(SPOTS, QUARTERS)
    assert_allclose(constant.history_["learning_rate"], 0.001, rtol=1e-5)


# -- seeds and copies -------------------------------------------------------------------------------------------------

AUGMENTED = {
    "dropout": 0.3,
    "normalization": "batch",
    "augmentation": ["flip", "rotate", "contrast", "cutout", "mixup"],
}


def test_the_same_seed_gives_the_same_bits():
    one, other, third = (net(**AUGMENTED, random_state=seed).fit(SPOTS, QUARTERS) for seed in (1, 1, 2))
    assert_same_bits(one, other)
    assert one.loss_curve_ != third.loss_curve_


def test_the_order_of_the_augmentation_does_not_matter():
    changes = ["flip", Shift(0.2), "rotate", "contrast", Noise(0.1), "cutout", Mixup(0.5)]
    one, other = (net(augmentation=each).fit(SPOTS, QUARTERS) for each in (changes, changes[::-1]))
    assert_same_bits(one, other)


@pytest.mark.parametrize("change", ["flip", "shift", "rotate", "zoom", "contrast", "noise", "cutout", "mixup"])
def test_each_augmentation_changes_every_epoch_and_step_and_nothing_in_prediction(change):
    """The net stands still, all images are the same one: only the changes differ."""
    logs = []
    seen = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, given: logs.append(given["loss"]))
    still = {
        "optimizer": "sgd",
        "learning_rate": 1e-300,
        "shuffle": False,
        "batch_size": 20,
        "n_iter_no_change": np.inf,
    }
    X, y = np.repeat(SPOTS[:1], 60, axis=0), np.arange(60) % 2
    if change == "mixup":
        X = SPOTS[:60]
    plain = net(**still).fit(X, y)
    model = net(**still, augmentation=change, callbacks=[seen]).fit(X, y)
    assert len(set(model.loss_curve_)) == 3
    first, second, third = logs[:3]  # means of the first, the first two and all three steps of an epoch
    steps = [first, 2 * second - first, 3 * third - 2 * second]
    if change != "mixup":
        assert min(abs(a - b) for a, b in [steps[:2], steps[1:], steps[::2]]) > 1e-7
    assert_allclose(model.predict_proba(X), plain.predict_proba(X), rtol=1e-6)
    kinds = [type(layer) for layer in model.model_.layers]
    assert kinds == [type(layer) for layer in plain.model_.layers]
    assert {kind.__module__.split(".")[0] for kind in kinds} == {"keras"}


def test_threads_and_processes_find_what_one_thread_finds():
    alone = [net(**AUGMENTED, random_state=seed).fit(SPOTS, QUARTERS) for seed in range(2)]
    meeting = threading.Barrier(2)

    def fit(seed):
        meeting.wait(timeout=100)
        return net(**AUGMENTED, random_state=seed).fit(SPOTS, QUARTERS)

    with ThreadPoolExecutor(2) as pool:
        for mine, theirs in zip(pool.map(fit, range(2)), alone, strict=True):
            assert_same_bits(mine, theirs)


@pytest.mark.filterwarnings("ignore:A worker process of joblib:sklearn.exceptions.EfficiencyWarning")
def test_a_parallel_search_finds_what_a_serial_one_finds():
    def search(**given):
        grid = {"augmentation": [None, Noise(0.3), "mixup"], "learning_rate": [0.01]}
        return GridSearchCV(net(), grid, cv=2, scoring="neg_log_loss", **given).fit(SPOTS, QUARTERS)

    serial = search()
    with parallel_config(backend="loky"):
        parallel = search(n_jobs=2)
    assert_array_equal(parallel.cv_results_["mean_test_score"], serial.cv_results_["mean_test_score"])
    assert_same_bits(parallel.best_estimator_, serial.best_estimator_)
    assert len(set(serial.cv_results_["mean_test_score"])) == 3


@pytest.mark.parametrize("architecture", [Custom(filters=(4,), head=(8,)), ResNet(width=0.1, depth=0.1)])
def test_pickles_and_clones(architecture):
    settings = {"architecture": architecture, "epochs": 2}
    model = CNNClassifier(**settings, augmentation=["flip", Shift(0.3)], image_shape=(8, 8)).fit(SPOTS, QUARTERS)
    copied = pickle.loads(pickle.dumps(model))
    assert copied.image_shape_ == (8, 8, 1)
    assert_array_equal(copied.predict_proba(SPOTS), model.predict_proba(SPOTS))
    assert all(isinstance(value, np.ndarray) for value in copied.weights_)
    cloned = clone(model)
    assert not hasattr(cloned, "weights_")
    assert cloned.augmentation[1] is not model.augmentation[1]
    assert cloned.augmentation[1].fraction == 0.3
    assert repr(cloned) == repr(model)


def test_an_augmentation_object_can_be_searched_by_its_amount():
    model = net(augmentation=Shift(0.1))
    search = GridSearchCV(model, {"augmentation__fraction": [0.2, 0.4]}, cv=2).fit(SPOTS, QUARTERS)
    assert search.best_estimator_.augmentation.fraction in (0.2, 0.4)
    assert model.augmentation.fraction == 0.1
    by_hand = net(augmentation=Shift(search.best_params_["augmentation__fraction"])).fit(SPOTS, QUARTERS)
    assert_same_bits(search.best_estimator_, by_hand)


# -- Keras ------------------------------------------------------------------------------------------------------------


def test_callbacks_of_keras_watch_and_slow_down():
    slower = keras.callbacks.ReduceLROnPlateau(monitor="val_loss", patience=1, factor=0.5, min_delta=100.0)
    model = net(epochs=4, callbacks=[slower], learning_rate=0.01, learning_rate_schedule=None)
    model.fit(SPOTS, QUARTERS, X_val=SPOTS, y_val=QUARTERS)
    # The logged rate is that of the epoch; the first epoch is always an improvement.
    assert_allclose(model.history_["learning_rate"], [0.01, 0.01, 0.005, 0.0025], rtol=1e-5)


def test_the_keras_model_trains_on_from_there():
    model = CNNClassifier(ResNet(width=0.2, depth=0.1), epochs=2, random_state=0).fit(SPOTS, QUARTERS)
    before = model.predict_proba(SPOTS)
    net_of_keras = model.model_
    first = log_loss(QUARTERS, before)
    assert net_of_keras.evaluate(SPOTS[..., None], QUARTERS, verbose=0) == pytest.approx(first, rel=1e-4)
    net_of_keras.fit(SPOTS[..., None], QUARTERS, epochs=3, verbose=0)
    assert_array_equal(net_of_keras.get_layer("rescaling").get_weights()[1], model.weights_[1])
    assert_array_equal(model.predict_proba(SPOTS), before)


def test_verbose_prints_a_line_an_epoch(capsys):
    model = net(verbose=2).fit(SPOTS, QUARTERS, X_val=SPOTS, y_val=QUARTERS)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert lines[0].startswith(
        f"CNNClassifier: epoch 1/3, loss = {model.loss_curve_[0]:.4g}, learning_rate = 0.001, val_l"
    )
