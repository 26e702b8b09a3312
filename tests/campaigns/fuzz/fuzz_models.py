"""Fuzz the model loader with atheris: digests always right, everything else anything.

Not among the tests: it runs for as long as it is let. From the root of the repository, in an
environment of its own that also holds the engine::

    python -m pip install atheris
    python -m tests.campaigns.fuzz.fuzz_models FOLDER -max_total_time=3600

FOLDER takes the models that it starts from, and a file for each kind of fault that it finds. An
input is a model: four bytes with the length of the JSON, the JSON, the arrays. A change is made of
the bytes, of a value in the tree, or of an array. A model holds when it is refused in one sentence,
or loads and assigns; anything else is a fault.
"""

from __future__ import annotations

import contextlib
import copy
import faulthandler
import hashlib
import json
import random
import sys
import tempfile
import traceback
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import atheris

with atheris.instrument_imports(include=["engine", "safetensors"]):
    import engine
    from engine.model import model as loading

import polars as pl
from safetensors.numpy import load, save

from tests.campaigns.changes import changed_array, changed_tree
from tests.campaigns.made_models import ARRAYS, TREE, customers, make_models, sealed

LONGEST = 600
"""Letters of a sentence."""


class Fuzz:
    """Loads models and keeps what is at fault."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.table = customers(30)
        self.here = Path(tempfile.mkdtemp(prefix="fuzz-models-"))
        self.tries = self.refused = self.assigned = 0

    def __call__(self, data: bytes) -> int:
        """Try one input; those that are refused, -1, are no start for others."""
        parts = split(data)
        if parts is None:
            return -1
        text, content = parts
        self.tries += 1
        if self.tries % 5_000 == 0:
            counts = f"{self.refused:,} refused, {self.assigned:,} assigned"
            print(f"{self.tries:,} tried, {counts}", flush=True)
        write(self.here, text, content)
        try:
            self.try_it()
        except engine.EngineError as error:
            self.refused += 1
            sentence = str(error)
            if len(sentence) > LONGEST or "\n" in sentence:
                self.keep(data, f"a long sentence: {sentence[:2_000]}")
        except Exception:  # whatever it is, it is what is looked for
            self.keep(data, traceback.format_exc())
        else:
            return 0
        return -1

    def try_it(self) -> None:
        """Load the model and assign by it, as far as it goes."""
        model = loading.load_model(self.here)
        if model.info.get("transactions"):
            return
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            table = self.here / "customers.csv"
            if not table.exists():
                self.table.write_csv(table, separator=";")
            found = model.assign(table)
        self.assigned += 1
        numbers = set(model.numbers.public)
        assert found.height == self.table.height, "rows are lost"
        assert set(found["segment"].to_list()) <= numbers, "a segment that is none"
        assert found.schema["distance"] == pl.Float32

    def keep(self, data: bytes, what: str) -> None:
        """Keep the first input of each kind of fault: faults of one kind end in one place."""
        lines = [line for line in what.splitlines() if "engine/" in line or "Error" in line]
        kind = hashlib.sha256("\n".join(lines[-3:]).encode()).hexdigest()[:12]
        if not (self.folder / f"fault-{kind}.txt").exists():
            (self.folder / f"fault-{kind}.txt").write_text(what)
            (self.folder / f"fault-{kind}.bin").write_bytes(data)
            print(f"fault {kind}: {what.splitlines()[-1][:200]}", flush=True)


def split(data: bytes) -> tuple[bytes, bytes] | None:
    """Split an input into the JSON and the arrays."""
    length = int.from_bytes(data[:4], "little")
    return (data[4 : 4 + length], data[4 + length :]) if 4 + length <= len(data) else None


def joined(text: bytes, content: bytes) -> bytes:
    """Give the input of a JSON and of arrays."""
    return len(text).to_bytes(4, "little") + text + content


def write(folder: Path, text: bytes, content: bytes) -> None:
    """Write a model; its digests are right where its JSON can be read at all."""
    with contextlib.suppress(ValueError, RecursionError, TypeError):
        tree = json.loads(text)
        if isinstance(tree, dict):
            sealed(folder, tree, content)
            return
    (folder / TREE).write_bytes(text)
    (folder / ARRAYS).write_bytes(content)


def mutated(data: bytes, longest: int, seed: int) -> bytes:
    """Change an input: its bytes, or the model that they are."""
    chance = random.Random(seed)
    parts = split(data)
    if parts is None:
        return bytes(atheris.Mutate(data, longest))
    text, content = parts
    way = chance.random()
    try:
        if way < 0.45:
            tree: Any = copy.deepcopy(json.loads(text))
            for _ in range(chance.choice((1, 1, 1, 2, 4))):
                changed_tree(tree, chance)
            text = json.dumps(tree).encode()
        elif way < 0.85:
            arrays = dict(load(content))
            changed_array(arrays, chance)
            content = save(arrays)
        elif way < 0.93:
            text = bytes(atheris.Mutate(text, longest))
        else:
            content = bytes(atheris.Mutate(content, longest))
    except Exception:  # a model that can no longer be read is changed byte by byte
        content = bytes(atheris.Mutate(content, longest))
    whole = joined(text, content)
    return whole if len(whole) <= longest else data


def starts(folder: Path) -> Iterator[bytes]:
    """Give models of every kind."""
    for model, _ in make_models(folder / "made").values():
        yield joined((model / TREE).read_bytes(), (model / ARRAYS).read_bytes())


def main() -> None:
    """Make the models, then fuzz until time is up."""
    folder = Path(sys.argv.pop(1)).resolve()
    corpus = folder / "corpus"
    if not corpus.exists():
        corpus.mkdir(parents=True)
        for number, start in enumerate(starts(folder)):
            (corpus / f"start-{number}").write_bytes(start)
    faulthandler.enable()
    words = [sys.argv[0], str(corpus), "-max_len=200000", "-rss_limit_mb=4000", *sys.argv[1:]]
    atheris.Setup(words, Fuzz(folder), custom_mutator=mutated)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
