# Each target makes its own virtual environment under .venvs from nothing but Python 3.11 or newer
# and a package index. PYTHON=python3.12 picks another interpreter, ARGS='-k video' goes to pytest.

PYTHON ?= python3
VENVS := .venvs
OUT := demo
ARGS ?=

# One pip makes all environments, and leaves what it installs to be compiled when it is imported: a pip
# for each, and compiling what nobody imports, took longer than all the rest of it.
PIP := $(VENVS)/pip/bin/python -m pip --disable-pip-version-check
INTO = $(PIP) --python $(@D)/bin/python install --quiet --no-compile
# For pytest all is compiled before: to it, a warning about somebody else's source is an error.
COMPILE = $(@D)/bin/python -m compileall -qq -j 0 -x 'packages/.*/tests?/' $(@D)/lib

.DEFAULT_GOAL := help
.PHONY: help demo test test-slow test-slurm test-interop test-numeric test-variations check docs docstrings pictures format environments clean

help:  ## Show the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 24

demo: $(VENVS)/demo/.ready  ## Take the sample clip through the daemon: results, overlay video, report in ./demo
	$(VENVS)/demo/bin/neuropose demo --output $(OUT)

# Once where TensorFlow is missing, as it is for most users; then what needs it, where it is not. It is
# installed last, as it is three quarters of what is installed.
test: $(VENVS)/test/.ready  ## Run the tests, those on real clips too
	$(VENVS)/test/bin/python -m pytest -n auto -m 'not slow' $(ARGS); first=$$?; \
	$(MAKE) $(VENVS)/metrabs/.ready || exit; \
	$(VENVS)/metrabs/bin/python -m pytest -n auto tests/estimator/models/metrabs $(ARGS) || [ $$? -eq 5 ] && \
	exit $$first

# Each reader is in an environment of its own: it reads what NeuroPose wrote, and nothing of NeuroPose.
# That of Pose2Sim is large: READERS='… pose2sim' makes it too.
READERS := bids bvh c3d ffmpeg kineticstoolkit movement nwb opensim rerun tables
test-interop: $(VENVS)/interop/.ready $(READERS:%=$(VENVS)/reader-%/.ready)  ## Run the tests against other people's readers
	$(VENVS)/interop/bin/python -m pytest -n auto tests/interop tests/export tests/cli/test_export.py \
		tests/cli/test_object_storage.py \
		'tests/documentation/test_commands.py::test_every_command_of_a_page_runs[docs/guides/exporting.md]' $(ARGS)

test-slow: $(VENVS)/test/.ready  ## Run the tests that take minutes each
	$(VENVS)/test/bin/python -m pytest -n auto --maxschedchunk 1 -m slow $(ARGS)

# CI runs it only where its part is not what it last passed on; commit .ci/slurm-passed.
test-slurm: $(VENVS)/test/.ready  ## Kill the parts of a real SLURM, and note that the test has passed
	TEST_SLURM=1 .ci/slurm
	TEST_SLURM=required $(VENVS)/test/bin/python -m pytest -m slow tests/faults/test_cluster_killed.py $(ARGS)
	.ci/slurm passed

# Those whose outcome could depend on how a machine calculates; WITH=oldest picks the environment.
WITH := test
NUMERIC := analyzer estimator real testing test_docs.py test_package.py
test-numeric: $(VENVS)/$(WITH)/.ready  ## Run the tests of numbers only
	$(VENVS)/$(WITH)/bin/python -m pytest -n auto -m 'not slow' $(NUMERIC:%=tests/%) $(ARGS)

test-variations: $(VENVS)/test/.ready $(VENVS)/oldest/.ready  ## Run these as on other machines, an hour or more
	.ci/variations

check: $(VENVS)/check/.ready  ## Lint, check types and the direction of imports
	$(VENVS)/check/bin/ruff format --check .
	$(VENVS)/check/bin/ruff check .
	$(VENVS)/check/bin/mypy
	$(VENVS)/check/bin/lint-imports --no-cache
	$(MAKE) docstrings docs

