"""The shape of the house: imports point down, TensorFlow comes late, files are short, modules hold no state."""

import ast
import functools
import importlib.util
import inspect
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
from sklearn.datasets import make_classification

import skdeep
from skdeep.image import CNNClassifier, CNNRegressor
from skdeep.tabular import MLPClassifier, MLPRegressor
from skdeep.utils.discovery import all_estimators

ROOT = Path(skdeep.__file__).parents[1]

# From the ground up. A part may import from lower floors and from itself, never from its neighbours on the same floor.
# The most specific entry counts. A new package has to be entered here; those in PLANNED need not exist yet.
FLOORS = (
    ("skdeep.utils", "skdeep._engine.spec"),
    ("skdeep.schedules", "skdeep.losses", "skdeep.metrics", "skdeep.datasets"),
    ("skdeep.architectures", "skdeep._engine"),
    ("skdeep._data",),
    ("skdeep._estimator",),
    ("skdeep.tabular", "skdeep.image", "skdeep.sequence", "skdeep.text", "skdeep.decomposition"),
    ("skdeep.over_sampling", "skdeep.outlier_detection"),
    ("skdeep.inspection", "skdeep.model_selection", "skdeep.export", "skdeep.wrappers"),
    # These two name what is above them in strings, and import it when asked.
    ("skdeep", "skdeep.utils.discovery"),
)
# Stricter than their floor.
ONLY = {"skdeep.metrics": {"skdeep.utils"}, "skdeep.datasets": {"skdeep.utils"}, "skdeep._engine.spec": set()}
PLANNED = {
    "skdeep.datasets",
}  # fmt: skip

# Modules that may import TensorFlow or Keras when they are imported, and therefore are imported late by all others.
WITH_TENSORFLOW = (
    "skdeep._engine",
    "skdeep._estimator.keras_model",
    "skdeep.architectures._blocks",
    "skdeep.architectures._augmentation",
    "skdeep.architectures._member_layers",
    "skdeep.architectures._normalization",
    "skdeep.architectures._tied",
    "skdeep.architectures.cnn._layers",
    "skdeep.architectures.sequence._attention",
    "skdeep.architectures.sequence._cells",
    "skdeep.architectures.sequence._layers",
    "skdeep.architectures.tabular._layers",
    "skdeep.architectures.tabular._packed_layers",
    "skdeep.architectures.tabular._token_layers",
    "skdeep.architectures.tabular._realmlp_layers",
    "skdeep.losses._resolve",
    "skdeep.losses.classification",
    "skdeep.losses.regression",
    "skdeep.utils._tensorflow",
    "skdeep.wrappers._structure",
    "skdeep.wrappers._compilation",
    "skdeep.wrappers._compiled",
    "skdeep.wrappers._minimised",
    "skdeep.wrappers._watching",
)

MOST_LINES_OF_A_FILE = 450
MOST_LINES_OF_A_FUNCTION = 60  # without its docstring

# The only objects that live as long as the process; the others have no state that outlives a block.
PROCESS_WIDE = {
    ("skdeep._engine.cache", "cache"),
    ("skdeep.utils._lazy", "keras"),
    ("skdeep.utils._random", "seeds"),
    ("skdeep.wrappers._building", "lock"),
}


