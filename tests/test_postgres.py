"""The PostgreSQL server that tests ask: it answers on a socket alone, and asks for passwords."""

from __future__ import annotations

import subprocess

import pytest

from tests.postgres import Postgres


@pytest.mark.long
def test_the_server_answers_on_its_socket_alone(postgres: Postgres):
    with postgres.database() as name:
        postgres.sql("CREATE TABLE t AS SELECT g AS n FROM generate_series(1, 3) AS g", name)
        assert postgres.sql("SELECT sum(n) FROM t", name) == "6"
    assert postgres.sql("SHOW listen_addresses") == ""
    assert postgres.sql("SELECT current_setting('is_superuser')") == "on"


@pytest.mark.long
def test_one_of_its_users_needs_a_password(postgres: Postgres):
    postgres.sql("DROP ROLE IF EXISTS guarded; CREATE ROLE guarded LOGIN PASSWORD 'a b'")
    psql = [postgres.programs / "psql", "-X", "-A", "-t", "-w", "-c", "SELECT 1", "-d"]
    for password, code in (("a b", 0), ("wrong", 2)):
        uri = postgres.uri(user="guarded", password=password)
        assert subprocess.run([*psql, uri], capture_output=True).returncode == code
