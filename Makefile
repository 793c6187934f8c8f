# The one door: human, hook and CI call these targets.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: setup setup-dev demo test test-slow lint test-servers format bench bench-short chaos \
	chaos-short chaos-trading play-day check-demo lock

setup: .venv/.runtime          ## .venv with the commands 3t and hlsim

.venv/bin/python:
	@$(PYTHON) -c 'import sys; assert sys.version_info >= (3, 11), "3T needs Python 3.11 or newer; set PYTHON=/path/to/python3.11"'
	$(PYTHON) -m venv .venv

.venv/.runtime: requirements.lock pyproject.toml | .venv/bin/python
	@echo "Installing 3T's locked dependencies into .venv ..."
	$(PIP) install --no-deps --require-hashes -r requirements.lock
	$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

setup-dev: .venv/.dev

.venv/.dev: requirements-dev.lock .venv/.runtime
	@echo "Installing the locked tools of the tests into .venv ..."
	$(PIP) install --no-deps --require-hashes -r requirements-dev.lock
	@touch $@

demo: setup                    ## a simulated exchange, the platform on it, a page
	$(BIN)/3t demo

# Two at once, a file's tests in one process: each has servers of its own.
test: setup-dev test-servers lint   ## what hook and CI call: lint, types, tests
	$(BIN)/pytest -n 2 --dist loadfile -m "not slow"

test-slow: setup-dev test-servers  ## the tests of whole flows, killed and awaited
	$(BIN)/pytest -n 2 --dist loadfile -m slow

lint: setup-dev                ## ruff, mypy and the import contracts; changes nothing
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

test-servers:                  ## MariaDB, Chromium, promtool, or what to install
	@sh setup/tests/install-servers.sh

format: setup-dev              ## what ruff can mend by itself
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

.PHONY: dashboards render-diagrams

dashboards: setup-dev          ## Grafana's dashboards as JSON, from setup/grafana/boards
	$(BIN)/python -m setup.grafana.boards

