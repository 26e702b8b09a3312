"""A weekly run as a DAG of Airflow: what is not there is tried again, what is refused is not.

Put it into the folder of DAGs. The engine needs no place in Airflow's own environment: the
environment variables ``ENGINE`` and ``ENGINE_FOLDER`` name its command and the folder of the job,
which holds its config.yaml.
"""

from __future__ import annotations

import json
import os
import subprocess
from datetime import datetime, timedelta
from typing import Any

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import dag, task
from airflow.sdk.exceptions import AirflowFailException

ENGINE = os.environ.get("ENGINE", "engine")
FOLDER = os.environ.get("ENGINE_FOLDER", "/srv/segments")
IN_VAIN = (2, 4)
"""Exit codes in which another try ends, too: wrong configuration, refused data."""


@dag(
    schedule="0 5 * * 1",
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 3, "retry_delay": timedelta(minutes=20)},
)
def segments() -> None:
    """Segment customers every Monday, and hand them out where there is something new."""

    @task
    def run() -> dict[str, Any]:
        """Segment; standard error goes into the task's log, the object on stdout is the answer."""
        words = [ENGINE, "run", "config.yaml", "--if-changed", "--json"]
        done = subprocess.run(words, cwd=FOLDER, stdout=subprocess.PIPE, text=True, check=False)
        answer = json.loads(done.stdout)
        if done.returncode in IN_VAIN:
            raise AirflowFailException(answer["error"])
        if done.returncode:
            raise RuntimeError(answer["error"])
        return answer

    @task.short_circuit
    def is_new(answer: dict[str, Any]) -> bool:
        """Tell a run from one that was skipped, which leaves nothing to hand out."""
        return not answer["skipped"]

    name = "{{ ti.xcom_pull('run')['name'] }}"
    export = BashOperator(
        task_id="export",
        bash_command=f'"{ENGINE}" export "{name}" customers-out.csv --json',
        cwd=FOLDER,
        output_processor=json.loads,  # of the last line
    )
    is_new(run()) >> export


segments()
