"""The verdict follows from the shapes of the curves."""

import numpy as np
import pytest

from skdeep.inspection._diagnosis import diagnose

EPOCHS = np.arange(60)
FALLING = 0.1 + 0.9 * np.exp(-EPOCHS / 8)  # from 1 to 0.1, settled after half of the epochs


def verdict(loss, val_loss, **known):
    return diagnose(loss, val_loss, **{"guess_loss": 1.0, **known}).verdict


@pytest.mark.parametrize("units", [1e-3, 1.0, 1e4])
@pytest.mark.parametrize(
    ("expected", "loss", "val_loss"),
    [
        ("good fit", FALLING, FALLING + 0.05),
        ("good fit", FALLING, FALLING - 0.05),
        ("overfitting", FALLING, np.where(EPOCHS < 20, FALLING, FALLING[20] + 0.02 * (EPOCHS - 20))),
        ("overfitting", FALLING, 0.5 + 0.5 * FALLING),
        ("underfitting", 0.7 + 0.3 * FALLING, 0.75 + 0.3 * FALLING),
        ("learning rate too low", 1 - 0.001 * EPOCHS, 1.05 - 0.001 * EPOCHS),
        ("learning rate too low", 1 - 1e-6 * EPOCHS, 1.05 - 1e-6 * EPOCHS),
        ("learning rate too high", 1.05**EPOCHS, 1.05**EPOCHS),
        ("learning rate too high", FALLING + 50 * (EPOCHS == 10), FALLING),
        ("learning rate too high", FALLING + 0.2 * (EPOCHS % 3 == 0), FALLING + 0.3 * (EPOCHS % 3 == 0)),
    ],
)
def test_each_shape_has_its_verdict_in_any_unit(expected, loss, val_loss, units):
    assert verdict(units * loss, units * val_loss, guess_loss=units) == expected
    assert verdict(units * loss, units * val_loss, guess_loss=None) == expected


def test_an_explosion_in_the_first_epoch_shows_only_against_the_loss_of_a_guess():
    loss = FALLING + 40.0 * (EPOCHS == 0)
    assert verdict(loss, FALLING) == "learning rate too high"
    assert verdict(loss, FALLING, guess_loss=None) == "good fit"


def test_weights_that_start_luckily_and_hardly_move_have_too_low_a_rate():
    curve = 0.55 - 0.0001 * EPOCHS
    assert verdict(curve, curve) == "learning rate too low"


def test_a_loss_that_hardly_fell_need_not_fall_in_a_straight_line_to_be_slow():
    slowing = np.exp(-EPOCHS / 25)
    assert verdict(0.95 + 0.05 * slowing, 0.95 + 0.05 * slowing) == "learning rate too low"
    assert verdict(0.7 + 0.3 * slowing, 0.7 + 0.3 * slowing) == "underfitting"


def test_noise_of_dropout_in_the_training_loss_is_not_mistaken_for_a_wild_learning_rate():
    noisy = FALLING * np.where(EPOCHS % 2, 1.0, 1.5)
    assert verdict(noisy, FALLING) == "good fit"
    assert verdict(noisy, noisy) == "learning rate too high"


def test_noise_of_dropout_does_not_hide_too_low_a_rate():
    noise = 0.05 * np.random.default_rng(0).standard_normal(len(EPOCHS))
    straight = 1.1 - 0.0005 * EPOCHS
    assert verdict(straight + noise, straight) == "learning rate too low"
    assert verdict(straight + noise, straight + noise) == "underfitting"


def test_a_schedule_that_runs_out_is_not_mistaken_for_arrival():
    rates = (1 + np.cos(np.pi * EPOCHS / len(EPOCHS))) / 2
    loss = 1 - 0.01 * np.cumsum(rates)
    assert verdict(loss, loss) == "underfitting"
    assert verdict(loss, loss, learning_rate=rates) == "learning rate too low"


def test_early_stopping_is_judged_at_the_epoch_it_kept():
    turning = np.where(EPOCHS < 20, FALLING, FALLING[20] + 0.02 * (EPOCHS - 20))
    assert verdict(FALLING, turning, kept_epoch=None) == "overfitting"
    kept = diagnose(FALLING, turning, guess_loss=1.0, kept_epoch=20)
    assert kept.verdict == "good fit"
    assert "epoch 20" in kept.advice


def test_a_small_loss_that_doubles_is_not_overfitting():
    loss = 0.001 + np.exp(-EPOCHS / 3)
    assert verdict(loss, np.maximum(loss, 0.02 + 0.0005 * EPOCHS)) == "good fit"


def test_losses_below_zero_are_measured_from_what_is_perfect():
    # Cosine similarity: -1 is perfect, 0 a guess.
    assert verdict(FALLING - 1, FALLING - 0.98, guess_loss=0.0, perfect_loss=-1.0) == "good fit"
    stuck = -0.1 * (1 - FALLING)
    assert verdict(stuck, stuck, guess_loss=0.0, perfect_loss=-1.0) == "underfitting"


def test_without_knowing_what_is_perfect_only_a_guess_underfits():
    # Counts: a net may be perfect and its Poisson loss still three quarters of that of a guess.
    good, useless = 0.75 + 0.25 * FALLING, np.where(EPOCHS == 0, 1.3, 1.0)
    assert verdict(good, good, perfect_loss=None) == "good fit"
    assert verdict(good, good, perfect_loss=0.0) == "underfitting"
    assert verdict(useless, useless, perfect_loss=None) == "underfitting"


def test_reason_names_the_numbers_in_the_units_of_the_loss():
    turning = np.where(EPOCHS < 20, FALLING, FALLING[20] + 0.02 * (EPOCHS - 20)) - 5.0
    diagnosis = diagnose(FALLING - 5.0, turning, guess_loss=-4.0, perfect_loss=-5.0)
    assert diagnosis.verdict == "overfitting"
    assert "after epoch 21" in diagnosis.reason
    assert f"from {turning[20]:.3g} to {np.median(turning[-6:]):.3g}" in diagnosis.reason
    assert "early_stopping=True" in diagnosis.advice


def test_good_fit_that_is_not_finished_is_told_to_go_on():
    falling = np.exp(-EPOCHS / 30)
    assert "more epochs" in diagnose(falling, falling, guess_loss=1.0).advice
    assert "more epochs" not in diagnose(FALLING, FALLING, guess_loss=1.0).advice


def test_rates_that_say_nothing_are_left_out():
    loss = 1 - 0.001 * EPOCHS
    for rates in (np.zeros(len(EPOCHS)), [0.1]):
        assert verdict(loss, loss, learning_rate=rates) == "learning rate too low"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1, 2, 3, 4], [1, 2, 3, 4]), "loss has 4 epochs; a diagnosis needs at least 5"),
        ((FALLING, FALLING[:-1]), "equally long, got 60 and 59"),
        ((FALLING, FALLING * np.nan), "val_loss must be a list of finite numbers"),
        (([FALLING], [FALLING]), "loss must be a list of finite numbers"),
    ],
)
def test_curves_that_cannot_be_judged_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        diagnose(*arguments)


@pytest.mark.parametrize("epoch", [0, 61])
def test_the_kept_epoch_must_exist(epoch):
    with pytest.raises(ValueError, match="between 1 and the 60 epochs"):
        diagnose(FALLING, FALLING, kept_epoch=epoch)
