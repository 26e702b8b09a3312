"""A weekly run as a flow of Prefect: what is not there is tried again, what is refused is not.

``python prefect_flow.py`` in the folder of the job runs it once; with ``--serve`` it runs every
Monday for as long as the program does. The environment variable ``ENGINE`` names the command.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

from prefect import flow, get_run_logger, task

ENGINE = os.environ.get("ENGINE", "engine")
IN_VAIN = (2, 4)
"""Exit codes in which another try ends, too: wrong configuration, refused data."""


class EngineFailed(RuntimeError):
    """The engine's sentence, and its exit code."""

    def __init__(self, sentence: str, code: int) -> None:
        super().__init__(sentence)
        self.code = code


def _again(_task: Any, _run: Any, state: Any) -> bool:
    """Tell whether another try may end otherwise."""
    try:
        state.result()
    except EngineFailed as error:
        return error.code not in IN_VAIN
    return True


def engine(*words: str) -> dict[str, Any]:
    """Run a command; give its answer, or fail with its sentence."""
    done = subprocess.run(
        [ENGINE, *words, "--json"], stdout=subprocess.PIPE, text=True, check=False
    )
    answer = json.loads(done.stdout)
    if done.returncode:
        raise EngineFailed(answer["error"], done.returncode)
    return answer


@task(retries=3, retry_delay_seconds=20 * 60, retry_condition_fn=_again)
def run(config: str) -> dict[str, Any]:
    """Segment what has changed."""
    return engine("run", config, "--if-changed")


@task
def export(name: str) -> dict[str, Any]:
    """Hand customers out."""
    return engine("export", name, "customers-out.csv")


@flow(log_prints=True)
def segments(config: str = "config.yaml") -> dict[str, Any]:
    """Segment customers, and hand them out where there is something new."""
    answer = run(config)
    log = get_run_logger()
    if answer["skipped"]:
        log.info(answer["reason"])
        return answer
    log.info("%s customers in %s segments", answer["customers"], answer["segments"])
    export(answer["name"])
    return answer


if __name__ == "__main__":
    if "--serve" in sys.argv:
        segments.serve(name="weekly", cron="0 5 * * 1")
    else:
        segments()
