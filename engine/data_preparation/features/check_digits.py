"""Numbers that carry check digits: cards, bank accounts, and what states number people by."""

from __future__ import annotations

from collections.abc import Callable, Iterable

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ODD = (
    1,
    0,
    5,
    7,
    9,
    13,
    15,
    17,
    19,
    21,
    2,
    4,
    18,
    20,
    11,
    3,
    6,
    8,
    12,
    14,
    16,
    10,
    22,
    25,
    24,
    23,
)
"""What letters count at odd places of an Italian tax code; digits count as A to J do."""

_D5 = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9), (1, 2, 3, 4, 0, 6, 7, 8, 9, 5), (2, 3, 4, 0, 1, 7, 8, 9, 5, 6),
    (3, 4, 0, 1, 2, 8, 9, 5, 6, 7), (4, 0, 1, 2, 3, 9, 5, 6, 7, 8), (5, 9, 8, 7, 6, 0, 4, 3, 2, 1),
    (6, 5, 9, 8, 7, 1, 0, 4, 3, 2), (7, 6, 5, 9, 8, 2, 1, 0, 4, 3), (8, 7, 6, 5, 9, 3, 2, 1, 0, 4),
    (9, 8, 7, 6, 5, 4, 3, 2, 1, 0),
)  # fmt: skip
"""The products of the dihedral group of ten elements, which Verhoeff's scheme adds by."""

_TURN = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)


def luhn(digits: str) -> bool:
    """Tell whether digits agree by the formula of Luhn, as those of cards do.

    Examples
    --------
    >>> luhn("4111111111111111"), luhn("4111111111111112")
    (True, False)
    """
    doubled = sum(sum(divmod(2 * int(d), 10)) for d in digits[-2::-2])
    return (doubled + sum(int(d) for d in digits[::-2])) % 10 == 0


def verhoeff(digits: str) -> bool:
    """Tell whether digits agree by Verhoeff's scheme, as those of an Aadhaar number do.

    Examples
    --------
    >>> verhoeff("2363"), verhoeff("2364")
    (True, False)
    """
    check = 0
    for place, d in enumerate(reversed(digits)):
        turned = int(d)
        for _ in range(place % 8):
            turned = _TURN[turned]
        check = _D5[check][turned]
    return check == 0


def mod97(text: str) -> bool:
    """Tell whether an international bank account number agrees (ISO 13616).

    Examples
    --------
    >>> mod97("DE89370400440532013000"), mod97("DE88370400440532013000")
    (True, False)
    """
    return int("".join(str(int(c, 36)) for c in text[4:] + text[:4])) % 97 == 1


def mod11_10(digits: str) -> bool:
    """Tell whether digits agree by ISO 7064, mod 11, 10.

    Examples
    --------
    >>> mod11_10("86095742719"), mod11_10("86095742718")
    (True, False)
    """
    product = 10
    for d in digits[:-1]:
        product = 2 * ((int(d) + product) % 10 or 10) % 11
    return (11 - product) % 10 == int(digits[-1])


def _sum(digits: str, weights: Iterable[int]) -> int:
    return sum(int(d) * w for d, w in zip(digits, weights, strict=False))


def weighted(*weights: int, mod: int = 11) -> Callable[[str], bool]:
    """Make the check that the weighted sum of all digits is a multiple of a number."""
    return lambda digits: _sum(digits, weights) % mod == 0


def _left(digits: str, weights: Iterable[int], mod: int = 11) -> str:
    """Give the remainder, of 11 at most, that some schemes have as the digit itself."""
    return str(_sum(digits, weights) % mod % 10)


def _from(digits: str, weights: Iterable[int]) -> str:
    """Give 11 less the remainder; 0 where that is two digits long."""
    rest = _sum(digits, weights) % 11
    return "0" if rest < 2 else str(11 - rest)


def brazilian(code: str) -> bool:
    """Tell whether a CPF of eleven digits or a CNPJ of fourteen agrees."""
    n = len(code) - 2
    long = (6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)
    second = long if n == 12 else range(11, 1, -1)
    return code[n:] == _from(code[:n], tuple(second)[1:]) + _from(code[: n + 1], second)


def italian(code: str) -> bool:
    """Tell whether an Italian tax code of sixteen places agrees."""
    places = [int(c) if c.isdigit() else _LETTERS.index(c) for c in code]
    total = sum(_ODD[p] for p in places[0:15:2]) + sum(places[1:15:2])
    return _LETTERS[total % 26] == code[15]


def spanish(code: str) -> bool:
    """Tell whether a Spanish DNI or NIE agrees."""
    digits = code[:-1].translate(str.maketrans("XYZ", "012"))
    return "TRWAGMYFPDXBNJZSQVHLCKE"[int(digits) % 23] == code[-1]


def finnish(code: str) -> bool:
    """Tell whether a Finnish identity code agrees."""
    return "0123456789ABCDEFHJKLMNPRSTUVWXY"[int(code[:6] + code[-4:-1]) % 31] == code[-1]


def french(code: str) -> bool:
    """Tell whether a French number of fifteen digits (NIR) agrees."""
    digits = code.replace("2A", "19").replace("2B", "18")
    return 97 - int(digits[:13]) % 97 == int(digits[13:])


def belgian(code: str) -> bool:
    """Tell whether a Belgian national number agrees."""
    return any(97 - int(born + code[:9]) % 97 == int(code[9:]) for born in ("", "2"))


