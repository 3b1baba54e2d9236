"""Nodes of an ONNX graph, written one after the other."""

import numpy as np

OPSET = 15  # of all nodes: the newest that converters of Keras' graphs know well
_ABSENT = "absent"  # stands for inputs that are left out, whose name is empty, which skl2onnx cannot sort


class Graph:
    """What is added to the graph that skl2onnx puts together.

    Parameters
    ----------
    scope, container : object
        Of skl2onnx: the former invents names, the latter holds nodes and constants.
    """

    def __init__(self, scope, container):
        self._scope, self._container = scope, container

    def add(self, kind, *inputs, output=None, **attributes):
        """Add a node and return the name of what it makes; arrays among its inputs become constants."""
        names = [one if isinstance(one, str) else self.constant(one) for one in inputs]
        output = output or self._scope.get_unique_variable_name(kind.lower())
        name = self._scope.get_unique_operator_name(kind)
        self._container.add_node(kind, names, [output], op_version=OPSET, name=name, **attributes)
        return output

    def constant(self, values):
        """Add a constant and return its name."""
        from onnx import helper

        values = np.asarray(values)
        name = self._scope.get_unique_variable_name("constant")
        strings = values.dtype.kind in "OU"
        kind = helper.np_dtype_to_tensor_dtype(np.dtype(object) if strings else values.dtype)
        flat = [str(one).encode() for one in values.ravel()] if strings else values.ravel().tolist()
        self._container.add_initializer(name, kind, list(values.shape), flat)
        return name

    def cast(self, given, dtype, output=None):
        """Add a conversion to another type."""
        from onnx import helper

        return self.add("Cast", given, to=helper.np_dtype_to_tensor_dtype(np.dtype(dtype)), output=output)

    def include(self, model, inputs):
        """Add all nodes of another model and return the names of its outputs.

        Parameters
        ----------
        model : onnx.ModelProto
        inputs : sequence of str
            What its inputs are called here.
        """
        from onnx import numpy_helper

        graph = model.graph
        names = {one.name: here for one, here in zip(graph.input, inputs, strict=True)} | {"": _ABSENT}
        for array in graph.initializer:
            names[array.name] = self._scope.get_unique_variable_name("weight")
            copied = type(array)()
            copied.CopyFrom(array)
            copied.name = names[array.name]
            self._container.initializers.append(copied)
        for node in graph.node:
            for name in filter(None, node.output):
                names.setdefault(name, self._scope.get_unique_variable_name("value"))
        for node in graph.node:
            copied = type(node)()
            copied.CopyFrom(node)
            copied.name = self._scope.get_unique_operator_name(node.op_type)
            copied.output[:] = [
                names[name] if name else self._scope.get_unique_variable_name("unused") for name in node.output
            ]
            _rename_inputs(copied, names)
            self._container.nodes.append(copied)
        if all(array.name != _ABSENT for array in self._container.initializers):
            self._container.initializers.append(numpy_helper.from_array(np.zeros(0, np.float32), _ABSENT))
        for needed in model.opset_import:
            self._container.node_domain_version_pair_sets.add((needed.domain, needed.version))
        return [names[one.name] for one in graph.output]


def _rename_inputs(node, names):
    """Rename what a node reads, and what the bodies of loops and branches read of the graph around them."""
    node.input[:] = [names.get(name, name) for name in node.input]
    for body in _bodies(node):
        own = {one.name for one in (*body.input, *body.initializer)} | {name for n in body.node for name in n.output}
        outer = {name: new for name, new in names.items() if name not in own}
        for inner in body.node:
            _rename_inputs(inner, outer)
        for output in body.output:
            output.name = outer.get(output.name, output.name)


def _bodies(node):
    return [attribute.g for attribute in node.attribute if attribute.HasField("g")]


def _read(node):
    """Return the names that a node reads, and those that its bodies read."""
    found = set(node.input)
    for body in _bodies(node):
        own = {name for inner in body.node for name in inner.output}
        found |= set().union(*map(_read, body.node), {output.name for output in body.output}) - own
    return found


def sort(model):
    """Put the nodes of a model in an order in which each reads only what was made before it, bodies included.

    What stood for inputs that are left out becomes so again.
    """
    graph = model.graph
    kept = [array for array in graph.initializer if array.name != _ABSENT]
    del graph.initializer[:]
    graph.initializer.extend(kept)
    for node in graph.node:
        _rename_inputs(node, {_ABSENT: ""})
    makers = {name: number for number, node in enumerate(graph.node) for name in node.output if name}
    order, seen = [], set()

    def visit(number):
        if number in seen:
            return
        seen.add(number)
        for name in sorted(_read(graph.node[number])):
            if name in makers:
                visit(makers[name])
        order.append(graph.node[number])

    for number in range(len(graph.node)):
        visit(number)
    del graph.node[:]
    graph.node.extend(order)
