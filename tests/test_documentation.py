"""Every snippet of the documentation and of the README runs and shows what it says."""

import doctest
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
# Who copies a snippet should see no warning, not even the one that other tests ignore.
QUIET = pytest.mark.filterwarnings("error:.*training loss was still falling")
WRITTEN_BY_SPHINX = {"_build", "generated", "auto_examples"}
PAGES = [
    page.relative_to(ROOT / "docs").as_posix()
    for page in sorted((ROOT / "docs").rglob("*.rst"))
    if not WRITTEN_BY_SPHINX & set(page.parts) and ">>> " in page.read_text(encoding="utf-8")
]


@QUIET
@pytest.mark.parametrize("page", PAGES)
def test_snippets_of_a_page(page, monkeypatch):
    path = ROOT / "docs" / page
    monkeypatch.syspath_prepend(str(path.parent))  # a page may import the file that it explains
    options = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    results = doctest.testfile(str(path), module_relative=False, optionflags=options, encoding="utf-8")
    assert results.attempted > 0
    assert results.failed == 0, "see the captured output"


@QUIET
def test_example_of_the_readme(capsys):
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    exec(example, {})
    best, score = re.fullmatch(r"(\{.*\}) ([\d.]+)", capsys.readouterr().out.strip()).groups()
    assert "mlpclassifier__learning_rate" in best
    assert float(score) > 0.9


def test_the_worked_example_passes_the_checks_of_scikit_learn(monkeypatch):
    from sklearn.utils.estimator_checks import check_estimator

    monkeypatch.syspath_prepend(str(ROOT / "docs" / "developers"))
    from wide_and_deep import WideDeepRegressor

    results = check_estimator(WideDeepRegressor((32,), epochs=60, learning_rate=0.01), on_skip=None, on_fail=None)
    assert [result["check_name"] for result in results if result["status"] == "failed"] == []
    assert len(results) > 50


@pytest.mark.parametrize("page", ["README.md", "docs/index.rst", "docs/user_guide/start.rst"])
def test_nobody_is_sent_to_another_project(page):
    # On the package index, the import name is the name of another distribution.
    assert re.search(r"(pip|uv) (pip )?install +(-\S+ +)*skdeep", (ROOT / page).read_text(encoding="utf-8")) is None
