"""What is told of assigning: how many rows, and what of them was not as in training."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.model.reading import Lost


@dataclass(frozen=True)
class Assigned:
    """What assigning a file did.

    Attributes
    ----------
    rows : int
    unknown : dict of str to int
        Rows with a value never seen in training, by categorical column; it says nothing.
    without_id : int
        Rows whose id is empty; they are assigned and keep the empty id.
    apart : int
        Customers of transactions who bought nothing; their segment is null.
    notices : tuple of str
        How files are written and what was recognised in transactions, for people.
    warnings : tuple of str
        What was wrong with them.
    lost : Lost
        Values that are there and do not read as they did in training.
    repeated : (int, int)
        Ids that stand in several rows, and these rows; each row is assigned by itself.
    """

    rows: int
    unknown: dict[str, int]
    without_id: int
    apart: int = 0
    notices: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    lost: Lost = field(default_factory=Lost)
    repeated: tuple[int, int] = (0, 0)

    def notes(self) -> list[str]:
        """Sentences for people; empty when there is nothing to say."""
        notes = [*self.warnings, *self.lost.notes()]
        notes += [
            f"{'1 row holds' if n == 1 else f'{n:,} rows hold'} a value of column {c!r} that was "
            "not seen in training"
            for c, n in self.unknown.items()
        ]
        if self.without_id:
            notes.append(f"{self.without_id:,} rows have no id; they were assigned all the same")
        ids, rows = self.repeated
        if ids:
            who = "1 id stands" if ids == 1 else f"{ids:,} ids stand"
            notes.append(
                f"{who} in more than one row, in {rows:,} rows in all; each row is assigned by "
                "itself"
            )
        return notes
