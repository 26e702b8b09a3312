"""Columns that identify people: by their names in the usual languages, and by what they hold."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from engine.data_preparation.features.given_names import share_of_names
from engine.data_preparation.features.words import phrases, words

REASON = "may identify people"
REMEDY = "features.categorical uses what it names all the same"
REMEDY_OF_DATES = (
    "features.include, with all other columns to use, makes days of a date of birth, and "
    "features.categorical takes it as it is written"
)

_NAMES = {
    # English, German, French, Spanish, Portuguese, Italian, Dutch
    "firstname", "lastname", "surname", "forename", "fullname", "givenname", "familyname",
    "middlename", "maidenname", "nickname", "username", "customername", "clientname",
    "contactname", "personname", "membername", "cardholder", "accountholder",
    "vorname", "nachname", "familienname", "rufname", "zuname", "geburtsname", "kundenname",
    "ansprechpartner", "prenom", "patronyme", "nomdefamille", "nomcomplet", "nomclient",
    "apellido", "apellidos", "nombres", "nombrecompleto", "nombrecliente", "sobrenome", "apelido",
    "nomecompleto", "nomecliente", "cognome", "nominativo", "voornaam", "achternaam",
    "familienaam", "klantnaam",
    # Turkish, Polish, Swedish, Danish and Norwegian
    "soyad", "soyadi", "adi", "adsoyad", "adisoyadi", "isim", "soyisim", "imie", "imiona",
    "nazwisko", "fornamn", "efternamn", "fornavn", "efternavn", "etternavn", "kundnamn",
    "kundenavn",
    # Russian, Ukrainian, Greek, Japanese, Chinese, Korean, Arabic, Hebrew
    "имя", "фамилия", "отчество", "фио", "имʼя", "прізвище", "ονομα", "επωνυμο", "ονοματεπωνυμο",
    "名前", "氏名", "姓", "名", "お名前", "姓名", "名字", "이름", "성명", "اسم", "الاسم", "שם",
}  # fmt: skip
_MAYBE_NAMES = {
    "name", "nom", "nombre", "nome", "naam", "namn", "navn", "ad", "isimler", "contact",
}  # fmt: skip
_ADVERT = {"ad"}
_MAIL = {
    "email", "mail", "emailaddress", "mailaddress", "mailadresse", "correo", "courriel", "eposta",
    "epost", "mejl", "почта", "メール", "邮箱", "이메일",
}  # fmt: skip
_PHONE = {
    "phone", "telephone", "fax", "phonenumber", "telefon", "telefono", "telefone", "telefoon",
    "telefonnummer", "telefonnr", "telefoonnummer", "telefonu", "mobilnummer", "handynummer",
    "mobiltelefon", "rufnummer", "tel", "celular", "cellulare", "телефон", "電話番号", "电话",
    "전화번호",
}  # fmt: skip
_PHONE_TEXT = {"mobile", "handy", "movil", "portable", "gsm", "telemovel", "komorka", "whatsapp"}
_PLACE = {
    "address", "street", "adresse", "adres", "adresi", "adress", "direccion", "domicilio",
    "endereco", "morada", "indirizzo", "strasse", "anschrift", "hausnummer", "rue", "calle", "rua",
    "ulica", "straat", "sokak", "cadde", "gata", "gatuadress", "gade", "vej", "адрес", "улица",
    "住所", "地址", "주소",
}  # fmt: skip
_POSTCODE = {
    "postcode", "postal", "postalcode", "zip", "zipcode", "plz", "postleitzahl", "codepostal",
    "codigopostal", "codicepostale", "postnummer", "postnr", "kodpocztowy", "postakodu",
    "почтовыйиндекс", "郵便番号", "邮编", "우편번호",
}  # fmt: skip
_BIRTH = {
    "birthday", "birthdate", "dob", "dateofbirth", "geburtsdatum", "geburtstag",
    "datedenaissance", "datenaissance", "fechanacimiento", "fechadenacimiento", "datanascimento",
    "datadenascimento", "datanascita", "datadinascita", "geboortedatum", "dogumtarihi",
    "dataurodzenia", "fodelsedatum", "fodselsdato", "датарождения", "生年月日", "出生日期",
}  # fmt: skip
_NUMBERS = {"ssn", "iban", "passport"}
_TEXT = _NAMES | _MAYBE_NAMES | _MAIL | _PHONE | _PHONE_TEXT | _PLACE | _POSTCODE | _BIRTH
_TEXT |= _NUMBERS | {"ip"}
_NUMBER = _PHONE | _POSTCODE | _NUMBERS
_ENDS = (
    "vorname", "nachname", "telefon", "telefonnummer", "handynummer", "mobilnummer", "adresse",
    "strasse", "postleitzahl", "geburtsdatum", "voornaam", "achternaam", "telefoon", "straat",
    "fornamn", "efternamn", "fornavn", "efternavn",
)  # fmt: skip
"""Ends of words that German, Dutch and the Scandinavian languages write as one."""

_ABOUT_THEM = {
    "service", "services", "count", "counts", "flag", "open", "opens", "opened", "click",
    "clicks", "order", "orders", "call", "calls", "type", "typ", "tipo", "change", "changes",
    "length", "density", "score", "status", "verified", "valid", "validated", "opt", "optin",
    "optout", "consent", "subscribed", "subscription", "known", "given", "domain", "provider",
    "quality", "days", "visits", "marketing", "newsletter", "channel", "plan", "contract",
    "usage", "minutes", "model", "brand", "carrier", "network", "rate", "ratio", "share", "pct",
    "percent", "insurance", "os", "operator", "app", "device", "preference", "bounce", "bounced",
    "response", "responses", "campaign",
}  # fmt: skip
"""As the last word of a name: a fact about mail, phones or addresses, and none of these."""

_ASKS = {"has", "is", "n", "num", "count", "total", "prefers", "wants", "allows", "accepts"}
"""As the first word: whether or how many."""

_OTHERS_NAMES = {
    "product", "products", "brand", "plan", "tariff", "store", "shop", "branch", "channel",
    "campaign", "file", "city", "country", "region", "state", "category", "item", "model",
    "event", "department", "course", "service", "game", "team", "device", "package", "program",
    "producto", "marca", "produit", "marque", "marke", "produkt", "filiale", "tienda", "loja",
    "negozio", "prodotto", "produto", "magasin", "ville", "ciudad", "cidade", "stad", "pais",
    "pays", "paese", "winkel", "sklep", "magaza", "urun", "butik", "card", "promotion", "offer",
    "company", "job", "page", "website", "source", "province", "county", "district", "zone", "area",
    "territory", "bank", "school", "hotel", "airline", "class", "tier", "level", "type", "group",
    "day", "month", "currency", "language", "industry", "sector", "series", "theme",
}  # fmt: skip
"""Beside a word for name: whose name it is, and it is no person's."""

