"""The FeaturePlan: plain data that turns raw columns into the prepared matrix, then and later.

Per numeric column: fill what is missing, clip, signed log, subtract a centre, divide by a scale.
Per categorical column: one column a level (one-hot) or the share of customers with that level
(frequency); what is missing is a level of its own, or stands where the known ones are on average.
A one-hot block is weighted so that its columns together have variance 1, as a
standardised number has; unweighted, a column of five levels would count five times.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

import narwhals as nw
import numpy as np
import polars as pl

from engine.data_preparation.features.by_kernel import shaped_on_device, shaped_rows
from engine.data_preparation.features.level_hits import Hits, hit_shapes, hits
from engine.data_preparation.features.numeric_feature import NumericFeature
from engine.data_preparation.features.spellings import is_level, spellings
from engine.data_preparation.reading.frames import levels_as_text, only_row
from engine.data_preparation.reading.readings import Reading
from engine.native.columns import available
from engine.places.runtime import Runtime
from engine.places.staging import Staged

MISSING_LEVEL = "(missing)"
OTHER_LEVEL = "(other)"
POOLED, UNNAMED = "pooled", "unnamed"


@dataclass(frozen=True)
class CategoricalFeature:
    """How one text column becomes matrix columns.

    Attributes
    ----------
    column : str
    encoding : {"one-hot", "frequency"}
    levels : tuple of str
        Known levels; any other is all zeros (one-hot) or frequency 0 (but see ``rest``), and is
        counted.
    values : tuple of float
        Share of customers with each level; of pooled ones by frequency, their mean share.
    centre, scale : float
        Subtracted and divided by; one-hot columns have centre 0 and one scale for the block.
    missing : {"level", "neutral"}
        Whether what is missing is one of the levels, or gets the average of the known values:
        their shares (one-hot), their mean frequency.
    rest : {"", "pooled", "unnamed"}
        What became of levels of too few customers, which no model names: none were there; the last
        level, (other), stands for every value that is no other level; or they count as unknown.
    apart : bool
        Whether "2" and "2.0" were two levels of the same column, of which one is not named.
    """

    column: str
    encoding: str
    levels: tuple[str, ...]
    values: tuple[float, ...]
    centre: float
    scale: float
    missing: str = "level"
    rest: str = ""
    apart: bool = False

    @property
    def named(self) -> tuple[str, ...]:
        """Levels that are values of the column, without what is pooled."""
        return self.levels[:-1] if self.rest == POOLED else self.levels

    @property
    def spelled(self) -> dict[str, str]:
        """Other spellings of named levels that are whole numbers, with the level of each."""
        return {} if self.apart else spellings(self.named)

    def to_json(self) -> dict[str, Any]:
        """Plain data; of rare levels and of two spellings only where there were any."""
        return {k: v for k, v in asdict(self).items() if v or k not in ("rest", "apart")}

    @property
    def names(self) -> list[str]:
        """Names of the matrix columns."""
        if self.encoding == "frequency":
            return [f"{self.column} (frequency)"]
        return [f"{self.column}={level}" for level in self.levels]

    @property
    def no_level(self) -> list[str]:
        """What is neither a level nor unknown."""
        return [MISSING_LEVEL] if self.missing == "neutral" else []

    def text(self) -> nw.Expr:
        """Give the column, already text, with a word for what is missing."""
        return nw.col(self.column).fill_null(MISSING_LEVEL)

    def known(self) -> nw.Expr:
        """Tell whose text is a named level, in either spelling, or neither a level nor unknown."""
        return self.text().is_in([*self.named, *self.spelled, *self.no_level])

    def expressions(self) -> list[nw.Expr]:
        """Give one float32 expression a matrix column."""
        if self.encoding == "one-hot":
            text, spelled = self.text(), self.spelled
            hits = [is_level(text, level, spelled).cast(nw.Float64) for level in self.named]
            if self.rest == POOLED:
                hits.append((~self.known()).cast(nw.Float64))
        else:
            known = dict(zip(self.named, self.values, strict=False))
            known |= {other: known[level] for other, level in self.spelled.items()}
            other = self.values[-1] if self.rest == POOLED else 0.0
            hits = [self.text().replace_strict(known, default=other, return_dtype=nw.Float64)]
        if self.missing == "neutral":
            gone = nw.col(self.column).is_null()
            hits = [
                nw.when(gone).then(average).otherwise(hit)
                for hit, average in zip(hits, self._averages(), strict=True)
            ]
        scaled = [((h - self.centre) / self.scale).cast(nw.Float32) for h in hits]
        return [x.alias(n) for x, n in zip(scaled, self.names, strict=True)]

    def hits(self, frame: pl.DataFrame) -> Hits | None:
        """Give one-hot columns as truths with shapes, bit for bit; None where no kernel does it."""
        if self.encoding != "one-hot":
            return None
        fills: list[float] = [level == MISSING_LEVEL for level in self.named]
        if self.rest == POOLED:
            fills.append(MISSING_LEVEL not in {*self.named, *self.no_level})
        if self.missing == "neutral":
            fills = [*self._averages()]
        shapes = hit_shapes(fills, self.centre, self.scale)
        rest = self.no_level if self.rest == POOLED else None
        if not shapes:
            return None
        return Hits(hits(frame[self.column], self.named, rest=rest, also=self.spelled), shapes)

    def _averages(self) -> tuple[float, ...]:
        if self.encoding == "one-hot":
            return self.values
        known = self.values[: len(self.named)]
        pooled = (1 - sum(known)) * self.values[-1] if self.rest == POOLED else 0.0
        return (float(sum(share * share for share in known) + pooled),)


@dataclass(frozen=True)
class FeaturePlan:
    """Everything preparation learnt, as plain data.

    Attributes
    ----------
    id_column : str or None
        None when customers are numbered by row.
    id_type : {"int64", "string"}
    numeric : tuple of NumericFeature
    categorical : tuple of CategoricalFeature
    """

    id_column: str | None
    id_type: str
    numeric: tuple[NumericFeature, ...]
    categorical: tuple[CategoricalFeature, ...]

    @property
    def features(self) -> tuple[NumericFeature | CategoricalFeature, ...]:
        """Numeric first, then categorical, each in file order."""
        return (*self.numeric, *self.categorical)

    @property
    def columns(self) -> list[str]:
        """Columns that features are made from, without the id, as they are read."""
        return [f.column for f in self.features]

    @property
    def file_columns(self) -> list[str]:
        """Columns that must be in the input, without the id."""
        named = [f.file_column for f in self.numeric] + [f.column for f in self.categorical]
        return list(dict.fromkeys(named))

    @property
    def readings(self) -> dict[str, Reading]:
        """Columns that are made from others, such as numbers from text."""
        return {f.column: f.reading for f in self.numeric if f.reading}

    @property
    def names(self) -> list[str]:
        """Names of the matrix columns."""
        return [name for f in self.features for name in f.names]

    @property
    def blocks(self) -> tuple[tuple[int, ...], ...]:
        """Matrix columns that stand for one column of the file, where they are several."""
        found, start = [], 0
        for feature in self.features:
            end = start + len(feature.names)
            found += [tuple(range(start, end))] if end > start + 1 else []
            start = end
        return tuple(found)

    @property
    def codes(self) -> tuple[int, ...]:
        """Matrix columns that say how common a level is."""
        names = {n for f in self.categorical if f.encoding == "frequency" for n in f.names}
        return tuple(i for i, name in enumerate(self.names) if name in names)

    def transform(
        self, frame: Any, runtime: Runtime | None = None, out: np.ndarray | None = None
    ) -> Any:
        """Prepare a block of rows.

        Parameters
        ----------
        frame : eager dataframe with :attr:`columns`
            Polars, pandas, PyArrow or (on a GPU) cuDF.
        runtime : Runtime, optional
            The place of the frame and of the matrix; the CPU by default.
        out : float32 array of shape (n_rows, n_names), C-contiguous, optional
            Room in host memory; the matrix is that where a kernel has written it.

        Returns
        -------
        matrix : float32 array of shape (n_rows, n_names), C-contiguous
            Each row depends on that row alone. It lies where the frame does: of Polars' frames in
            host memory.
        """
        columns, shapes = [f.column for f in self.numeric], [f.shape for f in self.numeric]
        runtime, width = runtime or Runtime(), len(self.names)
        told, later = Hits(), self.categorical
        if isinstance(frame, pl.DataFrame):
            runtime = runtime.on_host()
            told, later = self._hits(frame)
            shapes = [*shapes, *told.shapes]
        made = shaped_rows(frame, columns, shapes, width, out, runtime.threads, told.truths)
        beside = Runtime()
        if made is None and runtime.device_memory:
            made, beside = shaped_on_device(frame, columns, shapes, width, runtime.xp), runtime
        if made is None:
            return self._made(frame, self.features, runtime)
        if later:
            made[:, len(shapes) :] = self._made(frame, later, beside)
        return made

    def write(self, frame: Any, runtime: Runtime, target: Staged, start: int) -> None:
        """Prepare a block of rows, and write it into a matrix, wherever that lies."""
        here = isinstance(frame, pl.DataFrame)
        make = partial(self.transform, frame, runtime)
        target.write(start, len(frame), make, here=here)

    def _hits(self, frame: pl.DataFrame) -> tuple[Hits, tuple[CategoricalFeature, ...]]:
        """Give the first categories as truths, as far as kernels make them, and the others."""
        told = Hits()
        for i, feature in enumerate(self.categorical if available() else ()):
            found = feature.hits(frame)
            if found is None:
                return told, self.categorical[i:]
            told = Hits([*told.truths, *found.truths], [*told.shapes, *found.shapes])
        return told, self.categorical if not told.truths else ()

    def _made(
        self, frame: Any, features: Iterable[NumericFeature | CategoricalFeature], runtime: Runtime
    ) -> Any:
        rows = self._rows(frame)
        parts = enumerate(e for f in features for e in f.expressions())
        # Positional names: a level may be called like another column.
        return runtime.matrix(rows.select(*(e.alias(str(i)) for i, e in parts)), np.float32)

    def _rows(self, frame: Any) -> nw.DataFrame[Any]:
        rows = nw.from_native(frame, eager_only=True)
        return levels_as_text(rows, (f.column for f in self.categorical))

    def count_unknown(self, frame: Any) -> dict[str, int]:
        """Count values of categorical columns that the plan does not name, by column."""
        if not self.categorical:
            return {}
        unknown = [(~f.known()).sum().alias(f.column) for f in self.categorical]
        counts = only_row(self._rows(frame).select(*unknown))
        return {f.column: int(n) for f, n in zip(self.categorical, counts, strict=True) if n}

    def to_json(self) -> dict[str, Any]:
        """Plain data; floats survive the round trip to the last bit."""
        tree = asdict(replace(self, numeric=(), categorical=()))
        own = {"categorical": [f.to_json() for f in self.categorical]}
        return tree | own | {"numeric": [f.to_json() for f in self.numeric]}

    @classmethod
    def from_json(cls, tree: Mapping[str, Any]) -> FeaturePlan:
        """Read what :meth:`to_json` wrote."""
        categorical = [
            {**c, "levels": tuple(c["levels"]), "values": tuple(map(float, c["values"]))}
            for c in tree["categorical"]
        ]
        return cls(
            id_column=tree["id_column"],
            id_type=tree["id_type"],
            numeric=tuple(NumericFeature.from_json(f) for f in tree["numeric"]),
            categorical=tuple(CategoricalFeature(**f) for f in categorical),
        )
