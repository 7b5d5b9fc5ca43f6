# The commands of Postroom; `make` lists them. Needs make, a POSIX shell and Python 3.11 or newer with venv.
.POSIX:
.SUFFIXES:

BIN = .venv/bin
# How many processes pytest uses: more than there are cores, since half of the time they wait for servers.
WORKERS = 4
# Of `make fuzz`: how many broken mails, the first one's seed, and the folder of the mails that are broken.
MAILS = 100000
SEED = 20261127
SAMPLES = tests/mail
PYTEST = $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal
WITH_SERVERS = $(BIN)/python -m tests.servers run --
WITH_SQLITE_AND_REDIS = $(BIN)/python -m tests.servers run --sqlite --
WITHOUT_SERVERS = $(BIN)/python -m tests.servers run --sqlite --no-redis --
DJANGO = $(WITHOUT_SERVERS) $(BIN)/python manage.py
LOCK = $(BIN)/uv pip compile pyproject.toml --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-annotate --custom-compile-command "make lock"

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' Makefile

demo: .venv/.stamp-app ## a demo with sandbox mail server, sample mails and one address to open
	@$(BIN)/python -m helpdesk.running.demo

demo-check: .venv/.stamp-app ## the demo's way of a mail without a browser: in, ticket, reply, arrival
	@$(BIN)/python -m helpdesk.running.demo --check

run: .venv/.stamp-app ## an empty installation on SQLite with a first-run page
	@$(BIN)/python -m helpdesk.running.run

test: test-packages .venv/.stamp-dev ## all checks, all tests on PostgreSQL, and what differs on SQLite
	$(MAKE) -j 2 check
	$(WITH_SERVERS) $(PYTEST) -m "not long"
	$(WITH_SQLITE_AND_REDIS) $(PYTEST) -m "both and not long and not browser"

test-fast: .venv/.stamp-dev ## the tests that need neither servers nor a browser nor a database
	$(WITHOUT_SERVERS) $(PYTEST) -m "not servers and not browser and not database and not long"

test-all: test-packages .venv/.stamp-dev ## every test on both databases, a browser's once, then the containers (as root on Debian)
	$(MAKE) -j 2 check
	$(WITH_SERVERS) $(PYTEST)
	$(WITH_SQLITE_AND_REDIS) $(PYTEST) -m "not browser"
	.ci/containers

# `types` comes first: it takes one core as long as all others together take another.
check: types format-check lint layers template-lint django-check requirement-table ## all checks without tests; -k goes on after a failure

format-check: .venv/.stamp-dev
	$(BIN)/ruff format --check .

lint: .venv/.stamp-dev
	$(BIN)/ruff check .

types: .venv/.stamp-dev
	$(WITHOUT_SERVERS) $(BIN)/mypy manage.py helpdesk mailboxes ticketing

layers: .venv/.stamp-dev
	$(BIN)/lint-imports --no-logo

template-lint: .venv/.stamp-dev
	$(BIN)/djlint --lint templates

django-check: .venv/.stamp-dev
	$(DJANGO) makemigrations --check --dry-run
	$(DJANGO) check --fail-level WARNING

requirement-table: .venv/.stamp-dev
	$(BIN)/python -m tests.requirements_table

bench: .venv/.stamp-dev ## speed against the floor measured in the same run, as a table and JSON
	$(BIN)/python -m tests.bench
	$(BIN)/python -m tests.bench.idling 100
	$(BIN)/python -m tests.bench.watching 1000

fuzz: .venv/.stamp-dev ## 100,000 broken mails into parser and policy; MAILS=… SEED=… SAMPLES=folder
	$(WITHOUT_SERVERS) $(BIN)/python -m tests.fuzz --mails $(MAILS) --seed $(SEED) --samples "$(SAMPLES)"

format: .venv/.stamp-dev ## the code as ruff writes it, with what it can repair
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

migrations: .venv/.stamp-dev ## migration files for changed models
	$(DJANGO) makemigrations

lock: .venv/.stamp-dev ## requirements/*.txt anew from pyproject.toml
	$(LOCK) -o requirements/app.txt
	$(LOCK) --extra sandbox -c requirements/app.txt -o requirements/sandbox.txt
	$(LOCK) --extra sandbox --extra dev -c requirements/sandbox.txt -o requirements/dev.txt

clean: ## no virtual environment, caches or build results; data stays
	rm -rf .venv build staticroot .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

test-packages:
	@.ci/test-packages

.venv/.stamp-app: requirements/sandbox.txt
	@.ci/venv requirements/sandbox.txt $@

.venv/.stamp-dev: requirements/dev.txt
	@.ci/venv requirements/dev.txt $@

.PHONY: help demo demo-check run test test-fast test-all check bench fuzz format migrations lock clean test-packages
.PHONY: format-check lint types layers template-lint django-check requirement-table
