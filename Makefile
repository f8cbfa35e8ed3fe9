# Everything from a bare machine: needs Python 3.11 or newer (with venv) and make, nothing else.
PYTHON ?= python3
# An index of its own for torch, e.g. https://download.pytorch.org/whl/cpu, which spares the CUDA libraries.
TORCH_INDEX ?=
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: demo test lint bench clean
.DELETE_ON_ERROR:

demo: $(VENV)/installed                    ## one picture per example sound, and a contact sheet, in pictures/
	$(BIN)/hearsight generate examples/*.ogg --out pictures --sheet pictures/contact_sheet.png

test: $(VENV)/installed-dev                ## the whole test suite
	$(BIN)/python -m pytest -q -n 2

lint: $(VENV)/installed-dev                ## style and types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

bench: $(VENV)/installed-dev               ## speed and memory, beside a peer
	$(BIN)/python -m benchmarks

clean:                                     ## forget the environment and the pictures
	rm -rf $(VENV) pictures

# torch comes first: later packages then find it installed and never ask for another build of it.
$(VENV)/torch: constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Hearsight needs Python 3.11 or newer: make PYTHON=...")'
	@echo "Making $(VENV): this takes a minute or two, once."
	$(PYTHON) -m venv $(VENV)
	$(PIP) $(if $(TORCH_INDEX),--index-url $(TORCH_INDEX)) torch
	@touch $@

$(VENV)/installed: $(VENV)/torch pyproject.toml
	$(PIP) --editable .
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed
	$(PIP) --editable '.[train,data,study,dev]'
	@touch $@
