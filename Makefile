# make report   set everything up, render every example under data/ into reports/
# make test     set everything up, run the suite
# make soak     long simulations, and the wheel installed into an empty environment
# make quick    the subset of the suite that takes under a minute
# make lab      JupyterLab on the project
# make docs     the documentation site, into docs/_build/html; a warning is an error
# make bench    speed and memory, side by side with what one would use instead
# make lint     ruff and mypy --strict
# make audit    are all pins still offered, unchanged, and under a permissive licence?
# make crates   do the archives of three examples pass the validator of RO-Crate?
# make sbom     dist/pbc_eval.cdx.json: what a release is made of (CycloneDX)
# make pins     resolve pyproject.toml again into the hash-checked requirements files

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check install --quiet
WORKERS ?= 2
# Each of some hundred processes of a run would compile the package, and each run all tests, anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: report test soak quick lab docs bench lint audit crates sbom pins clean

report: $(VENV)/report.ready
	$(BIN)/pbc-eval batch data --reports reports --workers $(WORKERS)

test: $(VENV)/test.ready
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m "not soak"

soak: $(VENV)/test.ready
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup --durations=30 -m soak

quick: $(VENV)/test.ready
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile -m "not slow and not soak"

audit: $(VENV)/test.ready
	$(BIN)/python tools/audit_dependencies.py

CRATES := $(VENV)-crates
crates: $(VENV)/report.ready $(CRATES)/ready
	$(BIN)/pbc-eval batch data --only one-service --only coaching-contract --only life-chances-fund --reports build/crates --workers $(WORKERS)
	$(CRATES)/bin/python tools/check_crates.py build/crates/*/*/downloads/ro-crate.zip

$(CRATES)/ready: tools/crate-requirements.txt
	@$(PYTHON) -m venv $(CRATES)
	@$(CRATES)/bin/python -m pip --disable-pip-version-check install --quiet --require-hashes -r tools/crate-requirements.txt
	@touch $@

sbom: $(VENV)/test.ready
	@mkdir -p dist
	$(BIN)/cyclonedx-py requirements requirements.txt --pyproject pyproject.toml --output-reproducible --validate -o dist/pbc_eval.cdx.json

lint: $(VENV)/test.ready
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m mypy

lab: $(VENV)/report.ready
	$(BIN)/pbc-eval lab data --reports reports

bench: $(VENV)/test.ready
	$(BIN)/python benchmarks/did.py
	$(BIN)/python benchmarks/matching.py
	$(BIN)/python benchmarks/money.py
	$(BIN)/python benchmarks/reports.py
	$(BIN)/python benchmarks/batch.py

pins: $(VENV)/test.ready
	$(BIN)/python -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --custom-compile-command "make pins" --extra lab --extra dev pyproject.toml -o requirements-dev.txt
	$(BIN)/python -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --custom-compile-command "make pins" --extra lab --constraint requirements-dev.txt pyproject.toml requirements-build.in -o requirements.txt
	$(BIN)/python tools/make_worker_pins.py
	$(BIN)/python -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --custom-compile-command "make pins" tools/crate-requirements.in -o tools/crate-requirements.txt

$(VENV)/created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "pbc_eval needs Python 3.11 or later, this is " + sys.version.split()[0] + ". Try: make PYTHON=python3.12")'
	@echo "Setting up $(VENV) (once; a few minutes)"
	@$(PYTHON) -m venv $(VENV) || { echo "Python's venv is missing. On Debian or Ubuntu: apt-get install python3-venv"; exit 1; }
	@touch $@

$(VENV)/report.ready: $(VENV)/created requirements.txt pyproject.toml
	@$(PIP) --require-hashes -r requirements.txt
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/test.ready: $(VENV)/report.ready requirements-dev.txt
	@$(PIP) --require-hashes -r requirements-dev.txt
	@touch $@

clean:
	rm -rf $(VENV) $(CRATES) build *.egg-info .pytest_cache .mypy_cache .ruff_cache

docs: $(VENV)/test.ready
	$(BIN)/python -m sphinx -W --keep-going -q -b html docs docs/_build/html
