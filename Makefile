# `make` lists the targets.
PYTHON ?= python3
PORT ?= 8000
SIMULATOR_PORT ?= $(shell expr $(PORT) + 765)
DEMO_DATA ?= var/demo
# The present cryptofeed needs Python 3.13; where there is none, its last release for ours is measured.
BENCH_PYTHON ?= $(shell for p in python3.13 $(wildcard $(HOME)/.pyenv/versions/3.13*/bin/python); do $$p -c "" 2>/dev/null && echo $$p && exit; done; echo $(PYTHON))
export PORT

PY := .venv/bin/python

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /\1|/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "  make %-12s %s\n", $$1, $$2}'

install: .venv/installed ## make .venv with what `make run` needs

.venv/installed: requirements.txt
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("liqsite needs Python 3.11 or newer, and $(PYTHON) is %d.%d. Try: make PYTHON=python3.11" % sys.version_info[:2])'
	@test -x $(PY) || $(PYTHON) -m venv --without-pip .venv
	@echo "installing (about half a minute, once) ..."
	@$(PYTHON) -m pip --quiet --disable-pip-version-check --python $(PY) install -r requirements.txt
	@touch $@

.venv/installed-dev: .venv/installed requirements-dev.txt requirements-scale.txt
	@$(PYTHON) -m pip --quiet --disable-pip-version-check --python $(PY) install -r requirements-dev.txt -r requirements-scale.txt
	@touch $@

.venv-bench/installed: requirements.txt requirements-dev.txt requirements-bench.txt
	@test -x .venv-bench/bin/python || $(BENCH_PYTHON) -m venv --without-pip .venv-bench
	@echo "installing what is measured beside us (about half a minute, once) ..."
	@$(BENCH_PYTHON) -m pip --quiet --disable-pip-version-check --python .venv-bench/bin/python install -r requirements-bench.txt
	@touch $@

run: install ## worker and site on the live venues: http://127.0.0.1:8000 (PORT=8123 make run)
	@exec $(PY) manage.py up

demo: install ## the same against simulated venues, no network needed
	@LIQSITE_DATA_DIR="$${LIQSITE_DATA_DIR:-$(DEMO_DATA)}"; export LIQSITE_DATA_DIR; \
	LIQSITE_NOTICE="Simulated venues. These are not market data."; export LIQSITE_NOTICE; \
	exec env $$($(PY) manage.py run_simulator --port $(SIMULATOR_PORT) --print-env) \
	  $(PY) manage.py up --also "run_simulator --port $(SIMULATOR_PORT) --rate 40"

check: .venv/installed-dev ## style, types and import rules
	@.venv/bin/ruff format --check --quiet . || (echo "Run: .venv/bin/ruff format ." && exit 1)
	@.venv/bin/ruff check --quiet .
	@.venv/bin/mypy
	@.venv/bin/lint-imports
	@$(PY) manage.py makemigrations --check --dry-run

test: check ## everything: check, then all tests
	@.venv/bin/pytest -n auto --dist loadfile --ignore tests/browser
	@.venv/bin/pytest -n 2 --dist loadfile --reruns 1 -rR tests/browser

chaos: .venv/installed-dev ## kills, floods, faults, full disks, for forty minutes (ROUNDS=5: a short kill run)
	@$(PY) -m tests.chaos

screenshots: .venv/installed-dev ## make docs/img anew from a demo run
	@$(PY) docs/screenshots.py

docs: .venv/installed-dev ## write the tables in README that come from the code
	@$(PY) manage.py write_docs

bench: .venv-bench/installed ## measure beside cryptofeed, ccxt and PostgreSQL into docs/benchmarks.md (QUICK=1: roughly)
	@.venv-bench/bin/python -m benchmarks

clean: ## remove what was installed; data stays
	@rm -rf .venv .venv-bench .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

.PHONY: help install run demo check test chaos screenshots docs bench clean
.DEFAULT_GOAL := help
