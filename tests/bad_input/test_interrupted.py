"""Runs that end in the middle: killed, out of space, or kept from writing at all."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path

import polars as pl
import pytest

import engine
from engine.config.sections import OutputConfig
from engine.errors import TargetError
from engine.model.model import load_model
from engine.storage.latest import latest_id, run_ids
from engine.storage.outputs import RunFolders, recover
from tests.children import wait_for

STOP = """
import os, sys, time
from pathlib import Path
from engine.command_line.cli import main

parent = os.getppid()

def stop():
    Path("ready").touch()
    while not Path("go").exists():
        if os.getppid() != parent:
            os._exit(1)
        time.sleep(0.01)

def stop_before(owner, name, call=1):
    real, calls = getattr(owner, name), []
    def stopping(*args, **kwargs):
        calls.append(1)
        if len(calls) == call:
            stop()
        return real(*args, **kwargs)
    setattr(owner, name, stopping)

def stop_after(owner, name):
    real = getattr(owner, name)
    def stopping(*args, **kwargs):
        result = real(*args, **kwargs)
        stop()
        return result
    setattr(owner, name, stopping)

def keep(data, folders):
    data.save(folders.reports)
    (folders.figures / "undrawn.txt").touch()

import engine.run.pipeline
engine.run.pipeline.draw_report = keep
exec(sys.argv[1])
sys.argv = ["engine", *sys.argv[2:]]
main()
"""
"""Runs the command line without drawing, as ``tests.drawing.undrawn`` does, but waits for the file
``go`` at a moment that the test names."""

MOMENTS = {
    "fitting": "from engine.clustering.kmeans import lloyd; stop_before(lloyd, 'fit')",
    "describing": "from engine.descriptive_stats.gathering import Gathered as g; "
    "stop_before(g, 'add')",
    "saving customers": "import engine.run.saved_customers as s; stop_before(s, 'write_table')",
    "writing": "from engine.model.model import Model; stop_after(Model, 'save')",
    "before the one step": "import engine.storage.switch as o; stop_before(o, '_point', 2)",
    "after the one step": "import engine.storage.outputs as o; stop_before(o.RunFolders, '_prune')",
    "after publishing": "import engine.storage.outputs as o; stop_after(o.RunFolders, 'publish')",
    "drawing": "import matplotlib.figure as f; stop_before(f.Figure, 'draw')",
    "drawn": "import engine.storage.outputs as o; stop_before(o.RunFolders, 'redrawn')",
}

UNCHANGED = "engine: interrupted; earlier results are as they were.\n"

LIMITS = """
import contextlib, io, json, resource, sys
from engine.command_line.cli import main

_, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
limits, sys.argv, answers = json.loads(sys.argv[1]), ["engine", *sys.argv[2].split()], []
if "--drawing" in sys.argv:
    sys.argv.remove("--drawing")
    import matplotlib.font_manager  # its cache is written once, without a limit
