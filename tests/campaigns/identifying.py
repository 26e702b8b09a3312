"""Values that identify people, made up with right check digits by seeded generators; of nobody."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from string import ascii_uppercase as letters

Maker = Callable[[Random], str]

GIVEN = {
    "en": "James Mary John Linda Robert Susan David Karen Thomas Nancy Kevin Laura",
    "de": "Hans Petra Uwe Sabine Jürgen Monika Klaus Heike Stefan Anja Dirk Ute",
    "fr": "Pierre Marie Jean Nathalie Philippe Isabelle Alain Sylvie Luc Camille",
    "es": "José María Antonio Carmen Manuel Isabel Javier Pilar Diego Lucía",
    "pt": "João Ana Pedro Beatriz Tiago Inês Paulo Mariana Rui Catarina",
    "it": "Giuseppe Giulia Marco Francesca Luca Chiara Paolo Elena Matteo Sara",
    "nl": "Jan Johanna Pieter Anneke Willem Sanne Daan Lotte Bram Femke",
    "sv": "Lars Anna Erik Karin Anders Ingrid Johan Kerstin Björn Astrid",
    "fi": "Juhani Aino Mikko Liisa Antti Helena Timo Päivi Jukka Kaisa",
    "pl": "Jan Anna Piotr Katarzyna Andrzej Agnieszka Tomasz Zofia Marek Ewa",
    "cs": "Jiří Jana Petr Lenka Pavel Hana Tomáš Věra Jaroslav Eva",
    "tr": "Mehmet Fatma Mustafa Ayşe Ahmet Emine Ali Hatice Hüseyin Zeynep",
    "ru": "Иван Анна Сергей Ольга Дмитрий Елена Алексей Наталья Андрей Татьяна",
    "uk": "Олександр Наталія Андрій Оксана Володимир Ірина Тарас Юлія Богдан Софія",  # noqa: RUF001
    "el": "Γιώργος Μαρία Δημήτρης Ελένη Κώστας Κατερίνα Γιάννης Βασιλική",
    "ja": "佐藤健 鈴木一郎 高橋花子 田中太郎 伊藤美咲 渡辺翔 山本陽菜 中村蓮",
    "zh": "王伟 李娜 张敏 刘洋 陈静 杨帆 黄丽 赵强 周杰 吴磊",
    "ko": "김민준 이서연 박지훈 최수빈 정하은 강도윤 조예린 윤지호",
    "ar": "محمد فاطمة أحمد مريم علي زينب حسن خديجة",
    "he": "משה רחל דוד שרה יוסף לאה אברהם רבקה",
    "hi": "Rahul Priya Amit Anjali Vijay Sunita Rajesh Pooja",
}


def given(language: str) -> Maker:
    names = GIVEN[language].split()
    return lambda draw: draw.choice(names)


def digits(draw: Random, n: int, first: str = "0123456789") -> str:
    return draw.choice(first) + "".join(draw.choice("0123456789") for _ in range(n - 1))


def dated(draw: Random, form: str) -> str:
    """Write a day of birth in letters: Y a year of two digits, C its century, M, D."""
    parts = {"C": "19", "Y": f"{draw.randint(40, 99):02}", "M": f"{draw.randint(1, 12):02}"}
    return "".join((parts | {"D": f"{draw.randint(1, 28):02}"}).get(c, c) for c in form)


def by_pattern(*patterns: str) -> Maker:
    """Fill in patterns: # a digit, % one but 0, ? a capital, & a small letter, ~ a hexadecimal."""
    fills = {
        "#": "0123456789", "%": "123456789", "?": letters, "&": letters.lower(),
        "~": "0123456789abcdef",
    }  # fmt: skip
    return lambda draw: "".join(
        draw.choice(fills[c]) if c in fills else c for c in draw.choice(patterns)
    )


def luhn(body: str) -> str:
    """Append the digit that makes the sum of a table a multiple of ten."""
    table = {"0": 0, "1": 2, "2": 4, "3": 6, "4": 8, "5": 1, "6": 3, "7": 5, "8": 7, "9": 9}
    total = sum(table[c] if i % 2 == 0 else int(c) for i, c in enumerate(reversed(body)))
    return body + str(-total % 10)


def summed(body: str, weights: str, mod: int = 11) -> int:
    """Sum digits by weights that are written in base 36."""
    return sum(int(d) * int(w, 36) for d, w in zip(body, weights, strict=True)) % mod


def until(make: Maker) -> Maker:
    """Draw again where a number has no check digit, which makers say by an empty text."""

    def made(draw: Random) -> str:
        while not (found := make(draw)):
            pass
        return found

    return made


def card(draw: Random) -> str:
    return luhn(draw.choice(("4", "51", "55", "2221")).ljust(4, "7") + digits(draw, 11))


