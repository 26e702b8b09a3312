"""The table of contents: the sections that a page has, in its order."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.visualization.page.view import View


def contents(shown: View, *, terms: bool = False) -> list[tuple[str, str]]:
    """List the sections of a page: their anchors and what they are called there.

    Parameters
    ----------
    shown : View
    terms : bool
        Whether there is a key of terms.
    """
    sales = shown.sales
    sections = (
        ("segments", "Segments", True),
        ("beside", "Side by side", True),
        ("figures", "Figures", bool(shown.pictures["figures"])),
        ("what-if", "What if", bool(shown.what_if)),
        ("value", "Worth", bool(sales["value"])),
        ("rfm", "RFM", bool(sales["rfm"])),
        ("sellers", "What sells", bool(sales["sellers"])),
        ("pairs", "Bought together", bool(sales["pairs"])),
        ("offers", "Offers", bool(sales["offers"])),
        ("moved", "Who moved", bool(shown.continuity)),
        ("purchases", "Data read", bool(sales["facts"])),
        ("methods", "Methods", bool(shown.compared)),
        ("trust", "How sure", True),
        ("warnings", "Warnings", bool(shown.warnings)),
        ("how", "Method", True),
        ("terms", "Terms", terms),
    )
    return [(anchor, title) for anchor, title, there in sections if there]
