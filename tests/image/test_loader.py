"""Files of images become arrays: pixels against what was drawn, sizes and colours against Pillow."""

import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image, ImageOps
from sklearn import config_context
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import get_tags

from skdeep.image import ImageLoader

ORIENTATION = 0x0112


def draw(seed, height, width, channels=3):
    """Return a smooth picture of random colours, for comparisons that resampling and JPEG may blur a little."""
    small = np.random.default_rng(seed).integers(0, 256, (3, 3, channels), dtype=np.uint8)
    image = Image.fromarray(small.squeeze()).resize((width, height), Image.Resampling.BICUBIC)
    return np.asarray(image)


def noise(seed, *shape):
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


@pytest.fixture
def save(tmp_path):
    def save(name, image, **options):
        image = Image.fromarray(image) if isinstance(image, np.ndarray) else image
        image.save(tmp_path / name, **options)
        return str(tmp_path / name)

    return save


@pytest.fixture
def photos(save):
    """Seven pictures of noise, 6 x 5 pixels, and their files."""
    images = noise(0, 7, 6, 5, 3)
    return images, [save(f"{number}.png", image) for number, image in enumerate(images)]


# --- pixels ---


@pytest.mark.parametrize("resize", ["pad", "stretch"])
def test_pixels_of_lossless_files_of_the_right_size_are_kept(photos, resize):
    images, paths = photos
    loaded = ImageLoader((6, 5), resize=resize).fit_transform(paths)
    assert loaded.dtype == np.uint8
    np.testing.assert_array_equal(loaded, images)
    flat = ImageLoader((6, 5), resize=resize, flatten=True).fit_transform(paths)
    np.testing.assert_array_equal(flat, images.reshape(7, -1))


def test_gray_is_pillows_luminance_and_colours_of_gray_are_equal(save, photos):
    images, paths = photos
    expected = [np.asarray(Image.fromarray(image).convert("L")) for image in images]
    gray = ImageLoader((6, 5), mode="gray").transform(paths)
    np.testing.assert_array_equal(gray, expected)
    np.testing.assert_array_equal(ImageLoader((6, 5), mode="gray", flatten=True).transform(paths), gray.reshape(7, -1))
    again = ImageLoader((6, 5)).transform([save(f"gray{row}.png", image) for row, image in enumerate(gray)])
    np.testing.assert_array_equal(again, np.repeat(gray[..., None], 3, axis=-1))


@pytest.mark.parametrize("extension", ["bmp", "png", "ppm", "tiff", "webp"])
def test_formats(save, extension):
    image = noise(1, 4, 9, 3)
    path = save(f"image.{extension}", image, **{"lossless": True} if extension == "webp" else {})
    np.testing.assert_array_equal(ImageLoader((4, 9)).transform([path])[0], image)


def test_first_picture_of_an_animation(save):
    first, *others = (Image.fromarray(noise(seed, 5, 5)) for seed in range(3))
    path = save("animation.gif", first, save_all=True, append_images=others)
    np.testing.assert_array_equal(ImageLoader(5, mode="gray").transform([path])[0], np.asarray(first))


# --- sizes ---


@pytest.mark.parametrize("shape", [(40, 40), (80, 40), (40, 80), (20, 12), (12, 20), (37, 91)])
@pytest.mark.parametrize("mode", ["rgb", "gray"])
def test_padding_is_that_of_pillow(save, shape, mode):
    image = Image.fromarray(noise(0, *shape, 3)).convert({"rgb": "RGB", "gray": "L"}[mode])
    loaded = ImageLoader((32, 24), mode=mode).transform([save("image.png", image)])[0]
    content = ImageOps.contain(image, (24, 32))
    expected = np.zeros_like(loaded)
    top, left = (32 - content.height) // 2, (24 - content.width) // 2
    expected[top : top + content.height, left : left + content.width] = np.asarray(content)
    np.testing.assert_array_equal(loaded, expected)


