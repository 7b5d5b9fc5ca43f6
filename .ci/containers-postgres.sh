#!/bin/sh
# Stands in for the entrypoint of the official PostgreSQL image: POSTGRES_PASSWORD and /docker-entrypoint-initdb.d.
set -e
if [ "$(id -u)" = 0 ]; then
  mkdir -p "$PGDATA"
  chown -R postgres "$PGDATA"
  exec setpriv --reuid=postgres --regid=postgres --clear-groups "$0" "$@"
fi
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  printf '%s' "$POSTGRES_PASSWORD" > /tmp/password
  initdb -D "$PGDATA" -U postgres -A scram-sha-256 --pwfile=/tmp/password -E UTF8 > /dev/null
  rm /tmp/password
  echo "host all all all scram-sha-256" >> "$PGDATA/pg_hba.conf"
  pg_ctl -D "$PGDATA" -w -o "-c listen_addresses='' -c unix_socket_directories=/tmp" start > /dev/null
  for script in /docker-entrypoint-initdb.d/*.sh; do
    PGHOST=/tmp PGPASSWORD="$POSTGRES_PASSWORD" sh "$script"
  done
  pg_ctl -D "$PGDATA" -m fast -w stop > /dev/null
fi
exec postgres -c listen_addresses='*' -c unix_socket_directories=/tmp