def turkish(code: str) -> bool:
    """Tell whether a Turkish identity number agrees."""
    tenth = (7 * sum(map(int, code[0:9:2])) - sum(map(int, code[1:8:2]))) % 10
    return tenth == int(code[9]) and sum(map(int, code[:10])) % 10 == int(code[10])


def norwegian(code: str) -> bool:
    """Tell whether a Norwegian birth number agrees."""
    first, second = (3, 7, 6, 1, 8, 9, 4, 5, 2, 1), (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)
    return _sum(code, first) % 11 == 0 and _sum(code, second) % 11 == 0


def estonian(code: str) -> bool:
    """Tell whether an Estonian or Lithuanian personal code agrees."""
    rest = _sum(code, (1, 2, 3, 4, 5, 6, 7, 8, 9, 1)) % 11
    if rest == 10:
        rest = _sum(code, (3, 4, 5, 6, 7, 8, 9, 1, 2, 3)) % 11 % 10
    return rest == int(code[10])


def russian_tax(code: str) -> bool:
    """Tell whether a Russian INN of ten or twelve digits agrees."""
    weights = (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)
    if len(code) == 10:
        return _left(code, weights[2:]) == code[9]
    return _left(code, weights[1:]) == code[10] and _left(code, weights) == code[11]


def snils(code: str) -> bool:
    """Tell whether a Russian SNILS agrees."""
    return _sum(code, range(9, 0, -1)) % 101 % 100 == int(code[9:])


def chilean(code: str) -> bool:
    """Tell whether a Chilean RUT agrees."""
    weights = [i % 6 + 2 for i in range(len(code) - 1)][::-1]
    return "0K987654321"[_sum(code, weights) % 11] == code[-1]


def chinese(code: str) -> bool:
    """Tell whether a Chinese identity number of eighteen places agrees."""
    return "10X98765432"[_sum(code, (pow(2, 17 - i, 11) for i in range(17))) % 11] == code[17]


def mexican(code: str) -> bool:
    """Tell whether a Mexican CURP agrees."""
    order = "0123456789ABCDEFGHIJKLMN_OPQRSTUVWXYZ"
    total = sum(order.index(c) * (18 - i) for i, c in enumerate(code[:17]))
    return (10 - total % 10) % 10 == int(code[17])


def singaporean(code: str) -> bool:
    """Tell whether a Singaporean NRIC agrees."""
    rest = _sum(code[1:8], (2, 7, 6, 5, 4, 3, 2)) + (4 if code[0] in "TG" else 0)
    return ("JZIHGFEDCBA" if code[0] in "ST" else "XWUTRQPNMLK")[rest % 11] == code[8]


def taiwanese(code: str) -> bool:
    """Tell whether a Taiwanese identity number agrees."""
    head = "ABCDEFGHJKLMNPQRSTUVXYWZIO".index(code[0]) + 10
    return _sum(f"{head}{code[1:]}", (1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1)) % 10 == 0


def korean(code: str) -> bool:
    """Tell whether a Korean resident number agrees."""
    return (11 - _sum(code, (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)) % 11) % 10 == int(code[12])


def japanese(code: str) -> bool:
    """Tell whether a Japanese individual number agrees."""
    return _from(code, (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) == code[11]


def dutch(code: str) -> bool:
    """Tell whether a Dutch BSN agrees."""
    return _sum(code, (9, 8, 7, 6, 5, 4, 3, 2, -1)) % 11 == 0


def danish(code: str) -> bool:
    """Tell whether a Danish CPR number agrees; those since 2007 need not."""
    return _sum(code, (4, 3, 2, 7, 6, 5, 4, 3, 2, 1)) % 11 == 0


def portuguese(code: str) -> bool:
    """Tell whether a Portuguese NIF agrees."""
    return _from(code[:8], range(9, 1, -1)) == code[8]


def greek(code: str) -> bool:
    """Tell whether a Greek AFM agrees."""
    return _left(code[:8], (256, 128, 64, 32, 16, 8, 4, 2)) == code[8]


def polish_tax(code: str) -> bool:
    """Tell whether a Polish NIP agrees."""
    return _sum(code, (6, 5, 7, 2, 3, 4, 5, 6, 7)) % 11 == int(code[9])


def austrian(code: str) -> bool:
    """Tell whether an Austrian insurance number agrees: its fourth digit checks the others."""
    return _sum(code[:3] + code[4:], (3, 7, 9, 5, 8, 4, 2, 1, 6)) % 11 == int(code[3])


def romanian(code: str) -> bool:
    """Tell whether a Romanian CNP agrees."""
    rest = _sum(code, (2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9)) % 11
    return (1 if rest == 10 else rest) == int(code[12])


def bulgarian(code: str) -> bool:
    """Tell whether a Bulgarian EGN agrees."""
    return _left(code[:9], (2, 4, 8, 5, 10, 9, 7, 3, 6)) == code[9]


def yugoslav(code: str) -> bool:
    """Tell whether a JMBG or an EMSO agrees."""
    return _from(code[:12], (7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) == code[12]


def ukrainian(code: str) -> bool:
    """Tell whether a Ukrainian taxpayer's number agrees."""
    return _left(code[:9], (-1, 5, 7, 9, 4, 6, 10, 5, 7)) == code[9]


def thai(code: str) -> bool:
    """Tell whether a Thai identity number agrees."""
    return (11 - _sum(code, range(13, 1, -1)) % 11) % 10 == int(code[12])
