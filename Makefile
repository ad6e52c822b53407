# Two commands are enough: `make up` and `make test`. The rest is for those who change the code.
PYTHON ?= python3
BIN := .venv/bin
# Pinned by its hash-checked lock, so that every machine runs exactly what was tested.
RUNTIME := .venv/.runtime-installed
DEV := .venv/.dev-installed

# Where it keeps Python from storing what it compiled, every process that a test starts would compile everything again.
export PYTHONDONTWRITEBYTECODE =
# Those who wait leave the processor to others, so one more than there are cores in a small machine.
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

# Resolves the two locks again; needs `uv` on the PATH. No index address may end up in them.
lock:
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header --custom-compile-command "make lock" --output-file requirements.txt pyproject.toml requirements-build.in
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header --custom-compile-command "make lock" --extra dev --constraint requirements.txt --output-file requirements-dev.txt pyproject.toml requirements-build.in

clean:
	rm -rf .venv .data
