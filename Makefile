# `make demo` and `make test` are all the set-up there is: both make .venv the first time.
PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/installed

.DEFAULT_GOAL := help
.PHONY: help demo test check format leaderboard bench clean

help:  ## list these targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip -c constraints.txt
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[dev,neural,cluster]'
	touch $@

demo: $(INSTALLED)  ## the main job on the embedded dataset, from audio to leaderboard
	$(BIN)/mgrbench demo

test: $(INSTALLED)  ## all tests, on all cores
	$(BIN)/python -m pytest -n auto --dist worksteal

check: $(INSTALLED)  ## style, types, and that the committed tables are what splits and predictions give
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/mgrbench split audit --all --readme README.md --check
	$(BIN)/mgrbench leaderboard check --runs leaderboards/runs --readme README.md --format md,csv,json,html
	$(BIN)/mgrbench profile --check --readme README.md

format: $(INSTALLED)  ## format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

leaderboard: $(INSTALLED)  ## build the leaderboards and tables from the committed predictions and measurements
	$(BIN)/mgrbench split audit --all --readme README.md
	$(BIN)/mgrbench leaderboard build --runs leaderboards/runs --readme README.md --format md,csv,json,html
	$(BIN)/mgrbench profile --stored --readme README.md

bench: $(INSTALLED)  ## speed, as ratios against what one would do instead
	$(BIN)/python -m pytest tests/benchmarks --benchmark-columns=min,median,rounds -rP \
		--performance leaderboards/performance.md

clean:  ## remove the virtual environment and caches
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache
