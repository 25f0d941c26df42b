# `make run`: the bot and a Discord in the browser.  `make test`: everything that CI checks.
# `make check`: all of it but the tests, in seconds once mypy has its cache.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
# Installed first and alone: a later, unpinned resolution would otherwise take the newest CUDA build (several GB).
TORCH  ?= torch==2.13.0
# Python compiles what it imports: pip would compile 25,000 files, of which a fifth is ever imported.
INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile
export TOKENIZERS_PARALLELISM = false

.PHONY: run test setup check format pictures clean
.DEFAULT_GOAL := run

run: $(VENV)/.run
	$(BIN)/python -m bot --local

# A file's tests stay in one process, which so loads a model once; tests/conftest.py gives each process one core.
test: check
	$(BIN)/pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

check: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/mypy

setup: $(VENV)/.dev

format: $(VENV)/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

$(VENV)/.torch:
	$(PYTHON) -m venv $(VENV)
	$(INSTALL) "$(TORCH)"
	touch $@

$(VENV)/.run: $(VENV)/.torch pyproject.toml
	$(INSTALL) --editable ".[local]"
	touch $@

$(VENV)/.dev: $(VENV)/.torch pyproject.toml
	$(INSTALL) --editable ".[local,dev]"
	touch $@ $(VENV)/.run

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
