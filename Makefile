# Everything is installed into .venv; nothing outside this folder changes (test-full adds Debian packages).
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
AS_OF ?= 2026-11-16

.PHONY: demo test test-full check bench schemas gallery clean

demo: .venv/.demo
	@$(BIN)/reportrunner run jobs/weekly-compliance.toml --sandbox --as-of $(AS_OF)

test: .venv/.dev check
	$(BIN)/python -m pytest -n 2 --dist worksteal --strict-skips

check: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test-full: .venv/.dev
	tests/full/packages.sh
	$(BIN)/python -m pytest -n 2 --dist worksteal -m full --strict-skips

bench: .venv/.dev
	$(BIN)/python -m bench

schemas: .venv/.dev
	$(BIN)/reportrunner schema --out schemas

gallery: .venv/.dev
	$(BIN)/python -m tests.full.gallery
	$(BIN)/python -m tests.full.library_gallery

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit("reportrunner needs CPython 3.11 or later, and $(PYTHON) is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv

.venv/.demo: .venv/bin/python requirements/demo.txt pyproject.toml
	$(PIP) install --require-hashes -r requirements/demo.txt
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.dev: .venv/.demo requirements/dev.txt
	$(PIP) install --require-hashes -r requirements/dev.txt
	@touch $@

clean:
	rm -rf .venv .reportrunner out
