# creator-enrich: `make help` lists the targets. A target installs and builds what it needs when something has changed.

CLI := node dist/src/cli.js
INSTALLED := node_modules/.installed
BUILT := dist/.built
SOURCES := $(shell find src pipelines -type f \( -name '*.ts' -o -name '*.mjs' \) 2>/dev/null)

# What a person typed reaches the shell in the environment, never as text of a command: make must not expand it, nor the shell.
# INPUT is one argument, whatever is in it; ARGS is split at blanks, and knows no quotes.
override INPUT := $(value INPUT)
override ARGS := $(value ARGS)
export INPUT ARGS
# Messages then name the target of a command.
export CREATOR_ENRICH_STARTED_BY := make
define need_input
@test -n "$$INPUT" || { echo "error: make $@ needs a file, such as INPUT=creators.csv" >&2; exit 2; }
endef

.DEFAULT_GOAL := help
# Where the Nodes of `make package` are kept.
export CREATOR_ENRICH_NODES ?= $(CURDIR)/node_modules/.cache/nodes

.PHONY: help demo enrich plan nightly replay report simulate test test-fast package clients soak check format bench pictures sbom build clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "  ARGS='--flag …' adds options; $(CLI) run --help lists them."

demo: $(BUILT) ## three nights on simulated data: no token, no network
	set -f; $(CLI) run data/samples/creators.csv --api simulated --nights 3 --data data/demo $$ARGS

enrich: $(BUILT) ## enrich a list: make enrich INPUT=creators.csv
	$(need_input)
	set -f; $(CLI) run $$ARGS -- "$$INPUT"

plan: $(BUILT) ## what enrich would fetch and cost now: make plan INPUT=f.csv
	$(need_input)
	set -f; $(CLI) plan $$ARGS -- "$$INPUT"

nightly: $(BUILT) ## refresh the lists that were once run with ARGS=--track
	set -f; $(CLI) run --tracked $$ARGS

replay: $(BUILT) ## rebuild all tables from raw/ without a call, show changes
	set -f; $(CLI) replay $$ARGS

report: $(BUILT) ## write the report of the newest run to data/reports/
	set -f; $(CLI) report $$ARGS

simulate: $(BUILT) ## serve the simulated API on this machine
	set -f; $(CLI) simulate $$ARGS

test: $(INSTALLED) ## everything CI runs: types, lint, format, tests
	$(MAKE) --no-print-directory -j2 lint types types-of-scripts format-check $(BUILT)
	npx --no-install vitest run

test-fast: $(INSTALLED) ## types, lint of changed files, fast tests: under a minute
	npx --no-install tsc -p tsconfig.json --incremental --tsBuildInfoFile node_modules/.cache/fast.tsbuildinfo
	{ git diff --name-only --diff-filter=d HEAD; git ls-files --others --exclude-standard; } | grep -E '\.(ts|mjs|js)$$' | xargs -r npx --no-install eslint --no-warn-ignored
	npx --no-install vitest run --config test/support/fast.config.ts

package: $(BUILT) ## try the packed package on Node 20, 22 and 24
	test/package/prepare.sh "$$CREATOR_ENRICH_NODES"
	npx --no-install vitest run test/package

clients: override export CREATOR_ENRICH_CLIENTS := $(or $(value CREATOR_ENRICH_CLIENTS),$(CURDIR)/node_modules/.cache/clients)
clients: $(BUILT) ## read a published file with several clients of Python and Java
	test/clients/prepare.sh "$$CREATOR_ENRICH_CLIENTS"
	npx --no-install vitest run test/clients

soak: $(BUILT) ## the fault tests at every point (hours; SHARE=0.3: a part)
	set -f; npx --no-install vitest run --config test/faults/soak.config.ts $$ARGS

check: $(INSTALLED) ## types, lint, format
	$(MAKE) --no-print-directory -j2 lint types types-of-scripts format-check

# The parts of `check`, two at a time, the longest first.
.PHONY: lint types types-of-scripts format-check
lint: $(INSTALLED)
	npx --no-install eslint .

types: $(INSTALLED)
	npx --no-install tsc -p tsconfig.json

types-of-scripts: $(INSTALLED)
	npx --no-install tsc -p tsconfig.scripts.json

format-check: $(INSTALLED)
	npx --no-install prettier --check --log-level warn .

format: $(INSTALLED) ## format the code
	npx --no-install prettier --write --log-level warn .

bench: override export CREATOR_ENRICH_PEERS := $(or $(value CREATOR_ENRICH_PEERS),$(CURDIR)/node_modules/.cache/peers)
bench: $(BUILT) ## benchmarks beside peers (an hour; ARGS='--only job': a part)
	test/bench/peers/prepare.sh "$$CREATOR_ENRICH_PEERS"
	set -f; node test/bench/bench.mjs $$ARGS

pictures: $(BUILT) ## make the pictures of the README (needs Chromium)
	node test/pictures/make.mjs

sbom: $(INSTALLED) ## write sbom.cdx.json: the packages of the program
	npm sbom --omit=dev --sbom-format=cyclonedx >sbom.cdx.json

build: $(BUILT) ## compile to dist/

clean: ## remove node_modules/ and dist/
	rm -rf node_modules dist

$(INSTALLED): package.json package-lock.json .npmrc
	npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(BUILT): $(INSTALLED) tsconfig.json tsconfig.build.json $(SOURCES)
	npx --no-install tsc -p tsconfig.build.json
	@touch $@