render-diagrams:               ## docs/diagrams/*.puml as SVG; needs PlantUML
	@command -v plantuml >/dev/null || { \
		echo "PlantUML is needed: apt-get install plantuml" >&2; exit 1; }
	plantuml -tsvg -charset UTF-8 -nometadata -failfast2 docs/diagrams/*.puml

bench: setup-dev test-servers  ## side by side with the floors; minutes long
	$(BIN)/python bench/decode.py
	$(BIN)/python bench/publish.py
	$(BIN)/python bench/candle_store.py
	$(BIN)/python bench/page_candles.py
	$(BIN)/python bench/stream.py --seconds 60
	$(BIN)/python bench/streams_recovery.py
	$(BIN)/python bench/backfill.py --virtual 200 --real 24
	$(BIN)/python bench/delivery.py
	$(BIN)/python bench/market_hour.py
	$(BIN)/python bench/telemetry.py
	$(BIN)/python bench/liveness.py
	$(BIN)/python bench/exchange.py
	$(BIN)/python bench/first_minute.py
	# What misses its target here is told in docs/performance.md.
	$(BIN)/python bench/signing.py --loose
	$(BIN)/python bench/tick_to_order.py --loose

bench-short: setup-dev test-servers   ## the same in seconds, to see that it runs
	$(BIN)/python bench/decode.py --rounds 1
	$(BIN)/python bench/publish.py --rounds 1
	$(BIN)/python bench/backfill.py --virtual 30 --real 6
	$(BIN)/python bench/delivery.py --seconds 20 --fault-every 5
	$(BIN)/python bench/liveness.py --injections 2 --loose
	# A busy machine may be slow here, but must lose nothing.
	$(BIN)/python bench/stream.py --seconds 10 --most-p50-ms 1000
	$(BIN)/python bench/market_hour.py --minutes 2 --symbols 200 --kill-every 2
	$(BIN)/python bench/telemetry.py --rounds 1 --seconds 2 --loose
	$(BIN)/python bench/exchange.py --rounds 1 --seconds 5 --virtual-minutes 5 --loose
	$(BIN)/python bench/signing.py --rounds 1 --loose
	$(BIN)/python bench/tick_to_order.py --orders 10 --loose

SEEDS ?= 1 2 3
MINUTES ?= 5
DATABASE ?= sqlite

chaos: setup-dev               ## kills, stops and faults by seed, MINUTES for each of SEEDS
	SEEDS="$(SEEDS)" MINUTES=$(MINUTES) DATABASE=$(DATABASE) \
		$(BIN)/pytest -q -s tests/chaos/test_chaos.py

chaos-short: setup-dev         ## the same with one seed, in about a minute
	SEEDS=2 MINUTES=0.25 DATABASE=sqlite $(BIN)/pytest -q -s tests/chaos/test_chaos.py
	SEEDS=1 MINUTES=0.7 DATABASE=sqlite $(BIN)/pytest -q -s tests/chaos/test_trading.py

chaos-trading: setup-dev       ## the same for who trades, MINUTES for each of SEEDS
	SEEDS="$(SEEDS)" MINUTES=$(MINUTES) DATABASE=$(DATABASE) \
		$(BIN)/pytest -q -s tests/chaos/test_trading.py

play-day: setup-dev            ## a day through every strategy; ledger = hlsim's; minutes
	DAY_MINUTES=1440 $(BIN)/pytest -q tests/integration/trading/test_virtual_day.py

.PHONY: sim sim-short sim-bugs

sim sim-short: SEEDS := $(if $(filter command line,$(origin SEEDS)),$(SEEDS),1000)

sim: setup-dev                 ## the whole core in virtual time, SEEDS runs with random faults
	$(BIN)/python -m tests.sim --seeds $(SEEDS) --jobs 2

sim-bugs: setup-dev            ## five planted bugs, each caught within 100 seeds
	$(BIN)/python -m tests.sim --only-bugs --most 100

sim-short: setup-dev           ## both, in about a minute
	$(BIN)/python -m tests.sim --seeds $(SEEDS) --secs 30 --jobs 2 --bugs

check-demo: setup              ## the demonstration checks itself
	rm -rf .venv/check-demo
	$(BIN)/3t demo --seconds 40 --no-browser --data-dir .venv/check-demo

.PHONY: install install-light install-prod clean restart logs migrate reset-db backup \
	restore test-stack

COMPOSE ?= docker compose
UP := $(COMPOSE) up -d --build --wait --wait-timeout 600
SERVICE ?=

install: setup                 ## the whole stack in containers, from nothing to healthy
	$(BIN)/3t init --variant full
	$(UP)

install-light: setup           ## without Elasticsearch and Kibana
	$(BIN)/3t init --variant light
	$(UP)

install-prod: setup            ## with the code baked into the image
	$(BIN)/3t init --variant prod
	$(UP)

clean:                         ## this project's containers and networks; VOLUMES=1: its data
	@COMPOSE="$(COMPOSE)" VOLUMES="$(VOLUMES)" sh setup/clean.sh

restart:                       ## deploy changed code; SERVICE=web alone
	$(COMPOSE) restart $(SERVICE)

logs:                          ## as they come; SERVICE=web alone
	$(COMPOSE) logs -f --tail 100 $(SERVICE)

migrate:                       ## the containers' database to the newest schema
	$(COMPOSE) run --rm migrations

reset-db:                      ## development only: empty the containers' databases; asks
	@COMPOSE="$(COMPOSE)" sh setup/mariadb/reset.sh

backup:                        ## MariaDB and Redis into one file in backups/
	@COMPOSE="$(COMPOSE)" sh setup/backup/backup.sh

restore:                       ## FILE=backups/...: in the place of what is there; asks
	@COMPOSE="$(COMPOSE)" sh setup/backup/restore.sh $(FILE)

test-stack: setup-dev          ## the whole stack on the Docker there is, from outside
	$(BIN)/pytest -q -s tests/stack

UV_COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --no-header --no-emit-index-url --group build pyproject.toml

lock: setup-dev                ## write both lock files anew from pyproject.toml
	$(UV_COMPILE) --all-extras --group dev -o requirements-dev.lock
	$(UV_COMPILE) -c requirements-dev.lock -o requirements.lock
