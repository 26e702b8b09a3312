"""A table sent to where it was asked for, in one step; a run stays where that fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl

from engine.config.connections import is_database
from engine.config.targets import wrong_target
from engine.data_preparation.fetching.place import Place, place_of
from engine.delivery.databases import send_rows
from engine.delivery.naming import goes_elsewhere, suffix_of
from engine.delivery.reaching import as_target, check_named, check_reachable
from engine.delivery.stores import send_file
from engine.errors import EngineError, in_sentences
from engine.utilities.permissions import Permissions
from engine.utilities.remote import masked
from engine.utilities.scratch import scratch_folder
from engine.utilities.tables import parts_of, write_table
from engine.utilities.targets import WrongTargetError, refuse_run, target_of


class DeliveryError(EngineError):
    """A run is done and saved, and its segments are not written everywhere.

    Parameters
    ----------
    message : str
    exit_code : int
        That of the cause, where there is one.

    Attributes
    ----------
    result : Result or None
        What the run found.
    """

    def __init__(self, message: str, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code
        self.result: Any = None


@contextmanager
def sent(output: str | Path) -> Iterator[str | Path]:
    """Give a file to write to; what was written is sent when the block ends well.

    Parameters
    ----------
    output : str or Path
        A file of this machine is given as it is, and nothing is sent.

    Raises
    ------
    TargetError
        Nothing can be written there.
    """
    if not goes_elsewhere(output):
        yield output
        return
    if wrong := wrong_target(str(output)):
        message = f"{masked(str(output))} {wrong}."
        raise WrongTargetError(message)
    check_reachable([str(output)], "the output")
    place = place_of(str(output), "the output")
    with scratch_folder("engine-send") as folder:
        file = folder / f"table{suffix_of(place)}"
        yield file
        with as_target():
            _send([file], place, file, "private")


def deliver(
    table: Path, targets: Sequence[str], permissions: Permissions, note: Callable[[str], None]
) -> None:
    """Send the table of a run that is published to all who were asked for.

    Parameters
    ----------
    table : Path
        A Parquet file, or a folder of parts.
    targets : sequence of str
        As ``output.segments`` names them.
    permissions : {"private", "group", "shared"}
        Of files of this machine.
    note : callable
        Told what was written where.

    Raises
    ------
    DeliveryError
        Some could not be written, after all others were: the run is as it was. It ends with the
        code of the cause, or with 1 where there are several.
    """
    failed, again, codes = [], [], set()
    for target in targets:
        try:
            with in_sentences(f"writing {masked(target)}"), as_target():
                _deliver(parts_of(table), target, permissions)
            note(f"segments written: {masked(target)}")
        except EngineError as error:
            failed.append(str(error).rstrip("."))
            again.append(f"engine export {table.parents[1]} {masked(target)}")
            codes.add(error.exit_code)
    if failed:
        message = (
            f"the run is done and saved, but its segments are not written everywhere: "
            f"{'; '.join(failed)}; send them again by: {'; '.join(again)}."
        )
        raise DeliveryError(message, codes.pop() if len(codes) == 1 else 1)


def _deliver(parts: list[Path], target: str, permissions: Permissions) -> None:
    if not goes_elsewhere(target):
        here = Path(target).expanduser()
        refuse_run(target_of(here))
        _write(parts, here, permissions)
        return
    place = place_of(target, "output.segments")
    check_named(place)
    with scratch_folder("engine-send") as folder:
        file = folder / f"table{suffix_of(place)}"
        if file.suffix == ".csv":
            _write(parts, file, "private")
        _send(parts, place, file, permissions)


def _send(parts: list[Path], place: Place, file: Path, permissions: Permissions) -> None:
    if is_database(place.address):
        send_rows(parts, place, permissions)
        return
    if file.suffix == ".parquet" and parts != [file]:
        if len(parts) > 1:
            _write(parts, file, "private")
        else:
            file = parts[0]
    send_file(file, place)


def _write(parts: list[Path], file: Path, permissions: Permissions) -> None:
    lazy = pl.scan_parquet(parts, glob=False)
    blocks = lazy.collect_batches(maintain_order=True)
    write_table(iter(blocks), lazy.collect_schema(), file, permissions)
