# The two commands are `make demo` and `make test`; each does its own set-up.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SCENARIO ?= demo
SECONDS ?= 3600

.PHONY: demo test lint check unit chaos bench install test-tools clean

demo: $(VENV)/.installed
	@$(BIN)/quantrac demo --scenario $(SCENARIO) $(ARGS)

test: $(VENV)/.test-installed test-tools lint unit

install: $(VENV)/.installed

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "quantrac needs Python 3.11 or newer; found $$($(PYTHON) --version 2>&1)." >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
	  { echo "Python's venv is missing. Install it: sudo apt-get install python3-venv" >&2; exit 1; }
	@echo "Setting up $(VENV) (once; needs a few minutes on a slow line) ..."
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(VENV)/bin/python pyproject.toml constraints.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable . || \
	  { echo "Installing failed: pip needs the network or a package index it can reach. Then try again." >&2; exit 1; }
	@touch $@

$(VENV)/.test-installed: $(VENV)/.installed
	@$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[test]'
	@touch $@

test-tools:
	@bash tests/install-tools

lint: $(VENV)/.test-installed
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

unit: $(VENV)/.test-installed
	@$(BIN)/pytest $(ARGS)

chaos: $(VENV)/.test-installed test-tools
	@$(BIN)/python -m tests.system.chaos --seconds $(SECONDS) $(ARGS)

bench: $(VENV)/.test-installed test-tools
	@$(BIN)/python -m benchmarks $(ARGS)

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