def card_in_groups(draw: Random) -> str:
    number = card(draw)
    return " ".join(number[i : i + 4] for i in (0, 4, 8, 12))


def imei(draw: Random) -> str:
    return luhn("35" + digits(draw, 12))


def iban(draw: Random) -> str:
    country, body = draw.choice(
        (("DE", "%" + 17 * "#"), ("NL", "ABNA" + 10 * "#"), ("FR", 23 * "#"))
    )
    bban = by_pattern(body)(draw)
    number = int("".join(str(ord(c) - 55) if c.isalpha() else c for c in bban + country) + "00")
    return f"{country}{98 - number % 97:02}{bban}"


@until
def bsn(draw: Random) -> str:
    body = digits(draw, 8, "123456789")
    check = summed(body, "98765432")
    return body + str(check) if check < 10 else ""


def _brazilian(body: str, first: str, second: str) -> str:
    for weights in (first, second):
        rest = summed(body, weights)
        body += "0" if rest < 2 else str(11 - rest)
    return body


def cpf(draw: Random) -> str:
    return _brazilian(digits(draw, 9), "a98765432", "ba98765432")


def cpf_dotted(draw: Random) -> str:
    c = cpf(draw)
    return f"{c[:3]}.{c[3:6]}.{c[6:9]}-{c[9:]}"


def cnpj(draw: Random) -> str:
    return _brazilian(digits(draw, 12), "543298765432", "6543298765432")


def codice_fiscale(draw: Random) -> str:
    body = by_pattern("?????? ##".replace(" ", ""))(draw) + draw.choice("ABCDEHLMPRST")
    body += f"{draw.randint(1, 28):02}" + by_pattern("?###")(draw)
    odd = "BAKPLCQDREVOSFTGUHMINJWZYX"  # The letter at a place counts as much as the place.
    total = 0
    for i, c in enumerate(body):
        letter = letters[int(c)] if c.isdigit() else c
        total += odd.index(letter) if i % 2 == 0 else letters.index(letter)
    return body + letters[total % 26]


def dni(draw: Random) -> str:
    number = digits(draw, 8)
    return number + "TRWAGMYFPDXBNJZSQVHLCKE"[int(number) % 23]


def nif_pt(draw: Random) -> str:
    body = digits(draw, 8, "1235")
    rest = summed(body, "98765432")
    return body + ("0" if rest < 2 else str(11 - rest))


def pesel(draw: Random) -> str:
    body = dated(draw, "YMD") + digits(draw, 4)
    return body + str(-summed(body, "1379137913", 10) % 10)


@until
def nip(draw: Random) -> str:
    body = digits(draw, 9, "123456789")
    check = summed(body, "657234567")
    return body + str(check) if check < 10 else ""


def personnummer(draw: Random) -> str:
    return luhn(dated(draw, "YMD") + digits(draw, 3))


def personnummer_dashed(draw: Random) -> str:
    number = personnummer(draw)
    return f"19{number[:6]}-{number[6:]}"


@until
def cpr(draw: Random) -> str:
    body = dated(draw, "DMY") + digits(draw, 3)
    check = -summed(body, "432765432") % 11
    return f"{body[:6]}-{body[6:]}{check}" if check < 10 else ""


@until
def fodselsnummer(draw: Random) -> str:
    body = dated(draw, "DMY") + digits(draw, 3)
    first = -summed(body, "376189452") % 11
    if first > 9:
        return ""
    second = -summed(f"{body}{first}", "5432765432") % 11
    return f"{body}{first}{second}" if second < 10 else ""


def hetu(draw: Random) -> str:
    day, number = dated(draw, "DMY"), digits(draw, 3)
    return f"{day}-{number}{'0123456789ABCDEFHJKLMNPRSTUVWXY'[int(day + number) % 31]}"


def rodne_cislo(draw: Random) -> str:
    body = dated(draw, "YMD") + digits(draw, 3)
    while int(body + "0") % 11 == 1:  # Its digit would be ten.
        body = dated(draw, "YMD") + digits(draw, 3)
    return f"{body[:6]}/{body[6:]}{-int(body + '0') % 11}"


@until
def nhs(draw: Random) -> str:
    body = digits(draw, 9, "4679")
    check = -summed(body, "a98765432") % 11
    return body + str(check) if check < 10 else ""


def aadhaar(draw: Random) -> str:
    """Append Verhoeff's digit, by rotations and mirror images of a regular pentagon."""

    def times(a: int, b: int) -> int:
        if a < 5:
            return (a + b) % 5 if b < 5 else 5 + (a + b - 5) % 5
        return 5 + (a - b) % 5 if b < 5 else (a - b) % 5

    body, check = digits(draw, 11, "23456789"), 0
    for place, d in enumerate(reversed(body), start=1):
        value = int(d)
        for _ in range(place % 8):
            value = int("1576283094"[value])
        check = times(check, value)
    return body + next(str(i) for i in range(10) if times(check, i) == 0)


