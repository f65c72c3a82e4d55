# Two commands matter: `make run` and `make test`. Both install what they miss and skip what is done.
.DEFAULT_GOAL := help
.PHONY: help run test check bench duel load web debian clean test-rust test-web test-python test-phones test-browser test-link

CARGO ?= cargo
# Of the whole workspace even where one program is wanted: alone it has other features of its libraries, and many of
# them would be compiled a second time.
PROGRAM = $(CARGO) build --locked --workspace
WEB_SOURCES := $(shell find web-client -name node_modules -prune -o -name dist -prune -o -type f -print 2>/dev/null)

help: ## Show what can be made.
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-14s %s\n", $$1, $$2 }'

run: debian web ## Install what is missing, build in release and start the server with its state in ./data.
	$(CARGO) run --release --locked --package palabre -- serve

test: debian test-web test-rust test-python test-phones test-browser ## Install what the tests need and run all of them.

check: debian web ## Format, lints, licences, types: what must be clean before a change goes in.
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings
	@scripts/need-cargo-deny
	$(CARGO) deny --all-features check bans licenses sources
	cd web-client && ../scripts/with-node npm run --silent check

bench: debian web ## Measure, print a table, write target/bench/report.json; ONLY=sip measures a part.
	@scripts/need-bench-peers
	@RUNLEVEL=1 scripts/need-debian chromium iproute2
	@scripts/npm-install tests/browser
	$(CARGO) build --release --locked --package palabre --package palabre-tests --package palabre-link
	"$$(dirname "$$(scripts/program release)")/bench" "$(ONLY)"

duel: ## Let the bandwidth estimator compete with str0m's on simulated links, and print a table.
	$(CARGO) build --locked --workspace
	"$$(dirname "$$(scripts/program)")/palabre-duel"

load: debian web ## Put a load on a server of its own, or on LIVEKIT_URL; ARGS="--subscribers 50 --layout 3x3" (docs/load.md).
	$(CARGO) build --release --locked --workspace
	scripts/load $(ARGS)

web: web-client/dist/index.html ## Build the web client.

web-client/dist/index.html: $(WEB_SOURCES)
	@scripts/npm-install web-client
	@echo "Building the web client"
	cd web-client && ../scripts/with-node npm run --silent build
	@touch $@

debian:
	@scripts/need-debian build-essential cmake pkg-config espeak-ng

test-web: web ## Unit tests of the web client.
	cd web-client && ../scripts/with-node npm test --silent

test-rust: debian web ## Unit tests and scenarios.
	@RUNLEVEL=1 scripts/need-debian slapd
	$(CARGO) test --workspace --locked

test-python: debian web ## An unmodified Python SDK against the program.
	@scripts/python-venv
	$(PROGRAM)
	PALABRE_BIN="$$(scripts/program)" .venv/bin/pytest -q tests/python

test-phones: debian web ## Softphones and browsers around the program, in a network namespace of their own.
	@scripts/need-debian iproute2 openssl baresip-core baresip-ffmpeg sip-tester opus-tools chromium
	@scripts/npm-install tests/browser
	@scripts/python-venv
	$(PROGRAM)
	PALABRE_BIN="$$(scripts/program)" .venv/bin/pytest -q tests/phones --dist worksteal \
		--tx '2*popen//python=scripts/in-own-network .venv/bin/python'

test-browser: debian web ## Two and three browsers against the program.
	@RUNLEVEL=1 scripts/need-debian chromium firefox-esr slapd
	@scripts/npm-install tests/browser
	$(PROGRAM)
	cd tests/browser && PALABRE_BIN="$$(../../scripts/program)" ../../scripts/with-node npm test --silent

test-link: debian web ## A browser behind a thin link, measured: takes a machine that has time for four browsers, so not part of `test`.
	@RUNLEVEL=1 scripts/need-debian chromium iproute2
	@scripts/npm-install tests/browser
	$(PROGRAM)
	cd tests/browser && PALABRE_BIN="$$(../../scripts/program)" \
		../../scripts/in-own-network ../../scripts/with-node npx playwright test -c link

clean: ## Remove everything built, but not ./data.
	$(CARGO) clean
	rm -rf web-client/dist .venv .tools
