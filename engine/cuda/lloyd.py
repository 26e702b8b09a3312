"""The nearest of fixed points for rows on a GPU, and rows added up by it, by kernels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from engine.cuda import geometry
from engine.cuda.folding import folded
from engine.cuda.module import NONE, compiles, kernel, shared_limit
from engine.cuda.segments import segment_sums
from engine.cuda.tiles import TiledPass, tiled_blocks, tiled_pass

_F32_MOST = float(np.finfo(np.float32).max)


@dataclass(frozen=True)
class DevicePoints:
    """Points laid out for the kernels, on the device.

    Attributes
    ----------
    xp : module
        CuPy.
    points : float64 array of shape (k, d)
    shift : float32 array of shape (width,)
        What is taken from rows; zero beyond d.
    centres : float32 array of shape (n_groups, width, group)
        The points less the shift, times -2, side by side.
    squares : float32 array of shape (n_groups * group,)
        Their squared norms; infinite beyond the k points.
    norm, share, least : float
        The bound on the rounding of the difference of two scores of a row ``x``, inside the shift:
        ``share * norm * (2 |x| + norm) + least``.
    limit : int
        Bytes of shared memory that a block may have.

    Notes
    -----
    Labels are those of differences in float64, the first of equals. Sums are float64, in an order
    that rows, columns and points decide: the same bits at every run, and on every GPU where they
    take as many readings. Not yet run on a GPU.
    """

    xp: Any
    points: Any
    shift: Any
    centres: Any
    squares: Any
    norm: float
    share: float
    least: float
    limit: int

    @classmethod
    def of(
        cls, xp: Any, points: Any, shift: Any, rounding: tuple[float, float], norm: float
    ) -> Self | None:
        """Lay points out; None where no kernel runs, or none takes so many columns.

        Parameters
        ----------
        xp : module
        points : float64 array of shape (k, d)
            On the device, as ``shift``.
        shift : float32 array of shape (d,)
        rounding : tuple of two floats
            ``share`` and ``least``.
        norm : float
            The largest norm of a point less the shift.
        """
        (k, d), group = points.shape, geometry.group_of(len(points))
        if not k or not d or not geometry.fits_index(d, k) or not compiles(xp):
            return None
        limit = shared_limit(xp)
        if geometry.label_pass(d, k, limit) is None:
            return None
        if _pass(xp, group, 0, 0, 0) is None:
            return None
        width, padded = geometry.width_of(d), -(-k // group) * group
        shifted = points - shift
        centres = xp.zeros((padded, width), np.float32)
        centres[:k, :d] = -2 * shifted
        squares = xp.full(padded, np.inf, np.float32)
        squares[:k] = (shifted**2).sum(axis=1)
        held = xp.zeros(width, np.float32)
        held[:d] = shift
        turned = xp.ascontiguousarray(centres.reshape(-1, group, width).transpose(0, 2, 1))
        wide = xp.ascontiguousarray(points, dtype=np.float64)
        share, least = rounding
        return cls(
            xp=xp, points=wide, shift=held, centres=turned, squares=squares, norm=norm,
            share=share, least=least, limit=limit,
        )  # fmt: skip

    def takes(self, rows: Any) -> bool:
        """Whether rows lie as the kernels read them: float32, C-contiguous, on the device."""
        return bool(
            hasattr(rows, "flags")
            and rows.dtype == np.float32
            and rows.ndim == 2
            and rows.shape[1] == self.points.shape[1]
            and rows.flags.c_contiguous
        )

    def labels(self, rows: Any, names: Any = None) -> Any:
        """Label rows by the nearest point, decided in float64 where two are within rounding.

        Parameters
        ----------
        rows : float32 array of shape (n, d)
        names : int32 array of shape (k,), optional
            What the points are called; by their numbers without.

        Returns
        -------
        labels : int32 array of shape (n,)
            Of rows that are not finite, that of any point.
        """
        k, d = self.points.shape
        labels = self.xp.empty(len(rows), np.int32)
        how = geometry.label_pass(d, k, self.limit)
        if len(rows) and how is not None:
            blocks = geometry.pass_blocks(len(rows), how.rows, 0)
            run = _pass(self.xp, how.group, 0, 0, 0)
            self._launch(run, rows, how, blocks, names=names, labels=labels)
        return labels

    def sums(self, rows: Any, weights: Any = None) -> tuple[Any, Any]:
        """Count rows and add them up, in float64, by the nearest point.

        Parameters
        ----------
        rows : float32 array of shape (n, d)
        weights : float64 array of shape (n,), optional
            What each row counts for.

        Returns
        -------
        counts : float64 array of shape (k,)
        sums : float64 array of shape (k, d)
        """
        return self.sums_and_inertia(rows, weights, inertia=False)[:2]

    def sums_and_inertia(
        self, rows: Any, weights: Any = None, *, inertia: bool = True, labels: Any = None
    ) -> tuple[Any, Any, Any]:
        """Give what :meth:`sums` gives, and the sum of squared distances to the nearest point.

        Parameters
        ----------
        rows : float32 array of shape (n, d)
        weights : float64 array of shape (n,), optional
        inertia : bool
        labels : int32 array of shape (n,), optional
            Where those of :meth:`labels` are written, in the same reading.

        Returns
        -------
        counts : float64 array of shape (k,)
        sums : float64 array of shape (k, d)
        inertia : float64 array of shape (1,) or None
            From differences in float64, of rows times their weight. None where it is not asked
            for, or where rows are added up in two steps.

        Notes
        -----
        One reading of the rows where sums and points fit into 64 KiB of shared memory together,
        by ``lloyd.cu``, or the sums into all that a block may have, by ``lloyd_tiled.cu``: of up
        to 64 columns and 256 points where that is 163 KiB or more. Else two.
        """
        xp, (k, d) = self.xp, self.points.shape
        if weights is not None:
            weights = xp.ascontiguousarray(weights, dtype=np.float64)
        if not len(rows):
            none = xp.zeros(1) if inertia else None
            return xp.zeros(k), xp.zeros((k, d)), none
        reading = self._one_reading(len(rows), weighted=weights is not None, inertia=inertia)
        if reading is None:
            found = self.labels(rows)
            if labels is not None:
                labels[:] = found
            return (*segment_sums(xp, rows, found, k, weights), None)
        run, how, blocks = reading
        counts, sums = xp.empty((blocks.count, k)), xp.empty((blocks.count, k, d))
        squares = xp.empty((blocks.count, 1)) if inertia else None
        out = {"labels": labels, "sums": sums, "counts": counts, "inertia": squares}
        self._launch(run, rows, how, blocks, weights=weights, **out)
        total = None if squares is None else folded(squares, xp)
        return folded(counts, xp), folded(sums, xp), total

    def _one_reading(
        self, n: int, *, weighted: bool, inertia: bool
    ) -> tuple[Any, geometry.Pass | TiledPass, geometry.Blocks] | None:
        """Give a kernel, its launch, its blocks; None where it is missing or takes two steps."""
        (k, d), named = self.points.shape, {"WEIGHTED": int(weighted), "INERTIA": int(inertia)}
        fused = geometry.fused_pass(d, k, self.limit, weighted=weighted, inertia=inertia)
        if fused is not None:
            run = _pass(self.xp, fused.group, 1, int(weighted), int(inertia))
            return run and (run, fused, geometry.pass_blocks(n, fused.rows, 8 * k * (d + 1)))
        tiled = tiled_pass(d, k, self.limit)
        if tiled is None:
            return None
        defines = _defines({"SLICED": int(tiled.sliced), **named})
        run = kernel(self.xp, "lloyd_tiled.cu", "lloyd_tiled", *defines)
        return run and (run, tiled, tiled_blocks(n, d, k))

    def _launch(
        self,
        run: Any,
        rows: Any,
        how: geometry.Pass | TiledPass,
        blocks: geometry.Blocks,
        *,
        names: Any = None,
        labels: Any = None,
        weights: Any = None,
        sums: Any = None,
        counts: Any = None,
        inertia: Any = None,
    ) -> None:
        (k, d), each = self.points.shape, 1.001 * self.share
        rest = 1.001 * (2 * self.share * self.norm**2 + self.least)
        fours = d % 4 == 0 and rows.data.ptr % 16 == 0
        numbers = (d, k, how.width, how.stride, int(fours))
        given = (self.shift, self.centres, self.squares, self.points)
        doubles = map(np.float64, (self.norm, self.share, self.least))
        floats = (np.float32(min(each, _F32_MOST)), np.float32(min(rest, _F32_MOST)))
        ends = (np.int64(blocks.rows), *map(np.int32, how.ends))
        others = (names, labels, weights, sums, counts, inertia)
        arguments = (
            rows, np.int64(len(rows)), *map(np.int32, numbers), *given, *doubles, *floats,
            *(NONE if one is None else one for one in others), *ends,
        )  # fmt: skip
        run((blocks.count,), (how.threads,), arguments, shared_mem=how.shared)


def _pass(xp: Any, group: int, sums: int, weighted: int, inertia: int) -> Any:
    """Give the pass that is compiled for so many points at a time, and for what is added up."""
    named = {"GROUP": group, "SUMS": sums, "WEIGHTED": weighted, "INERTIA": inertia}
    return kernel(xp, "lloyd.cu", "lloyd_pass", *_defines(named))


def _defines(named: dict[str, int]) -> list[str]:
    return [f"-D{name}={value}" for name, value in named.items()]
