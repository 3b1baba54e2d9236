"""Nets of images in few words."""


def on(architecture, **parameters):
    """Return parameters of an estimator, of which an architecture of a class gets those that it has.

    `on(Custom, filters=(3,), epochs=2)` is `{"architecture": Custom(filters=(3,)), "epochs": 2}`.
    """
    own = {name: parameters.pop(name) for name in architecture._get_param_names() if name in parameters}
    return {"architecture": architecture(**own), **parameters}
