# The one door: human, hook and CI call these targets.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: setup setup-dev demo test lint lock bench clean-venv

setup: .venv/.runtime          ## .venv with the commands 3t and hlsim

.venv/bin/python:
	@$(PYTHON) -c 'import sys; assert sys.version_info >= (3, 11), "3T needs Python 3.11 or newer; set PYTHON=/path/to/python3.11"'
	$(PYTHON) -m venv .venv

.venv/.runtime: requirements.lock pyproject.toml | .venv/bin/python
	@echo "Installing 3T's locked dependencies into .venv ..."
	$(PIP) install --require-hashes -r requirements.lock
	$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

setup-dev: .venv/.dev

.venv/.dev: requirements-dev.lock .venv/.runtime
	@echo "Installing the locked tools of the tests into .venv ..."
	$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@

demo: setup                    ## a simulated exchange, the platform on it, a page
	$(BIN)/3t demo

test: setup-dev                ## what hook and CI call: lint, types, contracts, tests
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest

UV_COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --no-header --no-emit-index-url --group build pyproject.toml

lock: setup-dev                ## write both lock files anew from pyproject.toml
	$(UV_COMPILE) --all-extras --group dev -o requirements-dev.lock
	$(UV_COMPILE) -c requirements-dev.lock -o requirements.lock