def test_padding_centres_on_black(save):
    white = Image.new("L", (10, 5), 255)  # twice as wide as high
    square = ImageLoader(8, mode="gray").transform([save("white.png", white)])[0]
    np.testing.assert_array_equal(square, np.repeat([[0], [255], [0]], [2, 4, 2], axis=0).repeat(8, axis=1))
    odd = ImageLoader((9, 8), mode="gray").transform([save("white.png", white)])[0]
    np.testing.assert_array_equal(odd[:, 0], [0, 0, 255, 255, 255, 255, 0, 0, 0])


def test_a_line_stays_a_pixel_wide(save):
    line = ImageLoader(5, mode="gray").transform([save("line.png", Image.new("L", (1000, 1), 255))])[0]
    np.testing.assert_array_equal(line, np.outer([0, 0, 1, 0, 0], np.full(5, 255)))


@pytest.mark.parametrize("shape", [(40, 40), (80, 40), (12, 20), (1, 50)])
def test_stretching_is_that_of_pillow(save, shape):
    image = Image.fromarray(noise(0, *shape, 3))
    loaded = ImageLoader((32, 24), resize="stretch").transform([save("image.png", image)])[0]
    np.testing.assert_array_equal(loaded, np.asarray(image.resize((24, 32), Image.Resampling.BICUBIC)))


@pytest.mark.parametrize("resize", ["pad", "stretch"])
@pytest.mark.parametrize("orientation", [1, 6])
def test_large_jpegs_are_reduced_without_being_moved(save, resize, orientation):
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    path = save("photo.jpg", draw(0, 803, 1205), quality=95, exif=exif)
    with Image.open(path) as image:
        upright = ImageOps.exif_transpose(image)
    size = (48, 72) if orientation == 1 else (72, 48)
    loaded = ImageLoader(size, resize=resize).transform([path])[0]
    expected = np.asarray(upright.resize(size[::-1], Image.Resampling.BICUBIC))
    assert np.abs(loaded.astype(int) - expected).max() <= 3


# --- orientation, transparency, depth, colour spaces ---


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("extension", ["png", "tiff", "webp"])
def test_exif_orientation(save, orientation, extension):
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    image = Image.fromarray(noise(2, 4, 7, 3))
    path = save(f"turned.{extension}", image, exif=exif, **{"lossless": True} if extension == "webp" else {})
    image.getexif()[ORIENTATION] = orientation
    upright = np.asarray(ImageOps.exif_transpose(image))
    np.testing.assert_array_equal(ImageLoader(upright.shape[:2]).transform([path])[0], upright)


def test_a_photo_held_sideways_is_padded_after_it_is_put_upright(save):
    exif = Image.Exif()
    exif[ORIENTATION] = 8
    path = save("sideways.jpg", Image.new("L", (40, 20), 255), exif=exif)
    loaded = ImageLoader(8, mode="gray").transform([path])[0]
    np.testing.assert_array_equal(loaded, np.tile([0, 0, 255, 255, 255, 255, 0, 0], (8, 1)))


def test_transparency_is_laid_on_black(save):
    opacity = np.array([[0, 51, 255]], np.uint8)
    rgba = np.dstack([np.full((1, 3, 3), 200, np.uint8), opacity])
    loaded = ImageLoader((1, 3)).transform([save("colour.png", rgba)])[0]
    np.testing.assert_array_equal(loaded[0], [[0] * 3, [40] * 3, [200] * 3])
    gray = Image.merge("LA", [Image.new("L", (3, 1), 100), Image.fromarray(opacity)])
    loaded = ImageLoader((1, 3), mode="gray").transform([save("gray.png", gray)])[0]
    np.testing.assert_array_equal(loaded, [[0, 20, 100]])


