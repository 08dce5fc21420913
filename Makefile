# Everyday commands. `make` alone lists them.

STACK ?= dev
INSTANCE ?= a-1

# The program is built as Pulumi's own Go host builds it, so that `pulumi up` finds the build cache warm. -trimpath
# everywhere lets one cache serve all.
BUILD := go build -trimpath -ldflags "-w -s"
TOOL  := go tool -modfile=$(CURDIR)/tools.mod

# The race detector needs a C compiler. The rehearsal's tests use it where there is one; the program's do not, since
# they would compile the AWS SDK once more. Nor do those that deploy whole stacks: of a resource with ReplaceWith, as our
# endpoints are, Pulumi's engine 3.259.0 rewrites the list with equal values while another goroutine reads it
# (deploy/state_builder.go), which does no harm, and which the detector reports.
RACE    := $(if $(shell command -v gcc 2>/dev/null || command -v clang 2>/dev/null),-race)
PROGRAM := . ./audit ./compute ./endpoints ./iam ./internal/... ./network
STACKS  := $(addprefix ./rehearsal/,controls deployer diagram proof trials upgrade)

.PHONY: help
help: ## List the commands.
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: rehearse
rehearse: build ## Deploy STACK (dev) to a simulated AWS, check it, destroy it. VERBOSE=1 shows Pulumi's display, STRICT=1 requires hardening claims.
	@bin/rehearse run --stack $(STACK) $(if $(VERBOSE),--verbose) $(if $(STRICT),--strict)

.PHONY: build
build: ## Compile the program and the rehearsal into bin/. Minutes the first time, seconds after.
	@[ -x bin/bastionless ] && [ -x bin/rehearse ] || echo "compiling; the first time this takes minutes"
	@$(BUILD) -o bin/ . ./rehearsal/cmd/rehearse

.PHONY: connect
connect: bin/connect ## Wait until INSTANCE (a-1) of STACK is online, and open a shell. Needs the AWS CLI and its plugin.
	@bin/connect shell --stack $(STACK) --instance $(INSTANCE)

.PHONY: wait
wait: bin/connect ## Wait until INSTANCE is online, or say what is wrong.
	@bin/connect wait --stack $(STACK) --instance $(INSTANCE)

.PHONY: ssh
ssh: bin/connect ## Wait, and connect with SSH, where the stack allows it.
	@bin/connect ssh --stack $(STACK) --instance $(INSTANCE)

.PHONY: forward
forward: bin/connect ## Wait, and forward LOCAL to TO=host:port, where the stack allows it.
	@bin/connect forward --stack $(STACK) --instance $(INSTANCE) --to "$(TO)" $(if $(LOCAL),--local $(LOCAL))

# bin/rehearse is there for the diagnosis.
.PHONY: bin/connect
bin/connect:
	@$(BUILD) -o bin/ ./rehearsal/cmd/rehearse ./rehearsal/cmd/connect

.PHONY: test
test: build ## Run all tests.
	go test -trimpath -shuffle=on $(PROGRAM)
	@# Without cached results: they compile the program, whose files the cache does not know.
	TRIALS_SUMMARY=$(CURDIR)/bin/trials.txt MUTANTS_SUMMARY=$(CURDIR)/bin/mutants.txt \
		go test -trimpath -shuffle=on -count=1 $(STACKS)
	@cat bin/trials.txt bin/mutants.txt
	go test -trimpath -shuffle=on $(RACE) $$(go list ./rehearsal/... | grep -vxF "$$(go list $(STACKS))")

.PHONY: fuzz
fuzz: ## Fuzz what reads configuration, 20 seconds each. Not part of make test, which tries the seeds.
	go test -trimpath -run '^$$' -fuzz FuzzParseBlock -fuzztime 20s ./network
	go test -trimpath -run '^$$' -fuzz FuzzParsePrincipal -fuzztime 20s ./iam
	go test -trimpath -run '^$$' -fuzz FuzzUnknownKeys -fuzztime 20s .
	go test -trimpath -run '^$$' -fuzz FuzzPublicKey -fuzztime 20s .

.PHONY: test-iam
test-iam: ## Compare the evaluator of IAM policies with another one. Needs Node.js and npm; not part of make test.
	@rehearsal/proof/policy/secondopinion/run

.PHONY: e2e
e2e: bin/connect ## Deploy STACK to your own AWS account, open a session, destroy it. Nobody has run this yet.
	@rehearsal/e2e/e2e.sh $(STACK)

.PHONY: lint
lint: ## Check format, go vet and staticcheck.
	@unformatted=$$($(TOOL) gofumpt -l .); [ -z "$$unformatted" ] || { echo "run make fmt for: $$unformatted"; exit 1; }
	go vet -trimpath ./...
	GOFLAGS=-trimpath $(TOOL) staticcheck ./...

.PHONY: fmt
fmt: ## Format all Go files.
	$(TOOL) gofumpt -w .

.PHONY: bench
bench: build ## Print how long rehearsals, builds and the first session take, as ratios. Builds cold: minutes.
	go run -trimpath ./rehearsal/cmd/bench
	go test -trimpath -run '^$$' -bench . ./rehearsal/proof
	go run -trimpath ./rehearsal/firstsession/cmd

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
