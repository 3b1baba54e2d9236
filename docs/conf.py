"""Sphinx configuration. A build needs no network, and a built page asks nothing of another site."""

import inspect
from importlib.metadata import version as installed_version

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.util.inspect import stringify_signature

project = "scikit-deep"
author = "The skdeep developers"
copyright = f"2026, {author}"
release = version = installed_version("scikit-deep")

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosectionlabel",  # a section is linked to by its page and its title
    "sphinx.ext.autosummary",
    "numpydoc",
    "sphinx_gallery.gen_gallery",
    "matplotlib.sphinxext.plot_directive",
    "myst_parser",  # for CHANGELOG.md
]
templates_path = ["_templates"]
exclude_patterns = ["_build", "_static", "**/GALLERY_HEADER.rst"]
source_suffix = {".rst": "restructuredtext"}
default_role = "py:obj"

autosectionlabel_prefix_document = True

# Reference pages. The types stand in the numpydoc sections, so the signatures do without them.
autosummary_generate = True
autodoc_typehints = "none"
autodoc_member_order = "groupwise"
python_maximum_signature_line_length = 88
numpydoc_show_class_members = False  # the class template lists them

# Gallery. An example that fails stops the build.
sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "auto_examples",
    "filename_pattern": r"/(plot_|quickstart)",
    "ignore_pattern": r"/_",
    "within_subsection_order": "FileNameSortKey",
    "backreferences_dir": "api/generated/backreferences",
    "doc_module": ("skdeep",),
    "reference_url": {"skdeep": None},
    "remove_config_comments": True,
    "abort_on_example_error": True,
    "show_memory": False,
    "write_computation_times": False,  # its pages load scripts from elsewhere
    "download_all_examples": False,
}

# Figures of the guide: scripts in user_guide/figures/, drawn when the pages are built.
plot_formats = [("png", 144)]
plot_html_show_formats = False
plot_html_show_source_link = False
plot_rcparams = {
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "figure.dpi": 144,
    "font.size": 11,
    "axes.titlesize": 12,
    "axes.spines.top": False,
    "axes.spines.right": False,
}
plot_apply_rcparams = True

html_theme = "pydata_sphinx_theme"
html_title = "scikit-deep"
html_show_sourcelink = False
html_static_path = ["_static"]
html_css_files = ["skdeep.css"]
toc_object_entries_show_parents = "hide"
html_theme_options = {
    "navbar_end": ["theme-switcher"],
    "show_nav_level": 2,
    "show_prev_next": False,
    "secondary_sidebar_items": ["page-toc"],
}
html_math_renderer = "mathml"

# Docstrings inherited from scikit-learn point into its guide by these labels, and into its glossary.
SCIKIT_LEARN = "https://scikit-learn.org/stable/"
SCIKIT_LEARN_LABELS = {
    "accuracy_score": "modules/model_evaluation.html#accuracy-score",
    "df_output_transform": "modules/df_output_transform.html",
    "metadata_routing": "metadata_routing.html",
    "r2_score": "modules/model_evaluation.html#r2-score",
    "sphx_glr_auto_examples_miscellaneous_plot_set_output.py": ("auto_examples/miscellaneous/plot_set_output.html"),
}
SCIKIT_LEARN_TERMS = {"classes_", "fit", "meta-estimator", "sample_weight"}


def link_to_scikit_learn(app, env, node, contnode):
    """Turn a reference to one of scikit-learn's labels or terms into a link to its site."""
    target = node.get("reftarget")
    if node.get("reftype") == "ref" and target in SCIKIT_LEARN_LABELS:
        page = SCIKIT_LEARN_LABELS[target]
    elif node.get("reftype") == "term" and target in SCIKIT_LEARN_TERMS:
        page = f"glossary.html#term-{target}"
    else:
        return None
    return nodes.reference("", contnode.astext(), refuri=SCIKIT_LEARN + page, internal=False)


def show_parameters(app, what, name, obj, options, signature, returns):
    """Show the parameters of a class as those of its `__init__`, also where it has a `__new__` that takes any."""
    if what == "class" and signature and signature.startswith("(*arguments"):
        return stringify_signature(inspect.signature(obj), show_annotation=False), returns
    return None


def write_mathml(translator, node):
    """Write a formula as MathML, which browsers draw without a script from elsewhere."""
    display = isinstance(node, nodes.math_block)
    translator.body.append(tex2mathml(node.astext(), as_block=display))
    raise nodes.SkipNode


def setup(app):
    app.connect("missing-reference", link_to_scikit_learn)
    app.connect("autodoc-process-signature", show_parameters)
    app.add_html_math_renderer("mathml", (write_mathml, None), (write_mathml, None))
