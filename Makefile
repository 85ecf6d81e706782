# Each target sets up what it needs; only install and uninstall write anything outside this folder.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
STAMP  := $(VENV)/.ready
JOBS   ?= 2
RUNS   ?= 1000000
SOAKED := addopts=--strict-markers --strict-config --import-mode=importlib -p no:cacheprovider --ignore=tests/system --ignore=tests/bench --timeout=900
NEW_ENOUGH = $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo 'egain needs Python 3.11 or newer: make PYTHON=python3.12' >&2; exit 1; }

.PHONY: help demo install uninstall test test-lowest test-newest test-system check completions pictures soak bench fuzz mutation build format clean
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

help:   ## this list
	@awk -F ':.*## *' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(STAMP): pyproject.toml
	@$(NEW_ENOUGH)
	@echo 'setting up $(VENV) ...' >&2
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[proxy,sandbox]' --group dev
	@touch $@

demo: $(STAMP)   ## the main job for real, against the embedded sandbox
	@$(BIN)/python tests/demo.py

install:   ## egain for your own use, by pipx, uv or a folder of its own
	@$(NEW_ENOUGH)
	@PYTHON='$(PYTHON)' .ci/install

uninstall:   ## take that away again; profiles and secrets stay
	@.ci/install --undo

# COVERAGE=1 measures branches too, in every process, and wants the floor: twice the time, so CI does it.
test: $(STAMP)   ## unit, command and integration tests
	$(BIN)/python -m pytest -n $(JOBS) $(if $(COVERAGE),--cov --cov-report=) $(ARGS)
	$(if $(COVERAGE),$(BIN)/python -m coverage report)

test-lowest: RESOLUTION := lowest-direct   ## the tests on the oldest dependencies allowed
test-newest: RESOLUTION := highest --prerelease allow   ## the tests on the newest, pre-releases too
test-lowest test-newest: test-%: $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python build/$*
	VIRTUAL_ENV=build/$* $(BIN)/uv pip install --quiet --group dev
	VIRTUAL_ENV=build/$* $(BIN)/uv pip install --quiet --upgrade --resolution $(RESOLUTION) --editable '.[proxy,sandbox]'
	VIRTUAL_ENV=build/$* $(BIN)/uv pip list
	$(subst $(VENV),build/$*,$(BIN))/python -m pytest -n $(JOBS) $(ARGS)

test-system: $(STAMP)   ## real servers, keyring and browser; kills, faults and crowds
	tests/system/run $(ARGS)

check: $(STAMP)   ## style, types, layers, drift of what is generated
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	for system in linux darwin win32; do $(BIN)/mypy --platform $$system || exit 1; done
	PATH="$(BIN):$$PATH" lint-imports --no-logo
	$(BIN)/python tests/generated.py --check

completions: $(STAMP)   ## the completion scripts
	$(BIN)/python tests/generated.py completions

pictures: $(STAMP)   ## the README's pictures of a terminal, from real runs
	$(BIN)/python tests/generated.py pictures

soak: $(STAMP)   ## every reliability figure in full, as a table: half an hour
	SOAK=1 $(BIN)/python -m pytest -n $(JOBS) -m figure --override-ini '$(SOAKED)' $(or $(ARGS),tests)

bench: $(STAMP) build/httpie   ## times as ratios to a bare interpreter and to rivals
	PATH="$(BIN):$$PATH" tests/system/with-keyring $(BIN)/python tests/bench/times.py $(ARGS)

build/httpie:
	$(PYTHON) -m venv $@
	$@/bin/python -m pip install --quiet --disable-pip-version-check httpie

fuzz: build/fuzz   ## coverage-guided fuzzing of what reads outside text
	build/fuzz/bin/python tests/fuzz/run.py $(RUNS) $(ARGS)

build/fuzz:
	$(PYTHON) -m venv $@
	$@/bin/python -m pip install --quiet --disable-pip-version-check --editable . atheris

mutation: $(STAMP)   ## faults put into what guards: does any test see them?
	PYTHONPATH=tests $(BIN)/python tests/mutation/run.py $(ARGS)

build: $(STAMP)   ## wheel and sdist under dist/
	$(BIN)/python -m pip install --quiet --disable-pip-version-check build
	$(BIN)/python -m build

format: $(STAMP)   ## write the source as `make check` wants it
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:   ## remove all that is built or set up here
	rm -rf $(VENV) build dist
