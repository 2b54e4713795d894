"""What the shared fixtures promise to every test."""

import os
import socket

import psycopg
import pytest
import redis

from reviewbot.settings import load


@pytest.mark.parametrize("host", ["192.0.2.1", "example.org", "2001:db8::1"])
def test_no_connection_leaves_the_machine(host):
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as plain:
        plain.settimeout(0.1)
        with pytest.raises(RuntimeError, match="stay on loopback"):
            plain.connect((host, 9))


def test_loopback_is_open():
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        pass


def test_settings_of_the_machine_do_not_get_into_a_test(tmp_path):
    names = {name for name in os.environ if name.startswith("REVIEWBOT_")}
    assert names == {"REVIEWBOT_DATA_DIR", "REVIEWBOT_CONFIG"}
    assert load().data_dir == tmp_path / "data"


def test_redis_is_real(redis_url):
    with redis.Redis.from_url(redis_url) as client:
        assert client.ping()


def test_postgresql_is_real(empty_postgres_url):
    with psycopg.connect(empty_postgres_url.replace("+psycopg", "")) as connection:
        assert connection.execute("select 1").fetchone() == (1,)
