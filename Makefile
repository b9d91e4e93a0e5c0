# creator-enrich: `make help` lists what can be done. Each target installs and builds what it needs, when something changed.

CLI := node dist/src/cli.js
INSTALLED := node_modules/.installed
BUILT := dist/.built
CLIENTS := $(or $(CREATOR_ENRICH_CLIENTS),$(CURDIR)/node_modules/.cache/clients)
SOURCES := $(shell find src pipelines -type f \( -name '*.ts' -o -name '*.mjs' \) 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help demo enrich plan nightly replay report simulate test clients soak check format bench build clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "  ARGS='--flag …' adds options to a target; $(CLI) run --help lists them."

demo: $(BUILT) ## the main job on simulated data: no token, no network
	$(CLI) run data/samples/creators.csv --api simulated --data data/demo $(ARGS)

enrich: $(BUILT) ## enrich a list: make enrich INPUT=creators.csv
	@test -n "$(INPUT)" || { echo "error: make enrich needs a file, such as INPUT=creators.csv" >&2; exit 2; }
	$(CLI) run "$(INPUT)" $(ARGS)

plan: $(BUILT) ## what enrich would ask and cost now, without a call: make plan INPUT=creators.csv
	@test -n "$(INPUT)" || { echo "error: make plan needs a file, such as INPUT=creators.csv" >&2; exit 2; }
	$(CLI) plan "$(INPUT)" $(ARGS)

nightly: $(BUILT) ## refresh every id of every tracked list (run a list with ARGS=--track once)
	$(CLI) run --tracked $(ARGS)

replay: $(BUILT) ## rebuild all tables from raw/, with no call, and show what differs
	$(CLI) replay $(ARGS)

report: $(BUILT) ## write the HTML report of the newest run: data/reports/latest.html
	$(CLI) report $(ARGS)

simulate: $(BUILT) ## serve the simulated API on this machine
	$(CLI) simulate $(ARGS)

test: check ## everything CI runs: types, lint, format, tests
	npx --no-install vitest run

clients: $(BUILT) ## fetch DuckDB clients of several versions for Python and Java, and read a published file with each
	test/clients/prepare.sh "$(CLIENTS)"
	CREATOR_ENRICH_CLIENTS="$(CLIENTS)" npx --no-install vitest run test/clients

soak: $(BUILT) ## the fault tests at every point (hours; POINTS=20 for fewer): figures at the end
	npx --no-install vitest run --config test/faults/soak.config.ts $(ARGS)

check: $(INSTALLED) ## types, lint, format
	npx --no-install tsc -p tsconfig.json
	npx --no-install tsc -p tsconfig.scripts.json
	npx --no-install eslint .
	npx --no-install prettier --check --log-level warn .

format: $(INSTALLED) ## format the code
	npx --no-install prettier --write --log-level warn .

bench: $(BUILT) ## the benchmarks (minutes)
	node test/bench/bench.mjs
	node test/bench/journalCost.mjs
	node test/bench/views.mjs
	node test/bench/publish.mjs
	node test/bench/replay.mjs
	node test/bench/flow.mjs

build: $(BUILT) ## compile to dist/

clean: ## remove what install and build made
	rm -rf node_modules dist

$(INSTALLED): package.json package-lock.json .npmrc
	npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(BUILT): $(INSTALLED) tsconfig.json tsconfig.build.json $(SOURCES)
	npx --no-install tsc -p tsconfig.build.json
	@touch $@
