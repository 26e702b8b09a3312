"""An S3 of the tests' own: moto's server, a process on loopback, gone with the tests."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.children import started

SECRET = "hunter2-geheim"
_MOTO = """
import logging, threading
from moto.server import ThreadedMotoServer
logging.getLogger("werkzeug").setLevel(logging.ERROR)
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
threading.Event().wait()
"""


@contextmanager
def serving_s3() -> Iterator[str]:
    """Start a server on loopback, and end it with the block; give its address."""
    pytest.importorskip("moto.server", reason="no moto: it comes with the dev group")
    # A process of its own: some libraries let no other thread of Python work while they wait.
    with started([sys.executable, "-c", _MOTO]) as process:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        assert port, process.communicate()[1]
        yield f"http://127.0.0.1:{port}"


@contextmanager
def bucket(monkeypatch: pytest.MonkeyPatch, server: str, home: Path) -> Iterator[Any]:
    """Give a client of an empty bucket called shop."""
    boto3 = pytest.importorskip("boto3", reason="no boto3: it comes with moto")
    at_s3(monkeypatch, server, home)
    client = boto3.client("s3")
    client.create_bucket(Bucket="shop")
    try:
        yield client
    finally:
        for page in client.list_objects_v2(Bucket="shop").get("Contents", []):
            client.delete_object(Bucket="shop", Key=page["Key"])
        client.delete_bucket(Bucket="shop")


def at_s3(monkeypatch: pytest.MonkeyPatch, server: str, home: Path) -> None:
    """Let the environment name a server and a key, and nothing of whoever runs the tests."""
    names = {"ENDPOINT_URL": server, "ACCESS_KEY_ID": "shop", "SECRET_ACCESS_KEY": SECRET}
    none = dict.fromkeys(("CONFIG_FILE", "SHARED_CREDENTIALS_FILE"), str(home / "none"))
    more = {"DEFAULT_REGION": "us-east-1", "EC2_METADATA_DISABLED": "true", **none}
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_S3"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {**names, **more}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
