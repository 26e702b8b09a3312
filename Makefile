# Everything runs in .venv, which is made from requirements.lock when it is missing or out of date.
# `make` lists the targets. Another Python than the one found: make test PYTHON=/path/to/python3.12

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip -qq --disable-pip-version-check
PYTEST_ARGS ?= -n 2
# Compiled files are kept, whatever the environment says: children of the tests would compile again.
TESTS := env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -m pytest
LOCK_ARGS ?=

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-print-directory --no-builtin-rules

# Sets $$python to the first interpreter that really runs (a shim may not), is of a supported
# version and can make virtual environments; says what to do when there is none.
define find_python
python=; \
for candidate in $(if $(PYTHON),'$(PYTHON)',python3.13 python3.12 python3.11 python3 python); do \
    if "$$candidate" -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1; \
    then python="$$candidate"; break; fi; \
done; \
if [ -z "$$python" ]; then \
    echo "$(if $(PYTHON),$(PYTHON) is not a,Found no) Python 3.11, 3.12 or 3.13 with venv; install one (Debian: apt install python3 python3-venv), or name it: make PYTHON=/path/to/python3.12" >&2; \
    exit 1; \
fi
endef

.PHONY: help
help:  ## list the targets
	@sed -n 's/^\([a-z][a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) \
	    | while IFS='|' read -r target text; do printf '%-16s %s\n' "$$target" "$$text"; done

.PHONY: run
run: $(VENV)/.installed  ## segment the customers that config.yaml names (as shipped: the sample)
	@$(BIN)/engine run

.PHONY: test
test: $(VENV)/.installed  ## the tests but for long ones, and the documentation's examples; PYTEST_ARGS="-k name"
	@$(TESTS) -m 'not long' $(PYTEST_ARGS)

.PHONY: test-all
test-all: $(VENV)/.installed  ## every test, at full size; PYTEST_ARGS="-n 2 -m 'long or property'": what make test leaves out
	@$(TESTS) --hypothesis-profile=thorough $(PYTEST_ARGS)

.PHONY: campaigns
campaigns: $(VENV)/.installed  ## every attempt to break the engine, whole (hours); PYTEST_ARGS="-k name"
	@ENGINE_CAMPAIGNS=whole $(TESTS) tests/campaigns -s $(filter-out -n 2,$(PYTEST_ARGS))

.PHONY: lint
lint: $(VENV)/.installed  ## ruff (rules and format) and mypy, strict
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --check --quiet
	@$(BIN)/mypy --strict engine

.PHONY: bench
bench: $(VENV)/.installed  ## the benchmarks, as benchmarks/manifest.yaml lists them
	@$(BIN)/python benchmarks/run.py

# The environment (7 GB) lies under ~/.cache and is kept. GPU_CONTRACT_ARGS=--if-changed repeats
# nothing that passed with the same GPU files, pins and tests; anything else goes to pytest.
.PHONY: gpu-contract
gpu-contract: $(VENV)/.installed  ## every call into RAPIDS against the real packages; needs no GPU
	@$(BIN)/python tests/gpu_contract/environment.py $(GPU_CONTRACT_ARGS)

# The kernels as AddressSanitizer and UndefinedBehaviorSanitizer compile them (GCC), in a tree of their
# own; what Python itself leaves unfreed is not asked about.
SANITIZED := build/sanitize
.PHONY: sanitize
sanitize: $(VENV)/.installed  ## the kernels' tests with memory and arithmetic watched; SANITIZE_TESTS="tests/native"
	@$(BIN)/cmake -S . -B $(SANITIZED) -DENGINE_SANITIZE=ON > $(SANITIZED).log 2>&1 && \
	$(BIN)/cmake --build $(SANITIZED) --parallel 2 >> $(SANITIZED).log 2>&1 || { cat $(SANITIZED).log >&2; exit 1; }
	@rm -rf $(SANITIZED)/tree && mkdir $(SANITIZED)/tree && cp -R engine tests pyproject.toml config.yaml $(SANITIZED)/tree
	@cp $(SANITIZED)/kernels.native.so $(SANITIZED)/tree/engine/native
	@cd $(SANITIZED)/tree && LD_PRELOAD="$$(g++ -print-file-name=libasan.so) $$(g++ -print-file-name=libstdc++.so)" \
	    ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=print_stacktrace=1 \
	    $(abspath $(BIN))/python -m pytest -p no:cacheprovider -o pythonpath=. $(or $(SANITIZE_TESTS),tests/native)

