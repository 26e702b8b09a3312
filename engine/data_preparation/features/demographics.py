"""Columns that say who customers are, not what they do: by their names in the usual languages."""

from __future__ import annotations

from engine.data_preparation.features.words import folded, words

_WORDS = {
    "gender", "sex", "geschlecht", "sexe", "sexo", "genero", "genre", "kon", "plec", "cinsiyet",
    "country", "nationality", "citizenship", "pais", "pays", "paese", "nazione", "kraj", "ulke",
    "region", "province", "provincia", "provinz", "bundesland", "canton", "county", "district",
    "city", "town", "ville", "ciudad", "citta", "stadt", "sehir", "postcode", "zipcode", "zip",
    "marital", "familienstand", "ethnicity", "race", "religion", "generation",
}  # fmt: skip
"""Words that mean nothing else, wherever they stand in a name."""

_NAMES = {
    "state", "usstate", "homestate", "land", "location", "geography", "area", "nation",
    "estadocivil", "situationfamiliale", "statocivile", "civilstatus", "education",
    "educationlevel", "ausbildung", "bildung", "agegroup", "ageband", "agerange", "altersgruppe",
    "ismale", "isfemale", "male", "female", "married", "ismarried", "postalcode", "plz",
}  # fmt: skip
"""Whole names, of words that elsewhere mean something else."""


def says_who(column: str) -> bool:
    """Tell whether a column says who customers are or where they live.

    Examples
    --------
    >>> [says_who(c) for c in ("Gender", "Marital Status", "home_country", "Postal Code")]
    [True, True, True, True]
    >>> [says_who(c) for c in ("order_state", "Loyalty Card", "channel", "landing page")]
    [False, False, False, False]
    """
    return folded(column) in _NAMES or any(folded(w) in _WORDS for w in words(column))
