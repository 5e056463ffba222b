# The two commands are `make demo` and `make test`; each sets up what it needs.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: setup setup-dev demo docs test lint bench release

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

lint: $(STAMP)-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	DATABASE_URL=postgresql://unused ROLLCALL_KEY=unused $(BIN)/mypy
	$(BIN)/lint-imports

# Each of pytest's workers takes half of the tests, so that those of a module share its world; the
# first to be done takes over from the other.
test: $(STAMP)-dev
	tests/install_servers
	$(MAKE) lint
	$(BIN)/pytest -n 2 --dist worksteal $(ARGS)

# Compiled, as pip leaves everything that it does not install to be edited.
bench: $(STAMP)-dev
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev,bench]'
	$(BIN)/python -m compileall -q src
	$(BIN)/python -m bench $(ARGS)

# The wheel of this version, tried in an empty environment: .ci/release.py says what it checks.
release: $(STAMP)-dev
	$(BIN)/python .ci/release.py
