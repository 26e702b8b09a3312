"""Models whose digests were written anew: each is refused in one sentence, or assigns as before.

A digest says that nothing was changed by accident. Whoever changes a model can write it anew; what
the model says is looked at all the same.
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Iterator
from pathlib import Path
from random import Random

import polars as pl
import pytest
from safetensors.numpy import save

import engine
import engine.errors
from tests.campaigns.changes import changed_array, changed_tree
from tests.campaigns.made_models import ARRAYS, KINDS, make_models, parts_of, sealed
from tests.campaigns.tries import WHOLE, told, tries

pytestmark = pytest.mark.long

LONGEST = 600
"""Letters of a sentence, where the path of the model is one of pytest's."""

EACH = tries(6, 80)
"""Changes of a kind of model, of its tree and as many of its arrays."""

CUT = ["micro-clusters", "pca_landmarks"]
"""The kinds that have the most parts."""


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, Path]]:
    kinds = [*KINDS, "continued", "transactions"] if WHOLE else CUT
    return make_models(tmp_path_factory.mktemp("made"), kinds)


def changed(model: Path, folder: Path, chance: Random) -> str:
    """Write a model with one change and digests that are right, and say what was changed."""
    tree, arrays = parts_of(model)
    content = (model / ARRAYS).read_bytes()
    if chance.random() < 0.5:
        tree = copy.deepcopy(tree)
        said = changed_tree(tree, chance)
    else:
        said = changed_array(arrays, chance)
        content = save(arrays)
    sealed(folder, tree, content)
    return said


def fault(folder: Path, given: Path, known: pl.DataFrame) -> str | None:
    """Say what is at fault with how a model is loaded and assigns; None where nothing is."""
    try:
        model = engine.load_model(folder)
        found = model.assign(given)
    except engine.EngineError as error:
        sentence = str(error)
        one = len(sentence) <= LONGEST and "\n" not in sentence.strip()
        return None if one or isinstance(error, engine.errors.ConfigError) else sentence
    except Exception as error:  # whatever else it is, a user must not meet it
        return f"{type(error).__name__}: {error}"
    if not set(found["segment"].drop_nulls()) <= set(model.numbers.public):
        return "a segment that is none"
    if found.height != known.height:
        return f"{found.height} rows for {known.height}"
    return None


def all_changes(
    models: dict[str, tuple[Path, Path]], folder: Path
) -> Iterator[tuple[str, str | None]]:
    """Try every change, and give each with what is at fault."""
    for kind, (model, given) in models.items():
        known = engine.load_model(model).assign(given)
        for number in range(2 * EACH):
            place = folder / f"{kind}-{number}"
            said = changed(model, place, Random(f"{kind} {number}"))
            yield f"{kind} {number}: {said}", fault(place, given, known)


def test_models_with_digests_written_anew(models, tmp_path):
    before = sorted(p.name for p in tmp_path.parent.iterdir())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of values that a model has not seen
        found = list(all_changes(models, tmp_path))
    wrong = [f"{said}: {what}" for said, what in found if what is not None]
    told("models with digests written anew", len(found), len(found) - len(wrong))
    assert not wrong, "\n".join(wrong)
    assert sorted(p.name for p in tmp_path.parent.iterdir()) == before, "nothing is written outside"


def test_what_is_not_changed_assigns_as_before(models, tmp_path):
    for kind, (model, given) in models.items():
        tree, arrays = parts_of(model)
        sealed(tmp_path / kind, tree, save(arrays))
        again = engine.load_model(tmp_path / kind).assign(given)
        assert again.equals(engine.load_model(model).assign(given)), kind
