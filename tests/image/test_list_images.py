"""A folder with one subfolder a class becomes paths and labels."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_files

from skdeep.image import ImageLoader, list_images


@pytest.fixture
def folder(tmp_path):
    names = (
        "dog/2.png", "dog/10.PNG", "cat/b.jpg", "cat/a.png", "cat/old/c.webp", "stray.png", "cat/readme.txt",
        "cat/.hidden.png", ".thumbnails/a.png", "cat/.cache/d.png", "empty/notes.txt",
    )  # fmt: skip
    for name in names:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".txt":
            path.write_text("no image")
        else:
            Image.new("L", (4, 4), len(name)).save(path)
    return tmp_path


@pytest.mark.parametrize("kind", [str, Path])
def test_images_are_sorted_by_class_and_path(folder, kind):
    paths, labels = list_images(kind(folder))
    expected = ["cat/a.png", "cat/b.jpg", "cat/old/c.webp", "dog/10.PNG", "dog/2.png"]
    assert [Path(path).relative_to(folder).as_posix() for path in paths] == expected
    assert labels.tolist() == ["cat"] * 3 + ["dog"] * 2
    images = ImageLoader(4, mode="gray").transform(paths[[0, 3, 4]])
    np.testing.assert_array_equal(images[:, 0, 0], [len("cat/a.png"), len("dog/10.PNG"), len("dog/2.png")])


def test_flat_folders_are_listed_as_by_scikit_learn(tmp_path):
    for name in ("b/1.png", "b/2.png", "a/3.png", "c/4.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.new("L", (4, 4)).save(tmp_path / name)
    theirs = load_files(tmp_path, load_content=False, shuffle=False)
    paths, labels = list_images(tmp_path)
    assert dict(zip(paths, labels, strict=True)) == dict(
        zip(theirs.filenames, np.array(theirs.target_names)[theirs.target], strict=True)
    )


def test_only_some_extensions(folder):
    paths, labels = list_images(folder, extensions=(".PNG",))
    assert [Path(path).name for path in paths] == ["a.png", "10.PNG", "2.png"]
    assert labels.tolist() == ["cat", "dog", "dog"]


@pytest.mark.parametrize("extensions", [".png", (), ("png",), (1,), None], ids=str)
def test_bad_extensions(folder, extensions):
    with pytest.raises(ValueError, match="extensions must be"):
        list_images(folder, extensions=extensions)


def test_bad_folders(folder):
    for path in (folder / "gone", folder / "stray.png"):
        with pytest.raises(ValueError, match=f"folder must be an existing folder, got .*{path.name}"):
            list_images(path)
    for path in (folder / "dog", folder / "empty"):
        with pytest.raises(ValueError, match=r"No subfolder .* has images.*One subfolder a class"):
            list_images(path)
