# The few commands of this project. Needs python3 >= 3.11 (with venv) and make; nothing else.
SHELL := /bin/sh
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready

.PHONY: brief test serve lint lock pictures clean

# The o1-mini launch briefing from the bundled edition; no network beyond package installation.
brief: $(READY)
	$(BIN)/bellwether run --offline
	$(BIN)/bellwether brief launch o1-mini --as-of 2024-09-12

test: $(READY)
	$(BIN)/python -m pytest

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Dagster's web UI and its daemon on localhost, stopped together by Ctrl-C.
serve: $(READY)
	$(BIN)/bellwether serve

# The environment: made once, and again when the lock or the project's own metadata change.
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Bellwether needs Python 3.11 or newer; set PYTHON=... to one")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $(READY)

# Versions and hashes only: no index, no host.
lock:
	$(BIN)/python -m pip install --quiet pip-tools
	$(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --no-strip-extras --extra dev --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --output-file requirements.lock pyproject.toml

# The pictures of the README, from the bundled edition. Needs Chromium.
pictures: $(READY)
	$(BIN)/bellwether run --offline
	$(BIN)/python docs/make_pictures.py

clean:
	rm -rf .venv data reports/out .dagster
