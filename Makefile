# Every target makes its own virtual environment: nothing but Python 3.11 or later and make is needed.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin

.PHONY: help tutorial test check reference conformance notebooks browser bench full clean

help: ## List the targets.
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

tutorial: $(VENV)/lab ## Train the tutorial's network on the embedded sample; figures and report in runs/tutorial.
	$(BIN)/chainrule lab tutorial --data sample --out runs/tutorial --overwrite

test: $(VENV)/test ## Run the tests and the examples of the docstrings.
	$(BIN)/python -m pytest -n auto

check: $(VENV)/lint ## Lint, check the format and the types.
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

reference: $(VENV)/reference ## Install PyTorch, for live comparisons: 'make test' then compares with it, too.

conformance: $(VENV)/reference ## Compare every name with PyTorch at length, and write docs/conformance.md.
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.conformance

full: $(VENV)/reference $(VENV)/test ## Hold the whole FashionMNIST run against PyTorch's (needs the data set), and everything under stress.
	$(BIN)/python -m pytest -s -rs -m full -o addopts=--import-mode=importlib tests

notebooks: $(VENV)/notebook ## Open the interactive lessons in JupyterLab; the copies in notebooks/ are yours.
	$(BIN)/chainrule notebook

browser: $(VENV)/browser ## Execute the lessons, move their sliders in Chromium, open the pages (needs chromium, chromedriver).
	$(BIN)/python -m pytest -rs -o addopts="--doctest-modules --import-mode=importlib" tests/notebooks src/chainrule/notebooks tests/inspection tests/test_html_pages.py

bench: $(VENV)/bench ## Measure against PyTorch, JAX, scikit-learn and the bare matrix products, for about 7 minutes.
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks.profiles
	$(BIN)/python -m benchmarks.page
	$(BIN)/python -m benchmarks.startup
	$(BIN)/python -m benchmarks.recording

clean: ## Remove the virtual environment, the runs and the caches.
	rm -rf $(VENV) runs .mypy_cache .pytest_cache .ruff_cache .hypothesis

# One stamp for each extra that is installed.
$(VENV)/lab: pyproject.toml | $(VENV)/made
	$(BIN)/python -m pip install --quiet -e ".[lab]"
	@touch $@
$(VENV)/test: pyproject.toml | $(VENV)/made
	$(BIN)/python -m pip install --quiet -e ".[lab,test]"
	@touch $@
$(VENV)/lint: pyproject.toml | $(VENV)/made
	$(BIN)/python -m pip install --quiet -e ".[lab,test,lint]"
	@touch $@
$(VENV)/reference: pyproject.toml | $(VENV)/made
	$(BIN)/python -m pip install --quiet -e ".[lab,test,reference]"
	@touch $@
$(VENV)/notebook: pyproject.toml | $(VENV)/made
	$(BIN)/python -m pip install --quiet -e ".[lab,notebook]"
	@touch $@
$(VENV)/browser: pyproject.toml | $(VENV)/made
	$(BIN)/python -m pip install --quiet -e ".[lab,notebook,test,browser]"
	@touch $@
$(VENV)/bench: pyproject.toml | $(VENV)/made
	$(BIN)/python -m pip install --quiet -e ".[lab,test,reference,bench]"
	@touch $@
$(VENV)/made:
	$(PYTHON) -m venv $(VENV)
	@touch $@
