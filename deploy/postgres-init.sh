#!/bin/sh
# Makes the database and its owner: not a superuser, so that row-level security binds it. Run once by the postgres image.
set -eu
psql -v ON_ERROR_STOP=1 -U postgres -v password="$POSTGRES_PASSWORD" <<'SQL'
create role tessera_owner login createrole nosuperuser nobypassrls password :'password';
create database tessera owner tessera_owner;
SQL
