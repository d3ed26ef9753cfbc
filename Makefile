# Every target makes .venv and builds the Rust core by itself when it is missing or out of date.
# Another interpreter: make PY=python3.13 test

PY ?= python3
BIN := .venv/bin
SOURCES := pyproject.toml $(wildcard Cargo.toml Cargo.lock) $(shell find src -name '*.rs')
STUB := python/netsteps/_core.pyi
FUZZ := decode fragments join pcapng trace

export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help demo test lint format stubs stubs-check notebooks lab browser-test class-test wheel bench bench-core fuzz core-test clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: .venv/.ready ## the main job: a server and its clients send a real file both ways
	@$(BIN)/netsteps demo

test: .venv/.ready ## all tests
	$(BIN)/python -m pytest -q

lint: .venv/.ready stubs-check ## formatters in check mode, linters, types, stubs
	cargo fmt --check
	cargo clippy --quiet --all-targets --no-default-features -- -D warnings
	PYO3_PYTHON=$(abspath $(BIN)/python) cargo clippy --quiet --all-targets --features python -- -D warnings
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python notebooks/build.py --check
	$(BIN)/mypy
	$(BIN)/python -m mypy.stubtest netsteps --allowlist .stubtest-allowlist \
		--mypy-config-file pyproject.toml

format: .venv/.ready ## rewrite the sources in the project's format
	cargo fmt
	$(BIN)/ruff check --quiet --fix .
	$(BIN)/ruff format .

stubs: .venv/.ready ## write python/netsteps/_core.pyi anew from the Rust sources
	$(call generate_stubs,cp "$$dir/netsteps/_core.pyi" $(STUB))

stubs-check: .venv/.ready # part of lint: fails when the committed stub is not what `make stubs` writes
	$(call generate_stubs,diff -u $(STUB) "$$dir/netsteps/_core.pyi" || { echo "$(STUB) is out of date: run 'make stubs'" >&2; exit 1; })

notebooks: .venv/.ready ## build the notebooks from their sources
	$(BIN)/python notebooks/build.py

lab: .venv/.lessons ## the lessons in JupyterLab: ARGS='--no-browser'
	$(BIN)/jupyter lab $(ARGS) notebooks

browser-test: .venv/.lessons ## run every lesson in JupyterLab in a browser; pictures in target/browser
	@$(BIN)/python -m pip install -q 'playwright>=1.50'
	$(BIN)/python -m pytest -q -m browser tests/browser

class-test: .venv/.ready ## thirty students run lesson 4 at once on this machine: STUDENTS=30
	STUDENTS=$(or $(STUDENTS),30) $(BIN)/python -m pytest -q -m classroom tests/test_classroom.py

wheel: .venv/.ready ## a release wheel for this platform, in dist
	$(BIN)/python -m pip wheel -q --no-deps -w dist .
	@ls -l dist/*.whl

bench: .venv/.bench ## measure beside C, uvloop and the standard library: ROUNDS=3 ONLY=udp EACH=0.5 README=1
	@$(MAKE) -s -C tests/bench/peers OUT=$(abspath target/bench) || \
		echo "the peers in C were not built: their rows say so" >&2
	@PYTHONPATH=tests $(BIN)/python -m bench $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(EACH),--seconds $(EACH)) \
		$(if $(ONLY),--only '$(ONLY)') $(if $(README),--readme)

bench-core: ## measure the core's hot paths, without Python
	cargo bench --no-default-features --bench core

SECONDS ?= 60
fuzz: ## look for bytes that make a decoder fail, SECONDS=60 for each target (cargo install cargo-fuzz)
	@command -v cargo-fuzz >/dev/null || { echo "cargo-fuzz is missing: cargo install cargo-fuzz" >&2; exit 1; }
	@cargo test --quiet --no-default-features --test rust_fuzz seeds_are_written -- --ignored >/dev/null
	@for target in $(FUZZ); do \
		echo "== $$target"; \
		RUSTC_BOOTSTRAP=1 cargo fuzz run --fuzz-dir tests/fuzz $$target -- \
			-max_total_time=$(SECONDS) -rss_limit_mb=512 -max_len=4096 -print_final_stats=1 || exit 1; \
	done

core-test: ## the Rust core's own tests, without Python
	cargo test --no-default-features

clean: ## remove everything that make has made
	rm -rf .venv target dist .mypy_cache .pytest_cache .ruff_cache .hypothesis tests/.hypothesis
	rm -f python/netsteps/*.so python/netsteps/*.pyd python/netsteps/*.dylib
	find python tests -name __pycache__ -type d -prune -exec rm -rf {} +

# Generates the stub in a directory of its own, named $$dir, and then runs the command given.
define generate_stubs
@set -e; dir=$$(mktemp -d); trap 'rm -rf "$$dir"' EXIT; \
$(BIN)/maturin generate-stubs --quiet -i $(BIN)/python --features stubs,abi3 --out "$$dir"; \
sed -i -f src/py/stub.sed "$$dir/netsteps/_core.pyi"; \
$(1)
endef

# The stamp is touched last, so that an interrupted build is done again.
.venv/.ready: $(SOURCES)
	@command -v cargo >/dev/null || { echo "cargo is missing: install Rust from https://rustup.rs" >&2; exit 1; }
	@$(PY) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "netsteps needs Python 3.11 or newer: make PY=python3.13 ..." >&2; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PY) -m venv --clear .venv
	@echo "building netsteps in .venv (the first time takes about a minute)"
	@$(BIN)/python -m pip install -q -e '.[test]'
	@touch $@

.venv/.lessons: pyproject.toml | .venv/.ready
	@$(BIN)/python -m pip install -q -e '.[lessons]'
	@touch $@

# What is only measured against. Without it the rows of uvloop say that it is not installed.
.venv/.bench: pyproject.toml | .venv/.ready
	@$(BIN)/python -m pip install -q -e '.[bench]' || echo "uvloop was not installed" >&2
	@touch $@
