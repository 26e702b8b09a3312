"""Labels of an earlier segmentation, targets and outputs of models: by names, and by values."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from engine.data_preparation.features.words import folded, words

SEGMENTATION = "looks like the result of an earlier segmentation"
OUTPUT = "looks like the output of another model"
TARGET = "looks like what a model is to predict, not like what customers are"

_GROUPS = {
    "segment", "segments", "segmentid", "segmentname", "truesegment", "cluster", "clusters",
    "clusterid", "clusterlabel", "label", "labels", "segmentation", "segmentierung",
    "segmentacion", "segmentacao", "segmentazione", "segmentatie", "segmentasyon", "segmentacja",
    "segmentering", "segmento", "segmentos", "segmenti", "segmenten", "segmente", "сегмент",
    "сегментация", "кластер", "セグメント", "客户分群", "분류군",
}  # fmt: skip
_SEGMENT_WORDS = {
    "segment", "segments", "segmento", "segmenti", "segmentation", "segmentierung",
    "segmentacion", "segmentacao", "segmentazione", "cluster", "clusters", "clustering", "clust",
    "сегмент",
}  # fmt: skip
_OF_CUSTOMERS = {
    "customer", "customers", "client", "clients", "cust", "user", "users", "member", "buyer",
    "shopper", "rfm", "clv", "ltv", "value", "kunden", "kunde", "cliente", "clientes", "clienti",
    "klant", "klanten", "musteri", "klienta", "klientow", "kund", "id", "name", "no", "nr",
    "nummer", "number", "num", "label", "labels", "code", "final", "old", "new", "previous",
    "prev", "last",
    "true", "assigned", "predicted", "kmeans", "means", "k", "km", "dbscan", "hdbscan", "gmm",
    "ward", "hierarchical", "hc", "agglomerative", "spectral", "birch", "pca", "marketing", "nom",
    "nombre", "nome",
}  # fmt: skip
"""What a word for segment stands beside where it means groups of customers: a market, a product, a
vehicle has segments that are attributes, and stays."""

_SEGMENT_COMPOUNDS = re.compile(
    r"(kunden|klant|kund|kunde)(en)?(segment|cluster)(e|en|er|ierung|ering|atie)?"
)
_SCORES = re.compile(
    r"(rfm|rfmscore|rfmscores|rfmsegment|rfmgroup|rfmclass|rfmlevel|rfmlabel|rfmcell|rfmtotal|"
    r"[rfm]score|[rfm]quartile|[rfm]quintile|[rfm]rank|"
    r"(recency|frequency|monetary)(score|quartile|quintile|rank))"
)
_ALGORITHMS = {"kmeans", "dbscan", "hdbscan", "kmeanslabel", "kmeanslabels", "gmm", "kprototypes"}

_OUTPUTS = {
    "classifier", "predict", "predicted", "prediction", "predictions", "proba", "probability",
    "probabilities", "likelihood", "pred", "preds", "yhat", "propensity", "vorhersage",
    "prognose", "prediccion", "previsao", "previsione", "tahmin", "voorspelling",
    "predykcja", "прогноз",
}  # fmt: skip
_OUTPUT_NAMES = {"ypred", "yhat", "yproba", "yscore", "yprob", "ytrue", "ytest", "ytrain"}

_TARGETS = {
    "target", "targets", "targetvariable", "targetlabel", "istarget", "zielvariable", "objetivo",
    "variableobjetivo", "cible", "variablecible", "alvo", "bersaglio", "hedefdegisken", "churn",
    "churned", "churner", "churnvalue", "churnyn", "exited", "attrition", "attrited",
    "abwanderung", "abgewandert", "kundigung",
    "desabonnement", "attrizione", "abbandono", "fuga", "abandono", "evasao",
    "defaultpaymentnextmonth", "defaultnextmonth", "отток",
}  # fmt: skip
_AROUND = {
    "flag", "is", "has", "label", "yn", "y", "n", "indicator", "ind", "customer", "client",
    "cliente", "kunde", "status", "variable", "bool",
}  # fmt: skip
_CHURN = {"churn", "attrition"}
_OF_CHURN = {
    "label", "value", "flag", "score", "risk", "prob", "reason", "category", "status", "date",
    "type", "class", "target", "cause", "month", "30d", "60d", "90d", "yn",
}  # fmt: skip
_IF_TWO = {"class", "y", "outcome", "left", "klasse", "clase", "classe", "result"}
_LEFT = re.compile(
    r"(.* )?(churn|churned|attrited|exited|abgewandert|gekundigt|abandono|desligado)( .*)?"
)
_MOST_STATES = 5


def result_by_name(column: str, others: Collection[str]) -> str | None:
    """Give the reason not to use a column by its name; None where the name says nothing of it.

    Parameters
    ----------
    column : str
    others : collection of str
        All columns of the file: ``distance`` is our own where ``segment_name`` stands beside it.

    Examples
    --------
    >>> result_by_name("Churn", ()), result_by_name("market_segment", ())
    ('looks like what a model is to predict, not like what customers are', None)
    """
    name, parts = folded(column), words(column)
    if name in _GROUPS or _SCORES.fullmatch(name) or name in _ALGORITHMS:
        return SEGMENTATION
    if _SEGMENT_COMPOUNDS.fullmatch(name) or _names_segments(parts):
        return SEGMENTATION
    if name == "distance" and {"segment", "segment_name"} <= set(others):
        return SEGMENTATION
    if _OUTPUTS & set(parts) or name in _OUTPUT_NAMES:
        return OUTPUT
    core = "".join(p for p in parts if p not in _AROUND)
    told = _CHURN & {parts[0]} and len(parts) > 1 and parts[-1] in _OF_CHURN
    return TARGET if {name, core} & _TARGETS or told else None


def _names_segments(parts: list[str]) -> bool:
    """Whether a word for segment stands beside nothing but what makes it one of customers."""
    rest = [p for p in parts if p not in _SEGMENT_WORDS and not p.isdigit()]
    return not _SEGMENT_WORDS.isdisjoint(parts) and all(
        p in _OF_CUSTOMERS or p in {"de", "do", "di", "du", "del", "van", "des"} for p in rest
    )


def target_of_two_values(column: str, others: Collection[str]) -> bool:
    """Tell whether a name is that of a target if it holds two values: ``class``, ``y``.

    A column ``y`` beside an ``x`` is a place.

    Examples
    --------
    >>> target_of_two_values("y", ["age", "y"]), target_of_two_values("y", ["x", "y"])
    (True, False)
    """
    return folded(column) in _IF_TWO and not {"x", "X"} & set(others)


def states_who_left(levels: Mapping[str, int] | None) -> bool:
    """Tell whether a few states say who has left: Churned, Attrited Customer.

    Examples
    --------
    >>> states_who_left({"Existing Customer": 5, "Attrited Customer": 1})
    True
    """
    if levels is None or not 2 <= len(levels) <= _MOST_STATES:
        return False
    return any(_LEFT.fullmatch(" ".join(words(level))) for level in levels)
