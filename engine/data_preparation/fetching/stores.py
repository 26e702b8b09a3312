"""Files of object stores, by fsspec: one, those under a prefix, or those a glob finds."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import Any

from engine.data_preparation.fetching.copying import CutShortError, check_room, copy, own_name
from engine.data_preparation.fetching.place import Found, Place, check_disk, needing
from engine.data_preparation.reading.files import kind_of
from engine.errors import EngineError
from engine.utilities.remote import READ, scheme_of
from engine.utilities.stopping import check

_SAME = {"s3a": "s3", "gcs": "gs"}
_CONNECT, _READ, _TRIES = 15, 60, 3
_LOGIN = {
    "s3": "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE",
    "gs": "GOOGLE_APPLICATION_CREDENTIALS",
}


def store_of(place: Place) -> Any:
    """Open the store of an address; credentials are of its library's own environment variables.

    Raises
    ------
    EngineError
        The extra is not installed.
    """
    kind = kind_of_store(place)
    with needing(READ[kind], place):
        import fsspec

        if kind == "s3":
            import s3fs  # noqa: F401
        else:
            import gcsfs  # noqa: F401
    how: dict[str, Any] = {"use_listings_cache": False, "skip_instance_cache": True}
    if kind == "s3":
        limits = {"connect_timeout": _CONNECT, "read_timeout": _READ}
        how |= {"config_kwargs": {**limits, "retries": {"max_attempts": _TRIES}}}
    store = fsspec.filesystem(kind, **how)
    if kind == "s3":
        store.retries = 2  # its own, beside those of the library below it
    return store


def kind_of_store(place: Place) -> str:
    """Give the store's usual scheme."""
    scheme = scheme_of(place.address)
    return _SAME.get(scheme, scheme)


def inside(place: Place) -> str:
    """Give bucket and key."""
    return place.address.partition(":")[2].strip("/")


def fetch_objects(place: Place, folder: Path, store: Any) -> Found:
    """Fetch what an address names.

    Parameters
    ----------
    place : Place
    folder : Path
    store : filesystem
        As :func:`store_of` gives it.

    Raises
    ------
    EngineError
        There is no such bucket or key, access is refused, or an object ends in the middle.
    """
    try:
        return _fetched(store, inside(place), place, folder)
    except EngineError:
        raise
    except CutShortError as error:
        message = f"stopped in the middle, {error}; try again later."
        raise place.missing(message) from None
    except Exception as error:  # stores have many of their own
        raise refusal(place, error) from None


def _fetched(store: Any, path: str, place: Place, folder: Path) -> Found:
    names = _listed(store, path)
    if not names:
        what = "names no .csv, .parquet or .xlsx object; correct the address."
        raise place.missing(what)
    infos = [store.info(name) for name in names]
    check_room(folder, sum(int(i["size"]) for i in infos), place)
    found = set(path) & set("*?[")
    root = re.split(r"[*?\[]", path)[0].rpartition("/")[0] if found else path
    facts: list[dict[str, Any]] = []
    for name, own, info in zip(names, own_names(names, root), infos, strict=True):
        check()
        file = folder / own
        with store.open(name, "rb", cache_type="readahead", block_size=8 << 20) as source:
            digest = copy(source.read, file, int(info["size"]), place)
        if _stamp(store.info(name)) != _stamp(info):
            what = f"has changed while it was read ({PurePosixPath(name).name}); try again."
            raise place.missing(what)
        facts.append({"name": own, **_stamp(info), "sha256": digest})
    told = {"from": place.shown, "bytes": sum(int(i["size"]) for i in infos)}
    one = {k: v for k, v in facts[0].items() if k != "name"} if len(facts) == 1 else {}
    here = folder / facts[0]["name"] if one else folder
    return Found(here, told | (one or {"objects": facts[:1000], "n_objects": len(facts)}))


def _listed(store: Any, path: str) -> list[str]:
    """Give the keys that are read, in the order of their names."""
    if any(c in path for c in "*?["):
        found = [name for name in store.glob(path) if store.isfile(name)]
    elif store.isfile(path):
        return [path]
    else:
        store.invalidate_cache()
        if not store.isdir(path):
            raise FileNotFoundError(path)
        found = [str(i["name"]) for i in store.ls(path, detail=True) if i["type"] == "file"]
    kept = [n for n in found if not PurePosixPath(n).name.startswith((".", "_"))]
    return sorted(n for n in kept if kind_of(Path(n)))


def own_names(keys: list[str], root: str) -> list[str]:
    """Give keys below a prefix as names of files in one folder: each its own, on any system.

    Examples
    --------
    >>> own_names(["x/a/b.csv", "x/a__b.csv", "x/A__B.csv"], "x")
    ['a__b.csv', 'a__b-2.csv', 'A__B-3.csv']
    """
    taken: set[str] = set()
    names = []
    for key in keys:
        inner = PurePosixPath(key).name if len(keys) == 1 else key.removeprefix(root).strip("/")
        name = first = own_name(inner.replace("/", "__")).lstrip("._")
        dot = min(first.find("."), len(first)) if "." in first else len(first)
        number = 1
        while name.casefold() in taken:
            number += 1
            name = f"{first[:dot]}-{number}{first[dot:]}"
        taken.add(name.casefold())
        names.append(name)
    return names


def _stamp(info: dict[str, Any]) -> dict[str, Any]:
    """Give what tells one writing of an object from another."""
    modified = info.get("LastModified") or info.get("updated")
    tag = info.get("ETag") or info.get("etag")
    return {"etag": str(tag).strip('"') if tag else None, "modified": str(modified or "") or None}


def refusal(place: Place, error: BaseException, doing: str = "read") -> EngineError:
    """Put the error of a store into a sentence; ``doing`` is what it was asked for.

    Raises
    ------
    DiskFullError
        It was of this machine's disk.
    """
    check_disk(place, error)
    login, kind = _LOGIN.get(kind_of_store(place), ""), type(error).__name__
    if isinstance(error, FileNotFoundError):
        return place.missing("is not there; correct the bucket and the key.")
    if isinstance(error, PermissionError) or "Credential" in kind or "Token" in kind:
        why = "no credentials were found" if kind == "NoCredentialsError" else place.why(error)
        return place.missing(f"refuses access ({why}); look at {login}.")
    return place.missing(f"cannot be {doing} ({place.why(error)}).")