def test_palettes_with_and_without_a_transparent_colour(save):
    image = Image.frombytes("P", (3, 1), bytes([0, 1, 2]))
    image.putpalette([250, 0, 0, 0, 250, 0, 0, 0, 250])
    loaded = ImageLoader((1, 3)).transform([save("opaque.png", image), save("red.png", image, transparency=0)])
    np.testing.assert_array_equal(loaded[0, 0], 250 * np.eye(3))
    np.testing.assert_array_equal(loaded[1, 0], [[0, 0, 0], [0, 250, 0], [0, 0, 250]])
    per_colour = save("half.png", image, transparency=bytes([255, 0, 102]))
    np.testing.assert_array_equal(ImageLoader((1, 3)).transform([per_colour])[0, 0], np.diag([250, 0, 100]))


def test_a_colour_declared_transparent(save):
    image = np.array([[[9, 9, 9], [7, 8, 9]]], np.uint8)
    path = save("keyed.png", image, transparency=(7, 8, 9))
    np.testing.assert_array_equal(ImageLoader((1, 2)).transform([path])[0, 0], [[9, 9, 9], [0, 0, 0]])


@pytest.mark.parametrize("extension", ["png", "tiff", "pgm"])
def test_16_bits_are_scaled_and_not_clipped(save, extension):
    values = np.array([[0, 128, 129, 257, 32768, 40000, 65535]], np.uint16)
    path = save(f"deep.{extension}", values)
    expected = np.round(values / 65535 * 255)
    np.testing.assert_array_equal(ImageLoader((1, 7), mode="gray").transform([path])[0], expected)
    np.testing.assert_array_equal(ImageLoader((1, 7)).transform([path])[0], np.dstack([expected] * 3))


def test_16_bits_in_the_other_byte_order(save):
    values = np.array([[0, 257, 40000, 65535]], ">u2")
    path = save("deep.tiff", Image.frombytes("I;16B", (4, 1), values.tobytes()))
    np.testing.assert_array_equal(ImageLoader((1, 4), mode="gray").transform([path])[0], [[0, 1, 156, 255]])


@pytest.mark.parametrize("mode", ["I", "F"])
def test_32_bits_are_refused_because_their_range_is_unknown(save, mode):
    path = save("deep.tiff", Image.new(mode, (4, 4)))
    with pytest.raises(ValueError, match=r"(?s)Row 0 .*deep\.tiff.*32 bits"):
        ImageLoader(4).transform([path])


@pytest.mark.parametrize("mode", ["rgb", "gray"])
def test_cmyk_and_one_bit(save, mode):
    cmyk = Image.fromarray(draw(3, 16, 16)).convert("CMYK")
    path = save("print.tiff", cmyk)
    expected = cmyk.convert("RGB").convert({"rgb": "RGB", "gray": "L"}[mode])
    np.testing.assert_array_equal(ImageLoader(16, mode=mode).transform([path])[0], np.asarray(expected))
    bits = noise(0, 6, 6) > 127
    loaded = ImageLoader(6, mode=mode).transform([save("bits.png", bits)])[0]
    np.testing.assert_array_equal(loaded.reshape(6, 6, -1)[..., -1], 255 * bits)


# --- what X may be ---


def test_forms_of_x(photos):
    images, paths = photos
    loader = ImageLoader((6, 5))
    column = pd.DataFrame({"path": paths}, index=range(10, 17))
    objects = [Path(path) for path in paths]
    array = np.array(paths)
    forms = [tuple(paths), array, array.astype(object), array[:, None], objects, np.array(objects), column]
    for X in [*forms, column["path"], column["path"].astype(object), column["path"].astype("category")]:
        np.testing.assert_array_equal(loader.transform(X), images)


