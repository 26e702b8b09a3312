"""Seals of files: HMAC-SHA256 over their digests, by a key that lies in a file of its own."""

from __future__ import annotations

import hashlib
import hmac
import os
import stat
from collections.abc import Mapping
from pathlib import Path

from engine.errors import ConfigError
from engine.utilities.shown import shown

ALGORITHM = "HMAC-SHA256"
LEAST_KEY = 32
"""Bytes of a key at least: as many as the digest has (RFC 2104, section 3)."""

_MOST_KEY = 1 << 16
_BLOCK = 1 << 20


def read_key(path: str | Path, asked: str) -> bytes:
    """Read a key.

    Parameters
    ----------
    path : str or Path
        A file that nobody but its owner may read; all of its bytes are the key.
    asked : str
        The setting that names it, for messages.

    Raises
    ------
    ConfigError
        It cannot be read, is no plain file, is open to others, or is too short or too long.
    """
    try:
        # A pipe would otherwise wait for a writer.
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no path"
        raise _refused(path, asked, f"cannot be read ({reason}); name a file with a key") from None
    found = os.fstat(handle)
    if not stat.S_ISREG(found.st_mode):
        os.close(handle)
        raise _refused(path, asked, "is no plain file; name a file with a key")
    with os.fdopen(handle, "rb") as file:
        if os.name == "posix" and found.st_mode & 0o077:
            wrong = "may be read or written by others; let only its owner (chmod 600)"
            raise _refused(path, asked, wrong)
        key = file.read(_MOST_KEY + 1)
    if not LEAST_KEY <= len(key) <= _MOST_KEY:
        wrong = (
            f"holds {'more than ' if len(key) > _MOST_KEY else ''}{min(len(key), _MOST_KEY):,} "
            f"bytes; a key has {LEAST_KEY} to {_MOST_KEY:,}, as `openssl rand -out FILE 32` makes"
        )
        raise _refused(path, asked, wrong)
    return key


def _refused(path: str | Path, asked: str, wrong: str) -> ConfigError:
    return ConfigError([f"{asked}: the key file {shown(str(path))} {wrong}"])


def seal(key: bytes, digests: Mapping[str, str]) -> str:
    """Seal digests by name.

    Examples
    --------
    >>> seal(b"k" * 32, {"a": "1"}) == seal(b"k" * 32, {"a": "2"})
    False
    """
    lines = [f"{len(name)}:{name}:{digest}\n" for name, digest in sorted(digests.items())]
    whole = f"engine model signature 1\n{''.join(lines)}".encode("utf-8", "surrogatepass")
    return hmac.new(key, whole, hashlib.sha256).hexdigest()


def is_sealed(key: bytes, digests: Mapping[str, str], found: str) -> bool:
    """Tell whether a seal is that of these digests; takes as long wherever they differ."""
    return hmac.compare_digest(seal(key, digests).encode(), found.encode("utf-8", "replace"))


def digest_of(file: Path) -> str:
    """Give the SHA-256 of a file, read block by block."""
    found = hashlib.sha256()
    with file.open("rb") as handle:
        while block := handle.read(_BLOCK):
            found.update(block)
    return f"sha256:{found.hexdigest()}"
