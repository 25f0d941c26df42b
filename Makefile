# `make run`: the bot and a Discord in the browser.  `make test`: everything that CI checks.
# `make check`: all of it but the tests, in seconds once mypy has its cache.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
# Python compiles what it imports: pip would compile 25,000 files, of which a fifth is ever imported.
INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile
# Exact versions, each file of which must have one of its hashes; no package's own code runs while it is installed.
LOCKED  = $(INSTALL) --no-deps --require-hashes --only-binary :all: --requirement
# With the build tools that are locked, too.
PROJECT = $(INSTALL) --no-deps --no-build-isolation --editable .
export TOKENIZERS_PARALLELISM = false

.PHONY: run test setup check format lock clean
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

# Writes requirements/*.lock anew from pyproject.toml; `make lock UPGRADE=--upgrade` takes the newest versions. Needs uv.
lock:
	$(PYTHON) requirements/lock.py $(UPGRADE)

# PyPI's builds of torch for Linux need CUDA's libraries, several GB. PyTorch's own CPU build is preferred wherever pip
# finds it, for example with PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu.
$(VENV)/.torch: requirements/torch-cpu.lock requirements/torch.lock
	$(PYTHON) -m venv $(VENV)
	$(LOCKED) requirements/torch-cpu.lock || $(LOCKED) requirements/torch.lock
	touch $@

$(VENV)/.run: $(VENV)/.torch requirements/run.lock pyproject.toml
	$(LOCKED) requirements/run.lock
	$(PROJECT)
	touch $@

$(VENV)/.dev: $(VENV)/.torch requirements/dev.lock pyproject.toml
	$(LOCKED) requirements/dev.lock
	$(PROJECT)
	touch $@ $(VENV)/.run

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
