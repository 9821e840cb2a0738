# Everything starts from python3 and make: each goal installs what it needs into .venv first.
#
#   make demo         Usher on a simulated Slack and ChatGPT, in your browser
#   make install      .venv with the locked dependencies, and .venv/bin/usher
#   make test         the whole test suite
#   make check        format, lint, types, docs, lock file, known vulnerabilities
#   make audit        the locked dependencies, looked up among the known vulnerabilities
#   make bench        the benchmarks, each with its floor in the same run
#   make soak         half an hour of a company of 5,000
#   make scoreboard   what can go wrong, tried again and again, and the losses counted

.DEFAULT_GOAL := help
.PHONY: help demo install test check audit bench soak scoreboard

VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
STAMP := $(VENV)/.installed
ARGS ?=
# tests at once: some of their time is waiting for others to answer
JOBS ?= 3

# the first of these that is new enough; PYTHON=/path/to/python3.12 make install chooses another
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)

# uv must neither fetch another Python nor take one that .venv was not made with
export UV_PYTHON_DOWNLOADS := never
export UV_PYTHON := $(BIN)/python

define MAKE_VENV
{ test -n "$(PYTHON)" || { echo "Usher needs Python 3.11 or newer, and there is none on PATH: install one, or say \
which: make install PYTHON=/path/to/python3.12" >&2; exit 1; }; } && \
{ $(PYTHON) -m venv --clear $(VENV) || { echo "$(PYTHON) cannot make virtual environments: install the package \
python3-venv (Debian, Ubuntu), then run make again." >&2; exit 1; }; }
endef

help:
	@sed -n 's/^#   make/make/p' Makefile

install: $(STAMP)

$(STAMP): pyproject.toml uv.lock
	@test -x $(UV) || { $(MAKE_VENV) && $(BIN)/python -m pip install --quiet --disable-pip-version-check uv; }
	$(UV) sync --locked --quiet
	@touch $@

demo: $(STAMP)
	@$(BIN)/usher demo $(ARGS)

test: $(STAMP)
	@$(BIN)/pytest --numprocesses $(JOBS) --dist worksteal $(ARGS)

check: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy -p bot -p storage -p sandbox -p bench -p scoreboard
	$(BIN)/pytest tests/docs
	$(UV) lock --check --quiet
	@$(BIN)/python -m deploy.audit

# passes with a note where the advisories cannot be reached
audit: $(STAMP)
	@$(BIN)/python -m deploy.audit $(ARGS)

bench: $(STAMP)
	@$(BIN)/python -m bench $(ARGS)

soak: $(STAMP)
	@$(BIN)/python -m bench.soak $(ARGS)

scoreboard: $(STAMP)
	@$(BIN)/python -m scoreboard $(ARGS)
