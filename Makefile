# Needs Python 3.11+ and make. Every target works from any folder: make -C path/to/okrsync demo
ROOT := $(patsubst %/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))
PYTHON ?= python3
BIN := $(ROOT)/.venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -q

.PHONY: help setup demo test check bench lock clean

help: ## this list
	@grep -hE '^[a-z]+:.*## ' $(ROOT)/Makefile | sed 's/:.*## /\t/' | expand -t 10

setup: $(ROOT)/.venv/run-is-set-up ## make .venv with .venv/bin/okr in it

demo: setup ## two nights of the real job against local stand-ins, one source failing on the second
	@cd $(ROOT) && $(BIN)/okr demo

test: $(ROOT)/.venv/dev-is-set-up ## the whole test suite
	@cd $(ROOT) && $(BIN)/python -m pytest -n 2 --dist worksteal -rs

check: $(ROOT)/.venv/dev-is-set-up ## lint, format, types, walls between rooms
	@cd $(ROOT) && $(PIP) check && $(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy . && $(BIN)/lint-imports --no-cache

bench: $(ROOT)/.venv/dev-is-set-up ## every benchmark, as ratios within one run
	@cd $(ROOT) && for each in benchmarks/[a-z]*.py; do echo "== $$each"; $(BIN)/python $$each || exit 1; done

lock: $(ROOT)/.venv/dev-is-set-up ## resolve pyproject.toml anew into requirements/
	@cd $(ROOT) && $(PIP) install uv && $(BIN)/python requirements/lock.py

clean: ## remove .venv and what the demo left
	@rm -rf $(ROOT)/.venv $(ROOT)/demo

$(ROOT)/.venv/run-is-set-up: $(ROOT)/requirements/run.txt $(ROOT)/pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "okrsync needs Python 3.11 or later; set PYTHON=... to one"; exit 1; }
	@echo "Setting up .venv (once, about a minute) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(ROOT)/.venv
	@$(PIP) install --require-hashes --no-deps -r $(ROOT)/requirements/run.txt
	@$(PIP) install --no-deps --no-build-isolation -e $(ROOT)
	@touch $@

$(ROOT)/.venv/dev-is-set-up: $(ROOT)/.venv/run-is-set-up $(ROOT)/requirements/dev.txt
	@echo "Adding the parts that tests and checks need ..."
	@$(PIP) install --require-hashes --no-deps -r $(ROOT)/requirements/dev.txt
	@touch $@
