"""The architectures: from rescaled images to the vector that the output layer reads.

Each keeps the idea of its paper, in measures for small images: kernels of 3 or 5 pixels, a fraction of the filters, and
pooling that shrinks to fit. `layers.filters` multiplies by the width, `layers.repeats` by the depth of the net.
"""


def small(images, layers):
    """Two convolutions, each with pooling, and a dense layer."""
    hidden = images
    for index in range(layers.repeats(2)):
        hidden = layers.pooling(layers.convolution(hidden, layers.filters(32 * 2**index)))
    return layers.dense(layers.flat(hidden), layers.filters(128))


def lenet(images, layers):
    """LeNet-5: kernels of 5 pixels, average pooling and a pyramid of dense layers."""
    hidden = layers.pooling(layers.convolution(images, layers.filters(6), 5), "average")
    for _ in range(layers.repeats(1)):
        padding = "valid" if min(hidden.shape[1:3]) > 5 else "same"
        hidden = layers.pooling(layers.convolution(hidden, layers.filters(16), 5, padding=padding), "average")
    hidden = layers.dense(layers.flat(hidden), layers.filters(120))
    return layers.dense(hidden, layers.filters(84))


def alexnet(images, layers):
    """AlexNet: five convolutions, overlapping pooling, and two large dense layers with dropout."""
    hidden = layers.pooling(layers.convolution(images, layers.filters(32), 5), size=3, strides=2)
    hidden = layers.pooling(layers.convolution(hidden, layers.filters(64), 5), size=3, strides=2)
    for _ in range(layers.repeats(2)):
        hidden = layers.convolution(hidden, layers.filters(96))
    hidden = layers.pooling(layers.convolution(hidden, layers.filters(64)), size=3, strides=2)
    hidden = layers.dense(layers.flat(hidden), layers.filters(512))
    return layers.dense(hidden, layers.filters(512))


def vgg(images, layers):
    """VGG: blocks of convolutions of 3 pixels, one as the next, with pooling after each block."""
    hidden = images
    for filters in (32, 64, 128):
        for _ in range(layers.repeats(2)):
            hidden = layers.convolution(hidden, layers.filters(filters))
        hidden = layers.pooling(hidden)
    return layers.dense(layers.flat(hidden), layers.filters(256))


def nin(images, layers):
    """Network in network: each convolution is followed by kernels of 1 pixel, and the last maps are averaged."""
    hidden = images
    stages = ((64, 5), (64, 5), (64, 3))
    for index, (filters, kernel_size) in enumerate(stages):
        hidden = layers.convolution(hidden, layers.filters(filters), kernel_size)
        for _ in range(layers.repeats(2)):
            hidden = layers.convolution(hidden, layers.filters(filters // 2), 1)
        if index < len(stages) - 1:
            hidden = layers.dropout(layers.pooling(hidden, size=3, strides=2))
    return layers.global_average(hidden)


def inception(images, layers):
    """GoogLeNet: parallel kernels of 1, 3 and 5 pixels beside pooling, then global averages."""
    hidden = layers.pooling(layers.convolution(images, layers.filters(32)))
    for index, filters in enumerate((96, 160)):
        if index:
            hidden = layers.pooling(hidden, size=3, strides=2, padding="same")
        for _ in range(layers.repeats(2)):
            hidden = _inception_block(hidden, filters, layers)
    return layers.dropout(layers.global_average(hidden))


def _inception_block(inputs, filters, layers):
    """Four branches with the shares of GoogLeNet's first block; kernels of 1 pixel thin out what wide ones read."""
    one = layers.convolution(inputs, layers.filters(filters / 4), 1)
    three = layers.convolution(inputs, layers.filters(filters * 3 / 8), 1)
    three = layers.convolution(three, layers.filters(filters / 2), 3)
    five = layers.convolution(inputs, layers.filters(filters / 16), 1)
    five = layers.convolution(five, layers.filters(filters / 8), 5)
    pooled = layers.pooling(inputs, size=3, strides=1, padding="same")
    pooled = layers.convolution(pooled, layers.filters(filters / 8), 1)
    return layers.concatenate([one, three, five, pooled])


def resnet(images, layers):
    """ResNet: pairs of convolutions, each pair added to what it was given; three stages, then global averages."""
    hidden = layers.convolution(images, layers.filters(16))
    for stage, filters in enumerate((16, 32, 64)):
        for block in range(layers.repeats(2)):
            strides = 2 if stage and not block else 1
            hidden = _residual_block(hidden, layers.filters(filters), strides, layers)
    return layers.dropout(layers.global_average(hidden))


def _residual_block(inputs, filters, strides, layers):
    hidden = layers.convolution(inputs, filters, strides=strides)
    hidden = layers.convolution(hidden, filters, activate=False)
    if strides > 1 or inputs.shape[-1] != filters:
        inputs = layers.convolution(inputs, filters, 1, strides, activate=False)
    return layers.activation(layers.add(hidden, inputs))


def densenet(images, layers):
    """DenseNet: each layer reads the maps of all layers before it in its block; transitions halve maps and pixels."""
    growth = layers.filters(16)
    hidden = layers.linear(images, 2 * growth)
    for stage in range(3):
        if stage:
            hidden = layers.linear(_activated(hidden, layers), hidden.shape[-1] // 2, 1)
            hidden = layers.pooling(hidden, "average")
        for _ in range(layers.repeats(3)):
            hidden = layers.concatenate([hidden, layers.linear(_activated(hidden, layers), growth)])
    return layers.dropout(layers.global_average(_activated(hidden, layers)))


def _activated(inputs, layers):
    return layers.activation(layers.normalization(inputs))


def custom(images, layers):
    """One convolution, and one pooling, for each number of filters, then the head."""
    measures, hidden = layers.config.custom, images
    sizes = zip(measures.filters, measures.kernel_size, measures.strides, measures.pool_size, strict=True)
    for filters, kernel_size, strides, pool_size in sizes:
        hidden = layers.convolution(hidden, filters, kernel_size, strides, measures.padding)
        if measures.pooling is not None:
            hidden = layers.pooling(hidden, measures.pooling, pool_size)
        hidden = layers.dropout(hidden)
    if measures.head == "average":
        return layers.global_average(hidden)
    hidden = layers.flat(hidden)
    for units in measures.head:
        hidden = layers.dense(hidden, units)
    return hidden


FAMILIES = {
    "small": small,
    "lenet": lenet,
    "alexnet": alexnet,
    "vgg": vgg,
    "nin": nin,
    "inception": inception,
    "resnet": resnet,
    "densenet": densenet,
    "custom": custom,
}
