# Everything runs in .venv, which the first target makes from the lock file.
# Each target works on a fresh machine with Python 3.11 or newer and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEVELOPER := $(VENV)/.developer
COMPILE := $(BIN)/uv pip compile pyproject.toml --group build --universal --generate-hashes \
	--no-emit-index-url --no-annotate --no-header --quiet --upgrade
INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check
DATA ?= data

.PHONY: run test spark bench check format lock clean

## run: set up, load the shipped samples, serve at http://127.0.0.1:8000 (EVIDENCE_GRAPH_PORT=8080 make run: there)
run: $(READY)
	$(BIN)/evidence-graph load loaders/samples --data $(DATA)
	$(BIN)/evidence-graph serve --data $(DATA)

## test: set up, then every test (real records from ../shared too where that folder is)
test: $(DEVELOPER)
	$(BIN)/pytest --numprocesses auto --dist loadfile $(ARGS)

## spark: PySpark too (490 MB), for the test of `export-quads --engine spark`; it needs Java 17
spark: $(DEVELOPER)
	$(INSTALL) "pyspark>=4.0"

## bench: measurements side by side with peers; prints tables, asserts nothing by the clock
bench: $(DEVELOPER)
	$(BIN)/python -m tests.benchmarks $(ARGS)

## check: lint, format and strict types
check: $(DEVELOPER)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(DEVELOPER)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

## lock: resolve the versions anew after pyproject.toml changed
lock: $(READY)
	$(INSTALL) uv
	$(COMPILE) --output-file requirements.lock
	$(COMPILE) --group dev --constraint requirements.lock --output-file requirements-dev.lock

clean:
	rm -rf $(VENV) $(DATA)

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(INSTALL) --require-hashes --requirement requirements.lock
	$(INSTALL) --no-deps --no-build-isolation --editable .
	touch $(READY)

$(DEVELOPER): requirements-dev.lock $(READY)
	$(INSTALL) --require-hashes --requirement requirements-dev.lock
	touch $(DEVELOPER)
