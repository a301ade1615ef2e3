# The one entry for every task; CI calls the same targets. `make help` lists them.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

CARGO ?= cargo
CHART := helm/patron

## Run and test -----------------------------------------------------------------------------------

.PHONY: up
up: postgres ## Build, start everything on an embedded PostgreSQL, load the demo, stay in the foreground
	$(CARGO) build --package patron
	exec target/debug/patron up $(ARGS)

.PHONY: test
test: postgres python ## All tests
	$(CARGO) test --workspace --quiet $(ARGS)

.PHONY: clients
clients: postgres ## Clients that share no code with Patron: gRPC of Python, gRPC-Web of Node (tests/clients)
	@scripts/install-clients
	$(CARGO) test --workspace --quiet --test all --test suite clients:: -- --ignored --skip fuzzer

.PHONY: fuzz
fuzz: postgres ## A fuzzer that compares the answers of a Patron of its own with the OpenAPI document (tests/clients)
	@scripts/install-clients
	$(CARGO) test --workspace --quiet --test suite fuzzer -- --ignored $(ARGS)

.PHONY: soak
soak: postgres ## Longer runs of what the tests do: 50,000 operations with service and PostgreSQL killed amid them
	PATRON_SOAK_OPERATIONS=50000 $(CARGO) test --package patron --test suite crashes -- --nocapture

.PHONY: bench
bench: postgres ## Measure; `make bench ONLY=foundation` runs a part. Writes target/bench.json
	$(CARGO) build --release --package patron --package bench
	target/release/bench $(if $(ONLY),--only $(ONLY)) --patron target/release/patron --output target/bench.json $(ARGS)

.PHONY: attack
attack: postgres ## Attack it: floods, slow clients, forged tokens, a walk over all methods. Writes target/attack.json
	$(CARGO) build --package patron --package attack
	target/debug/attack --patron target/debug/patron --output target/attack.json $(ARGS)

.PHONY: postgres
postgres:
	@scripts/install-postgres

.PHONY: python
python:
	@scripts/install-python

## Check ------------------------------------------------------------------------------------------

.PHONY: lint
lint: fmt-check clippy proto deny ## Format, clippy, contract, dependencies

.PHONY: fmt
fmt: ## Format the code and the contract
	$(CARGO) fmt --all
	cd proto && buf format --write --exclude-path google --exclude-path buf

.PHONY: fmt-check
fmt-check:
	$(CARGO) fmt --all --check

.PHONY: clippy
clippy:
	$(CARGO) clippy --workspace --all-targets --quiet -- -D warnings

.PHONY: proto
proto: ## buf lint, and buf breaking against the last release or main
	@scripts/check-proto

.PHONY: deny
deny: ## Licences, bans and sources of the dependencies (where cargo-deny is installed)
	@if command -v cargo-deny >/dev/null; then \
	  $(CARGO) deny --offline check bans licenses sources; \
	else echo "deny: skipped, cargo-deny is not installed (cargo install --locked cargo-deny)"; fi

.PHONY: chart
chart: ## Lint and render the Helm chart, validate the manifests
	@scripts/check-chart $(CHART)

## Generate ---------------------------------------------------------------------------------------

.PHONY: sqlx
sqlx: postgres ## Write the metadata of compile-time checked SQL anew (.sqlx)
	@scripts/sqlx-prepare --all

.PHONY: errors
errors: ## Write docs/errors from the reasons in the contract
	@scripts/error-pages

## Ship -------------------------------------------------------------------------------------------

.PHONY: image
image: ## Build the container image
	docker build --tag patron:$$(git describe --always --dirty) .

.PHONY: help
help:
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'
