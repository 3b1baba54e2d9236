"""Each task of the developers' list leads to a section of the guide, two links from the front page at most."""

import posixpath
import re
from itertools import pairwise
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[1] / "docs"
UNDERLINES = set("=-~^\"'")


def text_of(page):
    return (DOCS / f"{page}.rst").read_text(encoding="utf-8")


def tasks():
    """Return (task, page, section) of each row of the list."""
    rows = re.findall(r"\* - (.+)\n +- :ref:`([^:`]+):([^`]+)`", text_of("developers/tasks"))
    return [pytest.param(*row, id=row[0]) for row in rows]


def sections(page):
    """Return the titles of a page, which are underlined as far as they reach."""
    lines = text_of(page).splitlines()
    return [
        title
        for title, below in pairwise(lines)
        if title and len(below) >= len(title) and len(set(below)) == 1 and set(below) <= UNDERLINES
    ]


def links(page):
    """Return the pages that a page links to, by a role or by a table of contents."""
    text = text_of(page)
    named = re.findall(r":doc:`(?:[^`<]*<)?([^`>]+)>?`", text)
    for listed in re.findall(r"\.\. toctree::\n((?:(?: +.*)?\n)*)", text):
        entries = [line.strip() for line in listed.splitlines() if line.strip() and not line.strip().startswith(":")]
        named += [re.sub(r".*<(.+)>", r"\1", entry) for entry in entries]
    folder = posixpath.dirname(page)
    paths = [name.lstrip("/") if name.startswith("/") else posixpath.join(folder, name) for name in named]
    return {posixpath.normpath(path) for path in paths}


def within_two_links():
    first = links("index")
    second = [links(page) for page in first if (DOCS / f"{page}.rst").exists()]
    return first.union(*second)


def test_the_list_is_read_whole():
    n_rows = text_of("developers/tasks").count("* - ")
    assert len(tasks()) == n_rows >= 25


@pytest.mark.parametrize(("task", "page", "section"), tasks())
def test_a_task_leads_to_a_section_that_is_found(task, page, section):
    assert (DOCS / f"{page}.rst").exists(), f"{task}: there is no page {page}"
    assert section in sections(page), f"{task}: no section {section!r} in {page}, which has {sections(page)}"
    assert page in within_two_links(), f"{task}: {page} is more than two links from the front page"


def test_each_page_of_the_guide_helps_with_a_task():
    pages = {f"user_guide/{path.stem}" for path in (DOCS / "user_guide").glob("*.rst")} - {"user_guide/index"}
    assert pages <= {row.values[1] for row in tasks()}
