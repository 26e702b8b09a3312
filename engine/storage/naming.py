"""A run as people name it: a name, a name and a run (``shop@previous``), or a folder or file."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from engine.config.sections import Config, OutputConfig
from engine.errors import InputMissingError
from engine.storage.latest import LATEST, latest_id, latest_run, run_ids
from engine.storage.links import is_run_id, pointed
from engine.storage.meant import AT, WrongRunError, meant, parted
from engine.storage.names import LONGEST, has_runs, nearest
from engine.utilities.shown import cut

_FIGURES = "figures"
_OF_A_MODEL = ("model.json",)
_OF_A_REPORT = ("summary.json", "report_data.json", "report.html")


@dataclass(frozen=True)
class Named:
    """A run that was named.

    Attributes
    ----------
    name : str
        Of the results, as in ``output.name``.
    models, reports : Path
        Folders of all names, as ``output.models`` and ``output.reports``.
    run : str
        A run id, or ``latest``: the run in use.
    """

    name: str
    models: Path
    reports: Path
    run: str = LATEST

    @property
    def model(self) -> Path:
        """Folder of its model."""
        return self.models / self.name / self.run

    @property
    def folder(self) -> Path:
        """Folder of its model by the run's own name, as ``latest`` names it now."""
        used = latest_run(self.model.parent) if self.run == LATEST else None
        return used or self.model

    @property
    def report(self) -> Path:
        """Folder of its report, with the summary and the table of customers."""
        return self.reports / self.name / self.run

    def output(self, settings: OutputConfig) -> OutputConfig:
        """Give settings under which this name is the one that is asked for."""
        where = {"models": str(self.models), "reports": str(self.reports), "name": self.name}
        return settings.model_copy(update=where)

    def within(self, config: Config) -> Config:
        """Give a configuration under which this name is the one that is asked for."""
        return config.model_copy(update={"output": self.output(config.output)})


def named(settings: OutputConfig, text: str | Path) -> Named:
    """Find the run that is meant by a name, with or without a run, or by a folder or file of one.

    Parameters
    ----------
    settings : OutputConfig
        Says where results are.
    text : str or Path
        A name, such as ``shop``: its run in use. Or one of its runs, ``shop@previous``, as
        :func:`engine.storage.meant.meant` reads what stands behind the ``@``. Or ``models/shop``,
        ``models/shop/latest``, ``models/shop/<run id>``, the same under ``reports`` or
        ``reports/figures``, or a file of one, such as ``reports/shop/latest/report.html``. A
        folder of runs wins over a name, and what lies on the disk over a name with a run.

    Returns
    -------
    named : Named
        Its ``run`` is an id wherever one was meant.

    Raises
    ------
    InputMissingError
        There is nothing of the kind; the nearest name is told, and of a name the runs that are
        kept. Where it is an id without its name, the whole of it is proposed.
    WrongRunError
        A part of an id is of more than one run.

    Examples
    --------
    >>> named(OutputConfig(), "no such shop")
    Traceback (most recent call last):
    ...
    engine.errors.InputMissingError: there is no run named 'no such shop' under models or ...
    """
    found = find(settings, text)
    if found is None:
        shown, where = cut(str(text), 200), f"{settings.models} or {settings.reports}"
        message = f"there is no run named {shown!r} under {where}; {nearest(settings, text)}"
        raise InputMissingError(message)
    return found


def find(settings: OutputConfig, text: str | Path) -> Named | None:
    """Find a run as :func:`named` does; None where there is nothing of the name.

    Raises
    ------
    InputMissingError or WrongRunError
        There are runs of the name, and none or several that are meant by what follows its ``@``.
    """
    if len(str(text)) > LONGEST:
        return None
    try:
        alone = _of_path(settings, Path(text)) or _of_name(settings, str(text))
        if alone is not None or os.path.lexists(text) or (parts := parted(str(text))) is None:
            return alone
        of = _of_path(settings, Path(parts[0])) or _of_name(settings, parts[0])
    except (OSError, ValueError):  # a path that no file can have
        return None
    return None if of is None or of.run != LATEST else _one_of(of, parts[1])


def _one_of(found: Named, run: str) -> Named:
    """Give that run of a name which a word or a part of its id means."""
    if run == LATEST:
        return found
    roots = [folder / found.name for folder in (found.models, found.reports)]
    root = next((root for root in roots if run_ids(root)), roots[0])
    return replace(found, run=meant(root, found.name, run))


