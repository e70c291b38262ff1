# Two commands do everything: `make demo` and `make test`. Each builds .venv if there is none.
PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# The kernels, compiled in place; where they cannot be, NumPy draws, and there is no such file.
SOURCES := $(wildcard ms_initkit/stream/*.[ch]) setup.py tools/build_backend.py
KERNELS := build/.kernels
READY := $(STAMP) $(KERNELS)

.PHONY: demo test lint types tests kernels sanitize wheels docs editors examples reference truth zoo bench distributed fuzz fuzz-guided quality check-aarch64 check-numpy2 check-mindspore conformance clean

$(STAMP): setup.cfg pyproject.toml tests/requirements-networks.txt
	$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12) and "ms_initkit needs Python 3.11 or 3.12: make PYTHON=/path/to/python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[dev]'
	# Real networks for the tests. Their packages pin far more than constructing a network takes, so their dependencies are listed by hand.
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps -r tests/requirements-networks.txt
	touch $@

$(KERNELS): $(SOURCES) | $(STAMP)
	$(BIN)/python setup.py --quiet build_ext --inplace
	mkdir -p build && touch $@

kernels: $(KERNELS)

demo: $(READY)
	$(BIN)/ms-initkit apply --net mindcv.models:resnet50 --recipe resnet --seed 42 --out build/resnet50.safetensors --report build/resnet50.html
	$(BIN)/python examples/load_back.py build/resnet50.safetensors

test: lint types tests

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache
	$(BIN)/ms-initkit check recipes/*/*.yaml

types: $(READY)
	$(BIN)/mypy

tests: $(READY)
	$(BIN)/pytest

# What reference implementations draw, in an environment of their own: make reference VARIANTS="gpt2 vit"
REFERENCE := .venv-reference

$(REFERENCE)/.installed: tests/reference/requirements.txt tests/reference/requirements-sdist.txt
	$(PYTHON) -m venv $(REFERENCE)
	$(REFERENCE)/bin/pip install --quiet --disable-pip-version-check --no-deps $(PIP_FLAGS) -r tests/reference/requirements.txt
	$(REFERENCE)/bin/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -r tests/reference/requirements-sdist.txt
	touch $@

reference: $(REFERENCE)/.installed
	$(REFERENCE)/bin/python -m tests.reference.execute $(VARIANTS)

# What every class of the ecosystem draws, on both sides: docs/truth.md. make truth CLASSES="BertModel LlamaForCausalLM"
TRUTH := .venv-truth

$(TRUTH)/.installed: setup.cfg pyproject.toml tests/requirements-networks.txt tests/truth/requirements.txt
	$(PYTHON) -m venv $(TRUTH)
	$(TRUTH)/bin/pip install --quiet --disable-pip-version-check -e . mindcv==0.3.0
	$(TRUTH)/bin/pip install --quiet --disable-pip-version-check --no-deps -r tests/truth/requirements.txt
	touch $@

truth: $(READY) $(TRUTH)/.installed $(REFERENCE)/.installed
	$(BIN)/python -m tests.truth.sweep --mindspore $(TRUTH)/bin/python --reference $(REFERENCE)/bin/python --cache build/truth $(CLASSES)
	$(BIN)/python -m tests.truth.write build/truth
	$(BIN)/python -m tests.truth.table $(CLASSES)
	$(BIN)/python -m tests.zoo

# Networks by what becomes of them, from what `make truth` saw: docs/zoo.md.
zoo: $(READY)
	$(BIN)/python -m tests.zoo

# Beside MindSpore and torch, in an environment of its own: docs/performance.md. BENCH=quick tries it out.
BENCHES := .venv-bench

$(BENCHES)/.installed: setup.cfg pyproject.toml $(SOURCES)
	$(PYTHON) -m venv $(BENCHES)
	$(BENCHES)/bin/pip install --quiet --disable-pip-version-check torch==2.13.0 $(PIP_FLAGS)
	$(BENCHES)/bin/pip install --quiet --disable-pip-version-check -e .
	touch $@

bench: $(BENCHES)/.installed
	BENCH=$(BENCH) $(BENCHES)/bin/python benchmarks/run.py

# Small training scripts on data that packages carry, and what each claims.
examples: $(READY)
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[examples]'
	$(BIN)/pytest -m 'slow or not slow' tests/house/test_examples.py

# Worker processes on this machine: 1, 2 and 4; `make test` has those of 2.
distributed: $(READY)
	$(BIN)/pytest -m 'slow or not slow' tests/house/test_distributed.py

# The random numbers at a thousand million draws: three minutes on two cores.
quality: $(READY)
	$(BIN)/pytest -m slow tests/stream/test_quality.py

# The golden bits on an emulated aarch64, and under NumPy 2 without MindSpore.
check-aarch64:
	tools/check_aarch64.sh

NUMPY2 := .venv-numpy2

$(NUMPY2)/.installed: setup.cfg
	$(PYTHON) -m venv $(NUMPY2)
	$(NUMPY2)/bin/pip install --quiet --disable-pip-version-check 'numpy>=2' scipy pyyaml pytest hypothesis
	touch $@

check-numpy2: $(NUMPY2)/.installed $(KERNELS)
	$(NUMPY2)/bin/python -m pytest tests/stream/test_golden.py

# The tests beside each MindSpore that is supported, in an environment of its own: make check-mindspore MINDSPORES=2.7.0
MINDSPORES := 2.7.0 2.7.1 2.7.2 2.8.0 2.9.0 2.10.0

.venv-mindspore-%/.installed: setup.cfg tests/requirements-networks.txt
	$(PYTHON) -m venv .venv-mindspore-$*
	.venv-mindspore-$*/bin/pip install --quiet --disable-pip-version-check -e '.[dev]' mindspore==$*
	.venv-mindspore-$*/bin/pip install --quiet --disable-pip-version-check --no-deps -r tests/requirements-networks.txt
	touch $@

.PRECIOUS: .venv-mindspore-%/.installed

check-mindspore-%: .venv-mindspore-%/.installed
	.venv-mindspore-$*/bin/pytest

check-mindspore: $(MINDSPORES:%=check-mindspore-%)

# The kernels' own tests under the address and undefined-behaviour sanitizers, which take GCC or clang.
sanitize: $(STAMP)
	PYTHON=$(CURDIR)/$(BIN)/python tools/sanitize.sh

# Wheels for manylinux on x86-64 and aarch64, which draw the golden bits: dist/.
wheels: $(STAMP)
	PYTHON=$(PYTHON) VENV=$(VENV) tools/make_wheels.sh

# The documentation as a site in build/site, in an environment of its own: every link is checked.
SITE := .venv-docs

$(SITE)/.installed: tools/requirements-docs.txt
	$(PYTHON) -m venv $(SITE)
	$(SITE)/bin/pip install --quiet --disable-pip-version-check $(PIP_FLAGS) -r tools/requirements-docs.txt
	touch $@

docs: $(SITE)/.installed
	NO_MKDOCS_2_WARNING=1 $(SITE)/bin/mkdocs build

# What editors show of recipes, asked of the language server that VS Code runs; takes Node.js.
EDITORS := build/editors

$(EDITORS)/.installed:
	npm install --silent --no-audit --no-fund --prefix $(EDITORS) yaml-language-server@2.0.0
	touch $@

editors: $(READY) $(EDITORS)/.installed
	$(BIN)/pytest tests/house/test_editor.py

# Ours beside torch's, JAX's, Keras's and MindSpore's initializers, in an environment of its own: docs/conformance.md.
CONFORMANCE := .venv-conformance

$(CONFORMANCE)/.installed: setup.cfg tests/conformance/requirements.txt
	$(PYTHON) -m venv $(CONFORMANCE)
	$(CONFORMANCE)/bin/pip install --quiet --disable-pip-version-check $(PIP_FLAGS) -r tests/conformance/requirements.txt -e .
	touch $@

conformance: $(CONFORMANCE)/.installed
	KERAS_BACKEND=jax $(CONFORMANCE)/bin/python -m pytest tests/conformance

# What strangers write, for a minute: every reader, with changed inputs of tests/fuzz/corpus. FUZZ=3600 for an hour.
FUZZ ?= 60

fuzz: $(READY)
	$(BIN)/python -m tests.fuzz.campaign --seconds $(FUZZ)

# The same, guided by coverage: atheris drives libFuzzer, in an environment of its own that has no MindSpore.
GUIDED := .venv-fuzz

$(GUIDED)/.installed: tests/fuzz/requirements.txt
	$(PYTHON) -m venv $(GUIDED)
	$(GUIDED)/bin/pip install --quiet --disable-pip-version-check $(PIP_FLAGS) -r tests/fuzz/requirements.txt
	touch $@

fuzz-guided: $(GUIDED)/.installed
	$(GUIDED)/bin/python -m tests.fuzz.guided --seconds $(FUZZ)

clean:
	rm -rf $(VENV) build dist *.egg-info ms_initkit/stream/*.so
