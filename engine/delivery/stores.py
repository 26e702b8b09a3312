"""A file sent to an object store: readers find the older object, or all of the new one."""

from __future__ import annotations

from pathlib import Path

from engine.data_preparation.fetching.place import Place
from engine.data_preparation.fetching.stores import inside, kind_of_store, refusal, store_of
from engine.errors import EngineError
from engine.utilities.stopping import check

_BLOCK = 8 << 20
_NOBODYS = {"ExpiredToken", "InvalidAccessKeyId", "InvalidToken", "SignatureDoesNotMatch"}
"""What S3 answers to credentials that are of nobody."""


def send_file(file: Path, place: Place) -> None:
    """Send a file; an object becomes visible when all of it is there, as stores do it.

    Raises
    ------
    EngineError
        There is no such bucket, access is refused, or the connection breaks off.
    """
    store = store_of(place)
    try:
        with file.open("rb") as source:
            target = store.open(inside(place), "wb", block_size=_BLOCK, autocommit=False)
            try:
                while block := source.read(_BLOCK):
                    check()
                    target.write(block)
                target.close()
                target.commit()
            except BaseException:
                target.discard()
                raise
    except EngineError:
        raise
    except Exception as error:  # stores have many of their own
        raise refusal(place, error, "written") from None


def check_bucket(place: Place) -> None:
    """Refuse a bucket of which its store says already that nothing can be written there.

    One question is asked, for the name of one object. Who may write and not list is answered with
    a refusal, which says nothing of writing: it is let pass, as all answers that may mean either.

    Raises
    ------
    EngineError
        The extra is not installed; nothing answers, no credentials are found, they are of nobody,
        or there is no such bucket.
    """
    store = store_of(place)
    if kind_of_store(place) != "s3":
        return
    bucket, _, key = inside(place).partition("/")
    try:
        store.call_s3("list_objects_v2", Bucket=bucket, Prefix=key, MaxKeys=1)
    except Exception as error:  # stores have many of their own
        answer = getattr(error.__cause__, "response", None)
        code = answer["Error"].get("Code") if answer else None
        if answer is None or code in _NOBODYS or isinstance(error, FileNotFoundError):
            raise refusal(place, error, "reached") from None
