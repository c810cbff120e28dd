# Needs Python 3.11+, git and make; everything else goes into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# What init ci writes for other repositories.
CALLERS := tests/workflows/callers

.PHONY: help demo test browser lint check sweep format bench clean

help:  ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/installed  ## the whole story against the embedded sandbox: plan, apply, drift, reconcile
	@$(BIN)/personalize-sync demo

test: $(VENV)/tested  ## all tests, offline
	$(BIN)/python -m pytest

browser: $(VENV)/tested  ## the HTML report in a real Chromium, which has to be there
	$(BIN)/python -m pytest -n 1 tests/browser

lint: $(VENV)/checked  ## format, style, types and workflows
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/actionlint -shellcheck= .github/workflows/*.yml $(CALLERS)/.github/workflows/*.yml
	$(BIN)/zizmor --offline --pedantic --quiet .github $(CALLERS)

check: lint test  ## all that CI demands

sweep: $(VENV)/tested  ## every fault, crash and race, and the random life of a tenant, for many minutes
	SWEEP=3000 $(BIN)/python -m pytest tests/reliability tests/conformance/test_no_edit_is_lost.py tests/pull tests/init --timeout 3600

format: $(VENV)/checked  ## let ruff format and fix
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/tested $(VENV)/peers/installed  ## speed, as ratios against other tools and bare requests
	PYTHONPATH=tests $(BIN)/python -m benchmarks

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

# Other tools have environments of their own, so that ours holds only what ours asks for.
$(VENV)/peers/installed: $(VENV)/bin/python
	$(PYTHON) -m venv $(VENV)/peers/plain
	$(VENV)/peers/plain/bin/python -m pip install --quiet check-jsonschema yamllint octodns
	$(PYTHON) -m venv $(VENV)/peers/clib
	$(VENV)/peers/clib/bin/python -m pip install --quiet check-jsonschema ruamel.yaml.clib
	if command -v npm >/dev/null; then npm install --silent --prefix $(VENV)/peers ajv-cli; fi
	@touch $@

clean:  ## remove all that was made, the environment included
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .personalize-sync
