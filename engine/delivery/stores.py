"""A file sent to an object store: readers find the older object, or all of the new one."""

from __future__ import annotations

from pathlib import Path

from engine.data_preparation.fetching.place import Place
from engine.data_preparation.fetching.stores import inside, refusal, store_of
from engine.errors import EngineError
from engine.utilities.stopping import check

_BLOCK = 8 << 20


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
        raise refusal(place, error) from None