@pytest.mark.parametrize(
    ("X", "error", "match"),
    [
        ("folder", ValueError, "single path 'folder'.*list_images"),
        (b"a.png", ValueError, "single path"),
        (7, TypeError, "type int"),
        ((name for name in "ab"), TypeError, "type generator"),
        ({"a.png": 1}, ValueError, "type dict"),
        ([], ValueError, "0 rows"),
        ([["a.png", "b.png"]], ValueError, r"shape \(1, 2\)"),
        ([["a.png"], ["b.png", "c.png"]], TypeError, "Row 0 of X .*list"),
        ([np.zeros((2, 3)), np.zeros((2, 4))], ValueError, "different lengths"),
        (np.zeros((2, 4, 4, 3)), ValueError, r"shape \(2, 4, 4, 3\)"),
        (["a.png", b"b.png"], TypeError, "Row 1 of X .*bytes: b'b.png'"),
        (["a.png", None], TypeError, "Row 1 of X .*NoneType"),
        (pd.Series(["a.png", np.nan]), TypeError, "Row 1 of X .*float: nan"),
        ([1.0, 2.0], TypeError, "Row 0 of X .*float"),
        ([Image.new("L", (3, 2))], ValueError, r"shape \(1, 2, 3\)"),
    ],
    ids=[
        "str", "bytes", "int", "generator", "dict", "empty", "two columns", "ragged", "mixed sizes", "pixels",
        "row of bytes", "None", "nan", "numbers", "Pillow images",
    ],
)  # fmt: skip
@pytest.mark.parametrize("method", ["fit", "transform", "iter_chunks"])
def test_what_x_may_not_be(X, error, match, method):
    with pytest.raises(error, match=match):
        getattr(ImageLoader(4), method)(X)


# --- files that cannot be read ---


@pytest.mark.parametrize("n_jobs", [None, 2])
@pytest.mark.parametrize("extension", ["png", "jpg", "gif", "tiff", "webp", "bmp"])
def test_truncated_files_are_named(save, photos, extension, n_jobs):
    _, paths = photos
    path = save(f"broken.{extension}", noise(0, 50, 50, 3))
    with open(path, "r+b") as file:
        file.truncate(700)
    with pytest.raises(ValueError, match=rf"Row 4 of X .*broken\.{extension}.*Error: \w+") as raised:
        ImageLoader(4, n_jobs=n_jobs).transform([*paths[:4], path])
    assert raised.value.__cause__ is not None


@pytest.mark.parametrize("content", [b"", b"hello", b"\x89PNG\r\n\x1a\n" + bytes(100)], ids=["empty", "text", "header"])
def test_files_that_are_no_images_are_named(tmp_path, content):
    path = tmp_path / "note.png"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"Row 0 of X .*note\.png.*cannot identify image file"):
        ImageLoader(4).transform([path])


def test_missing_files_are_named_before_any_file_is_read(tmp_path, photos):
    _, paths = photos
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"")
    for method in ("transform", "iter_chunks"):
        with pytest.raises(FileNotFoundError, match=r"Row 2 of X .*gone\.png.*\(2 rows of 4 are not files\.\)"):
            getattr(ImageLoader(4), method)([paths[0], broken, tmp_path / "gone.png", tmp_path / "too.png"])


def test_folders_are_named(tmp_path, photos):
    with pytest.raises(ValueError, match=r"Row 1 of X is a folder.*list_images"):
        ImageLoader(4).transform([photos[1][0], tmp_path])


def test_decompression_bombs_are_named(save, monkeypatch):
    path = save("bomb.png", noise(0, 50, 50, 3))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    with pytest.raises(Image.DecompressionBombError, match=r"Row 0 of X.*bomb\.png.*2500 pixels"):
        ImageLoader(4).transform([path])


# --- parameters ---


