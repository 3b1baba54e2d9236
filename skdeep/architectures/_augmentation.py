"""Random changes of training images, as layers that do nothing when a net predicts."""

from skdeep.utils._tensorflow import keras, tf

GEOMETRIC = ("flip_horizontal", "flip_vertical", "shift", "rotate", "zoom")
KINDS = (*GEOMETRIC, "contrast", "noise", "cutout")


def layers(kinds, numbers, dtype):
    """Return the layers of some kinds of augmentation, in the order in which they act.

    Parameters
    ----------
    kinds : tuple of str
        Some of KINDS.
    numbers : dict
        The amount of each kind but the flips, by its name.
    dtype : str
    """
    moves = tuple(kind for kind in GEOMETRIC if kind in kinds)
    found = [Moved(moves, numbers, dtype=dtype, name="moved")] if moves else []
    single = {"contrast": Contrast, "noise": Noise, "cutout": Cutout}
    return found + [cls(numbers[kind], dtype=dtype, name=kind) for kind, cls in single.items() if kind in kinds]


class _Random(keras.layers.Layer):
    """A layer that draws random numbers in training, from a state that the engine seeds at each epoch."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        # Seed and number of the next draw: the engine looks for a vector of this name.
        self.seed_state = tf.Variable(tf.zeros((2,), tf.int64), trainable=False)

    def call(self, inputs, training=False):
        return self._changed(inputs) if training else inputs

    def _seed(self):
        seed = self.seed_state.read_value()
        self.seed_state.assign_add([0, 1])
        return seed

    def _uniform(self, shape, dtype):
        """Draw numbers between -1 and 1."""
        return tf.random.stateless_uniform(shape, self._seed(), -1.0, 1.0, dtype)


class Moved(_Random):
    """Mirror, shift, turn and magnify each image, in one interpolation; the border pixels fill what is uncovered.

    Parameters
    ----------
    moves : tuple of str
        Some of GEOMETRIC.
    numbers : dict
        "shift" as a fraction of the sides, "rotate" in degrees, "zoom" as a fraction: the most there is of each.
    """

    def __init__(self, moves, numbers, **kwargs):
        super().__init__(**kwargs)
        self._moves, self._numbers = moves, numbers

    def _changed(self, images):
        height, width = (float(side) for side in images.shape[1:3])
        transforms = self._transforms(tf.shape(images)[0], height, width, images.dtype)
        smooth = {"rotate", "zoom"} & {*self._moves}
        moved = tf.raw_ops.ImageProjectiveTransformV3(
            images=images,
            transforms=tf.cast(transforms, tf.float32),
            output_shape=tf.shape(images)[1:3],
            interpolation="BILINEAR" if smooth else "NEAREST",
            fill_mode="NEAREST",
            fill_value=0.0,
        )
        return tf.ensure_shape(moved, images.shape)

    def _transforms(self, n_images, height, width, dtype):
        """Return the map from pixels of each result to pixels of its image: a matrix about the centre, and a shift."""
        draws = iter(tf.unstack(self._uniform((6, n_images), dtype)))
        flip_x, flip_y, right, down, turn, size = draws
        mirrored_x = _one_or_minus_one(flip_x) if "flip_horizontal" in self._moves else tf.ones_like(flip_x)
        mirrored_y = _one_or_minus_one(flip_y) if "flip_vertical" in self._moves else tf.ones_like(flip_y)
        angle = turn * self._amount("rotate", dtype) * (3.141592653589793 / 180.0)
        scale = 1.0 + size * self._amount("zoom", dtype)
        shift = self._amount("shift", dtype)
        # Whole pixels, so that shifting alone copies values.
        right, down = tf.round(right * shift * width), tf.round(down * shift * height)
        a, b = mirrored_x * tf.cos(angle) * scale, -mirrored_x * tf.sin(angle) * scale
        c, d = mirrored_y * tf.sin(angle) * scale, mirrored_y * tf.cos(angle) * scale
        x, y = (width - 1.0) / 2.0, (height - 1.0) / 2.0
        zero = tf.zeros_like(a)
        return tf.stack([a, b, x - a * x - b * y + right, c, d, y - c * x - d * y + down, zero, zero], axis=1)

    def _amount(self, move, dtype):
        return tf.cast(self._numbers[move], dtype) if move in self._moves else tf.zeros((), dtype)


def _one_or_minus_one(draws):
    return tf.where(draws < 0.0, -tf.ones_like(draws), tf.ones_like(draws))


class _Amount(_Random):
    def __init__(self, amount, **kwargs):
        super().__init__(**kwargs)
        self._amount = amount


class Contrast(_Amount):
    """Pull the pixels of each image towards their mean, or away from it, by up to a fraction."""

    def _changed(self, images):
        means = tf.reduce_mean(images, axis=(1, 2, 3), keepdims=True)
        factors = 1.0 + self._uniform((tf.shape(images)[0], 1, 1, 1), images.dtype) * tf.cast(
            self._amount, images.dtype
        )
        return means + (images - means) * factors


class Noise(_Amount):
    """Add Gaussian noise of a standard deviation in units of rescaled pixels."""

    def _changed(self, images):
        noise = tf.random.stateless_normal(tf.shape(images), self._seed(), dtype=images.dtype)
        return images + noise * tf.cast(self._amount, images.dtype)


class Cutout(_Amount):
    """Set a square anywhere in each image to zero; its side is a fraction of the shorter side of the image."""

    def _changed(self, images):
        n_images, height, width = tf.shape(images)[0], *images.shape[1:3]
        half = tf.cast(self._amount, images.dtype) * min(height, width) / 2.0
        centres = tf.unstack(self._uniform((2, n_images), images.dtype))
        rows, columns = (
            _within(size, (centre + 1.0) / 2.0 * size, half)
            for size, centre in zip((height, width), centres, strict=True)
        )
        return images * (1.0 - rows[:, :, None, None] * columns[:, None, :, None])


def _within(size, centre, half):
    """Return ones where a pixel's centre is less than `half` from a position, for each image."""
    positions = tf.range(size, dtype=centre.dtype) + 0.5
    return tf.cast(tf.abs(positions[None, :] - centre[:, None]) < half, centre.dtype)
