"""The page as a PDF, printed by a browser that is there; nothing is fetched from anywhere."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from engine.errors import EngineError, first_line
from engine.utilities.atomic import replacing

VARIABLE = "ENGINE_BROWSER"
"""Names the browser, where it is no usual one or in no usual place."""

BROWSERS = (
    "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome",
    "microsoft-edge", "microsoft-edge-stable", "msedge", "brave-browser",
)  # fmt: skip
"""Commands of browsers that print without a window, all of one family."""

_ELSEWHERE = {
    "darwin": (
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        "/Applications/Chromium.app/Contents/MacOS/Chromium",
        "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    ),
    "win32": (
        r"%ProgramFiles%\Google\Chrome\Application\chrome.exe",
        r"%ProgramFiles(x86)%\Google\Chrome\Application\chrome.exe",
        r"%ProgramFiles(x86)%\Microsoft\Edge\Application\msedge.exe",
        r"%ProgramFiles%\Microsoft\Edge\Application\msedge.exe",
    ),
}
"""Where they lie on systems whose programs are not found by a command."""

SECONDS = 120.0
"""A page that is not printed by then never will be."""

_ARGUMENTS = (
    "--headless", "--disable-gpu", "--no-first-run", "--no-default-browser-check",
    "--disable-extensions", "--disable-sync", "--disable-background-networking",
    "--disable-component-update", "--disable-dev-shm-usage", "--no-pdf-header-footer",
    "--host-resolver-rules=MAP * ~NOTFOUND",
)  # fmt: skip
"""Offline: no name of a machine is found, and the page names none."""

_DATES = re.compile(rb"/(CreationDate|ModDate) \(D:\d{14}[^)]*\)")


def browser() -> str:
    """Find a browser that can print.

    Returns
    -------
    path : str

    Raises
    ------
    EngineError
        There is none; the sentence says what was looked for.
    """
    if named := os.environ.get(VARIABLE):
        found = shutil.which(os.path.expanduser(named))
        if found is None:
            message = f"{VARIABLE} is {named}, which is no program that can be started."
            raise EngineError(message)
        return found
    for name in BROWSERS:
        if found := shutil.which(name):
            return found
    for place in _ELSEWHERE.get(sys.platform, ()):
        if os.path.isfile(path := os.path.expandvars(place)):
            return path
    message = (
        "a PDF is printed by a browser, and none was found: looked for "
        f"{', '.join(BROWSERS)}; install one, or name it in {VARIABLE}. The page itself can be "
        "printed from any browser."
    )
    raise EngineError(message)


def print_page(page: Path, path: Path, *, seconds: float = SECONDS) -> Path:
    """Print a page, replacing an earlier PDF in one step.

    Parameters
    ----------
    page : Path
        The HTML file.
    path : Path
        The .pdf; its folder is there.
    seconds : float
        How long to wait.

    Returns
    -------
    path : Path

    Raises
    ------
    EngineError
        There is no browser, or it does not print the page in time.
    """
    program = browser()
    with tempfile.TemporaryDirectory(prefix="engine-", ignore_cleanup_errors=True) as scratch:
        printed = Path(scratch) / "page.pdf"
        said = _run(program, page, printed, Path(scratch), seconds)
        content = printed.read_bytes() if printed.is_file() else b""
    if not content.startswith(b"%PDF"):
        message = f"{program} did not print {page}: {said or 'it says nothing of why'}."
        raise EngineError(message)
    with replacing(path) as partial:
        partial.write_bytes(_DATES.sub(_undated, content))
    return path


def _run(program: str, page: Path, printed: Path, scratch: Path, seconds: float) -> str:
    """Print, with a profile of its own; give the last that the browser says of a failure."""
    rooted = hasattr(os, "geteuid") and os.geteuid() == 0
    command = [
        program, *_ARGUMENTS, *(("--no-sandbox",) if rooted else ()),
        f"--user-data-dir={scratch / 'profile'}", f"--print-to-pdf={printed}",
        page.resolve().as_uri(),
    ]  # fmt: skip
    log = scratch / "said.txt"
    with log.open("wb") as heard:
        try:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=heard, stderr=heard,
                start_new_session=os.name == "posix",
            )  # fmt: skip
        except OSError as error:
            message = f"{program} cannot be started: {error.strerror or first_line(error)}."
            raise EngineError(message) from None
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            message = f"{program} did not print {page} within {seconds:.0f} seconds."
            raise EngineError(message) from None
        finally:
            _end(process)
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1][-300:].rstrip(".") if lines else ""


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the browser and all that it started, if anything of it is left."""
    with suppress(OSError):
        if os.name == "posix":
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    with suppress(subprocess.TimeoutExpired):
        process.wait(10)


def _undated(found: re.Match[bytes]) -> bytes:
    """Write the first of all days in place of today's, as long: the same page, the same bytes."""
    text = found[0]
    return text[: text.index(b"D:") + 2] + b"19800101000000" + text[text.index(b"D:") + 16 :]