# Parameters that have no description yet. The number may only fall; at 0 this target is
# `numpydoc lint` and nothing else.
UNDESCRIBED := 0

docstrings: $(VENVS)/docs/.ready  ## Check that docstrings describe every parameter
	$(VENVS)/docs/bin/numpydoc lint --ignore PR07 $$(find src -name '*.py')
	@left=$$($(VENVS)/docs/bin/numpydoc lint $$(find src -name '*.py') 2>&1 | grep -c ' PR07 '); \
	echo "$$left parameters without a description, at most $(UNDESCRIBED) allowed"; \
	[ "$$left" -le $(UNDESCRIBED) ]

# Whatever a page loads must lie beside it: it is read on machines without a network.
docs: $(VENVS)/docs/.ready  ## Build the site in ./site; warnings are errors
	$(VENVS)/docs/bin/sphinx-build --fail-on-warning --quiet -d .cache/docs docs site
	@! grep -rEl --include='*.html' '<(link|script|img)[^>]* (href|src)="(https?:)?//' site
	@echo 'site/index.html'

pictures: demo  ## Draw the pictures of README and site again, that of a page if there is a browser
	$(VENVS)/demo/bin/python docs/pictures.py $(OUT)

format: $(VENVS)/check/.ready  ## Format the code and fix what the linter can
	$(VENVS)/check/bin/ruff check --fix .
	$(VENVS)/check/bin/ruff format .

environments: $(READERS:%=$(VENVS)/reader-%/.ready) $(patsubst %,$(VENVS)/%/.ready,check docs test metrabs interop)
environments:  ## Make all that the checks and tests need; --jobs 2 makes two at a time

clean:  ## Remove the virtual environments, the demo's output and the site
	rm -rf $(VENVS) $(OUT) site .cache/docs docs/gallery docs/reference/api

$(VENVS)/demo/.ready: INSTALL = --editable .
$(VENVS)/demo/.ready: WHAT = NeuroPose, about 1 GB
$(VENVS)/test/.ready: INSTALL = --editable . --group test
$(VENVS)/test/.ready: WHAT = NeuroPose and pytest, about 1 GB
$(VENVS)/metrabs/.ready: WHAT = NeuroPose, pytest and TensorFlow, about 3 GB
$(VENVS)/check/.ready: INSTALL = --editable . --group check
$(VENVS)/docs/.ready: INSTALL = --editable . --group docs
$(VENVS)/interop/.ready: INSTALL = --editable . --group interop
$(VENVS)/metrabs/.ready: INSTALL = --editable . --group metrabs

$(VENVS)/pip/.ready:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo 'NeuroPose needs Python 3.11 or newer: make PYTHON=python3.12 ...' >&2; exit 1; }
	$(PYTHON) -m venv --clear $(@D)
	$(PIP) install --quiet 'pip>=25.1'
	touch $@

# Pose2Sim is there for the OpenSim model in it, not for its code.
$(VENVS)/reader-%/.ready: pyproject.toml | $(VENVS)/pip/.ready
	$(PYTHON) -m venv --clear --without-pip $(@D)
	$(INTO) --group reader-$*
	[ $* != opensim ] || $(INTO) --no-deps pose2sim
	touch $@

# The oldest release of everything that pyproject.toml names.
$(VENVS)/oldest/.ready: pyproject.toml | $(VENVS)/pip/.ready
	$(PYTHON) -m venv --clear --without-pip $(@D)
	$(INTO) pip uv
	$(@D)/bin/python -m uv pip install --quiet --python $(@D)/bin/python \
		--resolution lowest-direct --editable . --group test
	touch $@

$(VENVS)/%/.ready: pyproject.toml | $(VENVS)/pip/.ready
	@echo 'installing $(or $(WHAT),$(INSTALL)) into $(@D); this takes a few minutes the first time'
	$(PYTHON) -m venv --clear --without-pip $(@D)
	$(INTO) pip $(INSTALL)
	[ -z '$(filter test metrabs interop,$*)' ] || $(COMPILE) || true  # something old may not compile
	touch $@
