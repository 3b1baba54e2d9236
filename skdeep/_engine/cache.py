"""The cache of compiled programs, shared by all estimators of a process: compile once, fit many.

Programs are leased: a program trains for one thread at a time, so several threads with the same key get several
programs. What is idle longest goes first when the cache is full, and what is evicted is freed.
"""

import gc
import os
import threading
import time
import weakref
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

from skdeep._engine import views, workers
from skdeep._engine.isolation import isolated
from skdeep._engine.memory import Memory
from skdeep._engine.predict import Predictor, weight_tensors
from skdeep._engine.program import Program
from skdeep.utils._tensorflow import context

_EVICTIONS_PER_COLLECTION = 8
_VARIABLES_PER_CLEARING = 1_000


class CacheInfo(NamedTuple):
    """State of the program cache.

    `nbytes` are those of the weights and slots of idle programs, and of the weights of estimators that have predicted.
    `hits` and `misses` count fits that found a compiled program and fits that compiled one.
    """

    programs: int
    nbytes: int
    hits: int
    misses: int


@dataclass
class _Bound:
    """The weights of an estimator as tensors, and the predictors that it has used."""

    arrays: Sequence
    tensors: list
    predictors: dict = field(default_factory=dict)
    used: int = 0

    @property
    def nbytes(self):
        return sum(array.nbytes for array in self.arrays)


