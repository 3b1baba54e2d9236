"""Paths of image files: those in a folder, and those in an X."""

import os
from pathlib import Path

import numpy as np

_EXTENSIONS = (".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp")


def list_images(folder, *, extensions=_EXTENSIONS):
    """List the images of a folder that has one subfolder a class.

    Parameters
    ----------
    folder : str or pathlib.Path
        The folder. The names of its subfolders are the classes, as for :func:`sklearn.datasets.load_files`.
    extensions : tuple of str
        Endings of the files that count as images, in upper or lower case. By default those of the common formats: .bmp,
        .gif, .jpeg, .jpg, .pgm, .png, .ppm, .tif, .tiff and .webp.

    Returns
    -------
    paths : ndarray of str of shape (n_images,)
        Paths of the images, beginning with `folder`. They are sorted by class, and by path within a class: shuffle them
        before training on chunks.
    labels : ndarray of str of shape (n_images,)
        Class of each image.

    Raises
    ------
    ValueError
        If `folder` is no folder, or none of its subfolders has images.

    See Also
    --------
    ImageLoader : Reads the images.

    Notes
    -----
    Subfolders of a class belong to the class. Files and folders whose names begin with a dot are skipped, and so are
    files that lie in `folder` itself.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from PIL import Image
    >>> from skdeep.image import list_images
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name in ("cat/1.png", "cat/2.png", "dog/1.png"):
    ...         path = Path(folder, name)
    ...         path.parent.mkdir(exist_ok=True)
    ...         Image.new("RGB", (8, 8)).save(path)
    ...     paths, labels = list_images(folder)
    >>> labels.tolist()
    ['cat', 'cat', 'dog']
    >>> [Path(path).name for path in paths]
    ['1.png', '2.png', '1.png']
    """
    endings = _check_extensions(extensions)
    folder = Path(folder)
    if not folder.is_dir():
        raise ValueError(f"folder must be an existing folder, got {str(folder)!r}.")
    classes = sorted(entry.name for entry in folder.iterdir() if entry.is_dir() and not entry.name.startswith("."))
    found = [(str(path), name) for name in classes for path in sorted(_images_within(folder / name, endings))]
    if not found:
        raise ValueError(
            f"No subfolder of {str(folder)!r} has images: files that end with {', '.join(endings)}. One subfolder a "
            "class is expected; images without classes can be listed with pathlib.Path.glob."
        )
    paths, labels = zip(*found, strict=True)
    return np.array(paths), np.array(labels)


def _check_extensions(extensions):
    accepted = isinstance(extensions, (tuple, list)) and len(extensions) > 0
    if not accepted or not all(isinstance(ending, str) and ending.startswith(".") for ending in extensions):
        raise ValueError(f'extensions must be a tuple of strings that begin with a dot, as ".png", got {extensions!r}.')
    return tuple(ending.lower() for ending in extensions)


def _images_within(folder, endings):
    for parent, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in files:
            if not name.startswith(".") and name.lower().endswith(endings):
                yield Path(parent, name)


def check_paths(X):
    """Return X as a list of paths.

    Parameters
    ----------
    X : array-like of shape (n_samples,) or (n_samples, 1)
        Strings or `pathlib.Path` objects.
    """
    expected = "X must be a 1-D array-like of paths of image files, or have one column of them"
    if isinstance(X, (str, bytes, os.PathLike)):
        raise ValueError(f"{expected}; got the single path {X!r}. skdeep.image.list_images lists a folder.")
    if not (hasattr(X, "__len__") and hasattr(X, "__getitem__")):
        raise TypeError(f"{expected}; got an object of type {type(X).__name__}.")
    try:
        paths = np.asarray(X, dtype=object)
    except ValueError as error:
        raise ValueError(f"{expected}; got rows of different lengths.") from error
    if paths.ndim == 2 and paths.shape[1] == 1:
        paths = paths.ravel()
    if paths.ndim != 1:
        kind = f"an array of shape {paths.shape}" if paths.ndim else f"an object of type {type(X).__name__}"
        raise ValueError(f"{expected}; got {kind}.")
    if not paths.size:
        raise ValueError(f"{expected}; got 0 rows.")
    return [_check_path(path, row) for row, path in enumerate(paths)]


def _check_path(path, row):
    if isinstance(path, (str, os.PathLike)):
        path = os.fspath(path)
    if not isinstance(path, str):
        value = repr(path) if np.ndim(path) == 0 else f"of shape {np.shape(path)}"
        raise TypeError(
            f"Row {row} of X must be the path of an image file, a str or a pathlib.Path, got a "
            f"{type(path).__name__}: {value[:80]}."
        )
    return path


def check_files(paths):
    """Raise an error unless all paths are files: no need to find out after an hour of reading.

    Parameters
    ----------
    paths : list of str
        As returned by `check_paths`.
    """
    others = [row for row, path in enumerate(paths) if not os.path.isfile(path)]
    if not others:
        return
    path = paths[others[0]]
    many = f" ({len(others)} rows of {len(paths)} are not files.)" if len(others) > 1 else ""
    if os.path.isdir(path):
        raise ValueError(
            f"Row {others[0]} of X is a folder, not an image file: {path!r}. skdeep.image.list_images lists the images "
            f"of a folder.{many}"
        )
    raise FileNotFoundError(f"Row {others[0]} of X is no file: {path!r} does not exist.{many}")
