# `make up` and `make test` are enough to try gridenroll. The other targets are for people who change the code.
PYTHON ?= python3
BIN := .venv/bin
# The lock pins every version with its hashes, so that every machine runs what was tested.
RUNTIME := .venv/.runtime-installed
DEV := .venv/.dev-installed

# If this variable were set, every process that a test starts would compile all modules again.
export PYTHONDONTWRITEBYTECODE =
# Tests often wait, so one process more than a small machine has cores.
PYTEST := $(BIN)/python -m pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder

.PHONY: env up test quick soak check bench demo lock clean

env: $(RUNTIME)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "gridenroll needs Python 3.11 or newer, this is %s. Name another one: make env PYTHON=python3.12" % sys.version.split()[0])'
	@$(PYTHON) -m venv .venv

$(RUNTIME): requirements.txt pyproject.toml | $(BIN)/python
	@echo "installing the pinned requirements into .venv (once)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(DEV): requirements-dev.txt $(RUNTIME)
	@echo "installing the pinned development tools into .venv (once)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

up: $(RUNTIME)
	@exec $(BIN)/gridenroll up $(ARGS)

demo: $(RUNTIME)
	@exec $(BIN)/gridenroll demo $(ARGS)

test: $(DEV)
	@$(PYTEST) -m "not soak" $(ARGS)

quick: $(DEV)
	@$(PYTEST) -m "not soak and not slow" $(ARGS)

soak: $(DEV)
	@$(PYTEST) -m soak $(ARGS)

check: $(DEV)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/basedpyright
	$(BIN)/lint-imports
	$(BIN)/python tests/codebase_lint.py

bench: $(DEV)
	@$(BIN)/python -m bench $(ARGS)

# Resolves both locks again; needs `uv` on the PATH. The locks must not contain an index address.
lock:
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header --custom-compile-command "make lock" --output-file requirements.txt pyproject.toml requirements-build.in
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header --custom-compile-command "make lock" --extra dev --constraint requirements.txt --output-file requirements-dev.txt pyproject.toml requirements-build.in

clean:
	rm -rf .venv .data
