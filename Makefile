# Everyday commands. `make` alone lists them.

STACK ?= dev

# The program is built as Pulumi's own Go host builds it, so that `pulumi up` finds the build cache warm. -trimpath
# everywhere lets one cache serve all.
BUILD := go build -trimpath -ldflags "-w -s"
TOOL  := go tool -modfile=$(CURDIR)/tools/go.mod

# The race detector needs a C compiler, and makes tests several times slower. These packages do without it: the program,
# for which it would compile the AWS SDK once more; firstsession, which computes a lot and starts no goroutine; and those that
# deploy stacks, because it reports a harmless race in Pulumi's engine 3.259.0 (deploy/state_builder.go rewrites the list of
# ReplaceWith with equal values while another goroutine reads it).
RACE    := $(if $(shell command -v gcc 2>/dev/null || command -v clang 2>/dev/null),-race)
PROGRAM := . ./audit ./compute ./endpoints ./iam ./internal/... ./network
NO_RACE := $(addprefix ./rehearsal/,controls deployer diagram firstsession proof trials upgrade)

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

CONNECT_FLAGS = --stack $(STACK) $(if $(INSTANCE),--instance $(INSTANCE)) $(if $(TIMEOUT),--timeout $(TIMEOUT))

.PHONY: connect
connect: bin/connect ## Wait until INSTANCE (default: the first) of STACK is online, and open a shell. Needs the AWS CLI and its plugin.
	@bin/connect shell $(CONNECT_FLAGS)

.PHONY: wait
wait: bin/connect ## Wait for up to TIMEOUT (12m) until INSTANCE is online, or report what is wrong.
	@bin/connect wait $(CONNECT_FLAGS)

.PHONY: ssh
ssh: bin/connect ## Wait, then connect with SSH, if the stack allows it.
	@bin/connect ssh $(CONNECT_FLAGS)

ifeq ($(filter forward,$(MAKECMDGOALS))$(TO),forward)
$(error make forward needs TO=host:port, such as: make forward STACK=$(STACK) TO=10.0.32.10:5432)
endif
.PHONY: forward
forward: bin/connect ## Wait, then forward port LOCAL (default: that of TO) to TO=host:port, if the stack allows it.
	@bin/connect forward $(CONNECT_FLAGS) --to "$(TO)" $(if $(LOCAL),--local $(LOCAL))

# bin/connect runs bin/rehearse to look for the cause when an instance does not come online.
.PHONY: bin/connect
bin/connect:
	@$(BUILD) -o bin/ ./rehearsal/cmd/rehearse ./rehearsal/cmd/connect

# SEED determines the order of tests and the random ones: a number, or "random" for another one each time.
SEED ?= 1
override SEED := $(if $(filter random,$(SEED)),$(shell date +%s),$(SEED))

# gotestsum prints a dot for each test that ends. Garbage collection would take a third of the time of the tests that
# deploy stacks.
export GOTESTSUM_FORMAT ?= dots
GOTEST = GOFLAGS=-trimpath GOGC=400 RAPID_SEED=$(SEED) STACKTEST_PROGRAM=$(CURDIR)/bin/bastionless \
	TRIALS_SUMMARY=$(CURDIR)/bin/trials.txt MUTANTS_SUMMARY=$(CURDIR)/bin/mutants.txt \
	$(TOOL) gotestsum -- -shuffle=$(SEED) $(SHORT)

.PHONY: test
test: ## Run all tests, with a few cases of each kind. SEED=random runs other random cases.
test: SHORT := -short

.PHONY: test-full
test-full: ## Run all tests with all cases.

test test-full: build
	@echo "seed $(SEED)"
	@$(GOTEST) $(PROGRAM) $(NO_RACE)
	@cat bin/trials.txt bin/mutants.txt
	@$(GOTEST) $(RACE) $$(go list ./rehearsal/... | grep -vxF "$$(go list $(NO_RACE))")

.PHONY: fuzz
fuzz: ## Fuzz what reads configuration, 20 seconds each. Not part of make test, which tries the seeds.
	go test -trimpath -run '^$$' -fuzz FuzzParseCIDR -fuzztime 20s ./network
	go test -trimpath -run '^$$' -fuzz FuzzParsePrincipal -fuzztime 20s ./iam
	go test -trimpath -run '^$$' -fuzz FuzzPublicKey -fuzztime 20s ./compute
	go test -trimpath -run '^$$' -fuzz FuzzCheckKeys -fuzztime 20s ./internal/config

.PHONY: test-iam
test-iam: ## Compare the evaluator of IAM policies with another one. Needs Node.js and npm; not part of make test.
	@rehearsal/proof/policy/secondopinion/run

.PHONY: e2e
e2e: bin/connect ## Deploy STACK to your AWS account, open a session, and destroy the stack. Nobody has run this yet.
	@rehearsal/e2e/e2e.sh $(STACK)

.PHONY: lint
lint: ## Check format, modules and code. The first time it compiles golangci-lint, which takes minutes.
	GOFLAGS=-trimpath $(TOOL) golangci-lint run ./...
	@# The connect command compiles for the systems of people's machines.
	GOOS=windows go vet -trimpath ./rehearsal/cmd/connect
	GOOS=darwin go vet -trimpath ./rehearsal/cmd/connect
	go mod tidy -diff
	cd tools && go mod tidy -diff

.PHONY: fmt
fmt: ## Format all Go files.
	$(TOOL) golangci-lint fmt ./...

.PHONY: bench
bench: build ## Print how long rehearsals, builds and the first session take, as ratios of one run. Takes minutes: it also builds with an empty cache.
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
