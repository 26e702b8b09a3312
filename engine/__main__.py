"""The program: ``engine``, and ``python -m engine``."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line as a process of its own; an interrupt has its sentence at any moment."""
    try:
        from engine.command_line.cli import main as command

        command(for_good=True)
    except KeyboardInterrupt:  # before the command listened: nothing was done yet
        print("engine: interrupted; earlier results are as they were.", file=sys.stderr)
        sys.exit(130)


if __name__ == "__main__":
    main()
