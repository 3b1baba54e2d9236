"""The results as a Markdown table, as JSON, as a picture, and as the short table in the README."""

import json
import os
import platform
from dataclasses import asdict, fields
from importlib.metadata import PackageNotFoundError, version

import _chart
from _contenders import AEON, CONTENDERS, OURS, TORCH
from _row import Row

BUSY = 0.5  # load of the machine, from which on figures suffer

EXTRAPOLATED = "† A part was timed and multiplied."
BEGIN, END = "<!-- benchmarks: begin -->", "<!-- benchmarks: end -->"

_PACKAGES = ("scikit-deep", "scikit-learn", "tensorflow", "keras", "scikeras", "torch", "aeon", "numpy")

_SAME_NET = {
    "Tables": "Tables: the same net everywhere, dense layers with ReLU, Adam, the same batches and epochs, float32, no "
    "penalty. Keras and scikeras build and compile a new model at every fit, as a search has to.",
    "Images": "Images: gray, 28 x 28 pixels. The same net everywhere, Keras' being the layers of our `model_`; Adam, "
    "batches of 64, float32, no augmentation; Keras without XLA. We train on bytes, the others on float32 images.",
    "Sequences": "Sequences: noise in float32, series x moments x channels, and three classes. The same net "
    "everywhere, Keras' being the layers of our `model_`; Adam, batches of 64, or of 16 for convolutional nets; Keras "
    "without XLA. The shortest of several turns is shown.",
    "Texts": "Texts: made-up words, as frequent as words are, and two classes. scikit-learn is a LinearSVC on the same "
    "features, TF-IDF of which the most telling columns are kept; learning these is part of a fit.",
    "Models": "Models: one function builds a Keras model of dense layers with dropout, for an estimator of ours, one "
    "of scikeras, and twenty lines around `keras.Model.fit`; Adam, batches of 100, float32.",
}
_EPOCH = "An epoch is a whole fit of one epoch, with nothing to compile: the others go on with their compiled model."
_NOTES = {
    "predict": "Keras and scikeras predict in batches of 1,024.",
    "image-epoch": _EPOCH,
    "image-architectures": _EPOCH,
    "sequence-epoch": _EPOCH,
    "sequence-fit": "A whole fit of series makes a net and trains it: Keras and aeon build and compile a new model, "
    "as a search has to; we have nothing to compile at a second fit.",
    "image-start": "The start of a fit is all that comes before its first step, with nothing to compile for us; Keras "
    "builds and traces a new model, as a search has to.",
    "model-fit": "Keras and scikeras build and compile a user's model at every fit. Our first fit compiles too; a "
    "later one builds the model and has nothing to compile.",
    "model-search": "The search of a model of a user has nothing compiled before it and no refit.",
    "image-memory": "Memory of images: how far the resident size of a process rises, at its peak, from the making of "
    "the images to the end of the fit. The libraries, the compiled net and its working memory are there before.",
}


