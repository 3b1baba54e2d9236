"""Clocks: contenders taken in turns, medians, and probes that need a process of their own."""

import gc
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

PROBE = Path(__file__).with_name("_probe.py")


def seconds(action):
    """Return the time that one call takes."""
    gc.collect()
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def fresh(action):
    """Return the action with nothing compiled yet."""
    import skdeep

    def first():
        skdeep.clear_cache()
        action()

    return first


def in_turns(actions, repeats, measure=seconds, summary=statistics.median):
    """Measure every action `repeats` times, A B C A B C, and return one number of each.

    A machine that slows down for a while then slows all of them.

    Parameters
    ----------
    actions : dict of str to callable
    repeats : int
    measure : callable, optional
        Takes an action and returns a number.
    summary : callable, optional
        Makes one number of those of an action.
    """
    taken = {name: [] for name in actions}
    for _ in range(repeats):
        for name, action in actions.items():
            taken[name].append(measure(action))
    return {name: summary(values) for name, values in taken.items()}


def per_call(calls):
    """Return a measure for `in_turns`: the median over many calls of an action that is too short for one."""

    def measure(action):
        return statistics.median([_call(action) for _ in range(calls)])

    return measure


def _call(action):
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def probe(job, contender, **settings):
    """Run one job of `_probe.py` in a process of its own and return the dict it prints."""
    command = [sys.executable, str(PROBE), job, contender, json.dumps(settings)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"The probe {job!r} of {contender} failed:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])
