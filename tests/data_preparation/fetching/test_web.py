"""Files of the web: whole, or one sentence; told by name, by the server or by their type."""

from __future__ import annotations

import errno
import subprocess
import sys
from email.message import Message

import pytest

from engine.data_preparation.fetching import copying, web
from engine.data_preparation.fetching.place import Place
from engine.errors import DiskFullError, EngineError, InputMissingError
from tests.data_preparation.fetching.conftest import send, serving

CSV = b"id,spent\n" + b"".join(b"%d,%d\n" % (i, i * i) for i in range(3000))
TYPED = {"Content_Type": "text/csv; charset=utf-8"}


@pytest.fixture(autouse=True)
def _at_once(monkeypatch) -> None:
    monkeypatch.setattr(web, "_WAIT", 0)


def answer(request) -> None:
    path = request.path.partition("?")[0]
    if path == "/chunks.csv":
        request.send_response(200)
        request.send_header("Transfer-Encoding", "chunked")
        request.end_headers()
        request.wfile.write(b"10\r\nid,spent\n1,2\n3,4")  # and no end
        request.close_connection = True
    elif path == "/moved":
        send(request, b"", 302, Location="/customers.csv")
    elif path == "/none.csv":
        send(request, b"", 404)
    elif path == "/mine.csv":
        send(request, b"", 403)
    elif path == "/half.csv":
        send(request, CSV[:9000], said=len(CSV))
    elif path == "/page":
        send(request, b"<html></html>", Content_Type="text/html")
    else:
        send(request, CSV, ETag='"v1"', **({} if path.endswith(".csv") else TYPED))


@pytest.fixture(scope="module")
def server():
    with serving(answer) as address:
        yield address


@pytest.mark.parametrize(
    "path", ["/customers.csv", "/export?format=csv", "/moved", "/Kundén 1.csv"]
)
def test_a_file_is_fetched_whole(server, read, path) -> None:
    rows = read(path=server + path)
    assert rows.height == 3000
    assert rows["spent"].sum() == sum(i * i for i in range(3000))


def test_what_it_was_is_kept(server, fetch_to) -> None:
    (fact,) = fetch_to(path=f"{server}/customers.csv").facts
    assert fact["from"] == f"{server}/customers.csv"
    assert (fact["etag"], fact["bytes"], len(fact["sha256"])) == ('"v1"', len(CSV), 64)


@pytest.mark.parametrize(
    ("path", "kind", "sentence"),
    [
        ("/none.csv", InputMissingError, r"/none.csv is not there \(404\); correct the address"),
        ("/mine.csv", InputMissingError, r"/mine.csv refuses access \(403\); look at its permiss"),
        ("/half.csv", InputMissingError, r"stopped in the middle after 9,000 of [\d,]+ bytes, 3 t"),
        ("/chunks.csv", InputMissingError, r"stopped in the middle, 3 times; try again later"),
        ("/page", EngineError, r"/page is of a type that is not read \(text/html\); give"),
    ],
)
def test_what_fails_is_one_sentence(server, fetch_to, tmp_path, path, kind, sentence) -> None:
    with pytest.raises(kind, match=sentence) as caught:
        fetch_to(path=server + path)
    assert len(str(caught.value).splitlines()) == 1
    assert not list((tmp_path / "fetched").iterdir())


def test_nobody_answers(fetch_to) -> None:
    with serving(answer) as gone:
        pass
    with pytest.raises(InputMissingError, match=r"cannot be reached \(Connection refused\)"):
        fetch_to(path=f"{gone}/a.csv")


def test_what_passes_is_tried_again(read) -> None:
    seen = []

    def at_last(request) -> None:
        seen.append(request.path)
        if len(seen) == 1:
            send(request, b"", 503)
        elif len(seen) == 2:
            send(request, CSV[:100], said=len(CSV))
        else:
            send(request, CSV)

    with serving(at_last) as address:
        assert read(path=f"{address}/a.csv").height == 3000
    assert len(seen) == 3


def test_an_address_with_a_secret_is_named(server, monkeypatch, read, fetch_to) -> None:
    monkeypatch.setenv("SHOP_DATA", f"{server}/none.csv?token=hunter2-geheim")
    with pytest.raises(InputMissingError, match=r"^env:SHOP_DATA is not there") as caught:
        fetch_to(path="env:SHOP_DATA")
    assert "geheim" not in str(caught.value)
    monkeypatch.setenv("SHOP_DATA", "")
    with pytest.raises(InputMissingError, match=r"input.path names the environment variable SHO"):
        fetch_to(path="env:SHOP_DATA")


def test_a_part_of_an_address_may_be_named(server, monkeypatch, read) -> None:
    monkeypatch.setenv("SHOP_TOKEN", "hunter2-geheim")
    assert read(path=server + "/customers.csv?token=${SHOP_TOKEN}").height == 3000


def test_a_disk_that_fills_up_meanwhile_is_no_input_that_is_missing(
    server, fetch_to, monkeypatch
) -> None:
    class Full:
        def update(self, _: bytes) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(copying.hashlib, "sha256", Full)  # in the middle, unforeseen
    with pytest.raises(DiskFullError, match="needs more room on disk") as caught:
        fetch_to(path=f"{server}/customers.csv")
    assert caught.value.exit_code == 6


def test_a_server_s_name_for_a_file_stays_in_its_folder() -> None:
    place = Place("x", "https://shop/export")
    for said, name in [("..\\..\\x.csv", "x.csv"), ("../a:b?.csv", "a_b_.csv")]:
        headers = Message()
        headers["Content-Disposition"] = "attachment"
        headers.set_param("filename", said, header="Content-Disposition")
        assert web._name(place, "https://shop/export", headers) == name


@pytest.mark.long
def test_a_run_of_files_imports_nothing_that_speaks_http() -> None:
    code = "import sys, engine.run.pipeline; print('http.client' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