@pytest.mark.parametrize(
    "parameters",
    [
        {"size": 0}, {"size": -3}, {"size": 2.5}, {"size": "8"}, {"size": None}, {"size": (8,)}, {"size": (8, 8, 3)},
        {"size": (8, 0)}, {"size": (8, 2.0)}, {"size": True}, {"mode": "grey"}, {"resize": "crop"}, {"flatten": "no"},
        {"n_jobs": "all"}, {"verbose": -1},
    ],
    ids=str,
)  # fmt: skip
def test_bad_parameters(photos, parameters):
    loader = ImageLoader(8).set_params(**parameters)
    for method in (loader.fit, loader.transform, loader.iter_chunks):
        with pytest.raises(ValueError, match=next(iter(parameters))):
            method(photos[1])


def test_sizes_of_numpy_and_lists(photos):
    images, paths = photos
    for size in (np.int64(6), [6, 6], np.array([6, 6]).tolist()):
        assert ImageLoader(size).transform(paths).shape == (7, 6, 6, 3)
    np.testing.assert_array_equal(ImageLoader([6, 5]).transform(paths), images)


def test_threads_do_not_change_the_result(photos):
    _, paths = photos
    alone = ImageLoader(16).transform(paths * 5)
    np.testing.assert_array_equal(ImageLoader(16, n_jobs=3).transform(paths * 5), alone)


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_the_bar_counts_files(photos, capsys, n_jobs):
    ImageLoader(4, n_jobs=n_jobs).transform(photos[1])
    assert capsys.readouterr().err == ""
    loader = ImageLoader(4, n_jobs=n_jobs, verbose=1)
    loader.transform(photos[1])
    assert "7/7" in capsys.readouterr().err
    list(loader.iter_chunks(photos[1], chunk_size=3))
    assert "7/7" in capsys.readouterr().err


# --- chunks ---


@pytest.mark.parametrize("flatten", [False, True])
def test_chunks_are_the_whole_in_order(photos, flatten):
    _, paths = photos
    loader = ImageLoader(6, flatten=flatten)
    chunks = list(loader.iter_chunks(paths, chunk_size=3))
    assert [len(chunk) for chunk in chunks] == [3, 3, 1]
    np.testing.assert_array_equal(np.concatenate(chunks), loader.transform(paths))


def test_chunks_with_targets(photos):
    _, paths = photos
    y = pd.Series(list("abcdefg"), index=range(20, 27))
    images, targets = zip(*ImageLoader(6).iter_chunks(pd.Series(paths, index=y.index), y, chunk_size=4), strict=True)
    assert [target.tolist() for target in targets] == [list("abcd"), list("efg")]
    np.testing.assert_array_equal(np.concatenate(images), ImageLoader(6).transform(paths))


def test_chunks_are_read_when_they_are_asked_for(tmp_path, photos):
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"")
    chunks = ImageLoader(6).iter_chunks([*photos[1][:3], broken], chunk_size=2)
    assert len(next(chunks)) == 2
    with pytest.raises(ValueError, match=r"Row 3 of X .*broken\.png"):
        next(chunks)


def test_bad_chunks(photos):
    for chunk_size, error in ((0, ValueError), (2.0, TypeError)):
        with pytest.raises(error, match="chunk_size"):
            ImageLoader(6).iter_chunks(photos[1], chunk_size=chunk_size)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        ImageLoader(6).iter_chunks(photos[1], [0, 1])


def test_an_array_on_disk_takes_the_chunks(tmp_path, photos):
    images, paths = photos
    on_disk = np.lib.format.open_memmap(tmp_path / "images.npy", "w+", np.uint8, images.shape)
    for rows in (slice(0, 4), slice(4, 7)):
        on_disk[rows] = ImageLoader((6, 5)).transform(paths[rows])
    np.testing.assert_array_equal(np.load(tmp_path / "images.npy", mmap_mode="r"), images)


# --- manners ---


@pytest.fixture
def bright_and_dark(save):
    rng = np.random.default_rng(0)
    y = np.tile(["dark", "bright"], 10)
    levels = np.where(y == "dark", 60, 190)
    images = [rng.normal(level, 20, (12, 10)).clip(0, 255).astype(np.uint8) for level in levels]
    return np.array([save(f"{row}.png", image) for row, image in enumerate(images)]), y


