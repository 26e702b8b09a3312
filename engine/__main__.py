"""``python -m engine``."""

from engine.command_line.cli import main

if __name__ == "__main__":
    main()
