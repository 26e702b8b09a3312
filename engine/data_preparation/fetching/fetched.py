"""Data from elsewhere, fetched once, as files of this machine: for a run, a plan, a question."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from engine.config.input import InputConfig
from engine.config.sections import Config
from engine.data_preparation.fetching.databases import fetch_query
from engine.data_preparation.fetching.delta import LOG, fetch_delta, is_delta
from engine.data_preparation.fetching.place import Found, Place, place_of
from engine.data_preparation.fetching.stores import fetch_objects, inside, refusal, store_of
from engine.data_preparation.reading.files import kind_of
from engine.errors import EngineError
from engine.utilities.leftovers import held_folder
from engine.utilities.remote import FETCHED, is_named, is_remote, scheme_of
from engine.utilities.scratch import scratch_folder


class Shown(Protocol):
    """What shows stages: those of a run, or a progress' own."""

    def __call__(self, name: str) -> AbstractContextManager[Any]:
        """Run a block as a stage."""


@dataclass(frozen=True)
class Fetched:
    """Data of which every file lies on this machine.

    Attributes
    ----------
    settings : InputConfig
        With the paths of these files.
    facts : tuple of dict
        Of each place that was fetched: what came from where; empty where nothing had to be.
    """

    settings: InputConfig
    facts: tuple[dict[str, Any], ...] = ()
    _names: dict[str, str] = field(default_factory=dict, repr=False)

    @contextmanager
    def named(self) -> Iterator[None]:
        """Say in messages where data come from, rather than where they lie meanwhile."""
        try:
            yield
        except EngineError as error:
            said = [str(a) for a in error.args]
            for folder, name in self._names.items():
                said = [s.replace(f"{folder}/", f"{name}/").replace(folder, name) for s in said]
            error.args = tuple(said)
            raise

    def told(self, summary: dict[str, Any]) -> dict[str, Any]:
        """Give what a run's summary says of its input, with where it came from."""
        if not self.facts:
            return summary
        names = [fact["from"] for fact in self.facts]
        return {**summary, "files": names[:1], "n_files": 1, "fetched": list(self.facts)}


def is_elsewhere(settings: InputConfig) -> bool:
    """Tell input that must be fetched before it can be read."""
    places = (settings.path, settings.customers)
    return settings.sql is not None or any(p is not None and _is_far(p) for p in places)


def _is_far(path: str) -> bool:
    return is_remote(path) or is_named(path) or is_delta(path)


def fetch(settings: InputConfig, folder: Path, shown: Shown) -> Fetched:
    """Fetch what lies elsewhere into a folder.

    Parameters
    ----------
    settings : InputConfig
    folder : Path
        Is made where it is needed; whoever gives it removes it.
    shown : callable
        Shows the stage ``fetch``.

    Raises
    ------
    EngineError
        In one sentence without secrets: what is not there, refuses, or stops in the middle.
    """
    if not is_elsewhere(settings):
        return Fetched(settings)
    update: dict[str, Any] = {"sql": None, "connection": None}
    facts, names = [], {}
    with shown("fetch"):
        for key in ("path", "customers"):
            asked = getattr(settings, key)
            query = key == "path" and settings.sql is not None
            if not query and (asked is None or not _is_far(asked)):
                continue
            own = folder / key
            with _whole(own):
                found = _query(settings, own) if query else _found(asked, f"input.{key}", own)
            update[key] = str(found.path)
            facts.append(found.facts)
            names[str(own)] = found.facts["from"].rpartition("/")[0] or found.facts["from"]
    return Fetched(settings.model_copy(update=update), tuple(facts), names)


@contextmanager
def _whole(folder: Path) -> Iterator[None]:
    """Make a folder that only the user may look into; nothing is left where the block fails."""
    folder.mkdir(mode=0o700, parents=True)
    try:
        yield
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _query(settings: InputConfig, folder: Path) -> Found:
    connection = place_of(str(settings.connection), "input.connection")
    return fetch_query(str(settings.sql), connection, folder)


def _found(path: str, key: str, folder: Path) -> Found:
    place = place_of(path, key)
    if is_delta(place.address):
        return fetch_delta(place, folder)
    if not is_remote(place.address):
        return Found(Path(place.address), {"from": place.shown})
    if scheme_of(place.address) in ("http", "https"):
        # What speaks HTTP takes time to import, and few runs ask the web.
        from engine.data_preparation.fetching.web import fetch_page

        return fetch_page(place, folder)
    store = store_of(place)
    if _is_delta_there(place, store):
        return fetch_delta(place, folder)
    return fetch_objects(place, folder, store)


def _is_delta_there(place: Place, store: Any) -> bool:
    path = inside(place)
    if set(path) & set("*?[") or kind_of(Path(path)) or "/" not in path:
        return False
    try:
        return bool(store.isdir(f"{path}/{LOG}"))
    except Exception as error:  # stores have many of their own
        raise refusal(place, error) from None


@contextmanager
def fetched(config: Config, shown: Shown) -> Iterator[tuple[Config, Fetched]]:
    """Give a configuration whose input lies on this machine, for as long as the block works.

    It lies in a hidden folder in ``output.processed`` that only the user may look into, and that
    the next run removes where this one is killed.

    Yields
    ------
    config : Config
    fetched : Fetched
    """
    if not is_elsewhere(config.input):
        yield config, Fetched(config.input)
        return
    processed = Path(config.output.processed)
    new = [p for p in (processed, *processed.parents) if not p.exists()]
    processed.mkdir(parents=True, exist_ok=True)
    try:
        with held_folder(processed, FETCHED) as folder:
            found = fetch(config.input, folder, shown)
            with found.named():
                yield config.model_copy(update={"input": found.settings}), found
    finally:
        for made in new:
            if not any(made.iterdir()):
                made.rmdir()


@contextmanager
def fetched_aside(settings: InputConfig, shown: Shown) -> Iterator[InputConfig]:
    """Give input that lies on this machine, for a question: among temporary files."""
    if not is_elsewhere(settings):
        yield settings
        return
    with scratch_folder("engine-fetch") as folder:
        found = fetch(settings, folder, shown)
        with found.named():
            yield found.settings
