"""Private, throw-away servers for tests: PostgreSQL, Redis, Dovecot, SMTP, a faulty TCP proxy, Chromium.

Each is a context manager on free loopback ports with all its files in one temporary folder, and ends with
the process that started it. `python -m tests.servers run -- COMMAND` lends PostgreSQL and Redis to a command;
`tests.servers.fixtures` is the pytest plugin with the rest. The machine's own servers are never touched.
"""
