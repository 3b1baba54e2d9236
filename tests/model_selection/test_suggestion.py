"""The rate that is read off the losses of a range test."""

import numpy as np
import pytest

from skdeep.model_selection import _suggestion

RATES = np.geomspace(1e-6, 10, 141)  # 20 a decade
DECADES = np.log10(RATES)


def suggested(rates, losses):
    return _suggestion.suggested(rates, losses, _suggestion.smoothed(rates, losses))


def valley(falls_at=-3.0, explodes_at=-1.0, height=2.0):
    """A loss that falls by its whole height around one rate and explodes from another on."""
    return height / (1 + np.exp(8 * (DECADES - falls_at))) + np.exp(np.clip(8 * (DECADES - explodes_at), None, 60))


def test_the_suggestion_is_between_half_of_the_fall_and_a_tenth_of_the_rate_of_the_least():
    losses = np.select([DECADES < -4, DECADES < -3], [1.0, 0.5], 0.4) + (DECADES > -1.5) * (DECADES + 1.5)
    losses[np.argmin(abs(DECADES + 2))] = 0.0  # half of the fall is done at 1e-4, all of it at 1e-2
    assert _suggestion.suggested(RATES, losses, losses) == pytest.approx(np.sqrt(1e-4 * 1e-3), rel=0.15)


@pytest.mark.parametrize("shift", [-1.5, 0.0, 1.0])
def test_the_suggestion_moves_with_the_curve(shift):
    results = []
    for moved in (0.0, shift):
        losses = valley(-3.5 + moved, -1.5 + moved)
        n = _suggestion.n_steps_before_divergence(RATES, losses)
        results.append(suggested(RATES[:n], losses[:n]))
    assert np.log10(results[1] / results[0]) == pytest.approx(shift, abs=0.1)
    assert -4 < np.log10(results[0]) < -3


@pytest.mark.parametrize(("factor", "offset"), [(1e-3, 0.0), (1e5, 0.0), (1.0, -50.0)])
def test_units_of_the_loss_and_its_sign_do_not_count(factor, offset):
    noise = np.random.default_rng(0).normal(0, 0.05, len(RATES))
    results = []
    for losses in (valley() + noise, factor * (valley() + noise) + offset):
        n = _suggestion.n_steps_before_divergence(RATES, losses)
        results.append((n, suggested(RATES[:n], losses[:n])))
    assert results[0][0] == results[1][0]
    assert results[0][1] == pytest.approx(results[1][1])


def test_losses_after_the_divergence_do_not_count():
    losses = valley()
    n = _suggestion.n_steps_before_divergence(RATES, losses)
    assert losses[n - 1] > losses[0] + (losses[0] - losses.min())
    assert (losses[: n - 1] <= losses[0] + (losses[0] - losses.min())).all()
    for end in (np.nan, np.inf, losses[0]):
        assert _suggestion.n_steps_before_divergence(RATES, np.where(np.arange(len(RATES)) > n + 5, end, losses)) == n


def test_noise_before_the_fall_is_no_divergence():
    noise = np.random.default_rng(1).normal(0, 0.1, len(RATES))
    losses = valley() + noise * (DECADES < -3.5)
    losses[30] += 1.5
    assert RATES[_suggestion.n_steps_before_divergence(RATES, losses) - 1] > 0.05


def test_losses_that_do_not_fall_have_no_suggestion():
    assert np.isnan(suggested(RATES, 1.0 + np.exp(DECADES)))
    assert np.isnan(suggested(RATES, np.ones(len(RATES))))


@pytest.mark.parametrize("n_steps", [100, 300])
def test_noise_is_no_fall(n_steps):
    rng, rates = np.random.default_rng(0), np.geomspace(1e-6, 10, n_steps)
    found = [suggested(rates, rng.normal(1.0, 0.05, n_steps)) for _ in range(300)]
    assert np.mean(np.isnan(found)) > 0.95


def test_a_fall_of_a_few_deviations_of_noisy_losses_is_found():
    rng, rates = np.random.default_rng(0), np.geomspace(1e-6, 10, 100)
    losses = 0.3 / (1 + np.exp(8 * (np.log10(rates) + 3))) + rng.normal(1.0, 0.05, (100, 100))
    assert not np.isnan([suggested(rates, one) for one in losses]).any()
