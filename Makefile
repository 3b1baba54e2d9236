# Every target sets itself up: it makes .venv if there is none and installs what it needs, once.
# Needs make and a Python from 3.11 on; name one with `make PYTHON=/path/to/python demo`.

PYTHON ?= python3.11 python3.12 python3.13 python3 python
VENV ?= .venv
JOBS ?= 2
PYTEST_ARGS ?=

RUN := $(VENV)/bin/python
PIP := $(RUN) -m pip --disable-pip-version-check

# TensorFlow says less, and matplotlib opens no window.
export TF_CPP_MIN_LOG_LEVEL ?= 3
export MPLBACKEND ?= Agg

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help demo test test-oldest lint format docs bench clean

help:  ## list the targets
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "%-18s %s\n", $$1, $$2 }'

demo: $(VENV)/.installed-plot,scikeras  ## run examples/quickstart.py
	$(RUN) examples/quickstart.py

test: $(VENV)/.installed-test  ## run the tests and the doctests; options: JOBS=2 PYTEST_ARGS="-k name"
	$(RUN) -m pytest -n $(JOBS) $(PYTEST_ARGS)

lint: $(VENV)/.installed-lint  ## check the style
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .

format: $(VENV)/.installed-lint  ## mend the style where that can be automatic
	$(RUN) -m ruff check --fix .
	$(RUN) -m ruff format .

# Everything is read and written again (-E -a), or a page left alone would keep its warning to itself.
docs: $(VENV)/.installed-docs  ## build the documentation in docs/_build/html, warnings being errors
	$(RUN) -m sphinx -E -a -W --keep-going -b html docs docs/_build/html

bench: $(VENV)/.installed-benchmark  ## compare with scikit-learn, Keras, scikeras, PyTorch and aeon
	$(RUN) benchmarks/run.py
ifdef TABLES  # a folder of raw tables; see benchmarks/raw_tables.py
	$(RUN) benchmarks/raw_tables.py $(TABLES)
endif

test-oldest:  ## run the tests with the oldest dependencies that pyproject.toml admits, in an environment of its own
	@$(MAKE) test VENV=.venv-oldest CONSTRAINTS=.venv-oldest/oldest.txt

clean:  ## remove what builds, tests and examples leave behind; environments stay
	rm -rf build dist *.egg-info .pytest_cache .ruff_cache docs/_build docs/api/generated docs/auto_examples
	find . -path './.venv*' -prune -o -type d -name __pycache__ -prune -exec rm -rf {} +

# pip is the last thing that venv writes: where it is, the environment is whole. setuptools is installed by hand so
# that installing the package again, after pyproject.toml has changed, needs no network when nothing new is asked for.
$(VENV)/bin/pip:
	@for candidate in $(PYTHON); do \
	    if "$$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	        echo "Making $(VENV) with $$candidate"; "$$candidate" -m venv $(VENV) && exit 0; exit 1; \
	    fi; \
	done; \
	echo "No Python >= 3.11 with venv and pip among: $(PYTHON). Name one: make PYTHON=/path/to/python" >&2; exit 1

$(VENV)/.installed-%: pyproject.toml $(CONSTRAINTS) | $(VENV)/bin/pip
	@echo "Installing scikit-deep[$*] into $(VENV); the first time this takes a minute or two"
	@$(PIP) install --quiet $(CONSTRAINTS:%=-c %) "setuptools>=77.0.3"
	@$(PIP) install --quiet $(CONSTRAINTS:%=-c %) --no-build-isolation --editable ".[$*]"
	@touch $@

# Each `name>=version` of pyproject.toml as `name==version`.
.venv-oldest/oldest.txt: pyproject.toml | $(VENV)/bin/pip
	@grep -oE '"[A-Za-z0-9_.-]+>=[0-9.]+"' $< | tr -d '"' | sed 's/>=/==/' | sort -u > $@
