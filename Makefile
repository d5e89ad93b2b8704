# vadose: every target works on a fresh machine that has Python >= 3.11 and nothing else of ours.
#
#   make demo    the jobs on invented data, from raw files to reports that open in a browser
#   make test    style, types, documentation and all tests
#   make lint    style and types only
#   make docs    the documentation, into site/
#   make bench   the benchmarks of speed and memory
#   make clean   remove the environment, the caches and what the demo wrote

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help demo test lint docs bench clean

here := $(patsubst %/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))
venv := .venv
bin := $(venv)/bin
pip := $(bin)/python -m pip --disable-pip-version-check --no-input --quiet

# Tests on real data read the folder `shared` beside the checkout; without it they skip and say so.
ifndef VADOSE_DATA
ifneq ($(wildcard $(here)/../shared/.),)
export VADOSE_DATA := $(abspath $(here)/../shared)
endif
endif

# Two workers share the machine, so each runs its numerical libraries with one thread.
one_thread := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 NUMBA_NUM_THREADS=1

style = $(bin)/ruff check . && $(bin)/ruff format --check . && $(bin)/mypy
pages = NO_MKDOCS_2_WARNING=1 $(bin)/python -m mkdocs build --strict --site-dir site

help:
	@sed -n 's/^#   //p' Makefile

# A shim of a version manager may stand on the path and still refuse to run: each candidate is tried.
$(bin)/python:
	@found=; \
	for name in python3.13 python3.12 python3.11 python3 python; do \
	  if $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then found=$$name; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
	  echo "vadose needs Python 3.11 or newer, and none was found on the path." >&2; \
	  echo "Install one (on Debian: apt-get install python3 python3-venv) and run make again." >&2; exit 1; \
	fi; \
	echo "creating $(venv) with $$($$found --version)"; \
	$$found -m venv $(venv) || { rm -rf $(venv); \
	  echo "$$found cannot make a virtual environment: on Debian, apt-get install python3-venv" >&2; exit 1; }

# One stamp for the program, one for the tools on top of it: the demo waits for the first only.
$(venv)/.installed: pyproject.toml | $(bin)/python
	@echo "installing vadose into $(venv)"
	@$(pip) install --editable .
	@touch $@

$(venv)/.installed-tools: $(venv)/.installed
	@echo "installing the tools for tests, style and documentation"
	@$(pip) install --editable '.[test,lint,docs]'
	@touch $@

demo: $(venv)/.installed
	@$(bin)/vadose demo && $(bin)/vadose demo calibrate && $(bin)/vadose demo simulate \
	  && $(bin)/vadose demo assimilate && $(bin)/vadose demo flow

lint: $(venv)/.installed-tools
	$(style)

docs: $(venv)/.installed-tools
	$(pages)

# A fault of style does not hide the result of the tests: all parts run, any of them fails the target,
# and the closing line of pytest is the last one printed.
test: $(venv)/.installed-tools
	@status=0; \
	{ $(style); } || { status=1; echo "style or types failed (above); the tests follow" >&2; }; \
	{ $(pages); } || { status=1; echo "the documentation failed (above); the tests follow" >&2; }; \
	$(one_thread) $(bin)/python -m pytest -n 2 --dist worksteal -q || status=$$?; \
	exit $$status

bench: $(venv)/.installed-tools
	@status=0; \
	for script in benchmarks/*.py; do \
	  [ -f "$$script" ] || continue; \
	  echo "== $$script"; $(bin)/python "$$script" || status=$$?; \
	done; exit $$status

clean:
	rm -rf $(venv) site build dist .cache .mypy_cache .pytest_cache .ruff_cache .hypothesis vadose-demo
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
