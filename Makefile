# Everyday commands. Run `make` to list them.

STACK ?= dev

# These are the flags with which Pulumi's Go language host builds the program, so that `pulumi up` can use the build
# cache. All other commands use -trimpath too, to share the cache.
BUILD := go build -trimpath -ldflags "-w -s"
TOOL  := go tool -modfile=$(CURDIR)/tools/go.mod

# The race detector needs a C compiler, and makes tests several times slower. These packages run without it: the program,
# because the AWS SDK would have to be compiled a second time; firstsession, which is slow and starts no goroutines; and
# the packages that deploy stacks, because of a harmless race in Pulumi's engine: withAllUpdatedDependencies in
# deploy/state_builder.go overwrites the list ReplaceWith with equal values while another goroutine reads it, because
# State.Copy in pkg/resource/state.go does not copy that list. docs/development.md says when to check whether it is fixed.
RACE    := $(if $(shell command -v gcc 2>/dev/null || command -v clang 2>/dev/null),-race)
PROGRAM := . ./audit ./compute ./endpoints ./iam ./internal/... ./network
NO_RACE := $(addprefix ./rehearsal/,cmd/bench cmd/rehearse controls deployer diagram firstsession htmlreport proof trials upgrade)

.PHONY: help
help: ## List all commands.
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: rehearse
rehearse: build ## Rehearse STACK (default: dev). VERBOSE=1: show Pulumi's output. STRICT=1: require all claims.
	@bin/rehearse run --stack $(STACK) $(if $(VERBOSE),--verbose) $(if $(STRICT),--strict)

.PHONY: report
report: build ## Rehearse STACK, and write a page about it for people who approve it to bin/STACK.html.
	@rm -f bin/$(STACK).html; bin/rehearse run --stack $(STACK) --report bin/$(STACK).html --quiet; status=$$?; \
		[ ! -f bin/$(STACK).html ] || echo "report: $(CURDIR)/bin/$(STACK).html"; exit $$status

.PHONY: capture
capture: build ## Describe the AWS account of STACK in accounts/, to rehearse in it. REDACT=1: without its ID.
	@bin/rehearse capture --stack $(STACK) $(if $(REDACT),--redact) $(if $(TAGS),--tags)

.PHONY: build
build: ## Compile the program and the rehearsal into bin/. The first time takes minutes.
	@[ -x bin/bastionless ] && [ -x bin/rehearse ] || echo "compiling; this takes minutes the first time"
	@$(BUILD) -o bin/ . ./rehearsal/cmd/rehearse

CONNECT_FLAGS = --stack $(STACK) $(if $(INSTANCE),--instance '$(INSTANCE)') $(if $(TIMEOUT),--timeout $(TIMEOUT))

.PHONY: connect
connect: bin/connect ## Open a shell on INSTANCE (default: the first) of STACK, when it is online.
	@bin/connect shell $(CONNECT_FLAGS)

.PHONY: wait
wait: bin/connect ## Wait up to TIMEOUT (default: 12m) until INSTANCE is online, or say why it is not.
	@bin/connect wait $(CONNECT_FLAGS)

.PHONY: ssh
ssh: bin/connect ## Connect to INSTANCE with SSH. The stack must allow it.
	@bin/connect ssh $(CONNECT_FLAGS)

ifeq ($(filter forward,$(MAKECMDGOALS))$(TO),forward)
$(error make forward needs TO=host:port, such as: make forward STACK=$(STACK) TO=10.0.32.10:5432)
endif
.PHONY: forward
forward: bin/connect ## Forward local port LOCAL (default: that of TO) to TO=host:port. The stack must allow it.
	@bin/connect forward $(CONNECT_FLAGS) --to "$(TO)" $(if $(LOCAL),--local $(LOCAL))

# If an instance does not come online, bin/connect runs bin/rehearse to find the cause.
.PHONY: bin/connect
bin/connect:
	@$(BUILD) -o bin/ ./rehearsal/cmd/rehearse ./rehearsal/cmd/connect

# SEED determines the order of tests and the cases of random tests: a number, or "random" for a new one each time.
SEED ?= 1
override SEED := $(if $(filter random,$(SEED)),$(shell date +%s),$(SEED))

# gotestsum prints a dot for each finished test. GOGC is raised because garbage collection would take a third of the time
# of the tests that deploy stacks.
export GOTESTSUM_FORMAT ?= dots
GOTEST = GOFLAGS=-trimpath GOGC=400 RAPID_SEED=$(SEED) STACKTEST_PROGRAM=$(CURDIR)/bin/bastionless \
	TRIALS_SUMMARY=$(CURDIR)/bin/trials.txt MUTANTS_SUMMARY=$(CURDIR)/bin/mutants.txt \
	$(TOOL) gotestsum -- -shuffle=$(SEED) $(SHORT)

