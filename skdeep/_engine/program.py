"""The compiled thing: a model, its losses and optimizer, and the traced functions that train and evaluate it.

One call of `train` runs whole epochs as a graph loop over data in memory. Everything that is a number (learning rate,
dropout, penalties, batch size, seeds, row order) is an argument or a variable, so one program serves every fit whose
graph is the same. A program is used by one thread at a time; the cache leases it.
"""

import keras
import numpy as np
import tensorflow as tf

from skdeep._engine import batches, optimizers, weights
from skdeep._engine.compile import compile_function
from skdeep._engine.flat import FlatWeights, fits
from skdeep._engine.isolation import isolated
from skdeep._engine.mixup import Mixup, partners
from skdeep._engine.predict import rows_per_call
from skdeep.utils._numbers import LiveNumber


class Program:
    """A model with its training, built and traced once.

    Parameters
    ----------
    spec : ProgramSpec
        What the program computes.
    """

    def __init__(self, spec):
        self.spec = spec
        self.dtype = tf.as_dtype(spec.signature.dtype)
        self.seconds_per_row = None
        self._variables = {name: tf.Variable(0.0, dtype=self.dtype) for name in spec.numbers}
        numbers = {name: LiveNumber(variable) for name, variable in self._variables.items()}
        self.model, self._initializers = weights.build_with_initializers(
            lambda: spec.model.build(spec.model.config, spec.signature, numbers)
        )
        self._losses = [loss.build(loss.config, numbers) for loss in spec.losses]
        self._penalties = {name: numbers[name] for name in spec.penalties}
        self._trainable = self.model.trainable_variables
        self.optimizer = optimizers.build(
            spec.optimizer.config, {name: numbers[name] for name in spec.optimizer.numbers}
        )
        self._flat = FlatWeights(self._trainable, self.dtype) if spec.flat and fits(self._trainable) else None
        updated = self._trainable if self._flat is None else [self._flat.variable]
        rate = optimizers.prepare(self.optimizer, spec.optimizer, updated, spec.signature.dtype)
        if rate is not None:
            self._variables["learning_rate"] = rate.value
        self._slots = weights.slot_resets(self.optimizer, self._trainable)
        self._mixup = Mixup(numbers["mixup"], self.dtype) if spec.mixup else None
        self._random_states = weights.random_states(self.model) + ([self._mixup.seed_state] if spec.mixup else [])
        held = [*self.model.variables, *self.optimizer.variables]
        self.nbytes = sum(int(np.prod(variable.shape)) * tf.as_dtype(variable.dtype).size for variable in held)
        self._compile()

    # -- state: plain arrays in and out ---------------------------------------------------------------------------

    def start(self, seed, numbers):
        """Draw fresh weights from the seed, reset the optimizer and set the live numbers."""
        vector = np.array([numbers[name] for name in self._variables], dtype=self.dtype.as_numpy_dtype)
        self._start([tf.constant(seed, tf.int32), tf.constant(vector)])

    def load(self, arrays, optimizer_state=None):
        """Overwrite the weights and, if it is given and of the same kind, the optimizer's state.

        Raises
        ------
        ValueError
            If the weights are those of another net.
        """
        needed, given = [tuple(v.shape) for v in self.model.weights], [array.shape for array in arrays]
        if needed != given:
            raise ValueError(
                "The net is not the one that was fitted before, so training cannot go on from it: its weights have the "
                f"shapes {needed}, the fitted ones {given}. Fit anew, with warm_start=False."
            )
        for variable, array in zip(self.model.weights, arrays, strict=True):
            variable.assign(array)
        slots = [tuple(slot.shape) for slot, _ in self._slots]
        if optimizer_state is not None and slots == [array.shape for array in optimizer_state]:
            for (slot, _), array in zip(self._slots, optimizer_state, strict=True):
                slot.assign(array)

    def place(self, arrays):
        """Overwrite those weights for which there is an array and not None."""
        for variable, array in zip(self.model.weights, arrays, strict=True):
            if array is not None:
                variable.assign(array)

    def weights(self):
        """Return a copy of every weight of the model as NumPy arrays."""
        return [variable.value.numpy() for variable in self.model.weights]

    def optimizer_state(self):
        """Return a copy of the optimizer's slots and step count as NumPy arrays."""
        return [slot.value.numpy() for slot, _ in self._slots]

    @property
    def learning_rate(self):
        """The learning rate in force, as a Python number."""
        return float(self.optimizer.learning_rate)

    @learning_rate.setter
    def learning_rate(self, value):
        self._variables["learning_rate"].assign(value)

    # -- computation ----------------------------------------------------------------------------------------------

    def train(self, data, orders, batch_size, *, seed, first_epoch, rates=None, sums=None):
        """Run one epoch, or a piece of one, for each row of `orders`.

        Returns the sums (loss, weight) of each epoch, shape (n_epochs, 2): their ratio is the mean training loss.

        Parameters
        ----------
        data : Data
            Inputs, targets and, in a weighted program, sample weights.
        orders : ndarray of int32, shape (n_epochs, n_rows)
            The order in which each epoch visits the rows.
        batch_size : int
            Rows a step; the last step of an epoch takes what is left.
        seed : int
            Seed of the noise inside the net.
        first_epoch : int
            Number of the first epoch, counted over the life of the weights.
        rates : ndarray, shape (n_epochs, n_steps), or None
            The learning rate of every step, in a scheduled program.
        sums : ndarray of shape (2,), or None
            What the piece before returned; None if the rows begin an epoch, for which the noise is then seeded.
        """
        fresh = sums is None
        arguments = [*data.flat, tf.constant(orders), tf.constant(batch_size, tf.int32)]
        arguments += [tf.constant([seed, first_epoch], tf.int32), tf.constant(fresh)]
        arguments.append(tf.constant(np.zeros(2) if fresh else sums, self.dtype))
        if self.spec.scheduled:
            arguments.append(tf.constant(rates, self.dtype))
        return self._train(arguments).numpy()

    def evaluate(self, data):
        """Return the mean loss over the data, with the net in inference mode."""
        return float(self._evaluate([*data.flat, tf.constant(rows_per_call(self.model), tf.int32)]))

    # -- the graph ------------------------------------------------------------------------------------------------

    def _compile(self):
        spec = self.spec
        data = [part for parts in batches.tensor_specs(spec.signature) for part in parts]
        data += [tf.TensorSpec((None, *shape), dtype) for shape, dtype in spec.targets]
        data += [tf.TensorSpec((None,), self.dtype)] if spec.weighted else []
        scalar, flag = tf.TensorSpec((), tf.int32), tf.TensorSpec((), tf.bool)
        train = [*data, tf.TensorSpec((None, None), tf.int32), scalar, tf.TensorSpec((2,), tf.int32), flag]
        train += [tf.TensorSpec((2,), self.dtype)]
        train += [tf.TensorSpec((None, None), self.dtype)] if spec.scheduled else []
        numbers = tf.TensorSpec((len(self._variables),), self.dtype)
        self._train = self._trace(self._train_graph, train)
        self._start = self._trace(self._start_graph, [scalar, numbers])
        self._evaluate_types = [*data, scalar]

    def _trace(self, function, types):
        return compile_function(function, types)

    @property
    def _evaluate(self):
        # Traced when first asked for: most fits never validate.
        if "_evaluate_concrete" not in vars(self):
            self._evaluate_concrete = isolated(self._trace, self._evaluate_graph, self._evaluate_types)
        return self._evaluate_concrete

    def _start_graph(self, seed, numbers):
        for variable, number in zip(self._variables.values(), tf.unstack(numbers), strict=True):
            variable.assign(number)
        for variable, value in weights.fresh(self.model, self._initializers, seed):
            variable.assign(value)
        for slot, start in self._slots:
            weights.reset_slot(slot, start)

    def _unpack(self, flat):
        inputs = []
        flat = list(flat)
        for _, spec in self.spec.signature.inputs:
            inputs.append([flat.pop(0) for _ in range(3 if spec.sparse else 1)])
        targets = [flat.pop(0) for _ in self.spec.targets]
        sample_weight = flat.pop(0) if self.spec.weighted else None
        return inputs, targets, sample_weight, flat

    def _train_graph(self, *arguments):
        inputs, targets, sample_weight, rest = self._unpack(arguments)
        orders, batch_size, noise, fresh, sums = rest[:5]
        n_epochs, n_rows = tf.unstack(tf.shape(orders))
        n_steps = (n_rows + batch_size - 1) // batch_size
        if self._flat is not None:
            self._flat.load()

        def one_epoch(epoch, losses):
            order = orders[epoch]
            self._reseed(noise[0], noise[1] + epoch, fresh)

            def one_step(step, total, total_weight):
                if self.spec.scheduled:
                    self._variables["learning_rate"].assign(rest[5][epoch, step])
                rows = order[step * batch_size : (step + 1) * batch_size]
                loss, weight = self._step(inputs, targets, sample_weight, rows)
                if "step" in self._variables:
                    self._variables["step"].assign_add(1.0)
                return step + 1, total + loss * weight, total_weight + weight

            start = (0, sums[0], sums[1])
            _, total, weight = tf.while_loop(lambda step, *_: step < n_steps, one_step, start)
            return epoch + 1, losses.write(epoch, tf.stack([total, weight]))

        losses = tf.TensorArray(self.dtype, size=n_epochs)
        losses = tf.while_loop(lambda epoch, _: epoch < n_epochs, one_epoch, (0, losses))[1].stack()
        if self._flat is not None:
            with tf.control_dependencies([losses]):
                self._flat.unload()
        return losses

    def _reseed(self, seed, epoch, fresh):
        if not self._random_states:
            return

        def for_epoch():
            weights.reseed(self._random_states, seed, epoch)
            return tf.constant(0)

        tf.cond(fresh, for_epoch, lambda: tf.constant(0))

    def _step(self, inputs, targets, sample_weight, rows):
        if self._flat is not None:
            return self._flat_step(inputs, targets, sample_weight, rows)
        variables = [variable.value for variable in self._trainable]
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(variables)
            loss, weight = self._loss(inputs, targets, sample_weight, rows, training=True)
        gradients = self._penalised(tape.gradient(loss, variables), variables)
        self.optimizer.apply(gradients, self._trainable)
        return loss, weight

    def _flat_step(self, inputs, targets, sample_weight, rows):
        values = self._flat.parts()
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(values)
            with keras.StatelessScope(list(zip(self._trainable, values, strict=True))) as scope:
                loss, weight = self._loss(inputs, targets, sample_weight, rows, training=True)
        gradients = tape.gradient(loss, values, unconnected_gradients="zero")
        self.optimizer.apply([self._flat.flatten(self._penalised(gradients, values))], [self._flat.variable])
        for variable in self.model.non_trainable_variables:
            updated = scope.get_current_value(variable)
            if updated is not None:
                variable.assign(updated)
        return loss, weight

    def _loss(self, inputs, targets, sample_weight, rows, *, training):
        batch = batches.gather(inputs, rows, self.spec.signature)
        targets = [tf.gather(target, rows) for target in targets]
        weight = None if sample_weight is None else tf.gather(sample_weight, rows)
        if self._mixup is not None and training:
            shares = self._mixup.shares(tf.shape(rows)[0])
            outputs = self._outputs(self._mixup.inputs(batch, shares), training)
            weight = tf.ones_like(shares) if weight is None else weight
            parts = [(targets, weight * shares), ([*map(partners, targets)], partners(weight) * (1.0 - shares))]
        else:
            outputs = self._outputs(batch, training)
            parts = [(targets, weight)]
        n_rows = tf.cast(tf.shape(rows)[0], self.dtype)
        total_weight = n_rows if weight is None else tf.add_n([tf.reduce_sum(part) for _, part in parts])
        loss = tf.add_n([tf.zeros((), self.dtype), *self.model.losses]) if self.model.losses else 0.0
        for targets, weight in parts:
            for function, target, output in zip(self._losses, targets, outputs, strict=True):
                each = function(target, output)
                loss += tf.reduce_mean(each) if weight is None else tf.reduce_sum(each * weight) / total_weight
        return loss, total_weight

    def _outputs(self, batch, training):
        return keras.tree.flatten(self.model(batch, training=training))

    def _penalised(self, gradients, values):
        """Clip the gradient of the loss, then add the gradient of the penalties, which act on kernels only."""
        gradients = [_dense(gradient) for gradient in gradients]
        if "clip_norm" in self._penalties:
            norm = tf.linalg.global_norm([gradient for gradient in gradients if gradient is not None])
            scale = tf.minimum(self._penalties["clip_norm"].read() / tf.maximum(norm, 1e-30), 1.0)
            gradients = [None if gradient is None else gradient * scale for gradient in gradients]
        return [self._with_penalty(*pair) for pair in zip(gradients, values, strict=True)]

    def _with_penalty(self, gradient, value):
        if gradient is None or len(value.shape) < 2:
            return gradient
        if "alpha" in self._penalties:
            gradient += self._penalties["alpha"].read() * value
        if "l1" in self._penalties:
            gradient += self._penalties["l1"].read() * tf.sign(value)
        return gradient

    def _evaluate_graph(self, *arguments):
        inputs, targets, sample_weight, (batch_size,) = self._unpack(arguments)
        n_rows = tf.shape(targets[0])[0]

        def one_step(start, total, total_weight):
            rows = tf.range(start, tf.minimum(start + batch_size, n_rows))
            loss, weight = self._loss(inputs, targets, sample_weight, rows, training=False)
            return start + batch_size, total + loss * weight, total_weight + weight

        zero = tf.zeros((), self.dtype)
        _, total, weight = tf.while_loop(lambda start, *_: start < n_rows, one_step, (0, zero, zero))
        return total / weight


def _dense(gradient):
    # TensorFlow adds the rows of a sparse gradient in racing order; a segment sum adds them in theirs.
    if isinstance(gradient, tf.IndexedSlices):
        return tf.math.unsorted_segment_sum(gradient.values, gradient.indices, gradient.dense_shape[0])
    return gradient