def test_first_step_of_a_pipeline_in_a_search(bright_and_dark):
    paths, y = bright_and_dark
    classifier = MLPClassifier((8,), solver="lbfgs", alpha=0.1, max_iter=500, random_state=0)
    pipeline = make_pipeline(ImageLoader(4, mode="gray", flatten=True), StandardScaler(), classifier)
    search = GridSearchCV(pipeline, {"imageloader__size": [4, (3, 6)]}, cv=2, error_score="raise").fit(paths, y)
    assert search.score(paths, y) == 1
    assert search.best_estimator_[-1].n_features_in_ in (16, 18)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(search)).predict(paths), search.predict(paths))


def test_partial_fit_on_chunks_learns(bright_and_dark):
    paths, y = bright_and_dark
    loader = ImageLoader(4, mode="gray", flatten=True)
    model = MLPClassifier((8,), learning_rate_init=0.01, random_state=0)
    for _ in range(40):
        for images, targets in loader.iter_chunks(paths, y, chunk_size=8):
            model.partial_fit(images / 255, targets, classes=["bright", "dark"])
    assert model.score(loader.transform(paths) / 255, y) == 1


def test_clone_and_pickle(photos):
    loader = ImageLoader((6, 5), mode="gray", resize="stretch", flatten=True, n_jobs=2, verbose=0)
    for copy in (clone(loader), pickle.loads(pickle.dumps(loader))):
        assert copy.get_params() == loader.get_params()
        np.testing.assert_array_equal(copy.transform(photos[1]), loader.transform(photos[1]))
    assert repr(ImageLoader(8)) == "ImageLoader(size=8)"


def test_nothing_is_learned(photos):
    loader = ImageLoader((6, 5))
    before = dict(vars(loader))
    assert loader.fit(["not there.png"]) is loader  # fit looks at no file
    assert vars(loader) == before
    np.testing.assert_array_equal(loader.transform(photos[1]), ImageLoader((6, 5)).transform(photos[1]))
    tags = get_tags(loader)
    assert (tags.requires_fit, tags.input_tags.string, tags.input_tags.two_d_array) == (False, True, False)


def test_flat_rows_have_names_and_fit_into_data_frames(photos):
    images, paths = photos
    loader = ImageLoader((6, 5), flatten=True).set_output(transform="pandas")
    X = pd.Series(paths, index=range(10, 17))
    frame = loader.fit_transform(X)
    assert frame.index.tolist() == X.index.tolist()
    assert frame.columns[:4].tolist() == ["pixel_0_0_red", "pixel_0_0_green", "pixel_0_0_blue", "pixel_0_1_red"]
    np.testing.assert_array_equal(frame["pixel_3_2_green"], images[:, 3, 2, 1])
    gray = ImageLoader((2, 2), mode="gray", flatten=True)
    assert gray.get_feature_names_out().tolist() == ["pixel_0_0", "pixel_0_1", "pixel_1_0", "pixel_1_1"]


def test_images_stay_arrays(photos):
    images, paths = photos
    loader = ImageLoader((6, 5))
    assert not hasattr(loader, "get_feature_names_out")
    with pytest.raises(AttributeError, match="set_output"):
        loader.set_output(transform="pandas")
    with config_context(transform_output="pandas"):
        np.testing.assert_array_equal(loader.fit_transform(paths), images)


def test_a_column_of_a_table(photos):
    images, paths = photos
    table = pd.DataFrame({"path": paths, "age": np.arange(7.0)})
    loader = ImageLoader((6, 5), flatten=True)
    for columns in ("path", ["path"]):
        both = ColumnTransformer([("pixels", loader, columns), ("rest", "passthrough", ["age"])]).fit_transform(table)
        np.testing.assert_array_equal(both, np.column_stack([images.reshape(7, -1), np.arange(7)]))
