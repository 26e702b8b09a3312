"""A run as people name it: names, folders and files mean the same; what is not there is told."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from engine.config.sections import OutputConfig
from engine.errors import DataError
from engine.storage.links import is_run_id
from engine.storage.names import names
from engine.storage.naming import Named, find, holds_model, model_folder, named
from engine.storage.outputs import new_run

FILES = {0: "size.png", 1: "report.html", 2: "model.json"}


def publish(settings: OutputConfig) -> str:
    with new_run(settings) as folders:
        for number, folder in enumerate((folders.figures, folders.reports, folders.model)):
            (folder / FILES[number]).write_text("{}")
        folders.publish()
    return folders.run_id


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OutputConfig:
    monkeypatch.chdir(tmp_path)
    return OutputConfig(name="shop")


@pytest.fixture
def runs(settings: OutputConfig) -> list[str]:
    return [publish(settings), publish(settings)]


def test_a_name_a_folder_and_a_file_mean_the_run_in_use(settings, runs):
    expected = Named("shop", Path("models"), Path("reports"))
    texts = ["shop", "models/shop", "models/shop/", "models/shop/latest", "reports/shop/latest",
             "reports/shop", "reports/figures/shop", "reports/figures/shop/latest",
             "reports/shop/latest/report.html", "./models/../models/shop",
             Path("models/shop/latest/model.json").absolute()]  # fmt: skip
    assert {named(settings, text) for text in texts} == {expected}
    assert expected.model.resolve().name == expected.report.resolve().name == runs[-1]
    assert expected.output(OutputConfig()).name == "shop"


@pytest.mark.parametrize("root", ["models/shop", "reports/shop", "reports/figures/shop"])
def test_a_run_is_named_by_its_folder(settings, runs, root):
    found = named(settings, f"{root}/{runs[0]}")
    assert (found.name, found.run) == ("shop", runs[0])
    assert found.model == Path("models/shop") / runs[0]


def test_another_place_than_that_of_the_settings(settings, runs, tmp_path, monkeypatch):
    Path("away").mkdir()
    monkeypatch.chdir("away")
    for text in ("../models/shop", "../reports/shop/latest", tmp_path / "reports/figures/shop"):
        found = named(settings, text)
        assert (found.models, found.reports) == (tmp_path / "models", tmp_path / "reports")
    monkeypatch.chdir(tmp_path / "models" / "shop")
    assert named(settings, ".").model == tmp_path / "models" / "shop" / "latest"


def test_a_report_that_was_put_elsewhere_is_found_with_its_model(settings, runs):
    elsewhere = settings.model_copy(update={"name": "spring", "reports": ".", "figures": "figures"})
    publish(elsewhere)
    for text in ("spring", "spring/latest", "models/spring", "spring/latest/report.html"):
        found = named(settings, text)
        assert (found.model / "model.json").is_file(), text
        assert (found.report / "report.html").is_file(), text


def test_a_folder_of_runs_wins_over_a_name_and_another_folder_does_not(settings, runs, tmp_path):
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "orders.csv").touch()
    assert named(settings, "shop").models == Path("models")
    assert model_folder(settings, "shop") == Path("models/shop/latest")
    shutil.copytree(tmp_path / "models" / "shop", tmp_path / "shop", True, dirs_exist_ok=True)
    assert holds_model("shop")
    assert named(settings, "shop").models == tmp_path
    assert model_folder(settings, "shop") == "shop"


def test_a_report_alone_and_a_model_alone_have_names(settings, runs):
    shutil.rmtree("models")
    assert named(settings, "shop").name == "shop"
    assert named(settings, "reports/shop/latest").name == "shop"
    publish(settings)
    shutil.rmtree("reports")
    assert names(settings) == ["shop"]
    assert named(settings, "models/shop").report == Path("reports/shop/latest")


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("shpo", "did you mean 'shop'?"),
        ("models/shoop/latest", "did you mean 'shop'?"),
        ("zebra", "there is 'shop'."),
        ("", "there is 'shop'."),
        ("models", "did you mean 'shop'?"),
        ("x" * 5_000, "there is 'shop'."),
        ("nul\0byte", "there is 'shop'."),
    ],
)
def test_what_is_not_there_is_told_with_the_nearest_name(settings, runs, text, end):
    with pytest.raises(DataError) as caught:
        named(settings, text)
    said = str(caught.value)
    assert said.startswith("there is no run named ")
    assert text == "models" or said.endswith(f"under models or reports; {end}")
    assert len(said) < 400


def test_without_any_run_it_is_said_what_to_do(settings):
    with pytest.raises(DataError, match="run the engine first, or name another"):
        named(settings, "shop")
    assert find(settings, "models/shop") is None


def test_a_run_that_is_gone_is_not_found(settings, runs):
    shutil.rmtree(Path("models/shop") / runs[0])
    assert find(settings, f"models/shop/{runs[0]}") is None
    assert find(settings, f"reports/shop/{runs[0]}") is not None


def test_a_folder_that_only_looks_like_a_run_is_none(settings, runs):
    own = "20261123-spring-mailing"[:22]
    assert [is_run_id(text) for text in (runs[0], own, "20261123" + "x" * 14)] == [
        True,
        *[False] * 2,
    ]