_FLAG_LEVELS = 3
_SHARED_BY = 5
_FEW_LEVELS = 12
_SMALL = 1_000
_READS_LIKE_NAMES, _IS_NAMES = 0.3, 0.6
_LEAST_NAMES = 5


def named_like_people(column: str, *, number: bool) -> bool:
    """Tell whether a column's name speaks of what identifies people; what it holds is not asked.

    Examples
    --------
    >>> named_like_people("Prénom", number=False), named_like_people("Telefon", number=True)
    (True, True)
    >>> named_like_people("Email_Opens", number=False), named_like_people("BrandName", number=False)
    (False, False)
    """
    parts = words(column)
    if len(parts) > 1 and {parts[-1], "".join(parts[-2:])} & _ABOUT_THEM:
        return False
    if len(parts) > 1 and parts[0] in _ASKS:
        return False
    if number:
        last = {parts[-1], "".join(parts[-2:]), "".join(parts)}
        return bool(last & _NUMBER) or parts[-1].endswith(("telefonnummer", "postleitzahl"))
    found = phrases(column) & _TEXT
    if found <= _MAYBE_NAMES and set(parts) & _OTHERS_NAMES:
        found = set()
    return bool(found) or any(p.endswith(_ENDS) for p in parts)


def numbers_of_people(values: np.ndarray, high: float) -> bool:
    """Tell phone numbers and postcodes from counts and flags: these are small, or no whole ones."""
    return high >= _SMALL and bool((values == np.round(values)).all())


def are_counts(levels: Mapping[str, int] | None) -> bool:
    """Tell whether all values are whole numbers below 1,000, as counts and flags are.

    Examples
    --------
    >>> are_counts({"0": 5, "1": 2}), are_counts({"10115": 1})
    (True, False)
    """
    return levels is not None and all(v.isdigit() and int(v) < _SMALL for v in levels)


def text_of_people(
    column: str, levels: Mapping[str, int] | None, present: int, *, named: bool
) -> bool:
    """Tell whether a text column identifies people.

    Parameters
    ----------
    column : str
    levels : mapping of str to int, or None
        Its values with their counts; None where they are too many to count.
    present : int
        How many there are.
    named : bool
        Whether its name speaks of people, as :func:`named_like_people` says.

    Notes
    -----
    Two or three values that many share are a flag, whatever the name: ``PhoneService`` with Yes
    and No. A column named no more than "name" (``nombre``, ``nom``) may be that of a tariff: up to
    12 values that do not read like given names are a category. Without any such name it is people
    where 60% of its values, and of its rows, read like given names, and at least five do.
    """
    if levels is None:
        return named
    rows, distinct, hits = share_of_names(levels)
    if not named:
        least = 0.9 if set(words(column)) & _OTHERS_NAMES else _IS_NAMES
        return min(rows, distinct) >= least and hits >= _LEAST_NAMES
    reads = rows >= _READS_LIKE_NAMES
    shared = present >= _SHARED_BY * len(levels)
    if reads or (len(levels) <= _FLAG_LEVELS and shared):
        return reads
    maybe = phrases(column) & _TEXT <= _MAYBE_NAMES
    if maybe and set(words(column)) & _ADVERT:
        return not shared
    return not (maybe and shared and len(levels) <= _FEW_LEVELS)
