"""The benchmark can be imported and writes its figures down right. What it measures is not tested."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.datasets import load_digits

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def benchmark(benchmark_script):
    """Return the modules of the benchmark."""
    names = ("run", "_row", "_report", "_chart", "_image_contenders", "_sequence_contenders", "_wrapper_contenders")
    return SimpleNamespace(**{name: benchmark_script(name) for name in names})


@pytest.fixture
def rows(benchmark):
    times = {"scikit-deep": 0.02, "scikit-learn": 0.05, "Keras": 0.8, "scikeras": 1.0}
    sizes = {"scikit-deep": 700.0, "scikit-learn": 140.0}
    return [
        benchmark._row.Row("grid", "grid search", "s", times, first=1.5, extrapolated=("scikeras",), headline=True),
        benchmark._row.Row("memory", "peak memory", "MB", sizes),
    ]


ENVIRONMENT = {
    "cores": 2,
    "processor": "Some CPU",
    "system": "Linux x86_64",
    "python": "3.13.0",
    "versions": {
        "scikit-deep": "1.0",
        "scikit-learn": "1.9",
        "tensorflow": "2.21",
        "keras": "3.15",
        "scikeras": "0.13",
    },
}


def test_every_case_can_be_asked_for_by_name(benchmark):
    tables = {"grid", "fit", "sparse", "predict", "import", "pickle", "memory"}
    images = {"image-epoch", "image-start", "image-memory", "image-architectures"}
    sequences = {"sequence-epoch", "sequence-fit"}
    texts = {"text-fit", "text-search", "text-predict"}
    models = {"model-fit", "model-search"}
    assert set(benchmark.run.CASES) == tables | images | sequences | texts | models
    options = benchmark.run.parse(["--quick", "--only", "grid", "--only", "image-start"])
    assert options.quick
    assert options.only == ["grid", "image-start"]


def test_a_group_stands_for_its_cases(benchmark):
    assert benchmark.run.chosen(["sequences", "grid", "sequence-fit"]) == ["sequence-epoch", "sequence-fit", "grid"]
    assert benchmark.run.chosen(None) == list(benchmark.run.CASES)


def test_an_unknown_case_is_refused(benchmark, capsys):
    with pytest.raises(SystemExit):
        benchmark.run.parse(["--only", "nothing"])
    assert "invalid choice: 'nothing'" in capsys.readouterr().err


def test_ratios_have_ours_as_one(rows):
    assert rows[0].ratios == pytest.approx({"scikit-deep": 1.0, "scikit-learn": 2.5, "Keras": 40.0, "scikeras": 50.0})


def test_table(benchmark, rows):
    assert benchmark._report.table(rows).splitlines() == [
        "| Tables | scikit-deep | scikit-learn | Keras | scikeras |",
        "| :-- | --: | --: | --: | --: |",
        "| Grid search | 20.0 ms (first 1.50 s) | 50.0 ms (2.5) | 800 ms (40) | 1.00 s† (50) |",
        "| Peak memory | 700 MB | 140 MB (0.20) | - | - |",
    ]


@pytest.mark.parametrize(
    ("value", "digits", "expected"),
    [(0.004567, 3, "0.00457"), (1.0, 2, "1.0"), (39.96, 3, "40.0"), (99.6, 2, "100"), (1234.5, 3, "1,230")],
)
def test_numbers_keep_their_significant_digits(benchmark, value, digits, expected):
    assert benchmark._report.number(value, digits) == expected


def test_files_hold_the_machine_the_versions_and_the_figures(benchmark, rows, tmp_path):
    benchmark._report.write(tmp_path, rows, ENVIRONMENT, quick=True)
    page = (tmp_path / "benchmarks.md").read_text(encoding="utf-8")
    for expected in ("2 cores of Some CPU", "keras 3.15", "| Peak memory |", "A quick run", "† scikeras:"):
        assert expected in page
    content = benchmark._report.json.loads((tmp_path / "benchmarks.json").read_text(encoding="utf-8"))
    assert content["quick"] is True
    assert content["rows"][0]["ratios"]["Keras"] == pytest.approx(40.0)
    assert (tmp_path / "benchmarks.png").read_bytes().startswith(b"\x89PNG")


def test_the_short_table_has_the_headlines_only(benchmark, rows):
    text = benchmark._report.short_table(rows, ENVIRONMENT, quick=False)
    assert "Grid search" in text
    assert "Peak memory" not in text
    assert "quick run" not in text


def test_the_short_table_is_one_of_all_families(benchmark, rows):
    values = {"Keras": 6.0, "scikit-deep": 1.5}
    image = benchmark._row.Row("image-epoch", "an epoch", "s", values, headline=True, subject="Images")
    table, text = benchmark._report.short_table([*rows, image], ENVIRONMENT, quick=False).split("\n\n")
    assert table.splitlines() == [
        "|  | scikit-deep | scikit-learn | Keras | scikeras |",
        "| :-- | --: | --: | --: | --: |",
        "| Grid search | 20.0 ms (first 1.50 s) | 50.0 ms (2.5) | 800 ms (40) | 1.00 s† (50) |",
        "| An epoch | 1.50 s | - | 6.00 s (4.0) | - |",
    ]
    assert benchmark._report.EXTRAPOLATED in text
    assert benchmark._report.EXTRAPOLATED not in benchmark._report.short_table([image], ENVIRONMENT, quick=False)


def test_what_was_written_is_read_back(benchmark, rows, tmp_path):
    benchmark._report.write(tmp_path, rows, ENVIRONMENT, quick=True)
    found, environment, quick = benchmark._report.read(tmp_path / "benchmarks.json")
    assert environment == ENVIRONMENT
    assert quick is True
    assert benchmark._report.document(found, environment, quick) == benchmark._report.document(rows, ENVIRONMENT, True)
    assert [row.headline for row in found] == [True, False]


def test_redrawing_makes_the_files_of_the_last_run(benchmark, tmp_path):
    benchmark.run.main(["--redraw", "--output", str(tmp_path)])
    for name in ("benchmarks.md", "benchmarks.json"):
        kept = ROOT / "docs" / "_static" / name
        assert (tmp_path / name).read_text(encoding="utf-8") == kept.read_text(encoding="utf-8")


def test_the_picture_has_families_side_by_side_and_no_empty_place(benchmark, rows):
    Row = benchmark._row.Row
    image, text = (
        Row("a case", "a row", "s", {"scikit-deep": 1.0}, subject=subject) for subject in ("Images", "Texts")
    )
    two, one, other = [*rows], [image], [text]
    assert benchmark._chart.columns([two]) == [[two]]
    assert benchmark._chart.columns([two, one, other]) == [[two], [one, other]]


def test_the_picture_shows_all_contenders_on_a_logarithmic_scale(benchmark, rows, tmp_path, monkeypatch):
    import matplotlib.pyplot as plt

    monkeypatch.setattr(plt, "close", lambda figure: None)
    benchmark._report.draw(rows, ENVIRONMENT, False, tmp_path / "picture.png")
    figure = plt.gcf()
    (ax,) = figure.axes
    assert ax.get_xscale() == "log"
    assert "logarithmic" in ax.get_xlabel()
    points = sorted(line.get_xdata()[0] for line in ax.lines if line.get_marker() == "o")
    assert points == pytest.approx([1.0, 2.5, 40.0, 50.0])
    monkeypatch.undo()
    plt.close(figure)


def test_tables_and_images_have_a_table_each_with_those_who_take_part(benchmark, rows):
    values = {"PyTorch": 3.0, "Keras": 6.0, "scikit-deep": 1.5}
    image = benchmark._row.Row("image-epoch", "an epoch", "s", values, losses={"Keras": 2.0}, subject="Images")
    tables, images = benchmark._report.tables([*rows, image]).split("\n\n")
    assert tables == benchmark._report.table(rows)
    assert images.splitlines() == [
        "| Images | scikit-deep | Keras | PyTorch |",
        "| :-- | --: | --: | --: |",
        "| An epoch | 1.50 s | 6.00 s (4.0) | 3.00 s (2.0) |",
    ]


def test_a_bound_is_held_or_short(benchmark):
    values = {"scikit-deep": 1.5, "Keras": 3.0, "PyTorch": 1.0, "aeon": 9.0}
    bounds = {"Keras": 1.0, "PyTorch": 1.4}
    row = benchmark._row.Row("sequence-epoch", "an epoch", "s", values, subject="Sequences", bounds=bounds)
    line = benchmark._report.table([row]).splitlines()[-1]
    assert line == "| An epoch | 1.50 s | 3.00 s (2.0; held at 1.0) | 1.00 s (0.67; short at 1.4) | 9.00 s (6.0) |"
    assert any(text.startswith('"Held"') for text in benchmark._report.notes([row]))


def test_figures_of_a_busy_machine_say_so(benchmark):
    assert "load 3.1" in benchmark._report.caption(ENVIRONMENT | {"load": 3.1}, quick=False)
    assert "load" not in benchmark._report.caption(ENVIRONMENT | {"load": 0.1}, quick=False)


def test_notes_are_about_what_was_measured(benchmark, rows):
    image = benchmark._row.Row("image-memory", "memory", "MB", {"scikit-deep": 1.0}, subject="Images")
    about_tables, about_images = (" ".join(benchmark._report.notes(part)) for part in (rows, [image]))
    assert "dense layers" in about_tables
    assert "Memory of images" not in about_tables
    assert "dense layers" not in about_images
    assert "Memory of images" in about_images


def test_what_is_not_installed_has_no_version(benchmark, monkeypatch):
    monkeypatch.setattr(benchmark._report, "_PACKAGES", ("numpy", "not-a-package"))
    assert benchmark._report.environment()["versions"] == {"numpy": np.__version__}


def test_enlarged_digits_are_bytes_of_9_pixels_for_one(benchmark):
    digits = load_digits()
    images, labels = benchmark._image_contenders.digits_enlarged(2_000)
    assert images.dtype == np.uint8
    assert images.shape == (2_000, 28, 28)
    np.testing.assert_array_equal(images[:1_797, 3:26:3, 3:26:3], 15 * digits.images)
    np.testing.assert_array_equal(images[:, 2:26:3, 2:26:3], images[:, 4:26:3, 4:26:3])
    np.testing.assert_array_equal(images[1_797:], images[:203])
    np.testing.assert_array_equal(labels, [*digits.target, *digits.target[:203]])


def test_ragged_series_end_in_their_second_half(benchmark):
    contenders = benchmark._sequence_contenders
    X, y = contenders.series((30, 12, 2), ragged=True)
    values, lengths = contenders.padded(X)
    assert {len(row) for row in X} <= set(range(6, 13))
    assert np.bincount(y).tolist() == [10, 10, 10]
    for row, given, length in zip(values, X, lengths, strict=True):
        np.testing.assert_array_equal(row[:length], given)
        assert not row[length:].any()


@pytest.mark.parametrize("build", ["one_input", "two_inputs"])
def test_the_model_of_a_user_is_the_same_for_keras_and_for_us(benchmark, build):
    contenders = benchmark._wrapper_contenders
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(60, 40)).astype(np.float32), np.arange(60) % 3
    estimators = [
        contenders.make(name, getattr(contenders, build), epochs=1, batch_size=20).fit(X, y)
        for name in ("scikit-deep", "Keras")
    ]
    shapes = [[tuple(weight.shape) for weight in one.model_.weights] for one in estimators]
    assert shapes[0] == shapes[1]
    assert [one.predict(X).shape for one in estimators] == [(60,), (60,)]
    assert estimators[0].engine_ == "compiled"


def test_only_the_marked_section_of_a_page_is_rewritten(benchmark):
    begin, end = benchmark._report.BEGIN, benchmark._report.END
    page = f"before\n{begin}\nold\n{end}\nafter\n"
    assert benchmark._report.rewrite_section(page, "new") == f"before\n{begin}\nnew\n{end}\nafter\n"
    with pytest.raises(ValueError, match="no section"):
        benchmark._report.rewrite_section("a page without markers", "new")


def test_the_readme_has_the_section():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert readme.index("<!-- benchmarks: begin -->") < readme.index("<!-- benchmarks: end -->")