def module_name(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


SOURCES = {module_name(path): path for path in sorted((ROOT / "skdeep").rglob("*.py"))}
modules = pytest.mark.parametrize("module", SOURCES)


@functools.cache
def tree(module):
    return ast.parse(SOURCES[module].read_text(encoding="utf-8"))


def imported(node, module):
    """Return the full names of what an import statement imports, modules of skdeep exactly."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if not isinstance(node, ast.ImportFrom):
        return []
    package = module if SOURCES[module].name == "__init__.py" else module.rpartition(".")[0]
    source = importlib.util.resolve_name("." * node.level + (node.module or ""), package) if node.level else node.module
    return [full if (full := f"{source}.{alias.name}") in SOURCES else source for alias in node.names]


def all_imports(module):
    return [name for node in ast.walk(tree(module)) for name in imported(node, module)]


def imports_at_import_time(module):
    """Imports outside function bodies; class bodies and `if` blocks run at import time too."""
    found, waiting = [], [tree(module)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            continue
        found += imported(node, module)
        waiting += ast.iter_child_nodes(node)
    return found


def is_within(module, package):
    return module == package or module.startswith(package + ".")


def part(module):
    """Return the entry of FLOORS that a module belongs to; the root entry stands for `skdeep` alone."""
    entries = [name for floor in FLOORS for name in floor if name != "skdeep" and is_within(module, name)]
    return max(entries, key=len, default="skdeep" if module == "skdeep" else None)


def floor(module):
    return next(number for number, names in enumerate(FLOORS) if part(module) in names)


@modules
def test_every_module_has_a_floor(module):
    assert part(module) is not None, f"enter the package of {module} in FLOORS"


def test_every_entry_of_the_table_exists_or_is_planned():
    entries = {name for names in FLOORS for name in names}
    assert entries - SOURCES.keys() <= PLANNED


@modules
def test_imports_point_down(module):
    own = part(module)
    for name in all_imports(module):
        if not is_within(name, "skdeep") or part(name) == own:
            continue
        assert floor(name) < floor(module), f"{module} imports {name}, which is not below it"
        assert own not in ONLY or part(name) in ONLY[own], f"{module} imports {name}"


def test_architectures_and_engine_never_meet():
    for one, other in (("skdeep.architectures", "skdeep._engine"), ("skdeep._engine", "skdeep.architectures")):
        users = [module for module in SOURCES if is_within(module, one)]
        assert users
        assert not [name for module in users for name in all_imports(module) if is_within(name, other)]


def has_tensorflow(module):
    light = ("skdeep._engine.spec", "skdeep._engine.in_numpy")
    return module not in light and any(is_within(module, heavy) for heavy in WITH_TENSORFLOW)


@modules
def test_tensorflow_is_imported_late(module):
    if has_tensorflow(module):
        return
    early = imports_at_import_time(module)
    assert not [name for name in early if name.partition(".")[0] in ("tensorflow", "keras")]
    assert not [name for name in early if has_tensorflow(name)]


@modules
def test_tensorflow_is_imported_in_one_place(module):
    if module != "skdeep.utils._tensorflow":
        assert not [name for name in all_imports(module) if name.partition(".")[0] in ("tensorflow", "keras")]


@modules
def test_matplotlib_is_imported_late(module):
    assert not [name for name in imports_at_import_time(module) if name.partition(".")[0] == "matplotlib"]


WITHOUT_TENSORFLOW = """
import importlib, pickle, pkgutil, sys
from sklearn.base import clone
import skdeep

def check(what):
    found = {"tensorflow", "keras"} & sys.modules.keys()
    assert not found, f"{what} imported {found}"

check("import skdeep")
dir(skdeep), skdeep.__version__
for module in pkgutil.walk_packages(skdeep.__path__, "skdeep."):
    heavy = ("skdeep.losses.classification", "skdeep.losses.regression")
    if not any(part.startswith("_") for part in module.name.split(".")) and module.name not in heavy:
        importlib.import_module(module.name)
        check(module.name)

from skdeep.utils.discovery import all_estimators, checking_instance
for name, cls in all_estimators():
    estimator = checking_instance(cls)
    repr(estimator), str(estimator), estimator._repr_html_(), estimator.__sklearn_tags__()
    clone(estimator).set_params(**estimator.get_params())
    assert not hasattr(estimator, "model_") and not hasattr(estimator, "n_parameters_")
    for wrong in ({"epochs": 0}, {"optimizer": "none of them"}, {"learning_rate": -1.0}, {"random_state": "x"}):
        try:
            clone(estimator).set_params(**wrong).fit([[0.0], [1.0]], [0, 1])
        except ValueError as error:
            assert next(iter(wrong)) in str(error), error
        else:
            raise AssertionError(f"{name} accepts {wrong}")
    check(name)

with open(sys.argv[1], "rb") as file:
    fitted = pickle.load(file)
repr(fitted), clone(fitted), fitted.weights_, fitted.classes_, fitted.history_, fitted.coefs_, fitted.n_parameters_
check("opening a pickle")
"""


def test_nothing_before_the_first_fit_imports_tensorflow(tmp_path):
    X, y = make_classification(40, random_state=0)
    path = tmp_path / "fitted.pickle"
    path.write_bytes(pickle.dumps(MLPClassifier((4,), epochs=1, random_state=0).fit(X, y)))
    command = [sys.executable, "-c", WITHOUT_TENSORFLOW, str(path)]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)
    assert result.returncode == 0, result.stderr


@modules
def test_files_are_short(module):
    assert len(SOURCES[module].read_text(encoding="utf-8").splitlines()) <= MOST_LINES_OF_A_FILE


def lines_of(function):
    docstring = function.body[0] if ast.get_docstring(function, clean=False) is not None else None
    described = docstring.end_lineno - docstring.lineno + 1 if docstring else 0
    return function.end_lineno - function.lineno + 1 - described


@modules
def test_functions_are_short(module):
    functions = [n for n in ast.walk(tree(module)) if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))]
    assert not [f.name for f in functions if lines_of(f) > MOST_LINES_OF_A_FUNCTION]


# What a module-level name may be made with: results that cannot change.
IMMUTABLE = {"compile", "frozenset", "namedtuple", "sorted", "tuple", "TypeVar"}
CHANGING = {
    "add", "append", "appendleft", "clear", "discard", "extend", "insert", "move_to_end", "pop", "popitem", "popleft",
    "remove", "setdefault", "sort", "update",
}  # fmt: skip


def module_level_values(module):
    """Return what is assigned outside functions and classes, by name."""
    values = {}
    for node in tree(module).body:
        targets = getattr(node, "targets", [getattr(node, "target", None)])
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
            values |= {target.id: node.value for target in targets if isinstance(target, ast.Name)}
    return values


def is_state(value):
    """Whether a module-level value is there to change: an object made by a call, or an empty container to be filled."""
    if isinstance(value, ast.Call):
        return getattr(value.func, "id", getattr(value.func, "attr", None)) not in IMMUTABLE
    containers = (getattr(value, "keys", None), getattr(value, "elts", None))
    return isinstance(value, (ast.Dict, ast.List, ast.Set)) and not any(containers)


def changes_to(names, function):
    """Return the names that a function rebinds, fills, empties or deletes from."""
    local = {a.arg for a in [*function.args.args, *function.args.kwonlyargs]}
    local |= {n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    declared = {name for node in ast.walk(function) if isinstance(node, ast.Global) for name in node.names}
    changed = {*declared}
    for node in ast.walk(function):
        if isinstance(node, (ast.Subscript, ast.Attribute)) and isinstance(node.ctx, (ast.Store, ast.Del)):
            changed.add(getattr(node.value, "id", None))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CHANGING:
            changed.add(getattr(node.func.value, "id", None))
    return (changed - (local - declared)) & names


@modules
def test_modules_keep_no_state_but_the_cache(module):
    values = module_level_values(module)
    assert {(module, name) for name, value in values.items() if is_state(value)} <= PROCESS_WIDE
    functions = [n for n in ast.walk(tree(module)) if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))]
    for function in functions:
        assert not changes_to({name for name in values if (module, name) not in PROCESS_WIDE}, function)
        remembering = [ast.unparse(d) for d in function.decorator_list]
        assert not [d for d in remembering if d.split(".")[-1].partition("(")[0] in ("cache", "lru_cache")]


@modules
def test_no_exception_is_caught_blindly(module):
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.ExceptHandler):
            caught = [] if node.type is None else [n.id for n in ast.walk(node.type) if isinstance(n, ast.Name)]
            rethrows = any(isinstance(n, ast.Raise) for n in ast.walk(node))
            assert caught, f"bare except in line {node.lineno}"
            assert rethrows or not {"Exception", "BaseException"} & {*caught}, f"line {node.lineno}"


# The arguments of a user's function are parameters of its wrapper.
WITHOUT_WRAPPERS = [cls for _, cls in all_estimators() if not cls.__module__.startswith("skdeep.wrappers")]


@pytest.mark.parametrize("cls", WITHOUT_WRAPPERS)
def test_no_estimator_takes_arbitrary_parameters(cls):
    kinds = {parameter.kind for parameter in inspect.signature(cls).parameters.values()}
    assert not kinds & {inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL}


# -- the way of a fit -------------------------------------------------------------------------------------------------

MOST_BASES = 10  # of ours, the estimator itself included
MOST_FILES = 6  # from an estimator to its graph


@pytest.mark.parametrize(("name", "estimator"), all_estimators())
def test_an_estimator_has_few_bases(name, estimator):
    ours = [base for base in estimator.__mro__ if is_within(base.__module__, "skdeep")]
    assert len(ours) <= MOST_BASES, [base.__name__ for base in ours]


@pytest.mark.parametrize("make", [MLPClassifier, MLPRegressor, CNNClassifier, CNNRegressor])
def test_few_files_lie_between_an_estimator_and_its_graph(make, monkeypatch):
    """The files on the stack when a compiled program is called by `fit`."""
    from skdeep._engine.program import Program

    path, train = [], Program.train

    def seen(program, *arguments, **named):
        frames = inspect.stack()[1:]
        path.extend(module_name(Path(frame.filename)) for frame in frames if is_ours(frame.filename))
        return train(program, *arguments, **named)

    monkeypatch.setattr(Program, "train", seen)
    make(epochs=1).fit([[0.0] * 4, [1.0] * 4] * 3, [0, 1] * 3)
    files = [*dict.fromkeys(reversed(path)), "skdeep._engine.program", "skdeep._engine.graph"]
    assert files[0] == "skdeep._estimator.supervised"
    assert len(files) <= MOST_FILES, files


def is_ours(path):
    return Path(path).is_relative_to(ROOT / "skdeep")
