# SPDX-License-Identifier: Apache-2.0
# The commands of the workspace; CI calls the same ones. A target's comment is its line in `make help`.

PYTHON ?= python3
ARGS ?=
MEMBERS := wire/pyproject.toml agent/pyproject.toml collector/pyproject.toml
COMPILE := .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-annotate --no-header --no-emit-package sansang-wire $(ARGS) $(MEMBERS)
# A host of its own, for the campaign pulls real cables.
ALONE := unshare --net --mount $(if $(filter 0,$(shell id -u)),,--user --map-root-user)

# The tests wait more than they compute: three processes keep two processors busy. With a debugger:
# `make test ARGS="-n 0 --pdb"`.
SIDE_BY_SIDE := -n 3 --dist worksteal

.DEFAULT_GOAL := help
.PHONY: help demo test check lab soak bench screenshots lock runtime dev
MAKEFLAGS += --no-print-directory

help: ## list the commands
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

demo: runtime ## a commune to look at: broker, collector, simulated agents (needs python3 and make)
	@.venv/bin/sansang demo $(ARGS)

test: dev ## every test but the heavy ones; installs the servers they talk to when it may
	@tests/install_servers.sh
	@.venv/bin/python -m pytest -m "not lab" $(SIDE_BY_SIDE) $(ARGS)

check: dev ## format, lint, types, imports
	@.venv/bin/ruff format --check .
	@.venv/bin/ruff check .
	@.venv/bin/basedpyright
	@.venv/bin/lint-imports

lab: dev ## the heavy tests: the page in Chromium, a virtual machine with simulated radios
	@tests/install_servers.sh lab
	@tests/build_kernel.sh
	@.venv/bin/python -m pytest -m lab $(ARGS)

soak: dev ## an hour of power cuts, cable faults and killed servers, half an hour of lossy air, a simulated year
	@tests/install_servers.sh lab
	@tests/build_kernel.sh
	@.venv/bin/python -m tests.lab.wifi_soak 1800
	@.venv/bin/python -m tests.collector.watch.simulation --days 365
	@.venv/bin/python -m tests.e2e.outages_table
	@rm -rf .build/soak && mkdir -p .build/soak
	@$(ALONE) .venv/bin/python -m tests.e2e.campaign --folder $(CURDIR)/.build/soak --rounds 900 $(ARGS)

bench: dev ## what it costs and carries: stores, collector, judge, speed tests, the agent, the page (an hour)
	@tests/install_servers.sh lab
	@tests/build_kernel.sh
	@.venv/bin/python -m bench.store
	@.venv/bin/python -m bench.carriage
	@.venv/bin/python -m bench.backlog
	@.venv/bin/python -m bench.judge
	@.venv/bin/python -m bench.speed
	@$(ALONE) .venv/bin/python -m bench.agent
	@.venv/bin/python -m bench.agent_with_radios
	@.venv/bin/python -m bench.page
	@.venv/bin/python -m bench.speeds

screenshots: dev ## pictures of the page of a demo, into docs/screenshots (needs chromium)
	@.venv/bin/python -m tests.screenshots

lock: dev ## pin every dependency anew where a pyproject asks for it (ARGS=--upgrade: all of them)
	@$(COMPILE) --group build --output-file requirements.lock
	@$(COMPILE) --group build --group dev --constraint requirements.lock --output-file requirements-dev.lock
	@$(subst $(MEMBERS),wire/pyproject.toml agent/pyproject.toml,$(COMPILE)) --group build --constraint requirements.lock --output-file deploy/agent/requirements.lock

runtime:
	@$(PYTHON) deploy/bootstrap.py

dev:
	@$(PYTHON) deploy/bootstrap.py --dev
