"""Commands that ask for a signature refuse what is not signed so; a run signs what they read."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def keys() -> None:
    for name in ("key", "other"):
        Path(name).write_bytes(name.encode() * 16)
        Path(name).chmod(0o600)


@pytest.fixture
def signed(earlier, cli, keys) -> str:
    """Give the name of a signed run beside the earlier one."""
    words = ("input.path=good.parquet", "clustering.k=3", "output.sign_with=key")
    sets = [w for s in (*words, "evaluation.resamples=0") for w in ("--set", s)]
    assert cli("run", "--quiet", "--name", "sealed", *sets).code == 0
    return "sealed"


def test_the_key_decides(earlier, cli, signed) -> None:
    assign = ("assign", f"models/{signed}", "good.parquet", "out.csv", "--quiet")
    assert cli(*assign).code == cli(*assign, "--verify-with", "key").code == 0
    assert cli("report", signed, "--verify-with", "key").code == 0
    told = cli("doctor", "--model", f"models/{signed}", "--verify-with", "key")
    assert "signed (HMAC-SHA256), by the holder of the key" in told.out
    sentence = "was signed with another key than that of verify_with"
    for words in (assign, ("report", signed), ("similar", signed, "--ids", "1000")):
        earlier.refused(cli(*words, "--verify-with", "other"), sentence)
        unsigned = (word.replace(signed, "shop") for word in words)
        answer = cli(*unsigned, "--verify-with", "key")
        earlier.refused(answer, "is not signed, and verify_with asks")


@pytest.mark.parametrize("text", [b"{}", b"\xff", b"[]"])
def test_a_signature_that_is_none_is_told(earlier, cli, text: bytes) -> None:
    Path("models/shop/latest/signature.json").write_bytes(text)
    told = cli("doctor", "--model", "models/shop")
    assert "holds a signature.json that is none; sign the model again" in told.out
    Path("models/shop/latest/signature.json").unlink()


@pytest.mark.parametrize("sets", [(), ("--set", "output.sign_with=key")])
def test_a_cut_that_is_not_signed_is_told(earlier, cli, keys, sets) -> None:
    words = ("input.path=good.parquet", "clustering.k=3", "output.sign_with=key",
             "clustering.methods=agglomerative", "evaluation.resamples=0")  # fmt: skip
    given = [w for s in words for w in ("--set", s)]
    assert cli("run", "--quiet", "--name", "tree", *given).code == 0
    answer = cli("report", "tree", "--use", "--set", "clustering.k=4", *sets)
    assert answer.code == 0, answer.err
    said = "the latest of this name so far, is signed, and this one is not: set output.sign_with"
    assert (said in " ".join((answer.out + answer.err).split())) == (not sets)
    folder = Path("reports/tree/latest/summary.json")
    assert (said in folder.read_text()) == (not sets)


def test_what_is_continued_is_verified(earlier, cli, run, signed) -> None:
    goes_on = ("clustering.continue_from=models/sealed", "output.verify_with=other")
    earlier.refused(run("good.parquet", *goes_on), "was signed with another key than that of")


def test_a_report_that_was_changed_is_not_drawn(earlier, cli, signed) -> None:
    data = Path(f"reports/{signed}/latest/report_data.json")
    data.write_text(data.read_text().replace("income", "outcome"))
    sentence = "report_data.json is not as it was signed"
    earlier.refused(cli("report", signed, "--verify-with", "key"), sentence)


@pytest.mark.parametrize("name", ["key", "missing"])
def test_a_key_is_looked_at_before_the_work(earlier, run, keys, name: str) -> None:
    Path("key").chmod(0o644)
    answer = run("good.parquet", f"output.sign_with={name}")
    earlier.refused(answer, f"output.sign_with: the key file '{name}' ", code=2)