.PHONY: test
test: ## Run all tests, with few cases of each random test. SEED=random: other cases.
test: SHORT := -short

.PHONY: test-full
test-full: ## Run all tests, with all cases.

test test-full: build
	@echo "seed $(SEED)"
	@$(GOTEST) $(PROGRAM) $(NO_RACE)
	@cat bin/trials.txt bin/mutants.txt
	@$(GOTEST) $(RACE) $$(go list ./rehearsal/... | grep -vxF "$$(go list $(NO_RACE))")

.PHONY: fuzz
fuzz: ## Fuzz the configuration parsers and the proofs for 20 seconds each.
	go test -trimpath -run '^$$' -fuzz FuzzParseCIDR -fuzztime 20s ./network
	go test -trimpath -run '^$$' -fuzz FuzzParsePrincipal -fuzztime 20s ./iam
	go test -trimpath -run '^$$' -fuzz FuzzPublicKey -fuzztime 20s ./compute
	go test -trimpath -run '^$$' -fuzz FuzzCheckKeys -fuzztime 20s ./internal/config
	go test -trimpath -run '^$$' -fuzz FuzzDecide -fuzztime 20s ./rehearsal/proof/policy
	go test -trimpath -run '^$$' -fuzz FuzzVerify -fuzztime 20s -fuzzminimizetime 1x ./rehearsal/proof

.PHONY: test-report
test-report: build ## Open the pages of the report in Chromium. Needs Node.js and npm packages.
	@STACKTEST_PROGRAM=$(CURDIR)/bin/bastionless rehearsal/htmlreport/browsertest/run

.PHONY: test-iam
test-iam: ## Compare the IAM policy evaluator with an independent one. Needs Node.js and npm.
	@rehearsal/proof/policy/secondopinion/run

# The oldest CLI that Pulumi.yaml allows and that can be compiled from Go modules, and the newest.
CLI_VERSIONS := v3.224.0 v3.276.0

.PHONY: test-cli
test-cli: build ## Deploy the stacks of the tests with two versions of the Pulumi CLI, which it compiles.
	@for version in $(CLI_VERSIONS); do rehearsal/clitest/build.sh $$version bin/pulumi-$$version || exit 1; done
	@STACKTEST_PROGRAM=$(CURDIR)/bin/bastionless go test -trimpath -count=1 -v ./rehearsal/clitest

.PHONY: test-emulator
test-emulator: build bin/connect ## Run the AWS CLI on moto, an emulated AWS. Needs rehearsal/emulator/requirements.txt.
	@EMULATOR_TESTS=1 go test -trimpath -count=1 -timeout 60m -v ./rehearsal/emulator

.PHONY: catalogue
catalogue: ## Record again what AWS offers, from two PyPI packages. Needs Python 3 and pip.
	@python3 rehearsal/awssim/catalog/record.py

.PHONY: e2e
e2e: bin/connect ## Deploy STACK to your AWS account, open a session, and destroy the stack.
	@rehearsal/e2e/e2e.sh $(STACK)

.PHONY: lint
lint: ## Check formatting, modules and code. The first time takes minutes.
	GOFLAGS=-trimpath $(TOOL) golangci-lint run ./...
	@# Users run connect on Windows and macOS, too.
	GOOS=windows go vet -trimpath ./rehearsal/cmd/connect
	GOOS=darwin go vet -trimpath ./rehearsal/cmd/connect
	go mod tidy -diff
	cd tools && go mod tidy -diff

.PHONY: fmt
fmt: ## Format all Go files.
	$(TOOL) golangci-lint fmt ./...

.PHONY: bench
bench: build ## Measure rehearsals and the first session, as ratios. BUILDS=1: builds, too. Takes minutes.
	go run -trimpath ./rehearsal/cmd/bench
	$(if $(BUILDS),go run -trimpath ./rehearsal/cmd/bench -builds)
	go run -trimpath ./rehearsal/firstsession/cmd

.PHONY: up
up: ## Deploy STACK to AWS with the Pulumi CLI.
	pulumi up --stack $(STACK)

.PHONY: preview
preview: ## Show what make up would change.
	pulumi preview --stack $(STACK) --diff

.PHONY: destroy
destroy: ## Destroy STACK on AWS with the Pulumi CLI.
	pulumi destroy --stack $(STACK)

.PHONY: clean
clean: ## Remove bin/.
	rm -rf bin
