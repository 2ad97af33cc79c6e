# The commands of this project; `make help` lists them. Each sets up what it needs in .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
SITE := _build/html/index.html
PAGES := $(wildcard book/*.ipynb book/*/*.ipynb)
# One thread for each process: tests and notebooks run side by side.
ONE_THREAD := OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 MKL_NUM_THREADS=1
UNIT := $(ONE_THREAD) $(BIN)/python -m pytest -q -n 2 tests
NOTEBOOKS := $(ONE_THREAD) $(BIN)/python -m pytest -q --nbval -n 2 --dist loadscope -p no:cacheprovider book

# Every library chooses its own kernels, unless KERNELS pins OpenBLAS's: make bench KERNELS=Haswell
BENCH := env -u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE $(if $(KERNELS),OPENBLAS_CORETYPE=$(KERNELS)) $(BIN)/python
BENCHMARKS := import_time training account decoding scaling loss_memory

.PHONY: help setup torch peers book pdf epub html test check links test-portable test-exhaustive mutation coverage audit sbom lint bench bench-quick bench-gpu serve lab execute lock clean

help: ## list these commands
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(READY) ## make .venv with everything that the book and its tests need

$(READY): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}: make PYTHON=/path/to/python3.11")'
	@test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --require-hashes -r requirements.txt
	$(BIN)/python -m pip install -q --no-deps --no-build-isolation -e .
	@touch $@

# PyTorch is not in requirements.txt: its builds, and so their hashes, differ from platform to platform.
torch: $(READY) ## add PyTorch, with which the tests then compare every gradient
	$(BIN)/python -m pip install -q torch==2.13.0

html: $(READY)
	@rm -rf _build
	$(BIN)/jupyter-book build book --path-output . --config _config.yml -W -n --keep-going -q

book: html ## build the book, warnings as errors
	@echo "The book: $(abspath $(SITE))"

pdf: $(READY) ## print the whole book: _pdf/sequence-to-sequence.pdf
	@rm -rf _pdf
	$(BIN)/jupyter-book build book --path-output _pdf --config _config.yml --builder singlehtml -W -n --keep-going -q
	$(BIN)/python figures/print_book.py _pdf/_build/singlehtml/index.html _pdf/sequence-to-sequence.pdf
	@echo "The book: $(abspath _pdf/sequence-to-sequence.pdf)"

epub: html ## bind the whole book for e-readers: _epub/sequence-to-sequence.epub
	$(BIN)/python figures/bind_book.py _build/html _epub/sequence-to-sequence.epub
	@echo "The book: $(abspath _epub/sequence-to-sequence.epub)"

test: html ## run the unit tests, the built pages in a browser, and every notebook
	$(UNIT) -m "not exhaustive"
	$(NOTEBOOKS)

check: html lint ## the quick half of `make test`: no notebooks
	$(UNIT) -m "not thorough and not exhaustive"

links: $(READY) ## ask for every address on another machine whether it is there
	$(BIN)/jupyter-book build book --path-output _links --config _config.yml --builder linkcheck -q

test-portable: $(READY) ## run tests and notebooks with other kernels, threads and NumPy (some: RUNS="Prescott 2.0")
	$(BIN)/python tests/portable.py $(RUNS)

test-exhaustive: html ## run the tests that take many minutes: a hundred kills, thousands of damaged files, the EPUB
	$(UNIT) -m exhaustive

mutation: $(READY) ## change the layers in thousands of small ways, and list the changes that no test sees
	@test -x .venv-mutation/bin/mutmut || { $(PYTHON) -m venv .venv-mutation && .venv-mutation/bin/python -m pip install -q \
		mutmut==3.8.1 pytest==9.2.0 hypothesis safetensors torch==2.13.0 -e .; }
	$(ONE_THREAD) .venv-mutation/bin/python tests/mutation.py

coverage: html ## say which lines and branches of s2s_np the tests do not reach
	$(BIN)/python -m pip install -q coverage==7.17.5 pytest-cov==7.1.0
	$(UNIT) -m "not browser and not exhaustive" --cov=s2s_np --cov-branch --cov-report=term-missing:skip-covered --cov-report=json:_coverage.json

audit: $(READY) ## look every locked package up in the Python advisory database
	@test -x .venv-audit/bin/pip-audit || { $(PYTHON) -m venv .venv-audit && .venv-audit/bin/pip install -q pip-audit==2.10.1; }
	.venv-audit/bin/pip-audit --requirement requirements.txt --disable-pip --require-hashes \
		$$(awk -v today=$$(date +%F) '!/^#/ && NF && $$2 >= today { print "--ignore-vuln", $$1 }' accepted-advisories.txt)

sbom: ## list what the book is made with, as CycloneDX: sbom.json
	@test -x .venv-sbom/bin/cyclonedx-py || { $(PYTHON) -m venv .venv-sbom && .venv-sbom/bin/pip install -q cyclonedx-bom==7.5.0; }
	.venv-sbom/bin/cyclonedx-py requirements requirements.txt --output-reproducible --output-file sbom.json

lint: $(READY)
	$(BIN)/ruff check -q
	$(BIN)/ruff format -q --check

peers: torch ## add JAX and threadpoolctl too, which the benchmarks compare with
	$(BIN)/python -m pip install -q jax==0.10.2 threadpoolctl==3.8.0

bench: peers ## time everything against PyTorch and JAX, on a quiet machine, and keep the results
	@set -e; for name in $(BENCHMARKS); do $(BENCH) benchmarks/$$name.py --results benchmarks/results; done

bench-quick: peers ## the same in few turns, for a first look; keeps nothing
	@set -e; for name in $(BENCHMARKS); do $(BENCH) benchmarks/$$name.py --turns 2; done

bench-gpu: torch ## time the training step on a GPU against PyTorch with cuDNN, and keep the results
	$(BIN)/python -m pip install -q -r requirements-gpu.txt threadpoolctl==3.8.0
	$(BIN)/python benchmarks/gpu.py

serve: html ## build the book and serve it on this machine
	$(BIN)/python -m http.server --directory _build/html --bind 127.0.0.1 8000

lab: $(READY) ## open the notebooks in JupyterLab
	$(BIN)/jupyter lab book

execute: $(READY) ## run the notebooks again, in place (one: make execute PAGES=book/…/encoder.ipynb)
	$(ONE_THREAD) $(BIN)/jupyter nbconvert --log-level WARN --to notebook --execute --inplace \
		--ExecutePreprocessor.record_timing=False \
		--ClearMetadataPreprocessor.enabled=True --ClearMetadataPreprocessor.clear_cell_metadata=False \
		--ClearMetadataPreprocessor.preserve_nb_metadata_mask="{'kernelspec', ('language_info', 'name')}" $(PAGES)

lock: $(READY) ## work out requirements.txt again from requirements.in
	$(BIN)/python -m pip install -q uv
	$(BIN)/uv pip compile -q --universal --generate-hashes --python-version 3.11 --no-emit-index-url --no-emit-find-links \
		--custom-compile-command "make lock" requirements.in -o requirements.txt

clean: ## remove all that these commands made
	rm -rf $(VENV) .venv-audit .venv-sbom .venv-mutation _build _pdf _epub _links build _coverage.json sbom.json *.egg-info .pytest_cache .ruff_cache .hypothesis
