# Everyday commands. `make` alone lists them.

STACK ?= dev

# The program is built as Pulumi's own Go host builds it, so that `pulumi up` finds the build cache warm. -trimpath
# everywhere lets one cache serve all.
BUILD := go build -trimpath -ldflags "-w -s"
TOOL  := go tool -modfile=$(CURDIR)/tools.mod

# The race detector needs a C compiler. The rehearsal's tests use it where there is one; the program's do not, since
# they would compile the AWS SDK once more.
RACE := $(if $(shell command -v gcc 2>/dev/null || command -v clang 2>/dev/null),-race)

.PHONY: help
help: ## List the commands.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: rehearse
rehearse: build ## Deploy STACK (dev) on a simulated AWS, prove it, and tear it down. No account, no network.
	@bin/rehearse run --stack $(STACK)

.PHONY: build
build: ## Compile the program and the rehearsal into bin/. Minutes the first time, seconds after.
	@[ -x bin/bastionless ] && [ -x bin/rehearse ] || echo "compiling; the first time this takes minutes"
	@$(BUILD) -o bin/bastionless .
	@cd rehearsal && $(BUILD) -o ../bin/rehearse .

.PHONY: test
test: build ## Run all tests.
	go test -trimpath -shuffle=on ./...
	cd rehearsal && go test -trimpath $(RACE) -shuffle=on ./...

.PHONY: lint
lint: ## Check format, go vet and staticcheck.
	@unformatted=$$($(TOOL) gofumpt -l .); [ -z "$$unformatted" ] || { echo "run make fmt for: $$unformatted"; exit 1; }
	go vet -trimpath ./...
	cd rehearsal && go vet -trimpath ./...
	GOFLAGS=-trimpath $(TOOL) staticcheck ./...
	cd rehearsal && GOFLAGS=-trimpath $(TOOL) staticcheck ./...

.PHONY: fmt
fmt: ## Format all Go files.
	$(TOOL) gofumpt -w .

.PHONY: bench
bench: build ## Print how long a rehearsal takes, warm, in parts.
	cd rehearsal && go test -trimpath -run '^$$' -bench . -benchtime 20x ./engine

.PHONY: up
up: ## Deploy STACK to AWS, with the Pulumi CLI.
	pulumi up --stack $(STACK)

.PHONY: preview
preview: ## Show what `make up` would change.
	pulumi preview --stack $(STACK) --diff

.PHONY: destroy
destroy: ## Destroy STACK on AWS, with the Pulumi CLI.
	pulumi destroy --stack $(STACK)

.PHONY: clean
clean: ## Remove what make built.
	rm -rf bin
