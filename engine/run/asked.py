"""``engine.segment``: what is asked for, from a configuration, a file or a table, is run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from engine.config.loading import ConfigSource
from engine.config.sections import Config
from engine.data_preparation.given import opened
from engine.errors import ConfigError, in_sentences
from engine.run.delivered import make_up
from engine.run.ephemeral import within
from engine.run.pipeline import execute
from engine.run.reloaded import load_result
from engine.run.results import Result, held
from engine.run.unchanged import looked_over
from engine.utilities.notebook import progress_for
from engine.utilities.progress import Progress
from engine.utilities.scratch import KeptFolder


@in_sentences("the run")
def segment(
    source: ConfigSource | Config | Any = None,
    overrides: Mapping[str, Any] | None = None,
    *,
    k: int | Literal["auto"] | Sequence[int] | None = None,
    id: str | None = None,
    name: str | None = None,
    methods: str | Sequence[str] | None = None,
    out: str | Path | None = None,
    transactions: bool | None = None,
    customers: str | Path | None = None,
    columns: Mapping[str, str] | None = None,
    include: str | Sequence[str] | None = None,
    exclude: str | Sequence[str] | None = None,
    categorical: str | Sequence[str] | None = None,
    ephemeral: bool = False,
    if_changed: bool = False,
    progress: Progress | bool | None = None,
) -> Result:
    """Segment customers: the whole job of ``engine run``.

    Parameters
    ----------
    source : str, Path, dataframe, dict, Config or None
        Data: the path of a file, a folder or a glob, or a table of pandas, Polars (lazy ones,
        too), PyArrow or cuDF. Or a configuration: a YAML file, or the same as a dictionary, whose
        keys may be dotted paths; None for the defaults. For data, the defaults hold.
    overrides : mapping of dotted path to value, optional
        Any key of ``config.yaml``, for example ``{"clustering.k": 5}``; they win over a file.
    k : int, "auto" or sequence of int, optional
        Number of segments (``clustering.k``); several stand beside each other in the report.
    id : str, optional
        Column that says who a row is of (``input.id``); usual names are recognised.
    name : str, optional
        Of the results (``output.name``); data in files give theirs.
    methods : str or sequence of str, optional
        ``kmeans``, ``agglomerative``, ``spectral``, ``ann_methods``, ``pca_methods`` or ``all``.
    out : str or Path, optional
        Folder of the report, such as ``reports/shop``; the model goes to ``models/shop``.
    transactions : bool, optional
        Whether a row is a line of an invoice, rather than a customer (``input.kind``).
    customers : str or Path, optional
        With transactions: the customers' own table (``input.customers``).
    columns : mapping of str to str, optional
        What columns mean, such as ``{"customer_id": "Kd-Nr"}`` (``input.columns``).
    include, exclude, categorical : str or sequence of str, optional
        Columns to use, not to use, and to take as categories (``features``).
    ephemeral : bool
        Leave no files: what is in the result lies in a folder that is gone with it.
    if_changed : bool
        Give the run in use, loaded, where data, settings and engine are those that it was made of.
    progress : Progress or bool, optional
        Whether it is shown; by default in a notebook alone.

    Returns
    -------
    result : Result

    Raises
    ------
    EngineError
        With one sentence: what is wrong with the configuration, the data, the place or the
        output folders. Earlier results stay as they were.

    Notes
    -----
    A table in memory is written to a temporary file (under ``TMPDIR``), which only the user may
    read. It is about as large as the table, and stays as long as the result does: ``explain``,
    ``similar``, ``export`` and :func:`engine.recut` read the customers there. ``del result``
    removes it, as the end of the process does; a run on the same machine removes what a killed one
    left. In another process, or from the command line, those need a run on a file.
    A named index of pandas is a column as well.

    Examples
    --------
    >>> import engine, polars
    >>> spent, orders = [5, 90, 400] * 20, [1, 2, 9] * 20
    >>> frame = polars.DataFrame({"id": range(60), "spent": spent, "orders": orders})
    >>> result = engine.segment(frame, k=3, ephemeral=True)
    >>> result.segments["segment"].value_counts()["count"].to_list()
    [20, 20, 20]
    """
    shown = progress_for(progress)
    words = {
        "k": k, "id": id, "name": name, "methods": methods, "out": out, "customers": customers,
        "transactions": transactions, "columns": columns, "include": include, "exclude": exclude,
        "categorical": categorical,
    }  # fmt: skip
    if ephemeral and out is not None:
        problem = f"out={str(out)!r} and ephemeral=True say different things: give one of them"
        raise ConfigError([problem])
    with opened(source, overrides, words, shown.note) as given:
        kept = KeptFolder("engine-run") if ephemeral else None
        config = within(kept.folder, given.config) if kept else given.config
        same, made_of = looked_over(config) if if_changed else (None, None)
        if same is not None:
            shown.note(f"skipped: {same.reason}")
            make_up(config, same.run_id, shown.note)
            found = load_result(same.name, same.run_id, config)
        else:
            found = execute(config, shown, made_of=made_of)
        return held(found, given.table, kept)
