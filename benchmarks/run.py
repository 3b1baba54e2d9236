"""Compare scikit-deep with scikit-learn's MLP, Keras' own `fit`, scikeras, PyTorch and aeon, side by side in one run.

PyTorch and aeon take part where they are installed. A full run takes about half an hour on two cores,
which should have nothing else to do. It writes `benchmarks.md`, `benchmarks.json` and `benchmarks.png` into
docs/_static and the short table into the README. `--quick` and `--only` print their table and touch neither.
`--redraw` measures nothing: it makes the page, the picture and the short table from `benchmarks.json`.
"""

import argparse
import os
import time
import warnings
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import _cases
import _image_cases
import _report
import _sequence_cases
import _text_cases
import _wrapper_cases

ROOT = Path(__file__).resolve().parents[1]
STATIC = ROOT / "docs" / "_static"
GROUPS = {
    "tables": _cases.CASES,
    "images": _image_cases.CASES,
    "sequences": _sequence_cases.CASES,
    "texts": _text_cases.CASES,
    "models": _wrapper_cases.CASES,
}
CASES = {name: case for group in GROUPS.values() for name, case in group.items()}


def parse(arguments=None):
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = f"a group ({', '.join(GROUPS)}) or one of {', '.join(CASES)}"
    parser.add_argument("--quick", action="store_true", help="small data, about a minute: does the benchmark run?")
    parser.add_argument("--only", metavar="NAME", choices=[*GROUPS, *CASES], action="append", help=names)
    parser.add_argument("--redraw", action="store_true", help="measure nothing, show the figures of the last run anew")
    parser.add_argument("--output", metavar="FOLDER", type=Path, help="write the three files there, and nothing else")
    return parser.parse_args(arguments)


def chosen(names):
    """Return the cases that are asked for, a group standing for its own; all if none is."""
    return list(dict.fromkeys(case for name in names or GROUPS for case in GROUPS.get(name, (name,))))


def run(names, quick):
    """Run the named cases and return their rows, telling how far it is."""
    rows = []
    for name in names:
        started = time.perf_counter()
        rows += CASES[name](quick)
        print(f"{name}: {time.perf_counter() - started:.0f} s", flush=True)
    return rows


def main(arguments=None):
    """Run what the command line asks for, print it and write it down."""
    options = parse(arguments)
    if options.redraw:
        _write(options.output, *_report.read(STATIC / "benchmarks.json"))
        return
    _be_quiet()
    load = _load()
    rows = run(chosen(options.only), options.quick)
    environment = _report.environment() | {"load": load}
    print("\n" + _report.document(rows, environment, options.quick))
    whole = not (options.only or options.quick)
    if options.output or whole:
        _write(options.output, rows, environment, options.quick)


def _write(folder, rows, environment, quick):
    """Write the three files into a folder; without one, into the documentation, and the short table into the README."""
    _report.write(folder or STATIC, rows, environment, quick)
    if folder is None:
        readme = ROOT / "README.md"
        text = _report.short_table(rows, environment, quick)
        readme.write_text(_report.rewrite_section(readme.read_text(encoding="utf-8"), text), encoding="utf-8")


def _be_quiet():
    """Silence the contenders' advice: too few epochs, one retracing too many."""
    import logging

    warnings.simplefilter("ignore")
    logging.getLogger("tensorflow").setLevel(logging.ERROR)


def _load():
    """Return how busy others keep the machine; if they do, libraries with several threads suffer most, so say it."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    if load > _report.BUSY:
        print(f"The machine is busy (load {load:.1f}): these figures will mean little.", flush=True)
    return load


if __name__ == "__main__":
    main()
