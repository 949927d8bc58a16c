# The command list. `make demo` and `make test` do all set-up by themselves.
PYTHON ?= python3
BIN := .venv/bin
EXTRAS := analytics,analysis,postgres,web,dev

.PHONY: install demo test lint check gazetteer train clean

.venv/.installed: pyproject.toml
	@echo "Installing khronika into .venv: about 130 packages, 1.1 GB, 2 to 4 minutes; nothing outside this folder but the gazetteer in ~/.cache/khronika."
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/pip install --quiet --disable-pip-version-check -e '.[$(EXTRAS)]'
	@touch $@

install: .venv/.installed

demo: install
	@$(BIN)/khronika demo

lint: install
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

test: install
	@$(BIN)/pytest

check: lint test

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis dist build
