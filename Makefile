# The two commands are `make demo` and `make test`; each sets up what it needs.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: setup setup-dev demo docs migrations check test floor lint bench release

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(STAMP): pyproject.toml constraints.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable .
	touch $@

$(STAMP)-dev: $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	touch $@

setup: $(STAMP)

setup-dev: $(STAMP)-dev

demo: $(STAMP)
	$(BIN)/rollcall demo $(ARGS)

docs: $(STAMP)-dev
	$(BIN)/python docs/build_reference.py

# What changed in models: make migrations ARGS="records --name more_of_schools". It asks no database.
migrations: export DATABASE_URL = postgresql://unused
migrations: export ROLLCALL_KEY = unused
migrations: $(STAMP)
	$(BIN)/python -W ignore -m django makemigrations --settings rollcall.django_settings $(ARGS)

lint: $(STAMP)-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	DATABASE_URL=postgresql://unused ROLLCALL_KEY=unused $(BIN)/mypy
	$(BIN)/lint-imports

# While you work: style, types, imports, the core's tests and those of what you changed.
check: lint
	$(BIN)/pytest -n 2 $$($(BIN)/python tests/touched.py)

# Each of pytest's workers takes half of the tests, so that those of a module share its world; the
# first to be done takes over from the other. Compiled files are kept, whatever the environment
# says: the tests start hundreds of processes. Style and types are looked at beside the tests, which
# often wait; what they say comes last, and either ends with a failure.
test: export PYTHONDONTWRITEBYTECODE =
test: $(STAMP)-dev
	tests/install_servers
	$(MAKE) lint >.lint.log 2>&1 & lint=$$!; \
	$(BIN)/pytest -n 2 --dist worksteal $(ARGS); tests=$$?; \
	wait $$lint; lint=$$?; cat .lint.log; exit $$((tests || lint))

# The oldest libraries that pyproject.toml allows, in an environment of their own: do they do?
FLOOR := .venv-floor
floor: $(STAMP)-dev
	$(PYTHON) -m venv $(FLOOR)
	$(FLOOR)/bin/python -m pip install --quiet --disable-pip-version-check uv
	$(FLOOR)/bin/uv pip install --quiet --python $(FLOOR)/bin/python --resolution lowest-direct --editable '.[dev]'
	$(FLOOR)/bin/pytest -n 2 tests/core tests/records tests/engine/runs tests/cli

# Compiled, as pip leaves everything that it does not install to be edited.
bench: $(STAMP)-dev
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev,bench]'
	$(BIN)/python -m compileall -q src
	$(BIN)/python -m bench $(ARGS)

# The wheel of this version, tried in an empty environment: .ci/release.py says what it checks.
release: $(STAMP)-dev
	$(BIN)/python .ci/release.py
