"""A key of terms: what the words on a page mean, only those that it uses."""

from __future__ import annotations

import re

TERMS = (
    (
        "Segment 1, 2, ...",
        r"\bSegment \d",
        "Segments are counted from 1 on this page and in its figures. Files count from 0: Segment "
        "1 here is 0 in the column “segment” of segments.parquet.",
    ),
    (
        "Typically, median",
        r"\btypically\b|\bmedians?\b",
        "The median: the value in the middle, with no more than half of the customers below it and "
        "no more than half above. One extreme customer does not move it.",
    ),
    (
        "On average, mean",
        r"\bon average\b|\bmean\b",
        "The sum over all customers divided by their number.",
    ),
    (
        "Silhouette",
        r"\bsilhouette",
        "How much closer customers are to their own segment than to the next one: 1 is perfect, 0 "
        "is on the border, below 0 is nearer to another segment.",
    ),
    (
        "Share of value",
        r"\bas much as their number would\b",
        "A segment’s part of the money of all customers. Where it is larger than its part of the "
        "customers, one of them is worth more than one elsewhere.",
    ),
    (
        "Lift, 2×",
        r"\blift\b|\d×",
        "How many times more common something is here than among everyone; 1× is no difference.",
    ),
    (
        "Recency",
        r"\brecency\b",
        "Days since the last purchase: the fewer, the more recent.",
    ),
    (
        "Frequency",
        r"\bfrequency\b",
        "How many orders a customer placed.",
    ),
    (
        "Monetary",
        r"\bmonetary\b",
        "How much money a customer spent, less what was returned.",
    ),
    (
        "Gross, net",
        r"\bgross\b",
        "Gross is as bought; net is less what was returned.",
    ),
    (
        "Drawn anew",
        r"\bdrawn anew\b|\bdraws of customers\b",
        "Customers are drawn again and again at random and clustered each time. Segments that come "
        "back do not depend on which customers happen to be there.",
    ),
    (
        "Adjusted Rand index",
        r"adjusted Rand index",
        "How far two segmentations agree: 1 is the same segments, 0 is what chance gives.",
    ),
    (
        "z-score",
        r"\bz-score",
        "How far a segment’s average lies from everyone’s, counted in standard deviations: beyond "
        "1 either way is a strong difference.",
    ),
    (
        "Component",
        r"\bcomponent \d|\bcomponents? kept\b",
        "A combination of columns that rise and fall together; segments were formed by these.",
    ),
    (
        "Inertia",
        r"\binertia\b",
        "How far customers are from the centres of their segments, added up: it always falls with "
        "more segments.",
    ),
    (
        "Outliers",
        r"\boutl(?:iers|ying)\b",
        "Customers so unlike all others that they are no segment of their own.",
    ),
)
"""What is called so, by what a page is searched for it, and what it means."""

_NOT_READ = re.compile(r"<style>.*?</style>|<[^>]*>", re.DOTALL)


def terms_of(page: str) -> list[tuple[str, str]]:
    """Give the terms that a page uses, with their meaning.

    Parameters
    ----------
    page : str
        Its HTML.

    Examples
    --------
    >>> [term for term, _ in terms_of("<p>The <b>silhouette</b> is 0.4.</p>")]
    ['Silhouette']
    """
    words = _NOT_READ.sub(" ", page)
    return [(term, says) for term, sign, says in TERMS if re.search(sign, words, re.IGNORECASE)]
