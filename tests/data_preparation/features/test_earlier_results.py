"""Labels of an earlier segmentation, targets and outputs of models."""

from __future__ import annotations

import pytest

from engine.data_preparation.features.earlier_results import (
    OUTPUT,
    SEGMENTATION,
    TARGET,
    result_by_name,
    states_who_left,
    target_of_two_values,
)


@pytest.mark.parametrize(
    ("reason", "columns"),
    [
        (SEGMENTATION, "segment rfm_segment customer_segment CustomerSegment Segmentation cluster "
         "kmeans_cluster Cluster_5 r_score F_Score RFM_SCORE recency_quartile segmento "
         "segmento_cliente Kundensegment klantsegment segment_klienta label segmentación rfm"),
        (OUTPUT, "y_pred prediction predicted_spend churn_probability y_proba Vorhersage "
         "propensity_to_buy yhat"),
        (TARGET, "Churn churned is_churn Churn_Label Churn_Value Churn_Reason Exited target "
         "Attrition_Flag Exited_flag has_churned customer_churn "
         "cible Zielvariable default.payment.next.month"),
        (None, "1 2023 2024-01-01 Q1_2023 market_segment vehicle_segment price_segment "
         "Kundengruppe store_cluster "
         "target_spend churn_calls distance score Spending_Score class y income Response region "
         "cluster_size customer_group exit_interviews"),
    ],
)  # fmt: skip
def test_names(reason, columns):
    assert {c: result_by_name(c, ()) for c in columns.split()} == dict.fromkeys(
        columns.split(), reason
    )


def test_what_the_engine_wrote():
    ours = ["customer_id", "segment", "segment_name", "distance"]
    assert [result_by_name(c, ours) for c in ours[1:]] == [SEGMENTATION] * 3


def test_a_target_of_two_values():
    assert target_of_two_values("Class", ["age", "Class"])
    assert not target_of_two_values("y", ["x", "y"])
    assert not target_of_two_values("clas", ["clas"])


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (["Churned", "Stayed", "Joined"], True),
        (["Existing Customer", "Attrited Customer"], True),
        (["Churned"], False),
        (["Married", "Single"], False),
        (["Churned", "a", "b", "c", "d", "e"], False),
    ],
)
def test_states_that_say_who_left(values, told):
    assert states_who_left(dict.fromkeys(values, 5)) == told
    assert not states_who_left(None)
