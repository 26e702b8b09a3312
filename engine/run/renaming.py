"""A segment called otherwise by people: in model, tables and page of a run, all in one step."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engine.config.labels import LONGEST
from engine.config.loading import ConfigSource, load_config
from engine.config.sections import Config
from engine.customer_lists.chosen import chosen
from engine.errors import DataError, ModelError, in_sentences
from engine.model.files import JSON
from engine.model.of_run import load_of_run
from engine.model.signature import SIGNATURE
from engine.run.renamed_files import Change, places, stage
from engine.run.reporting import gone_told
from engine.storage.naming import called, named
from engine.storage.outputs import new_run
from engine.utilities.segment_numbers import on_page
from engine.utilities.shown import shown


@dataclass(frozen=True)
class Renamed:
    """What :func:`engine.rename` did.

    Attributes
    ----------
    name, run : str
        Of the results.
    segment : int
        Its number in files.
    before, now : str
        What it was called, and is.
    report : Path
        The page, drawn again.
    notices : tuple of str
    """

    name: str
    run: str
    segment: int
    before: str
    now: str
    report: Path
    notices: tuple[str, ...] = ()

    @property
    def number(self) -> int:
        """Its number on the page."""
        return on_page(self.segment)

    def told(self) -> str:
        """Say it in a sentence."""
        return (
            f"Segment {self.number} of {self.name}, {self.before!r} so far, is called "
            f"{self.now!r} now."
        )


@in_sentences("renaming a segment")
def rename(
    name: str | Path,
    segment: int | str,
    to: str,
    source: ConfigSource | Config = None,
    *,
    sign_with: str | Path | None = None,
) -> Renamed:
    """Call a segment otherwise: ``engine rename shop 3 "Big spenders"``.

    Model, tables and page of the run have the name from then on, all in one step, and so
    have runs that continue it (``clustering.continue_from``): no made name takes its place.

    Parameters
    ----------
    name : str or Path
        Name of the results, with or without a run (``shop@previous``), or the folder of a run's
        model or report.
    segment : int or str
        Its number on the page, which counts from 1, or its name.
    to : str
        What to call it: 1 to 80 letters, not digits alone, the name of no other segment.
    source : str, Path, dict, Config or None
        Says where results are (``output``).
    sign_with : str or Path, optional
        A key file, which a run that is signed needs: it is signed anew.

    Returns
    -------
    renamed : Renamed

    Raises
    ------
    EngineError
        There is no such run or segment, the name cannot be, the run is signed and there is no
        key, or a folder cannot be written. All is then as it was.

    Examples
    --------
    >>> import engine
    >>> engine.rename("shop", 3, "Big spenders").now  # doctest: +SKIP
    'Big spenders'
    """
    settings = load_config(source)
    asked = named(settings.output, name)
    output = asked.output(settings.output)
    key = sign_with or output.sign_with
    folder = asked.folder
    seen = (folder / JSON).read_bytes() if (folder / JSON).is_file() else b""
    signed = _asked_to_sign(folder, key)
    if signed and key is not None:
        output = output.model_copy(update={"verify_with": str(key)})
    model = load_of_run(output, folder.name if folder.is_dir() else asked.run)
    found = chosen([segment], model.numbers.public, model.names)
    number, before = found.numbers[0], found.names[0]
    now = _checked(to, [n for n in model.names if n != before])
    change = Change(model, number, before, now)
    with new_run(output) as staged:
        notices = stage(staged, output, change, None if key is None else str(key))
        names = places(staged, change.run)
        gone = staged.redrawn(change.run, also=names, as_seen={folder / JSON: seen})
    notices += gone_told(gone, called(output, change.run))
    page = Path(output.reports) / output.name / change.run / "report.html"
    return Renamed(output.name, change.run, number, before, now, page, tuple(notices))


def _asked_to_sign(folder: Path, key: str | Path | None) -> bool:
    """Tell whether a run is signed, and refuse to change it without a key."""
    if not (folder / SIGNATURE).is_file():
        return False
    if key is None:
        message = (
            f"run {folder.name} is signed, and another name needs another signature: give the "
            "key (--sign-with KEY, or output.sign_with)."
        )
        raise ModelError(message)
    return True


def _checked(name: str, others: list[str]) -> str:
    """Refuse what can be no name of a segment."""
    text = " ".join(name.split()) if isinstance(name, str) and name.isprintable() else ""
    if not text or len(text) > LONGEST:
        message = f"a segment's name has 1 to {LONGEST} letters on one line; got {shown(name)}."
        raise DataError(message)
    if all(letter.isdecimal() or letter in ", " for letter in text):
        message = (
            f"a segment's name has a letter; {shown(text)} would be taken for numbers of segments."
        )
        raise DataError(message)
    if text.casefold() in {other.casefold() for other in others}:
        message = f"another segment is called {shown(text)}; names must differ."
        raise DataError(message)
    return text
