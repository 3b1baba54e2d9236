"""`n_restarts`: fits that learn nothing, or diverge, begin again from other weights; all others stay as they are."""

import inspect

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.callback import ProgressBar
from sklearn.datasets import load_diabetes, load_iris, make_moons
from sklearn.preprocessing import scale

from skdeep._engine.spec import Diverged
from skdeep._estimator import training
from skdeep._estimator.params import TrainingParams
from skdeep.decomposition import Autoencoder
from skdeep.sequence import RNNClassifier
from skdeep.tabular import MLPClassifier, MLPRegressor
from skdeep.utils.discovery import all_estimators

X, y = load_iris(return_X_y=True)
X = scale(X)
MOONS = make_moons(200, noise=0.1, random_state=0)
# Nets that hardly move learn nothing of labels like these: their losses are those of first weights, above a guess.
BLANK, COIN = 5 * np.random.default_rng(0).normal(size=(400, 3)), np.arange(400) % 2


def blank(**settings):
    settings = {"hidden_layer_sizes": (4,), "epochs": 3, "learning_rate": 1e-9, "random_state": 0} | settings
    return MLPClassifier(**settings)


def is_same(one, other):
    return all(np.array_equal(*pair) for pair in zip(one.weights_, other.weights_, strict=True))


@pytest.fixture
def attempts(monkeypatch):
    """Return a list of the seeds and the outcome of each attempt; attempts whose numbers are in `failing` diverge."""
    seen, train = [], training._all_stages
    seen_and_failing = (seen, set())

    def watched(run, *arguments):
        number = len(seen)
        seen.append((run.seeds, None))
        outcome = train(run, *arguments)
        seen[number] = (run.seeds, outcome)
        if number in seen_and_failing[1]:
            raise Diverged(f"The training loss became nan in epoch {number + 1}.", "Likely causes: none.", {"loss": []})
        return outcome

    monkeypatch.setattr(training, "_all_stages", watched)
    return seen_and_failing


def test_dead_nets_begin_again_and_learn():
    """Units that are zero for every row: two ReLU units a layer, and weights of bad luck."""
    n_restarts = []
    for seed in range(6):
        narrow = MLPClassifier((2, 2, 2), learning_rate=0.05, epochs=25, random_state=seed, n_iter_no_change=np.inf)
        dead = narrow.fit(*MOONS).score(*MOONS) == 0.5
        net = narrow.set_params(n_restarts=20).fit(*MOONS)
        n_restarts.append(net.n_restarts_)
        assert dead == (net.n_restarts_ > 0)
        assert net.score(*MOONS) > 0.7
        assert is_same(net, clone(net).fit(*MOONS))
    assert 0 < sum(n_restarts) < 60


@pytest.mark.parametrize("settings", [{}, {"early_stopping": True}, {"dropout": 0.2, "batch_size": 20}])
def test_fits_that_learn_are_the_same_bits_as_without(settings):
    for make, target in ((MLPClassifier, y), (MLPRegressor, X[:, 0] + y)):
        settings = {"epochs": 8, "learning_rate": 0.01, "random_state": 0} | settings
        without, restarted = make((8,), **settings).fit(X, target), make((8,), n_restarts=3, **settings).fit(X, target)
        assert is_same(without, restarted)
        assert without.n_restarts_ == restarted.n_restarts_ == 0
        assert without._net.seeds == restarted._net.seeds


def test_the_best_of_bad_attempts_is_kept(attempts):
    net = blank(n_restarts=4).fit(BLANK, COIN)
    losses = [outcome.result.history["loss"][-1] for _, outcome in attempts[0]]
    assert len(losses) == 5
    assert len(set(losses)) == 5
    assert net.n_restarts_ == 4
    assert net.loss_curve_[-1] == min(losses)
    best = attempts[0][int(np.argmin(losses))]
    assert net._net.seeds == best[0]
    assert_array_equal(net.weights_[0], best[1].result.weights[0])


def test_with_held_out_rows_the_best_on_these_is_kept(attempts):
    net = blank(n_restarts=4, early_stopping=True, validation_fraction=0.3).fit(BLANK, COIN)
    scores = [outcome.best for _, outcome in attempts[0]]
    assert net.best_validation_score_ == -min(scores)
    assert len(set(scores)) == 5