def whole(settings: OutputConfig, text: str | Path, doing: str) -> Named:
    """Find a name as :func:`named` does, where all of its runs are asked about.

    Parameters
    ----------
    settings : OutputConfig
    text : str or Path
    doing : str
        What is told of all runs, for a sentence: ``the history``.

    Raises
    ------
    InputMissingError
        As :func:`named`.
    WrongRunError
        A run of a name is named: ``shop@previous``.
    """
    found = named(settings, text)
    if found.run != LATEST and not os.path.lexists(text):
        name = str(text).rpartition(AT)[0]
        message = f"{doing} is of all runs of a name, so {text} cannot be asked for; give {name}."
        raise WrongRunError(message)
    return found


def alone(found: Named, run: str | None, text: str | Path) -> None:
    """Refuse a run that is given beside a name with a run.

    Raises
    ------
    WrongRunError
    """
    if run is not None and found.run != LATEST and not os.path.lexists(text):
        message = f"{text} names a run already, so {cut(run, 200)!r} cannot be another; give one."
        raise WrongRunError(message)


def called(settings: OutputConfig, run: str) -> str:
    """Name a run of ``output.name`` as people do: by the name alone where it is in use."""
    used = latest_id(Path(settings.models) / settings.name)
    return settings.name if run == used else f"{settings.name}{AT}{run}"


def model_folder(settings: OutputConfig, text: str | Path) -> str | Path:
    """Give the folder of a model: the one that is named, otherwise that of a run of that name."""
    if holds_model(text) or (run := find(settings, text)) is None:
        return text
    return run.model


def holds_model(place: str | Path) -> bool:
    """Tell whether a folder is one of a model, or of all models of a name."""
    folder = Path(place)
    try:
        return any(_holds(folder, run, _OF_A_MODEL) for run in (".", LATEST))
    except (OSError, ValueError):  # a path that no file can have
        return False


def _of_name(settings: OutputConfig, text: str) -> Named | None:
    if Path(text).name != text:
        return None
    models, reports = Path(settings.models), Path(settings.reports)
    for folder in (models, reports):
        if has_runs(folder / text):
            return Named(text, *(_roots_of(settings, folder / text, LATEST) or (models, reports)))
    return None


def _of_path(settings: OutputConfig, place: Path) -> Named | None:
    for above in (place, *place.parents):  # ``latest`` may be a file that names the run
        if above.name == LATEST and above.is_file() and pointed(above):
            place = above
    if place.is_file() and place.name != LATEST:
        place = place.parent
    if not os.path.lexists(place):
        return None
    place, run = Path(os.path.abspath(place)), LATEST
    if place.name == LATEST or is_run_id(place.name):
        place, run = place.parent, place.name
    if not has_runs(place) or not (place / run).exists():
        return None
    roots = _roots_of(settings, place, run)
    return Named(place.name, *roots, run) if roots else None


def _roots_of(settings: OutputConfig, root: Path, run: str) -> tuple[Path, Path] | None:
    """Give the folders of all models and of all reports, from that of the runs of one name."""
    models, reports, folder = Path(settings.models), Path(settings.reports), root.parent
    if folder.name == _FIGURES:
        folder = folder.parent
        if not _holds(folder / root.name, run, _OF_A_REPORT):
            return None
    mine, theirs = _same(folder, models), _same(folder, reports)
    if mine or (not theirs and _holds(root, run, _OF_A_MODEL)):
        near = (reports, folder.parent / reports.name, folder.parent)
        found = _with_run(near if mine else near[1:], root.name, run, _OF_A_REPORT)
        return (models if mine else folder), found
    if theirs or _holds(folder / root.name, run, _OF_A_REPORT):
        near = (models, folder.parent / models.name, folder / models.name)
        found = _with_run(near if theirs else near[1:], root.name, run, _OF_A_MODEL)
        return found, (reports if theirs else folder)
    return None


def _with_run(roots: Sequence[Path], name: str, run: str, files: tuple[str, ...]) -> Path:
    """Give the first folder that holds a run, which `--out` may have put elsewhere; or the first.

    The two halves of a run lie side by side, or the model lies below where the report does.
    """
    return next((root for root in roots if _holds(root / name, run, files)), roots[0])


def _holds(root: Path, run: str, files: tuple[str, ...]) -> bool:
    found = latest_run(root) if run == LATEST else root / run
    return found is not None and any((found / file).is_file() for file in files)


def _same(one: Path, other: Path) -> bool:
    return other.exists() and one.samefile(other)
