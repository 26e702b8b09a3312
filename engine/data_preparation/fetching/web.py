"""Files of the web: fetched with time limits and a few tries, whole or not at all."""

from __future__ import annotations

import http.client
import re
import ssl
import time
import urllib.error
import urllib.request
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from engine.data_preparation.fetching.copying import CutShortError, copy, own_name
from engine.data_preparation.fetching.place import Found, Place, check_disk
from engine.data_preparation.reading.files import kind_of
from engine.utilities.stopping import check

_SECONDS = 60
"""How long nothing may come."""

_TRIES, _WAIT = 3, 0.5
_AGAIN = {408, 425, 429, 500, 502, 503, 504}
_TYPES = {
    "text/csv": ".csv", "application/csv": ".csv", "text/tab-separated-values": ".tsv",
    "text/plain": ".txt", "application/vnd.apache.parquet": ".parquet",
    "application/x-parquet": ".parquet", "application/vnd.ms-excel": ".xls",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
}  # fmt: skip
_SAID = {
    401: "asks who you are (401); give an address that does not, such as one that is signed",
    403: "refuses access (403); look at its permissions, or whether a signed address has expired",
    404: "is not there (404); correct the address",
    410: "is not there any more (410); correct the address",
    429: "is asked too often (429); try again later",
}


class _SafeRedirects(urllib.request.HTTPRedirectHandler):
    """Follows where a server sends, but from https to https alone."""

    def redirect_request(
        self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        if req.full_url.lower().startswith("https:") and not newurl.lower().startswith("https:"):
            message = "it leads from https to an address that is not encrypted"
            raise urllib.error.URLError(message)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def fetch_page(place: Place, folder: Path) -> Found:
    """Fetch a file by its address.

    Raises
    ------
    EngineError
        It is not there, refuses, or ends in the middle: see ``docs/sources.md``.
    """
    for left in reversed(range(_TRIES)):
        check()
        try:
            return _fetched(place, folder)
        except urllib.error.HTTPError as error:
            error.close()
            if left and error.code in _AGAIN:
                time.sleep(_WAIT)
                continue
            what = f"{_status(error.code)}."
            raise place.missing(what) from None
        except (CutShortError, http.client.IncompleteRead) as error:
            if not left:
                how = f" {error}" if isinstance(error, CutShortError) else ""
                what = f"stopped in the middle{how}, {_TRIES} times; try again later."
                raise place.missing(what) from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            check_disk(place, error)
            if not left or not _may_pass(error):
                what = f"cannot be reached ({_reason(place, error)})."
                raise place.missing(what) from None
        time.sleep(_WAIT)
    raise AssertionError  # the last try returns or raises


def _fetched(place: Place, folder: Path) -> Found:
    request = urllib.request.Request(
        quote(place.address, safe="%/:=&?~#+!$,;'@()*[]"),
        headers={"User-Agent": "engine-segments", "Accept-Encoding": "identity"},
    )
    opener = urllib.request.build_opener(_SafeRedirects)
    with opener.open(request, timeout=_SECONDS) as answer:
        headers = answer.headers
        said = headers.get("Content-Length")
        size = int(said) if said and said.isdigit() else None
        file = folder / _name(place, answer.geturl(), headers)
        digest = copy(answer.read, file, size, place)
    facts = {
        "from": place.shown, "etag": headers.get("ETag"), "modified": headers.get("Last-Modified"),
        "bytes": file.stat().st_size, "sha256": digest,
    }  # fmt: skip
    return Found(file, facts)


def _name(place: Place, address: str, headers: Message) -> str:
    """Give the file a name that says what it is: the address's, the server's, or by its type."""
    paths = [urlsplit(place.address).path, headers.get_filename() or "", urlsplit(address).path]
    names = [own_name(re.split(r"[/\\]", unquote(p))[-1])[-200:] for p in paths]
    for name in names:
        if kind_of(Path(name)) and not name.startswith((".", "_")):
            return name
    suffix = _TYPES.get(headers.get_content_type())
    if suffix is None:
        what = (
            f"is of a type that is not read ({headers.get_content_type()}); give the address of a "
            ".csv, .parquet or .xlsx file."
        )
        raise place.refused(what)
    return f"{next(filter(None, names), 'data').lstrip('._') or 'data'}{suffix}"


def _status(code: int) -> str:
    return _SAID.get(code, f"answers with an error ({code}); try again later")


def _may_pass(error: BaseException) -> bool:
    """Tell what may be otherwise the next time from a name or a certificate that is wrong."""
    inner = getattr(error, "reason", error)
    never = (ssl.SSLCertVerificationError, ValueError)
    refused = isinstance(inner, str)
    return not refused and not isinstance(inner, never)


def _reason(place: Place, error: BaseException) -> str:
    inner = getattr(error, "reason", error)
    if isinstance(inner, str):
        return inner
    if isinstance(inner, TimeoutError):
        return f"nothing came for {_SECONDS} seconds"
    return getattr(inner, "strerror", None) or place.why(inner)
