"""Files of images as the first step of a pipeline."""

from numbers import Integral

import numpy as np
from joblib import Parallel, delayed
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import check_consistent_length, check_scalar, gen_batches
from sklearn.utils._param_validation import Interval
from sklearn.utils.metaestimators import available_if
from tqdm.auto import tqdm

from skdeep._estimator.params import REQUIRED, estimator, param
from skdeep.image._decoding import read_image
from skdeep.image._files import check_files, check_paths
from skdeep.image._params import height_and_width
from skdeep.utils._words import Names


def _gives_a_table(loader):
    if not loader.flatten:
        raise AttributeError("Only flat rows have columns with names: set flatten=True.")
    return True


@estimator
class ImageLoader(TransformerMixin, BaseEstimator):
    """Read image files into an array of pixels, all of one size.

    Photos are put upright as their EXIF orientation says, what is transparent is laid on black, 16-bit grey is scaled
    to 8 bits, and CMYK and palettes become RGB. Of an animation the first picture is read. Any format that Pillow reads
    is accepted.

    {parameters}

    Raises
    ------
    ValueError
        At `transform`, if a file is corrupt or truncated or no image, or if a path is a folder. The error names the
        row and the file.
    FileNotFoundError
        At `transform`, if a file does not exist. All paths are looked at before the first file is read.
    PIL.Image.DecompressionBombError
        At `transform`, if a file would have more pixels than Pillow accepts.

    See Also
    --------
    list_images : Lists the files of a folder with one subfolder a class.

    Notes
    -----
    A folder that is larger than memory can be read in chunks (:meth:`iter_chunks`), for a model with `partial_fit`, or
    into an array on disk that a model reads as if it were in memory::

        images = np.lib.format.open_memmap("images.npy", "w+", np.uint8, (len(paths), 96, 96, 3))
        for rows in gen_batches(len(paths), 1000):
            images[rows] = ImageLoader(96).transform(paths[rows])

    A search reads the files again for each fit; ``Pipeline(..., memory="folder")`` keeps the pixels instead.

    `set_output` and `get_feature_names_out` are there with ``flatten=True`` only: a data frame holds flat rows.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from PIL import Image
    >>> from skdeep.image import ImageLoader
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     paths = [Path(folder, "red.png"), Path(folder, "wide.png")]
    ...     Image.new("RGB", (4, 4), "red").save(paths[0])
    ...     Image.new("L", (8, 4), 200).save(paths[1])
    ...     images = ImageLoader(4).fit_transform(paths)
    >>> images.shape, images.dtype
    ((2, 4, 4, 3), dtype('uint8'))
    >>> images[0, 0, 0].tolist()
    [255, 0, 0]
    >>> images[1, :, 0, 0].tolist()
    [0, 200, 200, 0]
    """

    size: object = param(
        REQUIRED,
        [Interval(Integral, 1, None, closed="left"), tuple, list],
        "int or (int, int)",
        "Height and width of the arrays in pixels. One number stands for a square.",
        positional=True,
    )
    mode: str = param(
        "rgb",
        [Names({"rgb", "gray"})],
        '{"rgb", "gray"}',
        'Three channels, red, green and blue, or one of luminance (ITU-R 601-2). "rgb" repeats the channel of grey '
        "images.",
    )
    resize: str = param(
        "pad",
        [Names({"pad", "stretch"})],
        '{"pad", "stretch"}',
        '"pad" keeps the proportions and centres the picture on black; "stretch" fills the whole array. Both resample '
        "with an antialiased bicubic filter.",
    )
    flatten: bool = param(False, ["boolean"], "bool", "Whether each image becomes one flat row.")
    n_jobs: object = param(
        None,
        [Integral, None],
        "int or None",
        "Threads that read files at the same time. None is 1 unless in a joblib.parallel_config context; -1 uses all "
        "processors.",
    )
    verbose: object = param(0, ["verbose"], "int or bool", "Whether to show a progress bar, which counts files.")

    def fit(self, X, y=None):
        """Check parameters and paths; nothing is learned and no file is opened.

        Parameters
        ----------
        X : array-like of shape (n_samples,) or (n_samples, 1)
            Paths of image files, str or `pathlib.Path`.
        y : None
            Ignored, there for the sake of pipelines.

        Returns
        -------
        self : ImageLoader
            The loader itself.
        """
        self._check_parameters()
        check_paths(X)
        return self

    def transform(self, X):
        """Read the files.

        Parameters
        ----------
        X : array-like of shape (n_samples,) or (n_samples, 1)
            Paths of image files, str or `pathlib.Path`.

        Returns
        -------
        images : ndarray of uint8 of shape (n_samples, height, width, 3)
            The pixels; of shape (n_samples, height, width) if grey, and (n_samples, n_pixels) with ``flatten=True``,
            the channels of a pixel being neighbours.
        """
        self._check_parameters()
        paths = check_paths(X)
        check_files(paths)
        with self._progress(len(paths)) as progress:
            return self._read(paths, slice(0, len(paths)), progress)

    def iter_chunks(self, X, y=None, *, chunk_size=1000):
        """Read the files chunk by chunk, for folders that are larger than memory.

        Rows come in the order of X. `list_images` sorts by class: shuffle, as with `sklearn.utils.shuffle`, before
        training on chunks.

        Parameters
        ----------
        X : array-like of shape (n_samples,) or (n_samples, 1)
            Paths of image files, str or `pathlib.Path`.
        y : array-like of shape (n_samples, ...), default=None
            Targets, cut into the same chunks.
        chunk_size : int, default=1000
            Images in a chunk. The last one may be smaller.

        Returns
        -------
        chunks : generator
            Yields what `transform` returns, an array always, chunk after chunk. With y, pairs of these and the targets
            as an array.
        """
        self._check_parameters()
        check_scalar(chunk_size, "chunk_size", Integral, min_val=1)
        paths = check_paths(X)
        check_consistent_length(paths, y)
        check_files(paths)
        return self._chunks(paths, y, chunk_size)

    def _chunks(self, paths, y, chunk_size):
        targets = None if y is None else np.asarray(y)
        with self._progress(len(paths)) as progress:
            for rows in gen_batches(len(paths), int(chunk_size)):
                images = self._read(paths, rows, progress)
                yield images if targets is None else (images, targets[rows])

    def _read(self, paths, rows, progress):
        """Return the images of some rows; threads write them where they belong."""
        height, width = height_and_width(self.size)
        channels = (3,) if self.mode == "rgb" else ()
        images = np.empty((rows.stop - rows.start, height, width, *channels), np.uint8)

        def read(row):
            images[row - rows.start] = read_image(paths[row], row, (height, width), self.mode, self.resize)
            with progress.get_lock():
                progress.update()

        Parallel(n_jobs=self.n_jobs, require="sharedmem")(delayed(read)(row) for row in range(rows.start, rows.stop))
        return images.reshape(len(images), -1) if self.flatten else images

    def _progress(self, total):
        return tqdm(total=total, desc=type(self).__name__, unit="image", disable=not self.verbose)

    def _check_parameters(self):
        self._validate_params()
        height_and_width(self.size)

    @available_if(_gives_a_table)
    def get_feature_names_out(self, input_features=None):
        """Return the names of the columns of flat rows.

        Parameters
        ----------
        input_features : object
            Ignored, there for the sake of pipelines.

        Returns
        -------
        names : ndarray of str objects of shape (n_pixels,)
            "pixel_0_0", "pixel_0_1", ... by row and column, as in :func:`sklearn.datasets.load_digits`; followed by
            "_red", "_green" and "_blue" in mode "rgb".
        """
        self._check_parameters()
        height, width = height_and_width(self.size)
        colours = ("_red", "_green", "_blue") if self.mode == "rgb" else ("",)
        names = [f"pixel_{i}_{j}{colour}" for i in range(height) for j in range(width) for colour in colours]
        return np.array(names, dtype=object)

    def __sklearn_is_fitted__(self):
        return True

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.input_tags.two_d_array = False
        tags.input_tags.one_d_array = True
        tags.input_tags.string = True
        tags.transformer_tags.preserves_dtype = []
        return tags