def environment():
    """Return the machine and the versions that the figures belong to."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "cores": cores,
        "processor": _processor(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "versions": {name: found for name in _PACKAGES if (found := _version(name))},
    }


def _version(package):
    try:
        return version(package)
    except PackageNotFoundError:  # PyTorch and aeon take part where they are installed
        return None


def _processor():
    try:
        with open("/proc/cpuinfo") as file:
            return next(line.split(":", 1)[1].strip() for line in file if line.startswith("model name"))
    except (FileNotFoundError, StopIteration):
        return platform.processor() or "unknown processor"


def caption(environment, quick):
    """Return one paragraph: how to read the figures, the machine and the versions."""
    hasty = (
        "**A quick run on small data: it shows that the benchmark runs, not how fast anything is.** " if quick else ""
    )
    versions = ", ".join(f"{name} {number}" for name, number in environment["versions"].items())
    load = environment.get("load", 0.0)
    busy = f" Others were at work on the machine (load {load:.1f})." if load > BUSY else ""
    return (
        f"{hasty}In brackets: how many times ours; above 1, scikit-deep needs less. Measured side by side in one run, "
        f"taking turns; medians.{busy} {environment['cores']} cores of {environment['processor']}, "
        f"{environment['system']}; Python {environment['python']}, {versions}."
    )


def notes(rows):
    """Return what has to be said of some rows, as a list of sentences."""
    cases = {row.case for row in rows}
    texts = [text for subject, text in _SAME_NET.items() if any(row.subject == subject for row in rows)]
    if any(row.first is not None for row in rows):
        texts.append('"First" is our first fit or search with a net of these sizes, compilation included.')
    if any(row.extrapolated for row in rows):
        names = " and ".join(dict.fromkeys(name for row in rows for name in row.extrapolated))
        texts.append(
            f"† {names}: the folds of one learning rate, and the refit if there is one, were timed and multiplied."
        )
    if any(row.bounds for row in rows):
        texts.append('"Held" and "short": whether we take at most so many times what the contender takes.')
    texts += dict.fromkeys(text for case, text in _NOTES.items() if case in cases)
    if any(row.losses for row in rows):
        largest = max(max(row.losses.values()) / min(row.losses.values()) for row in rows if row.losses)
        texts.append(f"Final training losses of one row differ by a factor of {largest:.2f} at most.")
    return texts


def _parts(rows):
    """Return the rows of each subject."""
    return [[row for row in rows if row.subject == subject] for subject in dict.fromkeys(row.subject for row in rows)]


def _names(rows):
    """Return the contenders that take part in some row."""
    return [name for name in (*CONTENDERS, TORCH, AEON) if any(name in row.values for row in rows)]


def tables(rows):
    """Return a Markdown table for each subject."""
    return "\n\n".join(map(table, _parts(rows)))


def table(rows, heading=None):
    """Return a Markdown table: ours in its unit, the others with their ratio to ours. It is headed by the subject."""
    names = _names(rows)
    lines = [
        f"| {rows[0].subject if heading is None else heading} | " + " | ".join(names) + " |",
        "| :-- |" + " --: |" * len(names),
    ]
    for row in rows:
        cells = [_cell(row, name) for name in names]
        lines.append(f"| {row.label[0].upper()}{row.label[1:]} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cell(row, name):
    if name not in row.values:
        return "-"
    shown = quantity(row.values[name], row.unit)
    if name != OURS:
        ratio = f"{number(row.ratios[name], digits=2)}{_verdict(row, name)}"
        return f"{shown}{'†' if name in row.extrapolated else ''} ({ratio})"
    return shown if row.first is None else f"{shown} (first {quantity(row.first, row.unit)})"


def _verdict(row, name):
    """Return whether a bound is held, if there is one."""
    if name not in row.bounds:
        return ""
    bound = row.bounds[name]
    return f"; {'held' if row.values[OURS] <= bound * row.values[name] else 'short'} at {bound:.1f}"


def quantity(value, unit):
    """Return a number with its unit; short times in milliseconds."""
    return f"{number(1e3 * value)} ms" if unit == "s" and value < 1 else f"{number(value)} {unit}"


def number(value, digits=3):
    """Return a number with so many significant digits and no exponent."""
    rounded = float(f"{value:.{digits}g}")
    if rounded >= 10 ** (digits - 1):
        return f"{rounded:,.0f}"
    # float's own repr drops the zeros that show the precision.
    return f"{rounded:#.{digits}g}".rstrip(".")


def document(rows, environment, quick):
    """Return the Markdown page of all rows."""
    lines = [caption(environment, quick), "", tables(rows), "", *(f"- {text}" for text in notes(rows)), ""]
    return "\n".join(lines)


def short_table(rows, environment, quick):
    """Return what the README shows: the headline rows of all subjects in one table, and the caption."""
    chosen = [row for row in rows if row.headline]
    text = caption(environment, quick)
    if any(row.extrapolated for row in chosen):
        text += f" {EXTRAPOLATED}"
    return "\n".join([table(chosen, heading=""), "", text])


def write(folder, rows, environment, quick):
    """Write the page, the JSON file and the picture into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "benchmarks.md").write_text(document(rows, environment, quick), encoding="utf-8")
    content = {"quick": quick, **environment, "rows": [asdict(row) | {"ratios": row.ratios} for row in rows]}
    (folder / "benchmarks.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    draw(rows, environment, quick, folder / "benchmarks.png")


def read(path):
    """Return the rows, the environment and whether the run was quick, from the JSON file of an earlier run."""
    content = json.loads(path.read_text(encoding="utf-8"))
    names = {field.name for field in fields(Row)}
    rows = [Row(**{name: value for name, value in row.items() if name in names}) for row in content.pop("rows")]
    quick = content.pop("quick")
    return rows, content, quick


def draw(rows, environment, quick, path):
    """Draw the headline rows, or all if none is one, and save the picture."""
    rows = [row for row in rows if row.headline] or rows
    versions = ", ".join(f"{name} {number}" for name, number in environment["versions"].items() if name != "numpy")
    footer = f"{environment['cores']} cores of {environment['processor']}; {versions}."
    if any(row.extrapolated for row in rows):
        footer += f" {EXTRAPOLATED}"
    _chart.draw(_parts(rows), quantity, number, footer, quick, path)


def rewrite_section(page, text):
    """Replace what stands between the two markers of a page.

    Raises
    ------
    ValueError
        If a marker is missing.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"The page has no section between {BEGIN!r} and {END!r}.")
    return f"{before}{BEGIN}\n{text}\n{END}{after}"
