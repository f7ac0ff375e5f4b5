# Every target sets up what it needs by itself: packages, Go, the build. `make help` lists them.
PRESET ?= dev
JOBS ?= $(shell nproc)
BUILD := build/$(PRESET)
CLUSTER_PROGRAM := build/testcluster/helix-testcluster
GATES := build/gates
# Tests against real parts wait more than they compute.
TEST_JOBS ?= $(shell expr $(JOBS) + 1)
# Properties are tried in the same cases in every run, so that a change is judged by itself. `make explore` tries new ones.
SEED ?= 1
ROUNDS ?= 100

.PHONY: help setup build testcluster gates test faults quick explore proofs demo bench format lint clean
help:            ## Show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## */\t/' | expand -t 14

setup:           ## Install the Debian packages and a Go that building needs
	@scripts/setup

build: setup     ## Compile everything (PRESET=dev|debug|release|asan|tsan)
	@[ -f $(BUILD)/build.ninja ] || cmake --preset $(PRESET)
	@cmake --build --preset $(PRESET) -j $(JOBS)

testcluster: setup  ## Build the real control plane that tests and `make demo CLUSTER=real` start
	@tests/cluster/build $(dir $(CLUSTER_PROGRAM))

gates: setup testcluster  ## Build the policy gates that tests run: conftest, Gatekeeper, Kyverno
	@tests/gates/build $(GATES)

test: build testcluster gates  ## Pass all tests, against real parts
	@HELIX_TESTCLUSTER=$(abspath $(CLUSTER_PROGRAM)) HELIX_GATES=$(abspath $(GATES)) RC_PARAMS=seed=$(SEED) \
	  ctest --preset $(PRESET) -j $(TEST_JOBS)

faults: build testcluster  ## Make the faults of a release: 12,000 kills, 1,000 take-overs, 200 of each of PostgreSQL's; takes hours
	@HELIX_POWER_CUTS=10000 $(BUILD)/bin/ledger_power_cut_test
	@HELIX_SERVER_KILLS=200 HELIX_CUTS=200 HELIX_FAIL_OVERS=200 $(BUILD)/bin/postgres_faults_test
	@HELIX_TAKEOVERS=63 python3 tests/crash/takeover_test.py $(BUILD)/bin/helix $(CLUSTER_PROGRAM) --postgres
	@HELIX_TAKEOVERS=63 python3 tests/crash/takeover_test.py $(BUILD)/bin/helix $(CLUSTER_PROGRAM) --partition
	@HELIX_AFTER_S=60 python3 tests/crash/bounded_test.py $(BUILD)/bin/helix $(CLUSTER_PROGRAM)
	@python3 tests/crash/kill_test.py $(BUILD)/bin/helix $(CLUSTER_PROGRAM) --postgres --kills 500
	@HELIX_KILLS=12000 python3 tests/crash/kill_test.py $(BUILD)/bin/helix $(CLUSTER_PROGRAM)

quick: build     ## Pass the tests that need no outside part
	@RC_PARAMS=seed=$(SEED) ctest --preset $(PRESET) -L quick -j $(JOBS)

explore: build   ## Try new cases of every property, ROUNDS=100 times
	@ctest --preset $(PRESET) -L property -j $(JOBS) --repeat until-fail:$(ROUNDS)

proofs:          ## Check the Lean proofs and list them with their axioms (LEAN=... names a Lean 4)
	@proofs/theorems || { [ $$? -eq 77 ] && echo "make proofs: nothing was checked"; }

demo: setup      ## Start the service and turn the helix (CLUSTER=real|sim, ONCE=1, KUBECONFIG=..., CONTEXT=...)
	@scripts/demo

bench: setup     ## Measure against named peers, as ratios
	@scripts/bench

format:          ## Lay out the sources with clang-format
	@git ls-files -z '*.cpp' '*.hpp' | xargs -0 clang-format -i

lint: build      ## Run clang-tidy over the sources
	@git ls-files 'domain/*.cpp' 'service/*.cpp' 'adapters/*.cpp' | xargs -P $(JOBS) -n 4 clang-tidy -quiet -p $(BUILD)

clean:           ## Remove what was built
	@rm -rf build
