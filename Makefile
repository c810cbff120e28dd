# Needs Python 3.11+, git and make; everything else goes into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test lint check sweep format bench clean

demo: $(VENV)/installed  ## the whole story against the embedded sandbox: plan, apply, drift, reconcile
	@$(BIN)/personalize-sync demo

test: $(VENV)/tested  ## all tests, offline
	$(BIN)/python -m pytest

lint: $(VENV)/checked  ## format, style and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

check: lint test  ## all that CI demands

sweep: $(VENV)/tested  ## the random life of a tenant, for many minutes
	SWEEP=3000 $(BIN)/python -m pytest tests/conformance/test_no_edit_is_lost.py --timeout 3600

format: $(VENV)/checked
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/tested  ## speed, as ratios against a baseline of the same run
	$(BIN)/python -m tests.benchmarks

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)
	@# Dependency groups need pip 25.1.
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'

$(VENV)/installed: pyproject.toml $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/tested: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --group test
	@touch $@

$(VENV)/checked: $(VENV)/tested
	$(BIN)/python -m pip install --quiet --group lint
	@touch $@

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .personalize-sync
