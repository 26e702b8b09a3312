"""Servers that tests of fetching ask: a web of their own, and moto's S3, both on loopback."""

from __future__ import annotations

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

Answer = Callable[[BaseHTTPRequestHandler], None]


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
