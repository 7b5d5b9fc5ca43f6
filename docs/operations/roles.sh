#!/bin/sh
# Runs once, when the database volume is new: two roles, of which the application's may not pass row-level security.
set -eu
psql -v ON_ERROR_STOP=1 -U postgres -v owner="$OWNER_PASSWORD" -v application="$APPLICATION_PASSWORD" <<'SQL'
CREATE ROLE postroom_owner LOGIN PASSWORD :'owner' NOSUPERUSER NOBYPASSRLS;
CREATE ROLE postroom LOGIN PASSWORD :'application' NOSUPERUSER NOBYPASSRLS;
CREATE DATABASE postroom OWNER postroom_owner;
SQL
