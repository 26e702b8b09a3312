"""Servers that tests of fetching ask: a web of their own, and moto's S3, both on loopback."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from engine.config.input import InputConfig
from engine.data_preparation.fetching.fetched import Fetched, fetch
from engine.data_preparation.reading.sources import open_source
from engine.utilities.progress import Progress
from tests.children import started

Answer = Callable[[BaseHTTPRequestHandler], None]
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
def serving(answer: Answer) -> Iterator[str]:
    """Answer requests on a port of the system's choice, in threads; give the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        do_HEAD = do_PUT = do_POST = do_GET

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def send(
    request: BaseHTTPRequestHandler, body: bytes, code: int = 200, *, said: int | None = None,
    **headers: str,
) -> None:  # fmt: skip
    """Answer with a body; ``said`` is the length that is announced, if another."""
    request.send_response(code)
    request.send_header("Content-Length", str(len(body) if said is None else said))
    for name, value in headers.items():
        request.send_header(name.replace("_", "-"), value)
    request.end_headers()
    if request.command != "HEAD":
        request.wfile.write(body)
    request.close_connection = True


@pytest.fixture
def fetch_to(tmp_path: Path) -> Callable[..., Fetched]:
    """Give a function that fetches what it is told, and finds nothing beside it."""

    def fetched(**settings: Any) -> Fetched:
        return fetch(InputConfig(**settings), tmp_path / "fetched", Progress().stage)

    return fetched


@pytest.fixture
def read(fetch_to: Callable[..., Fetched]) -> Callable[..., Any]:
    """Give a function that fetches what it is told and reads all of it."""
    import polars as pl

    def rows(**settings: Any) -> pl.DataFrame:
        source = open_source(fetch_to(**settings).settings)
        return pl.concat(list(source.batches(list(source.schema))))

    return rows


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    pytest.importorskip("moto.server", reason="no moto: it comes with the dev group")
    # A process of its own: some libraries let no other thread of Python work while they wait.
    with started([sys.executable, "-c", _MOTO]) as process:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        assert port, process.communicate()[1]
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def s3(s3_server: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    """Give a client of an empty bucket called shop."""
    boto3 = pytest.importorskip("boto3", reason="no boto3: it comes with moto")
    at_s3(monkeypatch, s3_server, tmp_path)
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
    more = {"DEFAULT_REGION": "us-east-1", "CONFIG_FILE": str(home / "none"),
            "SHARED_CREDENTIALS_FILE": str(home / "none"), "EC2_METADATA_DISABLED": "true"}  # fmt: skip
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_S3"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {**names, **more}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