.PHONY: lock
lock:  ## rewrite requirements.lock from pyproject.toml; LOCK_ARGS=--upgrade for newer versions
	@$(find_python); tools=$$(mktemp -d); trap 'rm -rf "$$tools"' EXIT; \
	"$$python" -m venv "$$tools" && \
	"$$tools/bin/python" -m pip install -qq --disable-pip-version-check 'uv>=0.9' && \
	"$$tools/bin/uv" pip compile pyproject.toml --extra cpu --extra cluster --extra mlflow --extra sql --extra onnx \
	    --extra remote --extra delta --extra database --group dev \
	    --universal --python-version 3.11 --fork-strategy fewest --generate-hashes \
	    --no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock' \
	    --quiet --output-file requirements.lock $(LOCK_ARGS)

.PHONY: clean
clean:  ## remove .venv, caches and built packages; what runs wrote stays
	@rm -rf $(VENV) build dist engine/native/kernels.native.* .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The locked packages: made afresh, so that nothing stays that the lock no longer names.
$(VENV)/.locked: requirements.lock
	@$(find_python); \
	echo "Installing the locked dependencies into $(VENV) ($$("$$python" --version))"; \
	"$$python" -m venv --clear $(VENV)
	@$(PIP) install --require-hashes -r requirements.lock
	@touch $@

# The project itself, editable; its build backend is among the locked packages. Of its two ways the
# plain path is kept: the backend's finder would come before PYTHONPATH, and before every import.
$(VENV)/.editable: $(VENV)/.locked pyproject.toml
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@echo "$$PWD" > "$$(ls $(VENV)/lib/python3*/site-packages/_editable_skbc_engine_segments.pth)"
	@touch $@

# Its kernels, beside their sources. Where they cannot be compiled NumPy does their work, it is said,
# and the next make tries again. A folder of builds from elsewhere is begun anew.
CONFIGURE = $(1)/bin/cmake -S . -B build/kernels -DENGINE_BESIDE_SOURCES=ON
define compile_kernels
@{ { $(CONFIGURE) || $(CONFIGURE) --fresh; } && $(1)/bin/cmake --build build/kernels --parallel 2; } \
    > $(1)/kernels.log 2>&1 && touch $(1)/.kernels || { rm -f engine/native/kernels.native.so $(1)/.kernels; \
    echo 'The kernels were not compiled ($(1)/kernels.log says why); NumPy does their work.'; }
endef
SOURCES := CMakeLists.txt engine/native/src $(wildcard engine/native/src/*)
$(VENV)/.kernels: $(VENV)/.locked $(SOURCES)
	$(call compile_kernels,$(VENV))

$(VENV)/.installed: $(VENV)/.editable $(VENV)/.kernels
	@touch $@

# The GPU environment: the extra [gpu], or with CUDA=13 on the command line [gpu-cu13]; about 6 GB.
# Which of the two is there is remembered in it, so that later targets keep it.
GPU_VENV := .venv-gpu
GPU_EXTRA = $(if $(filter command,$(origin CUDA)),$(call gpu_extra,$(CUDA)),$(or \
    $(shell cat $(GPU_VENV)/.extra 2>/dev/null),gpu))
gpu_extra = $(if $(filter 12,$(1)),gpu,$(if $(filter 13,$(1)),gpu-cu13,$(error \
    CUDA is $(1); give 12 or 13, as `engine doctor` says the driver supports)))

.PHONY: gpu-install
gpu-install:  ## the GPU environment .venv-gpu, for CUDA 12; CUDA=13 for CUDA 13
	@if [ "$$(cat $(GPU_VENV)/.extra 2>/dev/null)" != '$(GPU_EXTRA)' ]; then rm -f $(GPU_VENV)/.installed; fi
	@$(MAKE) $(GPU_VENV)/.installed

.PHONY: test-gpu
test-gpu: $(GPU_VENV)/.installed  ## on a GPU host: every algorithm on the GPU against the CPU
	@ENGINE_REQUIRE_GPU=1 $(GPU_VENV)/bin/python -m pytest tests/parity $(GPU_PYTEST_ARGS)

$(GPU_VENV)/.installed: pyproject.toml
	@$(find_python); \
	echo "Installing .[$(GPU_EXTRA)] into $(GPU_VENV) ($$("$$python" --version)); about 6 GB, some minutes"; \
	"$$python" -m venv --clear $(GPU_VENV)
	@$(GPU_VENV)/bin/python -m pip install -qq --disable-pip-version-check \
	    --editable '.[$(GPU_EXTRA)]' 'cmake>=3.20' 'pytest>=8.3' 'hypothesis>=6.100'
	$(call compile_kernels,$(GPU_VENV))
	@echo '$(GPU_EXTRA)' > $(GPU_VENV)/.extra
	@touch $@