class ProgramCache:
    """Keeps idle programs and predictors by what they compute.

    Parameters
    ----------
    max_programs : int, default=32
        Most idle programs, and most predictors, kept.
    max_bytes : int, default=2**30
        Most bytes of weights and slots kept in idle programs, and most bytes of the weights of estimators that predict.
    """

    def __init__(self, max_programs=32, max_bytes=2**30):
        self.max_programs = max_programs
        self.max_bytes = max_bytes
        self.memory = Memory()
        self.interrupted_at = float("-inf")
        self._idle = OrderedDict()
        self._lent = weakref.WeakSet()
        self._predictors = OrderedDict()
        self._forward = weakref.WeakKeyDictionary()
        self._lock = threading.RLock()
        self._process = None
        self._hits = self._misses = self._evicted = self._calls = 0
        self._variables_gone = 0

    @contextmanager
    def lease(self, spec):
        """Lend a program for a ProgramSpec, built if none is idle, for the time of a `with` block."""
        self._check_process()
        lent, begun, compiled = [], time.perf_counter(), None
        try:
            self._take(spec, lent)
            if not lent:
                lent.append(isolated(Program, spec))
                with self._lock:
                    self._misses += 1
                    self._lent.add(lent[0])
                    view = views.outputs(name for name, _ in spec.targets)
                    self._predictor(spec.model, spec.signature, view, lent[0].models)
                    compiled = time.perf_counter() if self._misses == 1 else None
            yield lent[0]
        finally:
            self._give_back(spec, lent)
        if compiled is not None:
            workers.advise(compiled - begun, time.perf_counter() - compiled)

    def forward(self, owner, model_spec, signature, arrays, view=None):
        """Return the compiled forward pass of an architecture, bound to an estimator's weights.

        Estimators may not grow attributes while they predict, so the tensors made from their weights are kept here, for
        as long as the estimator lives and holds the same list of arrays.

        Parameters
        ----------
        owner : object
            The estimator.
        model_spec : ModelSpec
        signature : InputSignature
        arrays : list of ndarray
            The owner's weights.
        view : Recipe, optional
            What is computed, the outputs if it is not given; see `skdeep._engine.views`.
        """
        self._check_process()
        view = view or views.outputs()
        bound = self._bound(owner, arrays)
        with self._lock:
            self._calls += 1
            bound.used = self._calls
            reference = bound.predictors.get((signature, view))
            predictor = reference() if reference is not None else None
            if predictor is None:
                predictor = self._predictor(model_spec, signature, view)
                bound.predictors[signature, view] = weakref.ref(predictor)
        return partial(predictor, bound.tensors)

    def predictor(self, model_spec, signature, view):
        """Return a view of an architecture as a function (tensors of the weights, dict of arrays) -> list of arrays."""
        self._check_process()
        with self._lock:
            return self._predictor(model_spec, signature, view)

    def _bound(self, owner, arrays):
        """Return the weights of an owner as tensors, made without keeping other threads waiting."""
        with self._lock:
            known = self._forward.get(owner)
        if known is not None and known.arrays is arrays:
            return known
        bound = _Bound(arrays, weight_tensors(arrays))
        with self._lock:
            self._forward[owner] = bound
            while len(self._forward) > 1 and self._bound_bytes() > self.max_bytes:
                others = [one for one, kept in self._forward.items() if kept is not bound]
                del self._forward[min(others, key=lambda one: self._forward[one].used)]
        return bound

    def _bound_bytes(self):
        return sum(bound.nbytes for bound in self._forward.values())

    def _predictor(self, model_spec, signature, view, models=None):
        key = (model_spec, signature, view)
        if key not in self._predictors:
            self._predictors[key] = Predictor(model_spec, signature, view, models)
        self._predictors.move_to_end(key)
        while len(self._predictors) > self.max_programs:
            self._predictors.popitem(last=False)
        return self._predictors[key]

    def clear(self):
        """Forget everything that no fit is using."""
        with self._lock:
            self._idle.clear()
            self._predictors.clear()
            self._forward.clear()
            self._clear_kernels()
        self.memory.clear()
        gc.collect()

    def info(self):
        """Return a CacheInfo."""
        with self._lock:
            return CacheInfo(self._count(), self._nbytes() + self._bound_bytes(), self._hits, self._misses)

    def _take(self, spec, lent):
        """Move an idle program, if there is one, to the list of what is lent; it is in one of both at any moment."""
        with self._lock:
            programs = self._idle.get(spec)
            if programs:
                lent.append(programs[-1])
                self._lent.add(programs.pop())
                self._hits += 1
                if not programs:
                    del self._idle[spec]

    def _give_back(self, spec, lent):
        with self._lock:
            for program in lent:
                idle = self._idle.setdefault(spec, [])
                if program not in idle:
                    idle.append(program)
                self._lent.discard(program)
                self._idle.move_to_end(spec)
            self._trim()

    def _trim(self):
        while self._idle and (self._count() > self.max_programs or self._nbytes() > self.max_bytes):
            oldest = next(iter(self._idle))
            self._variables_gone += self._idle[oldest].pop(0).n_variables
            if not self._idle[oldest]:
                del self._idle[oldest]
            self._evicted += 1
            if self._evicted % _EVICTIONS_PER_COLLECTION == 0:
                # Graphs and layers refer to each other in circles, which Python would leave lying for long.
                gc.collect()
        if self._variables_gone >= _VARIABLES_PER_CLEARING:
            self._clear_kernels()

    def _clear_kernels(self):
        """Free the kernels that TensorFlow keeps, unless a program is in use.

        It keeps one for every name and shape of a variable, and two to read and write the shape: 100 kB that outlive
        the variable. Programs that are still there get theirs again at their next call, which takes a third of the time
        of compiling.
        """
        if not self._lent:
            context.context().clear_kernel_cache()
            self._variables_gone = 0

    def _count(self):
        return sum(map(len, self._idle.values()))

    def _nbytes(self):
        return sum(program.nbytes for programs in self._idle.values() for program in programs)

    def _check_process(self):
        if self._process is None:
            self._process = os.getpid()
        elif self._process != os.getpid():
            raise RuntimeError(
                "This process was forked from one in which skdeep had already trained or predicted. TensorFlow's "
                "threads do not survive a fork, so going on would wait for ever. Use joblib's 'loky' or 'threading' "
                "backend, multiprocessing's 'spawn' start method, or fork before the first fit."
            )


cache = ProgramCache()
