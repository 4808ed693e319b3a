# The front door. `make` lists what it can do.
.DEFAULT_GOAL := help
SHELL := bash
.SHELLFLAGS := -euo pipefail -c

# Tools that are no part of the product are kept outside the repo, by version.
CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/daybreak
TOOLS := $(CACHE)/tools-$(shell cksum < tests/tools.txt | cut -d' ' -f1)
ORACLE := $(CACHE)/oracle-$(shell cat tests/oracle/* | cksum | cut -d' ' -f1)
DAYBREAK := target/release/daybreak

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1|\2/' | column -t -s'|'

.PHONY: build
build: ## Build the daybreak command
	@command -v cargo > /dev/null || { echo "daybreak needs Rust: install it from https://rustup.rs"; exit 1; }
	@cargo build --release --quiet -p daybreak

.PHONY: data
data:
	@python3 pipelines/impressions/generate_input.py data/impressions
	@python3 pipelines/flights/setup_data.py data/flights

.PHONY: run
ifdef STORE
run: build data
	@PROGRAM=$(DAYBREAK) pipelines/stores/run $(STORE)
else
run: build data ## Fill both examples from real input, all set-up included; STORE=s3, hdfs or webhdfs: the first in a real store
	@$(DAYBREAK) run pipelines/impressions
	@$(DAYBREAK) run pipelines/flights
	@echo
	@echo "Look at   data/impressions/count_*.txt                the counts of each hour"
	@echo "          data/flights/                               delays, totals, plots of 2013"
	@echo "Then try  $(DAYBREAK) status"
	@echo "          rm data/impressions/joined_*; make run      and it comes back"
endif

.PHONY: run-flights
run-flights: build data ## A fortnight of the second example in a real store: STORE=s3, hdfs or webhdfs
	@PROGRAM=$(DAYBREAK) pipelines/stores/run $(or $(STORE),$(error say which: STORE=s3, hdfs or webhdfs)) flights

.PHONY: test
test: ## Run all tests; prints their number and the minutes of each part
	@TOOLS=$(TOOLS) tests/run

.PHONY: lint
lint: ## Check formatting and lints
	@cargo fmt --all --check
	@cargo clippy --workspace --all-targets --quiet -- -D warnings

.PHONY: deny
deny: tools ## Check licences, bans and sources of all dependencies
	@$(TOOLS)/bin/cargo-deny --log-level error check licenses bans sources

.PHONY: generate
generate: ## Write the generated files anew: CRDs, schemas, the table of metrics
	@UPDATE=1 cargo test --quiet -p crds --test generated
	@cp crds/generated/*.daybreak.dev.yaml charts/daybreak-crds/files/
	@UPDATE=1 cargo test --quiet -p daybreak --test seat generated

.PHONY: oracle
oracle: $(ORACLE)/zones.txt ## Ask Python's zoneinfo about every time zone
	@mkdir -p build/oracle && cp $< build/oracle/zones.txt

$(ORACLE)/zones.txt:
	@python3 -m venv $(ORACLE)/venv
	@$(ORACLE)/venv/bin/pip install --quiet --disable-pip-version-check -r tests/oracle/requirements.txt
	@$(ORACLE)/venv/bin/python tests/oracle/zones.py > $@.part && mv $@.part $@

.PHONY: tools
tools: $(TOOLS)/bin/cargo-nextest

$(TOOLS)/bin/cargo-nextest: tests/tools.txt
	@python3 -m venv $(TOOLS)
	@$(TOOLS)/bin/pip install --quiet --disable-pip-version-check -r tests/tools.txt
	@touch $@

.PHONY: image
image: ## Build the controller's image
	@packaging/image

.PHONY: kind-up
kind-up: ## Make a cluster on this laptop, with Daybreak and the first example in it
	@packaging/kind-up

.PHONY: kind-down
kind-down: ## Remove that cluster; the data stays
	@command -v kind > /dev/null || { echo "kind-down needs kind: https://kind.sigs.k8s.io"; exit 1; }
	@kind delete cluster --name daybreak

.PHONY: testbed
testbed: ## Build the Kubernetes, S3 and HDFS that tests run on, and images, once, outside the repo
	@tests/testbed/build kueue s3 hdfs > /dev/null
	@tests/testbed/images build pause busybox examples kueue > /dev/null

.PHONY: cluster-up
cluster-up: build data ## Start a real cluster on this machine, without an engine, with all images in it (as root)
	@tests/testbed/cluster up build/cluster --node > /dev/null
	@PROGRAM=$(DAYBREAK) tests/testbed/images import build/cluster controller examples
	@chown -R 65532:65532 data # steps never run as root, and write here
	@tests/testbed/next build/cluster

.PHONY: cluster-down
cluster-down: ## End that cluster without a trace; the data stays
	@tests/testbed/cluster down build/cluster

.PHONY: bench
bench: build bench-cluster ## Measure against make, ninja, Luigi and Snakemake, and on a cluster
	@python3 bench/bench.py
	@cargo bench --quiet -p planner

.PHONY: bench-cluster
bench-cluster: build ## Measure the controller on a real control plane with fake nodes
	@tests/testbed/build kwok s3 > /dev/null
	@cargo bench --quiet -p tests --bench refresh
	@python3 bench/cluster/bench.py

.PHONY: soak
soak: tools ## Search long: a million seeds, a thousand double crashes, every fault on a real API server and real stores, a thousand kills, mutants of the rules
	@DAYBREAK_SEEDS=1000000 $(TOOLS)/bin/cargo-nextest nextest run -p planner --test simulator --no-capture
	@DAYBREAK_SEEDS=1000 DAYBREAK_PLANS=1000000 $(TOOLS)/bin/cargo-nextest nextest run -p daybreak --test simulator_cluster --no-capture
	@DAYBREAK_KILLS=1000 $(TOOLS)/bin/cargo-nextest nextest run -p tests --test kill --no-capture
	@DAYBREAK_FAULTS=5000 $(TOOLS)/bin/cargo-nextest nextest run -p tests --test conformance --no-capture
	@command -v cargo-mutants > /dev/null || cargo install --locked --quiet cargo-mutants
	@cargo mutants -p planner --file 'controller/planner/src/rules/*.rs' --jobs 2

.PHONY: fuzz
fuzz: ## Fuzz manifests and templates for five minutes each (needs a nightly toolchain)
	@command -v cargo-fuzz > /dev/null || cargo install --locked --quiet cargo-fuzz
	@for target in manifests templates; do cargo +nightly fuzz run $$target -- -max_total_time=300; done
