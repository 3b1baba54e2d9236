"""What is minimised: each objective a module with its formula, none of which knows an optimizer or a loop.

An objective is made by a recipe, `build(config, models, numbers)`, of the named models of an architecture and of live
numbers. The engine asks of it:

``updates``
    A tuple of `Update`: which variables move, and down which loss. Most objectives have one; a pair of rivals has two.
``variables``
    State of its own beyond the models' weights, trained or not: one list of `keras.Variable` a model, or none. They
    follow the weights of the models in `weights_`.
``seed_states``
    Vectors of two integers that the engine seeds at each epoch, for noise that it draws itself: one list a model.
``evaluate(batch)``
    The terms of the loss in inference mode, by name, as those of the first update.
``after(batch, terms)``
    Assignments at the end of a step, given the terms of all updates, if there are any to make.
``prepare(batch, seed)``
    Assignments before training that depend on some rows, if there are any to make; left out where training goes on.

``measured``, ``measure(batch, terms, first)``
    Names of what is measured besides the loss, and a pair (sum, weight) for each: sums of pairs over an epoch are
    divided. `terms` are those of the updates, `first` is whether the rows begin an epoch.

`Objective` is a base that has them all, empty. It and the pieces are in `terms`.
"""
