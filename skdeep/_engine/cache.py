"""The cache of compiled programs, shared by all estimators of a process: compile once, fit many.

Programs are leased: a program trains for one thread at a time, so several threads with the same key get several
programs. What is idle longest goes first when the cache is full, and what is evicted is freed.
"""

import gc
import os
import threading
import weakref
from collections import OrderedDict
from contextlib import contextmanager
from typing import NamedTuple

from skdeep._engine.predict import Predictor
from skdeep._engine.program import Program


class CacheInfo(NamedTuple):
    """State of the program cache.

    `hits` and `misses` count fits that found a compiled program and fits that compiled one.
    """

    programs: int
    nbytes: int
    hits: int
    misses: int


class ProgramCache:
    """Keeps idle programs and predictors by what they compute.

    Parameters
    ----------
    max_programs : int, default=32
        Most idle programs, and most predictors, kept.
    max_bytes : int, default=2**30
        Most bytes of weights and slots kept in idle programs.
    """

    def __init__(self, max_programs=32, max_bytes=2**30):
        self.max_programs = max_programs
        self.max_bytes = max_bytes
        self.interrupted_at = float("-inf")
        self._idle = OrderedDict()
        self._predictors = OrderedDict()
        self._tensors = weakref.WeakKeyDictionary()
        self._lock = threading.RLock()
        self._process = None
        self._hits = self._misses = 0

    @contextmanager
    def lease(self, spec):
        """Lend a program for a ProgramSpec, built if none is idle, for the time of a `with` block."""
        self._check_process()
        program = self._take(spec)
        if program is None:
            program = Program(spec)
            self._offer_predictor(spec, program.model)
        try:
            yield program
        finally:
            self._give_back(spec, program)

    def predictor(self, model_spec, signature):
        """Return the compiled forward pass of an architecture."""
        self._check_process()
        key = (model_spec, signature)
        with self._lock:
            if key not in self._predictors:
                self._predictors[key] = Predictor(model_spec, signature)
            self._predictors.move_to_end(key)
            self._trim()
            return self._predictors[key]

    def tensors(self, owner, arrays, convert):
        """Return `convert(arrays)`, remembered as long as `owner` lives and holds the same list of arrays.

        Estimators may not grow attributes while they predict, so what predictions derive from them is kept here.
        """
        with self._lock:
            entry = self._tensors.get(owner)
        if entry is None or entry[0] is not arrays:
            entry = (arrays, convert(arrays))
            with self._lock:
                self._tensors[owner] = entry
        return entry[1]

    def clear(self):
        """Forget everything that no fit is using."""
        with self._lock:
            self._idle.clear()
            self._predictors.clear()
            self._tensors.clear()
        gc.collect()

    def info(self):
        """Return a CacheInfo."""
        with self._lock:
            return CacheInfo(self._count(), self._nbytes(), self._hits, self._misses)

    def _take(self, spec):
        with self._lock:
            programs = self._idle.get(spec)
            if not programs:
                self._misses += 1
                return None
            self._hits += 1
            program = programs.pop()
            if not programs:
                del self._idle[spec]
            return program

    def _give_back(self, spec, program):
        with self._lock:
            self._idle.setdefault(spec, []).append(program)
            self._idle.move_to_end(spec)
            self._trim()

    def _offer_predictor(self, spec, model):
        key = (spec.model, spec.signature)
        with self._lock:
            if key not in self._predictors:
                self._predictors[key] = Predictor(spec.model, spec.signature, model)

    def _trim(self):
        while self._idle and (self._count() > self.max_programs or self._nbytes() > self.max_bytes):
            oldest = next(iter(self._idle))
            self._idle[oldest].pop(0)
            if not self._idle[oldest]:
                del self._idle[oldest]
        while len(self._predictors) > self.max_programs:
            self._predictors.popitem(last=False)

    def _count(self):
        return sum(map(len, self._idle.values()))

    def _nbytes(self):
        return sum(program.nbytes for programs in self._idle.values() for program in programs)

    def _check_process(self):
        if self._process is None:
            self._process = os.getpid()
        elif self._process != os.getpid():
            raise RuntimeError(
                "This process was forked from one in which skdeep had already trained or predicted. TensorFlow's threads "
                "do not survive a fork, so going on would wait for ever. Use joblib's 'loky' or 'threading' backend, "
                "multiprocessing's 'spawn' start method, or fork before the first fit."
            )


cache = ProgramCache()
