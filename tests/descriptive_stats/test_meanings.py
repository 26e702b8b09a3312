"""What columns mean, by their names: known where they are, and never mistaken for another."""

from __future__ import annotations

import pytest

from engine.descriptive_stats.meanings import Meaning, meaning_of, recognised

KNOWN = {
    "recency": "Recency recency_days days_since_last_purchase DaysSinceLastOrder "
    "last_purchase_days Tage_seit_letztem_Kauf dias_desde_ultima_compra",
    "frequency": "Frequency num_orders order_count orders TotalOrders Total_Trans_Ct "
    "orders_last_30_days Anzahl_Bestellungen numero_compras nombre_commandes PURCHASES_FREQUENCY",
    "monetary": "Monetary total_spend TotalSpent Umsatz gasto_total depenses sales revenue "
    "Total_Trans_Amt total_purchase_amount spend_last_12_months TotalCharges",
    "tenure": "tenure tenure_months Months_on_book days_since_signup account_age_days AgeOfAccount "
    "antiguedad_meses anciennete_mois months_as_customer",
    "age": "age Customer_Age Alter edad AGE",
    "income": "Income annual_income EstimatedSalary Einkommen ingresos salary",
    "returns": "returns return_rate Retourenquote taux_retour returned_items",
    "discount": "discount discount_share NumDealsPurchases coupons_used Rabatt descuento",
    "average_order_value": "avg_order_value average_basket_value AverageOrderValue aov",
    "inactivity": "Months_Inactive_12_mon days_since_last_login last_login_days",
    "visits": "NumWebVisitsMonth visits visits_per_month sessions",
    "balance": "BALANCE account_balance Total_Revolving_Bal",
    "credit_limit": "CREDIT_LIMIT credit_limit",
    "churn": "Churn churn_flag Attrition_Flag Exited",
    "products_held": "NumOfProducts Total_Relationship_Count number_of_products",
    "complaints": "Complain complaints num_complaints",
    "satisfaction": "satisfaction_score nps",
    "children": "Kidhome Dependent_count num_children Kinder",
    "web": "NumWebPurchases online_share",
    "campaigns": "AcceptedCmp3 accepted_campaigns",
    "trend": "Total_Amt_Chng_Q4_Q1 spend_trend",
    "birth_year": "Year_Birth birth_year",
    "lifetime_value": "CLV customer_lifetime_value",
    "gender": "Gender sex",
}


@pytest.mark.parametrize(
    ("word", "column"), [(word, c) for word, columns in KNOWN.items() for c in columns.split()]
)
def test_known_names(word, column):
    found = meaning_of(column)
    assert found is not None
    assert found.word == word


@pytest.mark.parametrize(
    "column",
    [
        "average_age", "package", "package_weight", "message_count", "percentage", "page", "usage",
        "image_size", "Frequency_Score", "BALANCE_FREQUENCY", "frequency_of_complaints",
        "recency_of_complaint", "RFM_SCORE", "r_score", "last_purchase_amount", "last_order_value",
        "last_purchase", "orders_last_year", "order_frequency_days", "car_age", "vh_age",
        "AgeGroup", "mileage", "voltage", "stage", "garage_size", "return_on_investment",
        "revenue_per_visit", "credit_score", "days_left", "days_active", "signup_month",
        "Enrollment Month", "weekly_visits_target", "avg_session_length", "income_category",
        "churn_probability", "discount_code", "order_id", "last_purchase_month", "x", "", "()",
    ],
)  # fmt: skip
def test_what_only_looks_like_one(column):
    assert meaning_of(column) is None


@pytest.mark.parametrize(
    ("column", "word"),
    [
        ("last_purchase (days ago)", "recency"),
        ("signup_date (days ago)", "tenure"),
        ("Dt_Customer (days ago)", "tenure"),
        ("last_login (days ago)", "inactivity"),
        ("birth_date (days ago)", None),
        ("delivery (days ago)", None),
    ],
)
def test_dates_that_are_counted_in_days(column, word):
    found = meaning_of(column)
    assert (found and (found.word, found.unit)) == (word and (word, "day"))


def test_units_of_time():
    units = {c: (meaning_of(c) or Meaning("")).unit for c in
             ("tenure_months", "tenure", "days_since_signup", "Months_Inactive_12_mon", "Recency",
              "years_as_customer", "orders_last_30_days")}  # fmt: skip
    assert list(units.values()) == ["month", "", "day", "month", "day", "year", ""]


def test_purchases_are_counted_or_added_up():
    assert meaning_of("PURCHASES", 1003.2) == Meaning("monetary")
    assert meaning_of("purchases", 4.1) == Meaning("frequency")
    assert meaning_of("purchases", 90.0) is meaning_of("purchases") is None


def test_years_of_the_calendar():
    assert meaning_of("Enrollment Year", 2015.1) == Meaning("start_year")
    assert meaning_of("Enrollment Year", 3.0) is None


def test_money_for_kinds_of_goods_is_a_family_or_nothing():
    both = recognised(["MntWines", "MntGoldProds", "grocery_spend"], {})
    assert {c: (m.word, m.of) for c, m in both.items()} == {
        "MntWines": ("spent_on", "wine"),
        "MntGoldProds": ("spent_on", "gold"),
        "grocery_spend": ("spent_on", "grocery"),
    }
    assert recognised(["grocery_spend", "age"], {}).keys() == {"age"}


def test_each_meaning_is_of_one_column():
    found = recognised(["purchase_frequency", "orders", "age"], {})
    assert {c: m.word for c, m in found.items()} == {"orders": "frequency", "age": "age"}


def test_columns_that_the_engine_makes_are_known_exactly():
    columns = ["recency", "return_share", "spend_share_Wine & more", "days_between_orders"]
    found = recognised(columns, {}, of_shop=True)
    assert [(m.word, m.of, m.exact) for m in found.values()] == [
        ("recency", "", True), ("returns", "", True), ("share_of", "Wine & more", True),
        ("days_between_orders", "", True),
    ]  # fmt: skip
