"""``engine init``: what data are recognised as, written as a configuration that runs the same."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.config.input import ReadConfig
from engine.config.sections import Config
from engine.config.written import text_of, wrapped
from engine.data_preparation import prepare
from engine.data_preparation.features.plan_report import PlanReport
from engine.data_preparation.fetching.fetched import fetched_aside
from engine.data_preparation.loaded import Loaded
from engine.data_preparation.reading.sources import Source
from engine.data_preparation.transactions.lines import gather_customers, open_lines
from engine.data_preparation.transactions.purchases import Purchases
from engine.errors import TargetError, failed_write, first_line
from engine.places.runtime import Runtime
from engine.run.placed import placed
from engine.utilities.atomic import replacing
from engine.utilities.progress import Progress
from engine.utilities.remote import is_remote
from engine.utilities.scratch import scratch_folder
from engine.utilities.stages import Stages
from engine.utilities.targets import WrongTargetError, refuse_in_run

_BESIDE = {
    "input.path": "a file, a folder or a glob, from the folder in which the engine is started",
    "input.kind": "customers: a row for each | transactions: a row for each line of an invoice",
    "input.id": "who a row is of; null looks for it",
    "input.columns": 'such as {customer_id: "Kd-Nr"}, where one was taken for another',
    "input.read.separator": "between fields",
    "input.read.encoding": "of letters",
    "input.read.date_format": "ymd | dmy | mdy | a pattern such as %d.%m.%Y",
    "features.include": "names of columns, to use these alone; empty takes those above",
    "features.exclude": "names of columns that are not to be used",
    "features.categorical": "numbers that are codes, not amounts",
    "clustering.methods": "kmeans | agglomerative | spectral | ann_methods | pca_methods | all",
    "clustering.k": "number of segments; auto looks for it",
    "output.name": "of the results: reports/<name>, models/<name>",
}
_ROLES = {
    "numeric": "Used as numbers:",
    "categorical": "Used as categories:",
    "left out": "Left out:",
}
_NAME = 40


def new_file(path: str, *, force: bool) -> Path:
    """Give the file that a configuration is written to; refuse one that is there.

    Raises
    ------
    EngineError
        It is there, unless ``force`` says that it may go; it is called as no configuration is, or
        lies in the folder of a run; or it cannot be written.
    """
    file = Path(path)
    wrong = None
    if is_remote(path):
        wrong = "is a remote path, which the engine does not write to; give a file of this machine"
    elif file.suffix.lower() not in (".yaml", ".yml"):
        wrong = "must end in .yaml, so that it is taken for a configuration; give another name"
    elif file.is_dir():
        wrong = "is a folder; give the name of a file"
    elif not file.absolute().parent.is_dir():
        message = f"{path} cannot be written, its folder does not exist; create {file.parent}."
        raise TargetError(message)
    elif file.exists() and not force:
        wrong = "is there already; --force writes over it, and --to names another file"
    if wrong:
        message = f"{path} {wrong}."
        raise WrongTargetError(message)
    refuse_in_run(file.parent)
    return file


def save(text: str, file: Path) -> None:
    """Write a configuration, whole or not at all.

    Raises
    ------
    EngineError
        It cannot be written.
    """
    try:
        with replacing(Path(os.path.realpath(file))) as beside:
            beside.write_text(text, encoding="utf-8")
    except OSError as error:
        message = f"{file} cannot be written: {error.strerror or first_line(error)}."
        raise failed_write(message, error) from None


def configuration_of(config: Config, progress: Progress) -> str:
    """Look at all rows as a run does, and write what was recognised as a configuration.

    Parameters
    ----------
    config : Config
        Where the data are, and what is said of them already: that is written, too.
    progress : Progress

    Returns
    -------
    text : str
        YAML with comments: who the customers are, how files are written, what becomes of each
        column and why. A run with it gives what a run without it gives.

    Raises
    ------
    EngineError
        As a run does that cannot begin.
    """
    stages = Stages(progress)
    given, purchases, source = config, None, None
    with (
        fetched_aside(config.input, stages) as settings,
        placed(config, stages) as runtime,
        scratch_folder("engine-init") as folder,
    ):
        config = config.model_copy(update={"input": settings})
        if config.input.kind == "transactions":
            lines = open_lines(config.input)
            source = lines.source
            with stages("transactions", source.estimate_rows(), passes=2):
                config, purchases = gather_customers(
                    lines, config, folder / "purchases", progress, None, runtime
                )
        loaded = prepare.load(config, purchases, runtime)
        loaded, report, told = _looked_at(loaded, config, stages, runtime)
    if purchases:
        facts = purchases.facts
        told = [*facts["notices"], *(f"warning: {w}" for w in facts["warnings"]), *told]
    return _written(given, loaded, source or loaded.source, report, told, purchases)


def _looked_at(
    loaded: Loaded, config: Config, stages: Stages, runtime: Runtime
) -> tuple[Loaded, PlanReport, list[str]]:
    with stages("load", loaded.source.estimate_rows(), passes=1):
        identity = prepare.identify(loaded, config, stages.progress, runtime)
    with stages("prepare", len(identity.ids), passes=1):
        learnt = prepare.learn(loaded, identity, config, runtime, stages.progress)
    report, warnings = learnt[3], (*identity.warnings, *learnt[3].warnings)
    told = [*identity.notices, *report.notices, *(f"warning: {w}" for w in warnings)]
    return learnt[0], report, told


def _written(
    config: Config, loaded: Loaded, source: Source, report: PlanReport, told: list[str],
    purchases: Purchases | None,
) -> str:  # fmt: skip
    asked = config.model_dump(mode="json", exclude_unset=True)
    given, kind = asked.get("input", {}), config.input.kind
    who = config.input.id or (None if purchases else loaded.id_column)
    tree: dict[str, Any] = {
        "input": {"path": config.input.path, "kind": kind, **given, "id": who},
        "features": {"include": [], "exclude": [], "categorical": [], **asked.get("features", {})},
        "clustering": {"methods": ["kmeans"], "k": "auto", **asked.get("clustering", {})},
        "output": {**asked.get("output", {}), "name": config.output.name},
    }
    read = _read(source, config.input.read, purchases, given.get("read", {}))
    if purchases:
        tree["input"] |= {"columns": config.input.columns}
    if read:
        tree["input"] |= {"read": read}
    tree |= {key: value for key, value in asked.items() if key not in tree}
    above: dict[str, list[str]] = {"features.include": _columns(report)}
    if purchases:
        named = purchases.facts["columns"].items()
        above["input.columns"] = ["Recognised:", *(f"  {key}: {name}" for key, name in named)]
    if config.input.sql is not None:
        del tree["input"]["path"]
    if who is None and not purchases:
        above["input.id"] = ["No column tells the customers apart, so their rows are numbered."]
    return text_of(tree, _BESIDE, above, _head(source, told))


def _read(
    source: Source, asked: ReadConfig, purchases: Purchases | None, given: Mapping[str, Any]
) -> dict[str, Any]:
    """Give what was found of how files are written, but for what every file has."""
    order = purchases.facts.get("date_order") if purchases else None
    found = {} if source.typed else source.read.model_dump(mode="json")
    plain = ReadConfig().model_dump(mode="json") | {"header": True, "description_row": False}
    kept = {k: v for k, v in found.items() if v != "auto" and v != plain[k]}
    return (
        kept | ({"date_format": order} if order and asked.date_format == "auto" else {}) | {**given}
    )


def _head(source: Source, told: list[str]) -> list[str]:
    first = f"What was recognised of {source.label}, for `engine run` with the name of this file."
    lines = [*wrapped(first), "Look it over, and change what is wrong.", ""]
    for sentence in told:
        lines += wrapped(sentence, "- ")
    return lines


def _columns(report: PlanReport) -> list[str]:
    """List what becomes of each column, by what it is used as."""
    roles = dict.fromkeys([*_ROLES, *(c["role"] for c in report.columns)])
    width = min(max((len(c["column"]) for c in report.columns), default=0), _NAME)
    lines = []
    for role in roles:
        of = [c for c in report.columns if c["role"] == role]
        lines += [_ROLES.get(role, f"{role[:1].upper()}{role[1:]}:")] * bool(of)
        for column in of:
            lines += wrapped(column["what"], f"  {column['column']:<{width}}  ")
    return lines
