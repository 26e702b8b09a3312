"""Files of any size assigned by the workers of a cluster: each writes the rows of a piece."""

from __future__ import annotations

import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from engine.cluster.opening import opened
from engine.cluster.runtime import ClusterRuntime
from engine.config.sections import Config
from engine.data_preparation.reading.apart import check_apart, check_parts_apart
from engine.data_preparation.reading.cutting import Workers
from engine.data_preparation.reading.sources import Source
from engine.errors import ConfigError, EngineError
from engine.model.assigned import Assigned
from engine.model.assigning import Stream, apart_rows, nearby
from engine.model.blocks import Blocks, Met, count_rows
from engine.model.replaced import HELD, is_parts, is_table, publish
from engine.places.runtime import Runtime
from engine.utilities.leftovers import held_folder
from engine.utilities.permissions import Permissions, make_folder, own_folder
from engine.utilities.progress import Progress
from engine.utilities.tables import PART, write_table

if TYPE_CHECKING:
    from engine.data_preparation.transactions.purchases import Purchases
    from engine.model.fitted import Fitted


def assign_there(
    model: Fitted,
    path: str | Path,
    output: Path,
    config: Config,
    overrides: Mapping[str, Any],
    progress: Progress,
) -> Assigned:
    """Assign a file on the workers of a cluster, which see it and the folder of the output.

    Parameters
    ----------
    model : Fitted
    path : str or Path
    output : Path
        Becomes a folder of Parquet files, a piece of the input each, in its order; in the place of
        such a folder, or of a Parquet file.
    config : Config
        As the overrides make it: which cluster.
    overrides : mapping of dotted key to value
    progress : Progress
        Told the rows of each piece.

    Returns
    -------
    assigned : Assigned

    Raises
    ------
    EngineError
        As on one machine; the output is no Parquet; there is another file or folder of its name;
        or what workers wrote is not seen here.
    """
    _check(output)
    apart = check_parts_apart if output.is_dir() else check_apart
    apart(output, path, overrides.get("input.customers"))
    with held_folder(output.parent, HELD) as held:
        between = make_folder(held / "purchases", config.output.permissions)
        held.chmod(stat.S_IMODE(between.stat().st_mode))  # workers may be of another user
        with (
            nearby(model, path, overrides, held.resolve()) as (here, also),
            opened(config.compute, held) as runtime,
        ):
            assert isinstance(runtime, ClusterRuntime)
            runtime.hear(progress.note)
            there = str(Path(here).absolute())  # workers start in folders of their own
            stream = Stream(model, there, progress, held.resolve(), also, runtime)
            parts = make_folder(held.resolve() / "parts", stream.permissions)
            runtime.check_seen(stream.source.files, [parts])
            met = _written(model, stream, parts, runtime, progress)
            ids = _ids_in(parts, model.id_name) if model.plan.id_column is not None else ()
            done = stream.done(met, ids)
        publish(parts, output, held)
    return done


def _ids_in(parts: Path, column: str) -> Iterator[pl.Series]:
    """Give the ids that workers wrote: a part may hold the row of a customer of another."""
    for file in sorted(parts.glob("*.parquet")):
        for block in pl.scan_parquet(file, glob=False).select(column).collect_batches():
            yield block[column]


def _check(output: Path) -> None:
    """Refuse what a folder of parts cannot become, or would put in the place of something else."""
    if output.suffix.lower() != ".parquet":
        problem = (
            f"compute.cluster: workers write Parquet, a folder of parts, and {output} is none; "
            "give an output that ends in .parquet, or leave compute.cluster at off"
        )
        raise ConfigError([problem])
    if not output.parent.is_dir():
        message = f"{output.parent} is no folder; make it, or give another output."
        raise EngineError(message)
    if (output.exists() or output.is_symlink()) and not (is_parts(output) or is_table(output)):
        message = (
            f"{output} is there and is neither Parquet nor a folder of parts, which it becomes on "
            "a cluster; remove it, or give another output."
        )
        raise EngineError(message)


def _written(
    model: Fitted, stream: Stream, folder: Path, runtime: ClusterRuntime, progress: Progress
) -> Met:
    """Let workers write every part; give what was met in all of them."""
    members, source = runtime.members, stream.source
    cuts = (source.workers or Workers(members)).cuts(source)
    parts, told = [source.part(c) for c in cuts], _told(source, len(cuts))
    rows = [c.rows for c in cuts]
    if model.plan.id_column is None and None in rows:
        rows = members.results(members.tasks(count_rows, parts, told=told))
    known = [n if n is not None else source.estimate_rows() // len(cuts) for n in rows]
    write = _Write(model, dict(stream.schema), folder, stream.permissions)
    firsts = [0, *accumulate(known)][: len(cuts)]
    futures = members.tasks(write, parts, list(range(len(cuts))), firsts, told=told)
    found: list[Met] = members.results(futures, lambda i: progress.advance(known[i]))
    count = len(cuts)
    if stream.purchases is not None and stream.purchases.n_apart:
        apart = replace(stream.purchases, products=pl.DataFrame(), lines=(), facts={})
        told = ["customers without purchases"]
        members.results(members.tasks(write.apart, [apart], [count], told=told))
        count += 1
    _check_seen(folder, count)
    met = Met()
    for one in found:
        met.merge(one)
    return met


def _told(source: Source, count: int) -> list[str]:
    return [f"piece {i + 1:,} of {source.label}" for i in range(count)]


@dataclass(frozen=True)
class _Write:
    """Assigns the customers of a piece and writes them as a part."""

    model: Fitted
    schema: Mapping[str, Any]
    folder: Path
    permissions: Permissions

    def __call__(self, source: Source, number: int, first: int) -> Met:
        kind, margin = self.schema[self.model.id_name], "margin" in self.schema
        blocks = Blocks(self.model, source, kind, first, margin=margin)
        self._write(blocks.frames(Runtime(), Progress()), number)
        return blocks.met

    def apart(self, purchases: Purchases, number: int) -> None:
        """Write the customers who bought nothing."""
        self._write(iter([apart_rows(self.model, purchases, self.schema)]), number)

    def _write(self, frames: Any, number: int) -> None:
        """Write a part aside, then give it its name: a task may run twice, and at the same time."""
        name = PART.format(number)
        aside = own_folder(self.folder.parent, "part")
        write_table(frames, self.schema, aside / name, self.permissions)
        (aside / name).replace(self.folder / name)
        aside.rmdir()


def _check_seen(folder: Path, count: int) -> None:
    missing = [i for i in range(count) if not (folder / PART.format(i)).is_file()]
    if missing:
        message = (
            f"{folder / PART.format(missing[0])} was written by a worker and is not seen here: the "
            "output must lie in a folder that this process and all workers share."
        )
        raise EngineError(message)