for limit in limits:
    err = io.StringIO()
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        with contextlib.redirect_stderr(err):
            main()
    except SystemExit as stop:
        code = stop.code
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    answers.append([code, err.getvalue()])
print(json.dumps(answers))
"""
"""Runs the command line under one limit on the size of files after another."""

QUICK = ("clustering.k=3", "clustering.kmeans.n_init=2", "evaluation.resamples=0")
RUN = ("run", "--quiet", "--name", "shop", *(w for s in QUICK for w in ("--set", s)), "--set")


def stopped(python, moment: str, *words: str) -> subprocess.Popen[str]:
    """Start a run and wait until it stands still at a moment."""
    process = python(STOP, MOMENTS[moment], *RUN, "input.path=good.parquet", *words)
    wait_for(Path("ready"), process)
    Path("ready").unlink()
    return process


def kill(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL


def staged() -> list[Path]:
    return [
        path for root in ("models", "reports", "data") for path in Path(root).rglob(".partial*")
    ]


@pytest.mark.parametrize(
    "moment",
    [
        "fitting",
        pytest.param("writing", marks=pytest.mark.long),
        pytest.param("before the one step", marks=[pytest.mark.long, pytest.mark.faults]),
    ],
)
def test_a_killed_run_leaves_the_earlier_one_in_place(
    earlier, run, cli, python, moment: str
) -> None:
    tight = engine.plan({"input": {"path": "good.parquet"}, "clustering": {"k": 3}}).peak - 1
    kill(stopped(python, moment, "--set", f"compute.memory_limit={tight}"))
    assert staged() or moment == "before the one step"
    assert list(Path("data/processed").glob(".partial*")), "its matrix lay in a file"

    # What counts is the model's link: it names the earlier run, and so does what it loads.
    assert load_model("models/shop").info["run_id"] == earlier.run_id
    assert latest_id(Path("models/shop")) == earlier.run_id
    if moment == "writing":
        assert cli("report", "shop").code == 0

    answer = run("nowhere.csv")  # A run that fails at once changes nothing.
    assert answer.code == 3
    assert load_model("models/shop").info["run_id"] == earlier.run_id

    assert run("good.parquet").code == 0
    roots = RunFolders(OutputConfig(name="shop"), "").roots
    latest = {latest_id(root) for root in roots}
    assert len(latest) == 1
    for root in roots:
        assert run_ids(root) == sorted([earlier.run_id, *latest])
    assert staged() == []
    assert list(Path("data/processed").iterdir()) == []
    assert load_model("models/shop").info["run_id"] in latest


@pytest.mark.long
@pytest.mark.faults
def test_a_run_killed_after_it_was_published_is_the_latest(earlier, cli, python) -> None:
    kill(stopped(python, "after publishing"))
    new = latest_id(Path("models/shop"))
    assert new not in (None, earlier.run_id)
    assert load_model("models/shop").info["run_id"] == new
    assert cli("report", "shop").code == 0
    recover(OutputConfig(name="shop"))
    assert run_ids(Path("models/shop")) == [earlier.run_id, new]
    assert latest_id(Path("models/shop")) == new


def ended(process: subprocess.Popen[str], ending: str) -> str:
    """Send a signal to a program that stands still; give what it says."""
    number = signal.Signals[ending]
    process.send_signal(number)
    _, err = process.communicate()
    assert process.returncode == 128 + number
    return err


@pytest.mark.long
def test_a_signal_before_the_end_changes_nothing(earlier, python) -> None:
    assert ended(stopped(python, "writing"), "SIGINT") == UNCHANGED
    earlier.check()


@pytest.mark.long
@pytest.mark.parametrize("moment", ["describing", "saving customers"])
def test_a_signal_while_a_stage_goes_on_beside_others(earlier, python, moment: str) -> None:
    """The run ends once that one has come to a place where it looks."""
    process = stopped(python, moment, "--set", "compute.threads=2")
    process.send_signal(signal.SIGTERM)
    Path("go").touch()
    assert process.communicate()[1] == UNCHANGED
    assert process.returncode == 128 + signal.SIGTERM
    assert staged() == []
    earlier.check()


@pytest.mark.long
@pytest.mark.parametrize(
    ("moment", "ending"),
    [
        ("before the one step", "SIGTERM"),
        pytest.param("after the one step", "SIGINT", marks=pytest.mark.faults),
    ],
)
def test_a_signal_while_publishing_waits_for_its_end(
    earlier, python, moment: str, ending: str
) -> None:
    process = stopped(python, moment)
    process.send_signal(signal.Signals[ending])
    Path("go").touch()
    _, err = process.communicate()
    assert process.returncode == 128 + signal.Signals[ending]
    new = latest_id(Path("models/shop"))
    page = f"reports/shop/{new}/report.html"
    assert err == f"engine: interrupted; the run is done and saved ({page}).\n"
    assert new != earlier.run_id
    roots = RunFolders(OutputConfig(name="shop"), "").roots
    assert [latest_id(root) for root in roots] == [new] * 3
    assert load_model("models/shop").info["run_id"] == new


@pytest.mark.long
@pytest.mark.faults
def test_a_signal_while_drawing(earlier, python) -> None:
    process = python(STOP, MOMENTS["drawing"], "report", "shop")
    wait_for(Path("ready"), process)
    assert ended(process, "SIGTERM") == UNCHANGED
    earlier.check()


@pytest.mark.long
@pytest.mark.faults
def test_a_run_that_ignores_interrupts_goes_on(earlier, python) -> None:
    """As a shell starts a job in the background of a script."""
    ignore = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); "
    process = python(STOP, ignore + MOMENTS["fitting"], *RUN, "input.path=good.parquet")
    wait_for(Path("ready"), process)
    process.send_signal(signal.SIGINT)
    Path("go").touch()
    _, err = process.communicate()
    assert (process.returncode, err) == (0, "")
    assert latest_id(Path("models/shop")) != earlier.run_id


@pytest.mark.long
@pytest.mark.faults
def test_a_report_drawn_while_a_run_is_published_is_of_its_own_run(
    run_in_full, earlier, run, python
) -> None:
    process = python(STOP, MOMENTS["drawn"], "report", "shop")
    wait_for(Path("ready"), process)
    old = Path("reports/shop", earlier.run_id, "report.html")
    old.write_text("the earlier page")
    assert run("good.parquet").code == 0
    new = latest_id(Path("models/shop"))
    before = [(p, p.read_bytes()) for p in Path("reports").rglob(f"{new}/*")]
    Path("go").touch()
    out, err = process.communicate()
    assert (process.returncode, err) == (0, "")
    assert out == f"Report: {old}\n"
    assert old.read_text() != "the earlier page"
    assert [(p, p.read_bytes()) for p in Path("reports").rglob(f"{new}/*")] == before
    assert latest_id(Path("reports/shop")) == new


@pytest.mark.long
@pytest.mark.faults
def test_a_report_of_a_run_that_is_removed_meanwhile(earlier, run, python) -> None:
    process = python(STOP, MOMENTS["drawn"], "report", "shop")
    wait_for(Path("ready"), process)
    assert run("good.parquet", "output.keep=1").code == 0
    Path("go").touch()
    _, err = process.communicate()
    assert process.returncode == 1
    assert err.startswith(f"engine: run {earlier.run_id} was removed while its report was drawn")
    assert run_ids(Path("reports/shop")) == [latest_id(Path("models/shop"))]


@pytest.mark.long
def test_two_runs_of_one_name_side_by_side(earlier, run, python) -> None:
    """The one that began first ends last: it is the latest, and the other one is kept."""
    slow = stopped(python, "writing", "--set", "output.keep=2")
    assert run("good.parquet").code == 0
    quick = latest_id(Path("models/shop"))
    Path("go").touch()
    _, err = slow.communicate()
    assert (slow.returncode, err) == (0, "")
    roots = RunFolders(OutputConfig(name="shop"), "").roots
    latest = {latest_id(root) for root in roots}
    assert len(latest) == 1
    assert quick not in latest
    for root in roots:
        assert run_ids(root) == sorted([quick, *latest]), "keep: 2 prunes the earliest"
    assert load_model("models/shop").info["run_id"] in latest
    # The run that began later must not pass for one that never came to its end.
    recover(OutputConfig(name="shop"))
    assert run_ids(roots[2]) == sorted([quick, *latest])


@pytest.mark.long
def test_a_full_disk(run_in_full, earlier, python) -> None:
    """A limit just below the size of each output in turn, the smallest first to be hit."""
    sizes = {file.name: file.stat().st_size for file in _published(earlier.run_id)}
    figure = max(size for name, size in sizes.items() if name.endswith(".png"))
    data = max(size for name, size in sizes.items() if name.startswith("report_data."))
    # The page tells seconds, so that its size differs a little from run to run.
    page = sizes["report.html"] * 9 // 10
    limits = [size - 1 for size in (sizes["segments.parquet"], data, figure, page)]
    assert limits == sorted(limits), "each limit reaches one step further"
    words = " ".join((*RUN, "input.path=good.parquet", "--drawing"))
    out, err = python(LIMITS, json.dumps(limits), words).communicate()
    assert err == ""
    answers = json.loads(out)
    assert len(answers) == 4
    for code, said in answers:
        assert code == 3
        assert said.startswith("engine: ")
        assert "File too large" in said
        assert said.count("\n") == 1
        assert "earlier results are as they were" in said or "Nothing was changed" in said
        assert "folder" in said
    earlier.check()


@pytest.mark.long
@pytest.mark.faults
def test_a_full_disk_while_the_model_is_written(earlier, python, make_customers) -> None:
    # A column of many levels makes the model larger than all that is written before it.
    level = (pl.int_range(pl.len()) % 140).cast(pl.String)
    table = make_customers().with_columns(town=pl.lit("the town with the number ") + level)
    table.write_parquet("towns.parquet")
    words = " ".join((*RUN, "input.path=towns.parquet"))
    out, err = python(LIMITS, json.dumps([9_000]), words).communicate()
    assert err == ""
    (code, said), *_ = json.loads(out)
    assert code == 3
    assert "File too large" in said
    assert "cannot write to reports/shop" in said
    earlier.check()


@pytest.mark.long
@pytest.mark.faults
def test_a_full_disk_while_customers_are_assigned(earlier, python, make_customers) -> None:
    make_customers(20_000).write_parquet("many.parquet")
    for suffix in ("csv", "parquet"):
        Path(f"out.{suffix}").write_text("yesterday")
        words = f"assign models/shop many.parquet out.{suffix}"
        out, err = python(LIMITS, json.dumps([50_000]), words).communicate()
        assert err == ""
        (code, said), *_ = json.loads(out)
        assert code == 3
        assert "could not be written (" in said
        assert "free space or choose a folder that can be written. Nothing was changed." in said
        assert Path(f"out.{suffix}").read_text() == "yesterday"
        assert sorted(p.name for p in Path().glob(".out*")) == []
    earlier.check()


def test_an_assignment_killed_while_writing(earlier, python, cli) -> None:
    Path("out.csv").write_text("yesterday")
    moment = "import engine.utilities.atomic as a; stop_before(a, 'to_disk')"
    process = python(STOP, moment, "assign", "models/shop", "good.parquet", "out.csv")
    wait_for(Path("ready"), process)
    kill(process)
    assert Path("out.csv").read_text() == "yesterday"
    assert len(list(Path().glob(".engine-*.partial"))) == 1
    assert cli("assign", "models/shop", "good.parquet", "other.csv").code == 0
    assert list(Path().glob(".engine-*")) == []
    earlier.check()


@pytest.mark.parametrize("place", ["models", "reports"])
def test_a_file_where_the_folder_should_be(earlier, run, place: str) -> None:
    Path("taken").touch()
    answer = run("good.parquet", f"output.{place}=taken")
    sentence = "taken is a file, not a folder, so nothing can be written there"
    earlier.refused(answer, sentence, code=3)
    with pytest.raises(TargetError, match=sentence):
        engine.plan("good.parquet", {f"output.{place}": "taken/below"})
    remedy = "earlier results are as they were. Name another folder under output"
    assert remedy in answer.err


def test_a_file_where_the_matrix_should_be(earlier, run) -> None:
    Path("taken").touch()
    tight = engine.plan({"input": {"path": "good.parquet"}, "clustering": {"k": 3}}).peak - 1
    answer = run("good.parquet", f"compute.memory_limit={tight}", "output.processed=taken")
    earlier.refused(answer, "taken is a file, not a folder, so nothing can be written there")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission(earlier, run) -> None:
    Path("locked").mkdir(mode=0o500)
    earlier.refused(run("good.parquet", "output.models=locked"), "locked may not be written to")


@pytest.mark.parametrize("root", ["models/own", "reports/own", "reports/figures/own"])
def test_a_folder_where_the_link_should_be(earlier, cli, root: str) -> None:
    Path(root, "latest").mkdir(parents=True)
    words = ("--set", "input.path=good.parquet", "--set", "clustering.k=3")
    answer = cli("run", "--quiet", "--name", "own", *words)
    sentence = f"{root}/latest is a folder or file, but the engine keeps a link there; move it away"
    earlier.refused(answer, sentence)


def _published(run_id: str) -> list[Path]:
    folders = RunFolders(OutputConfig(name="shop"), run_id)
    return [file for root in folders.roots for file in folders.published(root).iterdir()]
