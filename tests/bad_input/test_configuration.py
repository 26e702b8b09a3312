"""Wrong configuration: every problem at once, each with its path, and exit code 2."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def configured(cli):
    def go(text: str | bytes, *words: str):
        Path("c.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
        return cli("run", "c.yaml", "--quiet", "--name", "shop", *words)

    return go


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("clusterin:\n  k: 3\n", "clusterin: is not a known key; did you mean clustering?"),
        ("clustering: {kmeans: {inits: 3}}", "inits: is not a known key; did you mean n_init?"),
        ("input: [a\n", "not valid YAML: expected ',' or ']'"),
        (
            "output: {segments: [sqlite:///x.db?table=t]}\n",
            "put a value that holds a question mark in quotes",
        ),
        ("input:\n\tpath: a\n", "not valid YAML: found character '\\t'"),
        (
            "input:\n  path: a\n  path: b\n",
            "not valid YAML: the key 'path' stands twice (line 3, column 3)",
        ),
        ("? [1, 2]\n: 3\n", "not valid YAML: a key must be a word (line 1, column 3)"),
        ("- a\n- b\n", "must hold sections such as input: and clustering:"),
        ("1: 2\n", "1: is not a known key; known are input, "),
        (b"\xff\xfe\x00", "the file cannot be read as UTF-8 text"),
        ("input: a.csv\n", "input: must be a section of keys; got 'a.csv'"),
        (
            "input: {path: 5}\n",
            "input.path: must be text (in quotes, where it looks like a number)",
        ),
        ("random_state: 1.5\n", "random_state: must be a whole number; got 1.5"),
        ("input: {read: {decimal_comma: maybe}}", "must be auto, true or false; got 'maybe'"),
        (
            "input: {read: {separator: ';;'}}",
            "input.read.separator: must be auto or one ASCII character",
        ),
        (
            "input: {read: {separator: é}}",
            "input.read.separator: must be auto or one ASCII character",
        ),
        ("input: {read: {thousands: x}}", "must be 'auto', 'off', ',', '.', ' ' or \"'\"; got 'x'"),
        (
            "input: {read: {thousands: '.', decimal_comma: false}}",
            "input.read: thousands must not be '.' where the decimal mark is a point",
        ),
        ("input: {columns: {custid: a}}", "does not know the name 'custid'; did you mean customer"),
        (
            "clustering: {methods: []}",
            "clustering.methods: must be a list of methods, or all; got []",
        ),
        ("clustering: {methods: [all, kmeans]}", "clustering.methods: all stands alone"),
        ("clustering: {methods: [[a]]}", "does not know the method ['a']; known are kmeans"),
        ("preparation: {clip_quantiles: [0.9]}", "must be two shares, the lower first"),
        ("compute: {memory_limit: .inf}", "must be auto or an amount such as 4GiB or 1500MB"),
        ("compute: {memory_limit: 1.5}", "must be auto or an amount such as 4GiB or 1500MB"),
        ("compute: {memory_limit: inf}", "must be auto or an amount such as 4GiB or 1500MB"),
        ("output: {keep: 0}", "output.keep: must be greater than or equal to 1; got 0"),
        ("input: !!python/name:os.system", "not valid YAML: could not determine a constructor"),
    ],
)
def test_one_problem(earlier, configured, text: str | bytes, problem: str) -> None:
    answer = configured(text)
    earlier.refused(answer, problem, code=2)
    assert answer.err.startswith("engine: c.yaml: 1 problem(s) found:\n  ")


def test_all_problems_at_once(earlier, configured) -> None:
    answer = configured("clustering: {kk: 3, k: 1}\ninput: {pth: a}\npca: {components: -1}\n")
    earlier.refused(answer, "c.yaml: 4 problem(s) found:", code=2)
    for problem in (
        "  input.pth: is not a known key; did you mean path?\n",
        "  clustering.kk: is not a known key; did you mean k?\n",
        "  clustering.k: must be auto or a whole number of segments, at least 2; got 1\n",
        "  pca.components: must be a whole number, a share of variance between 0 and 1, or off; "
        "got -1\n",
    ):
        assert problem in answer.err


def test_a_section_whose_keys_are_all_commented_out_is_the_default(earlier, configured) -> None:
    answer = configured("input:\n  # path: a.csv\nclustering:\n  kmeans:\n")
    sentence = "data/external/customers.parquet does not exist"  # the default path
    earlier.refused(answer, sentence)


@pytest.mark.parametrize("command", ["run", "plan"])
def test_a_missing_file_and_a_folder(earlier, cli, command: str) -> None:
    answer = cli(command, "nowhere.yaml")
    problem = "the file does not exist; give the path of a YAML file"
    earlier.refused(answer, f"nowhere.yaml: 1 problem(s) found:\n  {problem}", code=2)
    problem = f"{problem}, or of data (.csv, .parquet, .xlsx, ...)"
    earlier.refused(cli(command, "nowhere.cvs"), problem, code=3)
    earlier.refused(cli(command, "models"), "models names no .csv, .tsv or .parquet file; ")


@pytest.mark.parametrize("pair", ["clustering.k", "=3", "clustering..k=3", ".k=3", ""])
def test_a_malformed_override(earlier, cli, pair: str) -> None:
    problem = f"--set {pair}: must read key.path=value, such as clustering.k=5"
    earlier.refused(cli("run", "--set", pair), f"command line: 1 problem(s) found:\n  {problem}", 2)


def test_overrides_that_are_no_yaml_or_no_key(earlier, cli) -> None:
    answer = cli("run", "--set", "clustering.k=[", "--set", "pca=a: b: c", "--set", "x")
    earlier.refused(answer, "command line: 3 problem(s) found:", code=2)
    answer = cli("run", "--set", "clusterin.k=3")
    earlier.refused(answer, "clusterin: is not a known key; did you mean clustering?", code=2)


@pytest.mark.parametrize("name", ["../up", "a b", "", "figures", "latest", ".hidden", "x" * 101])
def test_names_that_cannot_be_folders(earlier, cli, name: str) -> None:
    answer = cli("run", "--name", name, "--set", "input.path=good.parquet")
    earlier.refused(answer, "  output.name: must ", code=2)


@pytest.mark.parametrize("words", [["runn"], ["run", "--sett"], ["assign", "models/shop"], []])
def test_wrong_usage(earlier, cli, words: list[str]) -> None:
    assert cli(*words).code == 2
    earlier.check()


@pytest.mark.parametrize(
    "words",
    [
        ["generate", "--customers", "9" * 23, "g.csv"],
        ["generate", "--customers", "-1", "g.csv"],
        ["generate", "--transactions", "--customers", "0", "g.csv"],
        ["generate", "--customers", "5", "--seed", "9" * 23, "g.csv"],
        ["generate", "--customers", "5", "--seed", "-1", "g.csv"],
        ["similar", "shop", "--ids", "1000", "--n", "9" * 23],
        ["similar", "shop", "--ids", "1000", "--n", "0"],
    ],
)
def test_numbers_out_of_range(earlier, cli, words: list[str]) -> None:
    answer = cli(*words)
    assert answer.code == 2
    assert "than or equal to" in " ".join(answer.err.replace("│", "").split())
    assert not Path("g.csv").exists()
    earlier.check()


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["assign", "~nosuchuser/m", "good.parquet", "o.csv"], "MODEL ~nosuchuser/m: "),
        (["assign", "models/shop", "~nosuchuser/c.csv", "o.csv"], "INPUT ~nosuchuser/c.csv: "),
        (["assign", "models/shop", "good.parquet", "~nosuchuser/o.csv"], "OUTPUT ~nosuchuser/o.c"),
        (["similar", "shop", "--ids", "1000", "~nosuchuser/o.csv"], "OUTPUT ~nosuchuser/o.csv: "),
        (["similar", "shop", "--ids", "~nosuchuser/i.txt"], "ids ~nosuchuser/i.txt: "),
        (["generate", "--customers", "5", "~nosuchuser/o.csv"], "OUTPUT ~nosuchuser/o.csv: "),
        (["doctor", "--model", "~nosuchuser/m"], "model ~nosuchuser/m: "),
        (["run", "~nosuchuser/c.yaml"], "CONFIG ~nosuchuser/c.yaml: "),
        (["run", "--set", "output.models=~nosuchuser/m"], "output.models: "),
    ],
)
def test_a_home_that_is_not_known(earlier, cli, words: list[str], named: str) -> None:
    answer = cli(*words)
    earlier.refused(answer, f"{named}"[:-1], code=2)
    assert "names a home folder that is not known; write the path out" in answer.err


def test_a_home_is_written_out_in_every_path(earlier, cli, monkeypatch) -> None:
    monkeypatch.setenv("HOME", str(Path.cwd()))
    answer = cli("assign", "~/models/shop", "~/good.parquet", "~/o.csv", "--quiet")
    assert (answer.code, answer.err) == (0, "")
    assert Path("o.csv").exists()
    assert not Path("~").exists()
    assert cli("similar", "shop", "--ids", "1000", "~/near.csv", "--quiet").code == 0
    assert Path("near.csv").exists()
    assert cli("generate", "--customers", "5", "~/g.csv").code == 0
    assert Path("g.csv").exists()
    assert cli("doctor", "--model", "~/models/shop").code == 0


@pytest.mark.parametrize("given", ["", "-"])
def test_assign_names_no_key_of_a_configuration(earlier, cli, given: str) -> None:
    answer = cli("assign", "models/shop", given, "o.csv")
    earlier.refused(
        answer,
        "give a file, a folder or a glob" if given else "the file to assign: m",
        code=3 if given else 2,
    )
    assert "input.path" not in answer.err


def test_a_report_of_no_run(earlier, cli) -> None:
    sentence = "there is no run named 'nowhere' under models or reports; there is 'shop'."
    earlier.refused(cli("report", "nowhere"), sentence, code=3)