def steuer_id(draw: Random) -> str:
    body, product = digits(draw, 10, "123456789"), 10
    for d in body:
        total = (int(d) + product) % 10
        product = (2 * (total or 10)) % 11
    return body + str((11 - product) % 10)


def nir(draw: Random) -> str:
    body = draw.choice("12") + dated(draw, "YM") + digits(draw, 8, "123456789")
    return f"{body}{97 - int(body) % 97:02}"


def ahv(draw: Random) -> str:
    body = "756" + digits(draw, 9)
    c = body + str(-summed(body, "131313131313", 10) % 10)
    return f"{c[:3]}.{c[3:7]}.{c[7:11]}.{c[11:]}"


def tckn(draw: Random) -> str:
    body = digits(draw, 9, "123456789")
    odd, even = sum(map(int, body[::2])), sum(map(int, body[1::2]))
    tenth = (odd * 7 - even) % 10
    return f"{body}{tenth}{(odd + even + tenth) % 10}"


def inn(draw: Random) -> str:
    body = digits(draw, 10, "123456789")
    body += str(summed(body, "724a359468") % 10)
    return body + str(summed(body, "3724a359468") % 10)


def snils(draw: Random) -> str:
    body = digits(draw, 9, "123456789")
    check = summed(body, "987654321", 101) % 100
    return f"{body[:3]}-{body[3:6]}-{body[6:]} {check:02}"


def rnokpp(draw: Random) -> str:
    body = digits(draw, 9, "23")
    total = -int(body[0]) + sum(
        int(d) * w for d, w in zip(body[1:], (5, 7, 9, 4, 6, 10, 5, 7), strict=True)
    )
    return body + str(total % 11 % 10)


def afm(draw: Random) -> str:
    body = digits(draw, 8)
    return body + str(sum(int(d) << (8 - i) for i, d in enumerate(body)) % 11 % 10)


def amka(draw: Random) -> str:
    return luhn(dated(draw, "DMY") + digits(draw, 4))


def my_number(draw: Random) -> str:
    body = digits(draw, 11)
    rest = summed(body, "65432765432")
    return body + ("0" if rest < 2 else str(11 - rest))


def chinese_id(draw: Random) -> str:
    body = digits(draw, 6, "1234") + dated(draw, "CYMD") + digits(draw, 3)
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(d) * w for d, w in zip(body, weights, strict=True))
    return body + "10X98765432"[total % 11]


def resident_number(draw: Random) -> str:
    body = dated(draw, "YMD") + digits(draw, 6, "12")
    check = (11 - summed(body, "234567892345")) % 10
    return f"{body[:6]}-{body[6:]}{check}"


def israeli_id(draw: Random) -> str:
    return luhn(digits(draw, 8))


def egn(draw: Random) -> str:
    body = dated(draw, "YMD") + digits(draw, 3)
    return body + str(summed(body, "2485a9736") % 10)


def jmbg(draw: Random) -> str:
    body = dated(draw, "DM") + "9" + dated(draw, "Y") + digits(draw, 5)
    check = 11 - summed(body, "765432765432")
    return body + str(check if check < 10 else 0)


def cnp(draw: Random) -> str:
    body = draw.choice("12") + dated(draw, "YMD") + digits(draw, 5)
    check = summed(body, "279146358279")
    return body + str(1 if check == 10 else check)


def rut(draw: Random) -> str:
    body, total = digits(draw, 8, "12"), 0
    for i, d in enumerate(reversed(body)):
        total += int(d) * (2 + i % 6)
    check = {10: "K", 11: "0"}.get(11 - total % 11, str(11 - total % 11))
    return f"{body[:2]}.{body[2:5]}.{body[5:]}-{check}"


def oib(draw: Random) -> str:
    return steuer_id(draw)


def mail(draw: Random) -> str:
    return by_pattern("&&&&&##@shop.example")(draw)


def ipv4(draw: Random) -> str:
    return ".".join(str(draw.randint(1, 254)) for _ in range(4))


def coordinate(low: float, high: float) -> Maker:
    return lambda draw: f"{draw.uniform(low, high):.6f}"


def day(form: str) -> Maker:
    return lambda draw: dated(draw, form)


def joined(*makers: Maker | str) -> Maker:
    return lambda draw: "".join(m if isinstance(m, str) else m(draw) for m in makers)


def text(words: str) -> Maker:
    """Make sentences of seven to fourteen words."""
    of = words.split()
    return lambda draw: " ".join(draw.choice(of) for _ in range(draw.randint(7, 14)))
