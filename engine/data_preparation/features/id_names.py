"""Names of id columns in the usual languages, and what a name comes to without accents and case."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator

_LETTERS = str.maketrans(
    {"\u0131": "i", "ø": "o", "æ": "ae", "đ": "d", "ð": "d", "ł": "l", "œ": "oe", "þ": "th"}
)
"""Letters that Unicode does not take apart into one of a to z and a mark."""


def plain(name: str) -> str:
    """Reduce a column name to lower-case letters and digits, without accents, of any script.

    Examples
    --------
    >>> plain("Customer ID"), plain("Müşteri No"), plain("顧客ID")
    ('customerid', 'musterino', '顧客id')
    """
    apart = unicodedata.normalize("NFKD", name).casefold()
    bare = "".join(c for c in apart if not unicodedata.combining(c))
    whole = unicodedata.normalize("NFKC", bare).translate(_LETTERS)
    return "".join(c for c in whole if c.isalnum())


ALIASES = (
    "customerid",
    "custid",
    "clientnum",
    "clientid",
    "clientnumber",
    "idclient",
    "idcustomer",
    "customernumber",
    "customerno",
    "customer",
    "householdid",
    "householdkey",
    "loyaltynumber",
    "masterid",
    "memberid",
    "userid",
    "accountid",
    "custkey",
    "ccustkey",
    "id",
)
"""Names of id columns, without case, spaces and punctuation; the earlier wins."""

# Who is counted, and what counts them, language by language: the two make a name either way round.
_PEOPLE = (
    "customer client cust buyer shopper consumer member user account acct household subscriber"
    " loyalty|id no nr num number",
    "kunde kunden kd kundin käufer mitglied mitglieds nutzer benutzer konto haushalt haushalts"
    "|nr nummer no id kennung schlüssel ident",
    "client adhérent membre abonné acheteur utilisateur compte foyer"
    "|numéro num no n nr id identifiant ident",
    "cliente socio miembro comprador usuario cuenta hogar"
    "|número num nro no n id identificador clave",
    "cliente associado membro comprador usuário utilizador conta sócio|número num nro no n id",
    "cliente socio utente acquirente conto|numero num nr no n id identificativo",
    "klant klanten lid leden gebruiker relatie|nummer nr no id",
    "kund medlem medlems användar konto|nummer nr no id",
    "kunde medlem medlems bruger bruker konto|nummer nr no id",
    "asiakas jäsen käyttäjä tili|numero nro nr no id tunnus tunniste",
    "klient klienta nabywca nabywcy użytkownik użytkownika członka konta|nr numer id ident",
    "zákazník zákazníka zákazníky klient klienta odběratel odběratele člena|číslo id ident",
    "ügyfél vevő felhasználó|szám id azonosító azonosítója",
    "clientului client membru|nr număr numărul id",
    "müşteri üye kullanici hesap|no numarasi numara nosu id",
    "kupac kupca klijent klijenta korisnik korisnika stranka stranke|broj šifra id številka",
    "клиент клиента покупатель покупателя пользователь пользователя абонента|номер ид id №",
    "клієнт клієнта покупець покупця|номер ід id №",
    "πελάτης πελάτη μέλους|αριθμός id",
    "客户 客戶 顾客 顧客 会员 會員 用户 用戶 买家 買家|编号 編號 号 號 号码 號碼 id 序号",
    "顧客 会員 お客様 得意先 利用者 ユーザー 購入者|番号 id no ナンバー",
    "고객 회원 사용자 구매자 이용자|번호 id 아이디",
    "العميل الزبون عميل|رقم معرف",
    "לקוח הלקוח|מספר מזהה",
    "pelanggan anggota|no nomor id",
    "kháchhàng|mã số id",
)

# What also tells customers apart, where values agree: a code may be one of a class of customers.
_CODES = (
    "customer client cust member user account|code ref reference key",
    "kunden kunde|code kode referenz key",
    "client adhérent|code réf référence",
    "cliente socio|código cod codigo codice clave ref referencia",
    "klant|code referentie",
    "kund kunde asiakas|kod kode koodi",
    "klient klienta zákazník zákazníka|kod kód symbol",
    "ügyfél vevő client clientului müşteri|kód kod cod kodu",
    "клиент клиента покупателя πελάτη|код κωδικός",
    "客户 客戶 顧客 고객|代码 代碼 コード 코드",
    "العميل לקוח ग्राहक ลูกค้า pelanggan|كود קוד आईडी รหัส kode",
    "card loyalty-card loyaltycard membership-card member-card|id no nr num number",
    "karten kundenkarten kort kart tessera tarjeta carte carte-fidélité|nr nummer no número numero"
    " numéro codice",
)
_BARE = (
    "client kunde cliente klant kund asiakas klient zákazník ügyfél müşteri клиент покупатель"
    " клієнт πελάτης 客户 客戶 顾客 顧客 会员 會員 고객 회원 member membership mitglied account"
    " user buyer shopper loyalty-card loyaltycard card-no 账号 帐号 賬號 账户 会员卡号 卡号"
    " アカウント contact-id person-id subscriber pelanggan"
)
_BETWEEN = ("", "de", "du", "del", "do", "da", "di", "dela", "на")
_FIRST = ("customer", "card")
"""Where ``num`` before the word counts customers or cards: only ``id`` stands there."""


def _pairs(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        people, counts = (half.split() for half in line.split("|"))
        for who in map(plain, people):
            for count in map(plain, counts):
                yield who + count
                if not line.startswith(_FIRST) or count == "id":
                    yield from (count + between + who for between in _BETWEEN)


ALSO = tuple(dict.fromkeys(n for n in _pairs(_PEOPLE) if n not in ALIASES))
"""Names of the number of a customer in the usual languages."""

_KNOWN = frozenset(ALSO)
MAYBE = tuple(
    dict.fromkeys(n for n in (*map(plain, _BARE.split()), *_pairs(_CODES)) if n not in _KNOWN)
)
"""Names of an id only where every value is another: a word, a code, a card."""

_PLACE = {alias: place for place, alias in enumerate((*ALIASES[:-1], *ALSO, ALIASES[-1]))}
_MAYBE = frozenset(MAYBE) - set(ALIASES)


def recognise_id(columns: list[str]) -> str | None:
    """Find the id column by its usual names.

    Examples
    --------
    >>> recognise_id(["Age", "CUST_ID"]), recognise_id(["Alter", "Kunden-Nr."])
    ('CUST_ID', 'Kunden-Nr.')
    """
    places = [(_PLACE[p], n) for n, p in enumerate(map(plain, columns)) if p in _PLACE]
    return columns[min(places)[1]] if places else None


def names_a_customer(column: str) -> bool:
    """Tell whether a name is that of a number of customers, whatever the column holds.

    Examples
    --------
    >>> names_a_customer("código cliente"), names_a_customer("müşteri no")
    (False, True)
    """
    name = plain(column)
    return name in _PLACE and name not in ("customer", "id")


def may_name_a_customer(columns: Iterable[str]) -> list[str]:
    """List the columns whose names are those of ids if every value is another, in their order.

    Examples
    --------
    >>> may_name_a_customer(["income", "código cliente", "Card_Category", "card_no"])
    ['código cliente', 'card_no']
    """
    return [c for c in columns if plain(c) in _MAYBE]
