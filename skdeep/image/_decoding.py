"""One image file -> one array of bytes, by way of Pillow."""

import struct
import zlib

import numpy as np
from PIL import ExifTags, Image

_MODES = {"rgb": "RGB", "gray": "L"}

# What the EXIF orientation says about the stored pixels -> the turn that puts them upright.
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIDEWAYS = {5, 6, 7, 8}

# What Pillow's readers raise when the bytes are not what they should be.
_UNREADABLE = (
    OSError, SyntaxError, ValueError, TypeError, LookupError, EOFError, ArithmeticError, AssertionError, struct.error,
    zlib.error,
)  # fmt: skip


def read_image(path, row, size, mode, resize):
    """Return an image file as an array of bytes.

    Parameters
    ----------
    path : str
        The file.
    row : int
        Its row in X, for the error.
    size : (int, int)
        Height and width of the result.
    mode : {"rgb", "gray"}
        Colours of the result.
    resize : {"pad", "stretch"}
        Whether the proportions are kept.
    """
    try:
        with Image.open(path) as image:
            return np.asarray(_decoded(image, size[::-1], _MODES[mode], resize))
    except Image.DecompressionBombError as error:
        raise Image.DecompressionBombError(f"Row {row} of X, file {path!r}: {error}") from error
    except _UNREADABLE as error:
        reason = f"{type(error).__name__}: {error}"
        raise ValueError(f"Row {row} of X cannot be read as an image: file {path!r}. {reason}") from error


def _decoded(image, size, mode, resize):
    """Return an open image in its final colours and size."""
    if image.format == "TIFF":
        image.load()  # Pillow puts these upright when it loads them, and then their orientation is gone
    orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
    sideways = orientation in _SIDEWAYS
    upright = image.size[::-1] if sideways else image.size
    fitted = size if resize == "stretch" else _fitted(upright, size)
    stored = fitted[::-1] if sideways else fitted
    # The JPEG decoder can halve a picture while it reads it, which is faster; twice the final size is left to resize.
    drafted = image.draft(mode, (2 * stored[0], 2 * stored[1]))
    box = drafted[1] if drafted is not None else None
    image = _in_colours(image, mode).resize(stored, Image.Resampling.BICUBIC, box)
    if orientation in _TURNS:
        image = image.transpose(_TURNS[orientation])
    if fitted == size:
        return image
    padded = Image.new(mode, size)
    padded.paste(image, ((size[0] - fitted[0]) // 2, (size[1] - fitted[1]) // 2))
    return padded


def _fitted(size, available):
    """Return the largest size of the same proportions that is available, at least one pixel wide and high."""
    scale = min(available[0] / size[0], available[1] / size[1])
    return tuple(max(1, round(length * scale)) for length in size)


def _in_colours(image, mode):
    """Return an image in 8-bit grey or RGB, what is transparent being laid on black."""
    # 16-bit grey of these two formats is "I" or "I;16", by file and by version of Pillow.
    if image.mode.startswith("I;16") or (image.mode == "I" and image.format in ("PNG", "PPM")):
        image = _from_16_bits(image)
    elif image.mode in ("I", "F"):
        raise ValueError("its pixels have 32 bits, whose range is not known; 8 and 16 bits are accepted.")
    elif image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "black"), image)
    if image.mode in ("CMYK", "HSV", "LAB"):  # Pillow does not convert all of them to grey directly
        image = image.convert("RGB")
    return image.convert(mode)


def _from_16_bits(image):
    """Return 16-bit grey scaled to 8 bits: Pillow's own conversion clips."""
    pixels = np.asarray(image).astype(np.uint32)
    pixels[pixels == image.info.get("transparency", -1)] = 0
    return Image.fromarray(((pixels + 128) // 257).astype(np.uint8))
