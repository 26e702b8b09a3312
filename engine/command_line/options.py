"""Options and arguments that several commands have, each written once."""

from __future__ import annotations

from typing import Annotated

import typer

Given = Annotated[
    str | None,
    typer.Argument(
        metavar="[CONFIG|DATA]",
        help="A configuration (config.yaml where there is one), or data: a file, folder or glob.",
    ),
]
Base = Annotated[
    str | None, typer.Option("--config", help="With data: the configuration that they stand in.")
]
Out = Annotated[
    str | None,
    typer.Option(
        "--out",
        metavar="FOLDER",
        help="Where the report goes, such as reports/shop; it is made.",
    ),
]
Name = Annotated[
    str,
    typer.Argument(
        help="Name of a run's results, one of its runs (shop@previous), or a folder of either."
    ),
]
Ids = Annotated[
    str,
    typer.Option(help="Customers, with commas between them, or a .txt, .csv or .parquet file."),
]
Answer = Annotated[
    str | None, typer.Argument(help="A .parquet or .csv file to write; printed without.")
]
Where = Annotated[str | None, typer.Option(help="Configuration that says where results are.")]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="key.path=value", help="Override a key; may be repeated."),
]
Verify = Annotated[
    str | None,
    typer.Option("--verify-with", metavar="KEY", help="Refuse what is not signed with this key."),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")]
Json = Annotated[
    bool,
    typer.Option("--json", help="One JSON object on stdout; all else goes to standard error."),
]
MODEL = "Name of a run's results, one of its runs (shop@previous), or a model's folder."
MOST = 2**40
"""Customers, neighbours and seeds at most: more fit on no disk."""
