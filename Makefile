# Decisions as Code. `make` alone lists the targets.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

UV_VERSION := 0.13.9
CONFTEST_VERSION := v0.71.1
ACTIONLINT_VERSION := v1.7.12
# Everything that is built or downloaded is kept here, by version, outside the tree.
export DAC_CACHE ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/dac
CONFTEST := $(DAC_CACHE)/bin/conftest-$(CONFTEST_VERSION)
export DAC_CONFTEST := $(CONFTEST)
ACTIONLINT := $(DAC_CACHE)/bin/actionlint-$(ACTIONLINT_VERSION)
BIN := .venv/bin
STAMP := .venv/.installed
# An uv of the machine's own serves; where there is none, one is installed at a pinned version.
UV := $(or $(shell command -v uv),$(DAC_CACHE)/uv-$(UV_VERSION)/bin/uv)
export PATH := $(dir $(UV)):$(PATH)
# The images whose programs have tests of their own.
IMAGES := $(patsubst images/%/requirements.txt,%,$(wildcard images/*/requirements.txt))

##@ Use
.PHONY: help demo demo-eval demo-train
help: ## list these targets
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: setup ## decisions to a searchable index on this machine: no cluster, no GPU
	@tests/demo/rag.sh

demo-eval: setup ## two versions of a model, one worse: the gate catches it
	@tests/demo/eval.sh

demo-train: setup ## a small model learns a task, is scored as it learns, and is promoted
	@tests/demo/train.sh

##@ Work on it
.PHONY: setup check test test-fast test-runtime test-image lint lock bench
setup: $(STAMP) $(CONFTEST) ## install what the tool needs: uv, a locked .venv, conftest

check: setup lint policy drift goldens argolint workflows ## lint, types, schemas, policies and their tests, goldens, drift (no cluster; under a minute once its tools are built)

lint: $(STAMP) ## style, types, imports, spelling and wording
	@$(BIN)/ruff check -q . && $(BIN)/ruff format -q --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports > /tmp/dac-lint-imports.$$$$ 2>&1 || { cat /tmp/dac-lint-imports.$$$$; rm -f /tmp/dac-lint-imports.$$$$; exit 1; }; rm -f /tmp/dac-lint-imports.$$$$
	@git ls-files -z | xargs -0 $(BIN)/codespell
	@$(BIN)/python scripts/wording

# Rego is held to its own formatter, to strict mode and to the tests beside each rule.
.PHONY: policy
policy: $(CONFTEST)
	@$(CONFTEST) fmt --check policy
	@$(CONFTEST) verify --strict --no-color --policy policy

.PHONY: drift
drift: $(STAMP) # what is rendered is what is committed
	@$(BIN)/dac render --check

.PHONY: goldens
goldens: $(STAMP) # what the cases render to, and what a plan says of them, byte by byte
	@$(BIN)/python -m pytest tests/expand/test_render.py tests/plan/test_cases.py

.PHONY: argolint
argolint: # Argo's own linter, offline, over what is rendered
	@found="$$(ls -d projects/*/rendered/pipelines standards/*/*/rendered.yaml standards/platform/canaries standards/platform/examples/rendered/argo-*.yaml 2> /dev/null)" || true; \
	  [ -z "$$found" ] || "$$(scripts/argolint/build.sh)" $$found

.PHONY: workflows
workflows: $(ACTIONLINT) $(STAMP) # GitHub's workflows: syntax, expressions, actions' inputs, rights; GitLab's file by its schema
	@$(ACTIONLINT) -shellcheck= -pyflakes= .github/workflows/*.yaml
	@$(BIN)/check-jsonschema --quiet --builtin-schema vendor.gitlab-ci --data-transform gitlab-ci .gitlab-ci.yml
	@report="$$($(BIN)/zizmor --offline --no-progress .github 2>&1)" || { echo "$$report"; exit 1; }
	@images/build/external.sh check || true # a warning here: images.yaml and release.yaml refuse to go on

test: check servers ## every test, the tool's and each image's own, with a table of the slowest
	@$(BIN)/python tests/suites.py $(if $(LANES),--lanes $(LANES))

test-fast: $(STAMP) $(CONFTEST) ## the tool's tests without images, servers, long sweeps and whole trees; says what it leaves out
	@$(BIN)/pytest -m "not image and not end_to_end and not exhaustive" -n auto --dist worksteal

test-runtime: setup ## the tests of images/runtime: what holds for every image's programs
	@"$$(images/env.sh eval test)/bin/python" -m pytest images/runtime

test-image: setup servers ## one image's tests: make test-image IMAGE=rag (or eval, train)
	@[ -f images/$(IMAGE)/requirements-test.txt ] || { echo "make test-image IMAGE=NAME, where NAME is one of: $(IMAGES)" >&2; exit 2; }
	@"$$(images/env.sh $(IMAGE) test)/bin/python" -m pytest images/$(IMAGE)

.PHONY: audit
audit: $(STAMP) # known vulnerabilities of every lock; scripts/audit-ignores.txt says which are accepted, until when and why
	@ignored="$$(awk -v today="$$(date +%F)" '!/^#/ && NF && $$2 >= today {print "--ignore-vuln", $$1}' scripts/audit-ignores.txt)"; status=0; \
	  for lock in scripts/requirements.txt images/*/requirements*.txt; do \
	    $(BIN)/pip-audit --strict --progress-spinner off --disable-pip --require-hashes $$ignored -r "$$lock" || { echo "$$lock: see above" >&2; status=1; }; \
	  done; exit $$status

bench: setup ## the decision layer beside helm, kustomize, Hera and conftest; others: make bench NAME=list
	@python3 tests/bench $(or $(NAME),layer) $(ARGS)

.PHONY: test-rounding
test-rounding: setup ## the tests that train, on other instruction sets and thread counts: no verdict depends on rounding
	@tests/rounding.sh

# The servers that the tests of images/rag start: Weaviate, and S3 over a folder.
.PHONY: servers
servers:
	@ls -d $(DAC_CACHE)/cluster/weaviate-v*[0-9]/weaviate-server > /dev/null 2>&1 || \
	  echo "building a Weaviate and an S3 server from their Go modules for the tests (once, about four minutes)" >&2
	@tests/cluster/build.sh weaviate versitygw > /dev/null

lock: ## resolve the requirements anew (hashes, no index address)
	@$(UV) pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --all-extras pyproject.toml -o scripts/requirements.txt
	@for f in images/*/requirements.in images/*/requirements-test.in; do [ -f "$$f" ] || continue; \
	  $(UV) pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header "$$f" -o "$${f%.in}.txt"; done

$(UV):
	@echo "installing uv $(UV_VERSION)" >&2
	@python3 -m venv $(DAC_CACHE)/uv-$(UV_VERSION) && $(DAC_CACHE)/uv-$(UV_VERSION)/bin/pip install -q uv==$(UV_VERSION)

$(STAMP): scripts/requirements.txt pyproject.toml | $(UV)
	@[ -x $(BIN)/python ] || $(UV) venv -q .venv
	@VIRTUAL_ENV=.venv $(UV) pip sync -q --require-hashes scripts/requirements.txt
	@VIRTUAL_ENV=.venv $(UV) pip install -q --no-deps --no-build-isolation -e .
	@# Where PYTHONDONTWRITEBYTECODE is set, as in many containers, each start would compile all that it imports.
	@env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -c 'import dac, pkgutil; list(map(__import__, (m.name for m in pkgutil.walk_packages(dac.__path__, "dac."))))'
	@touch $@

$(CONFTEST):
	@echo "building conftest $(CONFTEST_VERSION) from its Go module (about a minute)" >&2
	@mkdir -p $(@D) && GOBIN=$(DAC_CACHE)/bin/new CGO_ENABLED=0 GOFLAGS=-mod=mod go install github.com/open-policy-agent/conftest@$(CONFTEST_VERSION)
	@mv $(DAC_CACHE)/bin/new/conftest $@ && rmdir $(DAC_CACHE)/bin/new

$(ACTIONLINT):
	@echo "building actionlint $(ACTIONLINT_VERSION) from its Go module" >&2
	@mkdir -p $(@D) && GOBIN=$@.new CGO_ENABLED=0 GOFLAGS=-mod=mod go install github.com/rhysd/actionlint/cmd/actionlint@$(ACTIONLINT_VERSION)
	@mv $@.new/actionlint $@ && rmdir $@.new

##@ A real cluster
.PHONY: cluster-up cluster-test soak soak-index soak-readers soak-answers soak-cluster cluster-down
cluster-up: ## one node of real Kubernetes with Argo, on this machine (builds once, then under a minute)
	@python3 tests/cluster/local up

cluster-test: setup ## from git push to a searchable index, on KUBECONFIG's cluster or on a local one
	@tests/cluster/test.sh smoke

soak: soak-index soak-readers soak-answers soak-cluster ## the long tests: 20,000 steps against one index; 36,000 odd documents; the cluster's kills and random DAGs (hours)

soak-index: setup servers # DAC_STEPS and DAC_SEED choose how many steps and which
	@DAC_STEPS=$${DAC_STEPS:-20000} "$$(images/env.sh rag test)/bin/python" -m pytest images/rag/tests/test_truth.py

soak-readers: setup # DAC_MUTANTS and DAC_SEED choose how many and which
	@DAC_MUTANTS=$${DAC_MUTANTS:-36000} "$$(images/env.sh rag test)/bin/python" -m pytest -s \
	  images/rag/tests/test_hostile_documents.py -k mutants

soak-answers: setup # a model that is taught to answer from an index, and to cite
	@DAC_SOAK=1 $(BIN)/pytest tests/evaluation/test_from_index.py

soak-cluster: setup
	@tests/cluster/test.sh soak

cluster-down: ## stop the local cluster; nothing stays running or mounted
	@python3 tests/cluster/local down