def test_weights_and_noise_are_others_and_the_order_and_the_split_the_same(attempts):
    blank(n_restarts=3).fit(BLANK, COIN)
    weights, order, noise = zip(*(seeds for seeds, _ in attempts[0]), strict=True)
    assert len(set(weights)) == len(set(noise)) == 4
    assert len(set(order)) == 1


def test_a_divergence_begins_again_and_only_the_last_is_an_error(attempts):
    seen, failing = attempts
    failing |= {0, 1}
    net = MLPClassifier((8,), epochs=5, learning_rate=0.02, random_state=0, n_restarts=2).fit(X, y)
    assert net.n_restarts_ == 2
    assert net._net.seeds == seen[2][0]
    seen.clear()
    failing |= {2}
    before = net.weights_
    with pytest.raises(ValueError, match=r"The training loss became nan in epoch 3\. Likely causes"):
        net.fit(X, y)
    assert net.weights_ is before
    seen.clear()
    with pytest.raises(ValueError, match="became nan in epoch 1"):
        net.set_params(n_restarts=0).fit(X, y)
    assert len(seen) == 1


def test_an_attempt_that_diverges_does_not_hide_one_that_did_not(attempts):
    seen, failing = attempts
    failing |= {1, 2}
    net = blank(n_restarts=2).fit(BLANK, COIN)
    assert net.n_restarts_ == 2
    assert net._net.seeds == seen[0][0]


def test_an_unstable_training_diverges_whatever_the_weights():
    patients = load_diabetes(return_X_y=True)
    net = MLPRegressor((8,), optimizer="sgd", learning_rate=1e6, epochs=20, random_state=0, n_restarts=2)
    with pytest.raises(Diverged, match="a learning rate that is too high") as caught:
        net.fit(*patients)
    assert not hasattr(net, "weights_")
    assert len(caught.value.history["loss"]) < 20


def test_what_goes_on_never_begins_again():
    settings = {"n_restarts": 3, "epochs": 1}
    assert blank(**settings).partial_fit(BLANK, COIN, classes=[0, 1]).n_restarts_ == 0
    net = blank(warm_start=True, **settings).fit(BLANK, COIN)
    assert net.n_restarts_ == 3
    assert net.fit(BLANK, COIN).n_restarts_ == 0
    assert net.n_epochs_ == 2


def test_where_the_loss_of_a_guess_is_not_known_only_a_divergence_counts(attempts):
    failing = attempts[1]
    net = Autoencoder(2, hidden_layer_sizes=(4,), epochs=1, random_state=0, n_restarts=3, learning_rate=1e-9)
    assert net.fit(X).n_restarts_ == 0
    attempts[0].clear()
    failing |= {0}
    assert net.fit(X).n_restarts_ == 1


def test_other_kinds_of_nets():
    series = RNNClassifier(units=3, epochs=1, learning_rate=1e-9, random_state=0, n_restarts=2)
    assert series.fit(BLANK[:60].reshape(-1, 3, 1), COIN[:60]).n_restarts_ == 2


def test_verbose_tells_of_each_restart_and_why(capsys):
    blank(n_restarts=2, verbose=2).fit(BLANK, COIN)
    lines = [line for line in capsys.readouterr().out.splitlines() if "restart" in line]
    assert len(lines) == 2
    for number, line in enumerate(lines, 1):
        assert line.startswith(f"MLPClassifier: restart {number} of 2. The training loss, ")
        assert line.endswith("is that of a guess which ignores the inputs.")
    blank(n_restarts=2).fit(BLANK, COIN)
    assert capsys.readouterr().out == ""


def test_scikit_learns_callbacks_see_the_epochs_of_all_attempts():
    net = blank(n_restarts=2)
    net.set_callbacks(ProgressBar())
    assert net.fit(BLANK, COIN).n_restarts_ == 2


def test_every_net_has_the_parameter():
    trained = [cls for _, cls in all_estimators() if issubclass(cls, TrainingParams)]
    assert len(trained) > 15
    assert all(inspect.signature(cls).parameters["n_restarts"].default == 0 for cls in trained)
    assert all("n_restarts_ : int" in cls.__doc__ for cls in trained)
