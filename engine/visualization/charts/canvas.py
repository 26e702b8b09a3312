"""The paper all figures are drawn on: style, colours that stay with a segment, identical bytes."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager
from PIL import Image

from engine.utilities.atomic import replacing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DPI = 150
WIDTH = 5.6
"""Inches of an ordinary figure; narrow, so that 11-point text stays legible on a phone."""

_COMPRESSION = 6
"""Of the PNG: 9 takes eight times as long for a twentieth of the bytes."""

INK = "#1f2933"
MUTED = "#5b6770"
GRID = "#e3e7eb"
ACCENT = "#0072b2"
MARK = "#b3420a"
MEAN = INK
NO_SEGMENT = "#8a8f94"

# Okabe & Ito (2008), yellow and black replaced by darker olive and grey so that each stands
# out on white, then four of Tol's "muted" set. Segments are labelled as well, always.
_BASE = (
    "#0072b2",
    "#e69f00",
    "#009e73",
    "#d55e00",
    "#cc79a7",
    "#56b4e9",
    "#8a8a00",
    "#882255",
    "#332288",
    "#44aa99",
)
_SHADES = (0.0, -0.4, 0.45)
"""Later rounds of the same hues: as they are, darker, lighter."""

# Scripts that DejaVu Sans (shipped with Matplotlib) does not draw, where the machine has a font.
_OTHER_SCRIPTS = (
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Microsoft YaHei",
    "PingFang SC",
    "Hiragino Sans",
    "WenQuanYi Zen Hei",
    "Noto Sans Devanagari",
    "Noto Sans Thai",
    "Arial Unicode MS",
)

_STYLE: Any = {
    "text.parse_math": False,  # a column called "$pend$" is not a formula
    "text.usetex": False,
    "font.size": 11.0,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": MUTED,
    "axes.labelsize": 11.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": GRID,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "legend.frameon": False,
    "savefig.bbox": None,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
}


@contextmanager
def drawing() -> Iterator[None]:
    """Draw in this package's style, whatever the user's ``matplotlibrc`` says; restored after."""
    with mpl.rc_context(), warnings.catch_warnings():
        mpl.rcdefaults()
        mpl.rcParams.update(_STYLE)
        installed = set(fontManager.get_font_names())
        others = [name for name in _OTHER_SCRIPTS if name in installed]
        mpl.rcParams["font.family"] = ["DejaVu Sans", *others]
        # A script without a font is drawn as boxes; the report names every segment in HTML.
        warnings.filterwarnings("ignore", message=r"(?s).*[Gg]lyph.*missing from font")
        warnings.filterwarnings("ignore", message=r".*Matplotlib currently does not support")
        yield


def new_figure(width: float = WIDTH, height: float = 4.2) -> Figure:
    """Open a figure without pyplot, so that no global state is touched.

    Parameters
    ----------
    width, height : float
        Inches.

    Returns
    -------
    Figure
    """
    return Figure(figsize=(width, height), dpi=DPI, layout="constrained")


def rendered(figure: Figure) -> Image.Image:
    """Draw a figure once; saving it would draw it twice, and write a PNG to be read again."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()  # type: ignore[no-untyped-call]
    pixels = np.asarray(canvas.buffer_rgba())  # type: ignore[no-untyped-call]
    return Image.fromarray(pixels).convert("RGB")


def save_png(image: Image.Image, path: Path, *, full_colour: bool = False) -> None:
    """Write a PNG in one step; the same figure gives the same bytes (no version, no date).

    Parameters
    ----------
    image : Image
        What to write, in RGB: see :func:`rendered`.
    path : Path
        Where to.
    full_colour : bool
        Keep every colour, for a figure whose shades are read as numbers. Otherwise a palette of
        256 makes the file about a third of the size.
    """
    with replacing(path) as partial:
        write_png(image, partial, full_colour=full_colour)


def write_png(image: Image.Image, to: Path | BinaryIO, *, full_colour: bool = False) -> None:
    """Write a PNG into a file that is there, or into memory; as :func:`save_png`."""
    if not full_colour:
        # Of Pillow's palettes the one nearest to the colours that are there, in half the time.
        image = image.quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    image.save(to, format="png", compress_level=_COMPRESSION, dpi=(DPI, DPI))


def colour(segment: int) -> str:
    """Return the colour of a segment: the same in every figure, in every run.

    Parameters
    ----------
    segment : int
        The segment's id; negative means no segment (noise).

    Returns
    -------
    str
        ``#rrggbb``.

    Examples
    --------
    >>> colour(0), colour(10), colour(-1)
    ('#0072b2', '#00446b', '#8a8f94')
    """
    if segment < 0:
        return NO_SEGMENT
    base = to_rgb(_BASE[segment % len(_BASE)])
    shade = _SHADES[segment // len(_BASE) % len(_SHADES)]
    target = 1.0 if shade > 0 else 0.0
    mixed = (round(255 * (c + (target - c) * abs(shade))) for c in base)
    return "#" + "".join(f"{c:02x}" for c in mixed)


def ink_on(background: str | tuple[float, ...]) -> str:
    """Black or white, whichever is easier to read on a background (WCAG relative luminance)."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in _rgb(background)]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return INK if luminance > 0.22 else "white"


def _rgb(background: str | tuple[float, ...]) -> tuple[float, float, float]:
    return to_rgb(background if isinstance(background, str) else background[:3])  # type: ignore[arg-type]


def spread(places: list[float], gap: float, low: float, high: float) -> list[float]:
    """Move labels apart until neighbours are ``gap`` away, as little as possible, in order.

    Parameters
    ----------
    places : list of float
        Where the labels would like to be, ascending.
    gap : float
        Least distance; made smaller where the labels would not fit.
    low, high : float
        The room there is.

    Returns
    -------
    list of float

    Examples
    --------
    >>> spread([0.1, 0.2, 9.0], gap=1.0, low=0.0, high=10.0)
    [0.1, 1.1, 9.0]
    """
    if len(places) < 2:
        return list(places)
    gap = min(gap, (high - low) / (len(places) - 1))
    moved: list[float] = []
    for place in places:
        moved.append(max(place, moved[-1] + gap if moved else low))
    ceiling = high
    for i in range(len(moved) - 1, -1, -1):
        moved[i] = min(moved[i], ceiling)
        ceiling = moved[i] - gap
    return moved


def title(figure: Figure, text: str) -> None:
    """Set the title at the left edge of the figure, whatever room the labels of its axes take."""
    figure.suptitle(text, x=0.012, ha="left", fontsize=12, fontweight="bold")
