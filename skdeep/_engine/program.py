"""The compiled thing: models, an objective and optimizers, and the traced functions that train and evaluate them.

One call of `train` runs whole epochs as a graph loop over data in memory. Everything that is a number (learning rate,
dropout, penalties, batch size, seeds, row order) is an argument or a variable, so one program serves every fit whose
graph is the same. A program is used by one thread at a time; the cache leases it.
"""

from contextlib import contextmanager

import numpy as np

from skdeep._engine import graph, state
from skdeep._engine.batches import Rows, row_types
from skdeep._engine.compile import compile_function
from skdeep._engine.frozen import freeze
from skdeep._engine.isolation import isolated
from skdeep._engine.objectives.terms import Term
from skdeep._engine.predict import layer_shapes, rows_per_call, width
from skdeep._engine.spec import optimizer_numbers
from skdeep._engine.updates import Stepper, check_patterns, check_updates, in_several, reading
from skdeep.utils._numbers import LiveNumber
from skdeep.utils._tensorflow import tf

# What a step may be at most to run in one thread: this many weights, and values in the widest layer for each row.
_MOST_WEIGHTS, _WIDEST = 2**13, 2**8


class Program:
    """Models with their training, built and traced once.

    Parameters
    ----------
    spec : ProgramSpec
        What the program computes.

    Attributes
    ----------
    models : dict of keras.Model
        By name, as the architecture built them.
    columns : tuple of str
        Names of the values of an epoch: "loss", the terms of the loss if there are several, and what is measured.
    evaluated : tuple of str
        Names of what `evaluate` returns: the same of the first update alone.
    """

    def __init__(self, spec):
        self.spec = spec
        self.dtype = tf.as_dtype(spec.signature.dtype)
        self.seconds_per_row = None
        self._shapes = spec.shapes
        self._variables = {name: tf.Variable(tf.zeros(shape, self.dtype)) for name, shape in self._shapes.items()}
        numbers = {name: LiveNumber(variable) for name, variable in self._variables.items()}
        self._built = state.Build(lambda: self._build(numbers))
        self.models, self._objective = self._built.models, self._built.made
        check_updates(self._objective.updates, self._variables)
        check_patterns(
            self._objective.updates, spec.rate_factors, [variable.path for variable in self._built.variables]
        )
        shared = in_several(self._objective.updates)
        self._steppers = [Stepper(update, spec, numbers, shared) for update in self._objective.updates]
        for stepper in self._steppers:
            self._adopt_rate(stepper)
        measured = self._objective.measured
        self.columns = _columns([name for update in self._objective.updates for name in update.terms], measured)
        self.evaluated = _columns(self._objective.updates[0].terms, measured)
        self._slots = [reset for stepper in self._steppers for reset in stepper.resets]
        self._random = state.RandomStates(list(self.models.values()), self._objective.seed_states)
        self._untrained = self._find_untrained()
        self.n_variables, self.nbytes = self._count_variables()
        self._train = compile_function(
            self._train_graph, self._train_types(), first_counts=True, one_thread=self._is_small()
        )
        n_values = sum(int(np.prod(shape)) for shape in self._shapes.values())
        types = [tf.TensorSpec((), tf.int32), tf.TensorSpec((n_values,), self.dtype)]
        self._start = compile_function(self._start_graph, types, first_counts=True)

    def _build(self, numbers):
        model, objective = self.spec.model, self.spec.objective
        models = state.named(model.build(model.config, self.spec.signature, numbers))
        # What is trained is what members have each for themselves, frozen or not.
        self._of_each = {id(variable) for one in models.values() for variable in one.trainable_variables}
        freeze(list(models.values()), self.spec.frozen)
        made = objective.build(objective.config, models, numbers)
        return models, list(made.variables), made

    def _adopt_rate(self, stepper):
        """Let the live number that stands for a learning rate be the variable that Keras' optimizer reads."""
        if stepper.rate is not None:
            recipe = dict(self.spec.optimizers)[stepper.update.optimizer]
            names = dict(zip(recipe.numbers, optimizer_numbers(stepper.update.optimizer, recipe), strict=True))
            self._variables[names["learning_rate"]] = stepper.rate.value

    def _held(self):
        """Return all variables of the models and of the objective, each once."""
        held = [variable for model in self.models.values() for variable in model.variables]
        held += [variable for variables in self._objective.variables for variable in variables]
        return list({id(variable): variable for variable in held}.values())

    def _find_untrained(self):
        """Return what may be assigned to in a step: moving statistics, state of the objective, models that follow."""
        trained = {id(variable) for stepper in self._steppers for variable in stepper.update.variables}
        return [variable for variable in self._held() if id(variable) not in trained]

    def _is_small(self):
        """Whether a step is so little work that several threads would only slow it down."""
        trained = [variable for stepper in self._steppers for variable in stepper.update.variables]
        n_weights = sum(int(np.prod(variable.shape)) for variable in trained)
        return n_weights <= _MOST_WEIGHTS and width(layer_shapes(self.models.values())) <= _WIDEST

    def _count_variables(self):
        """Return the number of weights and slots, and their bytes."""
        held = [*self._held(), *(variable for stepper in self._steppers for variable in stepper.optimizer.variables)]
        nbytes = sum(int(np.prod(variable.shape)) * tf.as_dtype(variable.dtype).size for variable in held)
        return len(held), nbytes

    # -- what callbacks see ---------------------------------------------------------------------------------------

    @property
    def model(self):
        """The first of the models."""
        return next(iter(self.models.values()))

    @property
    def optimizer(self):
        """The optimizer of the first update."""
        return self._steppers[0].optimizer

    @property
    def learning_rate(self):
        """The learning rate of the first update, as a Python number."""
        return float(self.optimizer.learning_rate)

    @learning_rate.setter
    def learning_rate(self, value):
        self._steppers[0].rate.assign(value)

    # -- state: plain arrays in and out ---------------------------------------------------------------------------

    def start(self, seed, numbers):
        """Draw fresh weights from the seed, reset the optimizers and set the live numbers."""
        values = [np.ravel(np.broadcast_to(numbers[name], shape)) for name, shape in self._shapes.items()]
        values = np.concatenate([*values, ()]).astype(self.dtype.as_numpy_dtype)
        self._start([tf.constant(seed, tf.int32), tf.constant(values)])

    def load(self, arrays, optimizer_state=None):
        """Overwrite the weights and, if it is given and of the same kind, the optimizers' state; a dict is of `slots`.

        Raises
        ------
        ValueError
            If the weights are those of another net.
        """
        variables = self._built.variables
        needed, given = [tuple(v.shape) for v in variables], [array.shape for array in arrays]
        if needed != given:
            raise ValueError(
                "The net is not the one that was fitted before, so training cannot go on from it: its weights have the "
                f"shapes {needed}, the fitted ones {given}. Fit anew, with warm_start=False."
            )
        self.place(arrays)
        if isinstance(optimizer_state, dict):
            self.load_slots(optimizer_state)
            return
        slots = [tuple(slot.shape) for slot, _ in self._slots]
        if optimizer_state is not None and slots == [array.shape for array in optimizer_state]:
            for (slot, _), array in zip(self._slots, optimizer_state, strict=True):
                slot.assign(array)

    def place(self, arrays):
        """Overwrite those weights for which there is an array and not None; a dict has them by path, for all models."""
        if isinstance(arrays, dict):
            arrays = [arrays.get(variable.path) for variable in self._built.variables]
        for variable, array in zip(self._built.variables, arrays, strict=bool(arrays)):
            if array is not None:
                variable.assign(array)

    def mask(self, masks):
        """Hold those kernels at zero, from here on, where there is an array of bool and it is False."""
        held = {id(one): mask for one, mask in zip(self._built.variables, masks, strict=True) if mask is not None}
        for stepper in self._steppers:
            for variable, mask in zip(stepper.update.variables, stepper.masks, strict=True):
                if mask is not None:
                    kept = np.broadcast_to(held.get(id(variable), True), mask.shape)
                    mask.assign(kept.astype(mask.dtype.as_numpy_dtype))

    @property
    def paths(self):
        """Keras' path of every weight of `weights`; members of an ensemble have the same."""
        return tuple(variable.path for variable in self._built.variables)

    def weights(self):
        """Return a copy of every weight of the models, and of the objective, as NumPy arrays."""
        return [variable.value.numpy() for variable in self._built.variables]

    def of_member(self, weights, number):
        """Return the part of the weights of all that is one member's."""
        if not self._objective.stacked:
            return [weights[at] for at in self._built.positions()[number]]
        pairs = zip(weights, self._built.variables, strict=True)
        return [array[number : number + 1] if id(one) in self._of_each else array for array, one in pairs]

    def of_members(self, kept):
        """Return the weights of all, of which each member's are its part of a list of its own."""
        weights = [np.array(array) for array in kept[0]]
        for number, own in enumerate(kept):
            if self._objective.stacked:
                pairs = enumerate(zip(own, self._built.variables, strict=True))
                for at, array in ((at, array) for at, (array, one) in pairs if id(one) in self._of_each):
                    weights[at][number] = array[number]
            else:
                for at in self._built.positions()[number]:
                    weights[at] = own[at]
        return weights

    def optimizer_state(self):
        """Return a copy of the optimizers' slots and step counts as NumPy arrays."""
        return [slot.value.numpy() for slot, _ in self._slots]

    def slots(self):
        """Return what the optimizer of the first update remembers; see `Stepper.slots`."""
        return self._steppers[0].slots()

    def load_slots(self, arrays):
        """Overwrite what the optimizer of the first update remembers."""
        self._steppers[0].load_slots(arrays)

    def average_weights(self):
        """Replace the weights by their moving averages, where an optimizer keeps these."""
        for stepper in self._steppers:
            if stepper.optimizer.use_ema:
                stepper.optimizer.finalize_variable_values(stepper.update.variables)

    @contextmanager
    def averaged(self):
        """For the time of a block, let the weights be their moving averages, where an optimizer keeps these."""
        if not any(stepper.optimizer.use_ema for stepper in self._steppers):
            yield
            return
        weights = self.weights()
        self.average_weights()
        try:
            yield
        finally:
            self.place(weights)

    # -- computation ----------------------------------------------------------------------------------------------

    def train(self, data, orders, batch_size, *, seed, first_epoch, values=None, sums=None):
        """Run one epoch, or a piece of one, for each row of `orders`.

        Returns the sums (loss, weight) of each epoch for each of `columns`, shape (n_epochs, n_columns, 2): their
        ratios are means over the epoch.

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
        values : ndarray, shape (n_epochs, n_steps, n_scheduled), or None
            The value of each scheduled number at every step.
        sums : ndarray of shape (n_columns, 2), or None
            What the piece before returned; None if the rows begin an epoch, for which the noise is then seeded.
        """
        fresh = sums is None
        arguments = [*data.flat, tf.constant(orders), tf.constant(batch_size, tf.int32)]
        arguments += [tf.constant([seed, first_epoch], tf.int32), tf.constant(fresh)]
        arguments.append(tf.constant(np.zeros((len(self.columns), 2)) if fresh else sums, self.dtype))
        if self.spec.scheduled:
            arguments.append(tf.constant(values, self.dtype))
        return self._train(arguments).numpy()

    def evaluate(self, data, rows_a_call=None):
        """Return the means over the data of each of `evaluated`, with the net in inference mode; and its outputs.

        Parameters
        ----------
        data : Data
        rows_a_call : int, optional
            As many as memory allows, if it is not given.

        Returns
        -------
        means : list of float
        outputs : list of list of ndarray
            Of each of `stacked` members for its rows; none where members are not stacked.
        """
        most = rows_a_call or rows_per_call(layer_shapes(self.models.values()), data.longest)
        most = max(self.rows_together, most - most % self.rows_together)
        sums, outputs = self._traced("evaluate")([*data.flat, tf.constant(most, tf.int32)])
        outputs, n_outputs = [one.numpy() for one in outputs], self._n_outputs
        members = [outputs[first : first + n_outputs] for first in range(0, len(outputs), n_outputs)]
        return [float(loss / weight) for loss, weight in sums.numpy()], members

    @property
    def _n_outputs(self):
        return sum(len(model.outputs) for model in self.models.values())

    @property
    def rows_together(self):
        """How many rows belong together, in batches and where rows are evaluated."""
        return self._objective.rows_together

    @property
    def prepares(self):
        """Whether the objective sets weights that depend on rows."""
        return self._objective.prepare is not None

    def prepare(self, data, rows, seed):
        """Let the objective set weights that depend on some of the rows, given by number."""
        self._traced("prepare")([*data.flat, tf.constant(rows, tf.int32), tf.constant(seed, tf.int32)])

    # -- the graph ------------------------------------------------------------------------------------------------

    def _train_types(self):
        scalar, flag = tf.TensorSpec((), tf.int32), tf.TensorSpec((), tf.bool)
        types = [*row_types(self.spec), tf.TensorSpec((None, None), tf.int32), scalar, tf.TensorSpec((2,), tf.int32)]
        types += [flag, tf.TensorSpec((len(self.columns), 2), self.dtype)]
        n_scheduled = len(self.spec.scheduled)
        return types + ([tf.TensorSpec((None, None, n_scheduled), self.dtype)] if n_scheduled else [])

    def _traced(self, name):
        """Return a graph that most fits never need, traced when it is first asked for."""
        attribute = f"_{name}_compiled"
        if attribute not in vars(self):
            further = {"evaluate": [((), tf.int32)], "prepare": [((None,), tf.int32), ((), tf.int32)]}[name]
            types = [*row_types(self.spec), *(tf.TensorSpec(*one) for one in further)]
            setattr(self, attribute, isolated(compile_function, getattr(self, f"_{name}_graph"), types))
        return getattr(self, attribute)

    def _start_graph(self, seed, numbers):
        sizes = [int(np.prod(shape)) for shape in self._shapes.values()]
        for variable, values in zip(self._variables.values(), tf.split(numbers, sizes) if sizes else (), strict=True):
            variable.assign(tf.reshape(values, variable.shape))
        for variable, value in self._built.fresh(seed):
            variable.assign(value)
        for slot, start in self._slots:
            state.reset_slot(slot, start)

    def _train_graph(self, *arguments):
        rows = Rows(self.spec, arguments)
        orders, batch_size, noise, fresh, sums, *values = rows.rest
        for stepper in self._steppers:
            stepper.layout.load()

        def one_step(epoch, step, numbers):
            first = fresh & tf.equal(step, 0)
            self._random.reseed(noise[0], noise[1] + epoch, when=first)
            batch = rows.batch(numbers)
            loss, terms = self._step(epoch, step, batch, values)
            return [*_sums(loss, terms), *self._objective.measure(batch, terms, first).values()]

        sums = graph.epochs(orders, batch_size, sums, step=one_step)
        with tf.control_dependencies([sums]):
            for stepper in self._steppers:
                stepper.layout.unload()
        return sums

    def _step(self, epoch, step, batch, values):
        """Run all updates on one batch and return the loss and all terms."""
        for index, name in enumerate(self.spec.scheduled):
            self._variables[name].assign(values[0][epoch, step, index])
        losses, terms = [], {}
        for stepper in self._steppers:
            loss, more = self._update(stepper, batch)
            losses.append(_reported(loss, stepper.update))
            terms |= more
        if self._objective.after is not None:
            with reading(self._elsewhere(self._steppers), self._untrained):
                self._objective.after(batch, terms)
        if "step" in self._variables:
            self._variables["step"].assign_add(1.0)
        return tf.add_n(losses) if len(losses) > 1 else losses[0], terms

    def _elsewhere(self, steppers):
        """Return (variable, value) of the weights of some updates that are not in the variables of the net."""
        return [pair for stepper in steppers for pair in stepper.layout.elsewhere()]

    def _update(self, stepper, batch):
        """Return the loss of an update, and its terms; zeros if it is not its turn."""
        names, every = stepper.update.terms, stepper.update.every
        others = [other for other in self._steppers if other is not stepper]

        def run():
            return stepper.run(batch, self._elsewhere(others), self._untrained)

        def run_in_turn():
            loss, terms = run()
            return loss, {name: (terms[name].total, terms[name].weight) for name in names}

        if every == 1:
            loss, terms = run()
            return loss, {name: terms[name] for name in names}
        zero = tf.zeros((), self.dtype)
        due = tf.equal(tf.cast(self._variables["step"], tf.int64) % every, every - 1)
        loss, pairs = tf.cond(due, run_in_turn, lambda: (zero, dict.fromkeys(names, (zero, zero))))
        return loss, {name: Term(*pair) for name, pair in pairs.items()}

    def _evaluate_graph(self, *arguments):
        rows, first = Rows(self.spec, arguments), self._objective.updates[0]

        def one_step(numbers):
            batch = rows.batch(numbers)
            terms = self._objective.evaluate(batch)
            loss = _reported(first.total(terms), first)
            measured = self._objective.measure(batch, terms, tf.equal(numbers[0], 0))
            return [*_sums(loss, {name: terms[name] for name in first.terms}), *measured.values()], kept_of(terms)

        def kept_of(terms):
            return [output for name in first.terms for output in terms[name].outputs] if n_kept else []

        n_kept = self._objective.stacked * self._n_outputs
        return graph.pieces(rows.n_rows, rows.rest[0], len(self.evaluated), n_kept, self.dtype, step=one_step)

    def _prepare_graph(self, *arguments):
        rows = Rows(self.spec, arguments)
        numbers, seed = rows.rest
        self._objective.prepare(rows.batch(numbers), seed)


def _reported(loss, update):
    return loss if update.shown == 1.0 else update.shown * loss


def _sums(loss, terms):
    """Return (loss, weight) of what is minimised, whose items are those of the first term, and of several terms."""
    pairs = [(term.total, term.weight) for term in terms.values()]
    weight = pairs[0][1]
    return [(loss * weight, weight), *(pairs if len(pairs) > 1 else ())]


def _columns(terms, measured):
    return ("loss", *(terms if len(terms) > 1 else ()), *measured)
