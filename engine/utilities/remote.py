"""Paths on other machines, such as ``s3://bucket/file``, and the secrets in their addresses."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import unquote

_REMOTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/{1,2}[^/]")

REMOTE = (
    "is a remote path, and only data are read from and segments written to other machines; give "
    "a path of this machine"
)
"""What is said of such a path where none can be, behind it."""

READ = {
    "s3": "remote", "s3a": "remote", "gs": "gs", "gcs": "gs", "https": "", "http": "",
}  # fmt: skip
"""Schemes of what is read from elsewhere, each with the extra that it needs."""

FETCHED = ".fetched-"
"""What folders begin with in which data from elsewhere lie while a run works."""

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_WHOLE = re.compile(r"env:([A-Za-z_][A-Za-z0-9_]*)")
_PASSWORD = re.compile(
    r"([A-Za-z0-9+.-]:/{1,2}[^/\s:@'\"]{0,200}:)"
    r"(?!\d{1,5}(?:[/?\s'\"]|$))(?!\$\{\w{1,200}\}@)(?!\*\*\*@)[^\s'\"]{0,2000}@"
)
_SECRET_NAME = (
    r"x-(?:amz|goog)-[a-z-]{1,40}|awsaccesskeyid|googleaccessid|[a-z_-]{0,40}(?:sig|signature|token|secret|"
    r"password|passwd|pwd|credential|credentials|apikey|api_key|api-key|access_key|auth|passphrase)"
    r"|key|code|sas"
)
_IN_QUERY = re.compile(rf"(?i)([?&;](?:{_SECRET_NAME})=)(?!\*\*\*|\$\{{\w+\}})[^&;\s'\"]+")
_IN_WORDS = re.compile(
    r"(?i)(\b(?:ssl)?password\s{0,9}=\s{0,9})(?!\*\*\*|\$\{\w+\})('[^']*'|[^\s'\"]+)"
)
_PORT = r"\d{1,5}(?:[/?#]|$)"
_USER = re.compile(
    rf"(?is)(?:https?:/{{1,2}}(?![^/:@]*:{_PORT})|(?!https?:)[a-z][a-z0-9+.-]*:/{{1,2}})"
    r"((?:[^/:@]*:.*|[^/@?#]*)@)"
)
"""An address up to its last @: a password may hold any letter, as SQLAlchemy takes it."""

_VALUE = re.compile(r"([?&][^=&#]*=)([^&#]*)")
_LONGEST = 10_000
"""Letters of a text that are looked through: no address is longer, nor is a message."""

_SHORTEST = 4
"""Letters from which on a secret is looked for wherever it stands."""


def is_remote(path: str | Path) -> bool:
    """Tell a path on another machine from one on this.

    Examples
    --------
    >>> is_remote("s3://shop/customers.csv"), is_remote("C:/customers.csv"), is_remote("a:b/c.csv")
    (True, False, False)
    """
    text = str(path)
    return _REMOTE.match(text) is not None and not os.path.lexists(text)


def is_named(text: str) -> bool:
    """Tell a text that stands in an environment variable, which it names.

    Examples
    --------
    >>> is_named("env:SHOP_DATA"), is_named("s3://${BUCKET}/a.csv"), is_named("a.csv")
    (True, True, False)
    """
    found = _WHOLE.fullmatch(text) or _VARIABLE.search(text)
    return found is not None and not os.path.lexists(text)


def scheme_of(path: str) -> str:
    """Give what stands before the colon, small.

    Examples
    --------
    >>> scheme_of("S3://shop/a.csv"), scheme_of("a.csv")
    ('s3', '')
    """
    return path.partition(":")[0].lower() if _REMOTE.match(path) else ""


def masked(text: str) -> str:
    """Give a text without the passwords, keys and signatures of addresses in it.

    Examples
    --------
    >>> masked("postgresql://shop:pa55@db/shop refuses")
    'postgresql://shop:***@db/shop refuses'
    >>> masked("https://host:8443/a.csv?format=csv&X-Amz-Signature=0a1b")
    'https://host:8443/a.csv?format=csv&X-Amz-Signature=***'
    """
    here, rest = text[:_LONGEST], text[_LONGEST:]
    here = _PASSWORD.sub(r"\1***@", here)
    return _IN_WORDS.sub(r"\1***", _IN_QUERY.sub(r"\1***", here)) + rest


def hidden(text: str) -> str:
    """Give an address without user, password and whatever it asks; of other texts, as masked.

    Examples
    --------
    >>> hidden("https://ann:sec/ret@tracker.example/ml?x=abc")
    'https://***@tracker.example/ml?x=***'
    >>> hidden("see postgresql://shop:pa55@db/shop")
    'see postgresql://shop:***@db/shop'
    """
    if _REMOTE.match(text) is None or len(text) > _LONGEST:
        return masked(text)
    found = _USER.match(text)
    if found is not None:
        text = f"{text[: found.start(1)]}***@{text[found.end(1) :]}"
    return masked(_VALUE.sub(r"\1***", text))


def secrets_of(address: str) -> list[str]:
    """Give what an address holds that nobody else may read, the longest first.

    Pieces of a password are among it: whoever reads such an address wrongly complains of a piece.
    What is shorter than four letters is left: it would stand in other words.

    Examples
    --------
    >>> secrets_of("https://ann:sec/rets@tracker.example")
    ['ann:sec/rets', 'sec/rets', 'rets']
    """
    found = _USER.match(address)
    user = found[1].removesuffix("@") if found else ""
    password = user.partition(":")[2]
    rest = address[found.end(1) :] if found else address
    values = [value for _, value in _VALUE.findall(rest)]
    known = {user, password, *re.split(r"[/?#@:&=]", password), *values, *_parts(address)}
    known |= {unquote(word) for word in known}
    return sorted((w for w in known if len(w) >= _SHORTEST), key=lambda w: (-len(w), w))


def holds_secret(text: str) -> bool:
    """Tell whether an address holds a password, a key or a signature, rather than naming one."""
    return masked(text) != text


def resolved(text: str, key: str) -> tuple[str, tuple[str, ...]]:
    """Put what environment variables hold in the place of their names.

    Parameters
    ----------
    text : str
        ``env:NAME``, or with ``${NAME}`` in it.
    key : str
        Where it stands, for the message.

    Returns
    -------
    text : str
    secrets : tuple of str
        What must stand in no message.

    Raises
    ------
    ValueError
        A variable is not set: says so in a clause.
    """
    if not is_named(text):
        return text, ()
    held: list[str] = []

    def value(found: re.Match[str]) -> str:
        got = os.environ.get(found[1], "")
        if not got.strip():
            message = f"{key} names the environment variable {found[1]}, which is not set"
            raise ValueError(message)
        held.append(got.strip())
        return got.strip()

    whole = _WHOLE.fullmatch(text)
    said = value(whole) if whole else _VARIABLE.sub(value, text)
    return said, (*held, *_parts(said))


def _parts(address: str) -> tuple[str, ...]:
    """Give the secrets within an address: password and values of a query."""
    found = [address[m.end(1) : m.end() - 1] for m in _PASSWORD.finditer(address)]
    for pattern in (_IN_QUERY, _IN_WORDS):
        found += [address[m.end(1) : m.end()].strip("'") for m in pattern.finditer(address)]
    return tuple(dict.fromkeys([*found, *map(unquote, found)]))


def without(text: str, secrets: Iterable[str]) -> str:
    """Give a message without what must stand in none.

    Examples
    --------
    >>> without("role shop: wrong password hunter2", ["hunter2"])
    'role shop: wrong password ***'
    """
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= _SHORTEST:
            text = text.replace(secret, "***")
    return masked(text)
