"""Ordinary columns of customers' tables, which are features whatever a guard against people says."""  # noqa: E501

from __future__ import annotations

from random import Random
from typing import Any

N = 400


def counts(most: int) -> list[int]:
    draw = Random(most)
    return [int(draw.random() ** 2 * (most + 1)) for _ in range(N)]


def amounts(typical: float, places: int = 2) -> list[float]:
    draw = Random(str(typical))
    return [round(draw.lognormvariate(0, 0.8) * typical, places) for _ in range(N)]


def whole(typical: float, step: int = 1) -> list[int]:
    return [int(v) // step * step for v in amounts(typical)]


def between(low: float, high: float, places: int) -> list[float]:
    draw = Random(f"{low}{high}")
    return [round(draw.uniform(low, high), places) for _ in range(N)]


def levels(names: str) -> list[str]:
    """Give levels, which are parted by strokes, the first ones more often."""
    draw, of = Random(names), names.split("|")
    return [of[min(int(draw.expovariate(3 / len(of))), len(of) - 1)] for _ in range(N)]


def codes(form: str, different: int) -> list[str]:
    draw = Random(form)
    known = sorted({form.format(draw.randint(0, 9999)) for _ in range(different)})
    return [draw.choice(known) for _ in range(N)]


def days(form: str) -> list[str]:
    """Give days of the last years, as the form writes day, month and year."""
    draw = Random(form)
    dates = ((draw.randint(1, 28), draw.randint(1, 12), draw.randint(2015, 2023)) for _ in range(N))
    return [form.format(*d) for d in dates]


CITIES = (
    "Berlin|Hamburg|München|Köln|Frankfurt|Stuttgart|Düsseldorf|Leipzig|Dortmund|Essen|Bremen|"
    "Dresden|Hannover|Nürnberg|Paris|Orlando|Florence|Charlotte|Lincoln|San Jose|Santiago"
)
COUNTRIES = "Germany|France|Spain|Italy|Jordan|Chad|Georgia|Israel|Poland|Cuba|Kenya|India|China"

ORDINARY: dict[str, list[Any]] = {
    "Age": between(18, 90, 0),
    "age_years": counts(80),
    "income": whole(60_000, 100),
    "Annual Income (k$)": whole(60),
    "salary": whole(45_000),
    "Einkommen": whole(3_200),
    "revenu_annuel": whole(31_000),
    "ingresos": whole(1_800),
    "tenure": counts(72),
    "tenure_months": counts(120),
    "credit_limit": whole(8_000, 500),
    "balance": amounts(1_500),
    "account_balance": amounts(3_000),
    "Kontostand": amounts(2_100),
    "solde": amounts(900),
    "saldo": amounts(1_100),
    "spend": amounts(220),
    "total_spend": amounts(2_000),
    "monetary": amounts(500),
    "Umsatz": amounts(4_000),
    "chiffre_affaires": amounts(3_000),
    "revenue_yen": whole(12_000_000, 10),
    "revenue_rupiah": whole(90_000_000, 1000),
    "revenue_cents": whole(3_000_000_000),
    "bytes_used": whole(5_000_000_000),
    "company_turnover": whole(40_000_000_000),
    "frequency": counts(40),
    "recency": counts(365),
    "orders": counts(60),
    "n_orders": counts(30),
    "Bestellungen": counts(25),
    "visits": counts(200),
    "web_visits_month": counts(20),
    "sessions": counts(400),
    "session_minutes": amounts(12),
    "clicks": counts(900),
    "impressions": counts(90_000),
    "email_opens": counts(50),
    "email_clicks": counts(12),
    "mail_orders": counts(9),
    "mails_received": counts(2_000),
    "phone_calls": counts(30),
    "phone_support_calls": counts(1_500),
    "phone_cost": amounts(45),
    "Telefonkosten": amounts(40),
    "mobile_data_gb": amounts(9),
    "mobile_minutes": counts(3_000),
    "mobile_sessions": counts(4_000),
    "sms_sent": counts(1_200),
    "calls_day": counts(150),
    "address_changes": counts(4),
    "days_at_address": counts(9_000),
    "years_at_address": counts(40),
    "street_density": amounts(3),
    "name_length": counts(20),
    "username_length": counts(18),
    "zip_density": amounts(900),
    "zip_income": whole(52_000),
    "postcode_population": whole(24_000),
    "birth_year": [1940 + v for v in counts(65)],
    "Year_Birth": [1940 + v for v in counts(66)],
    "Geburtsjahr": [1945 + v for v in counts(60)],
    "birth_month": [1 + v for v in counts(11)],
    "birth_weight_g": whole(3_200),
    "children": counts(5),
    "number_of_births": counts(4),
    "household_size": counts(6),
    "distance_km": amounts(12),
    "distance_to_store": between(0, 90, 4),
    "flat_area": whole(70),
    "latency_ms": amounts(140),
    "platform_score": between(0, 1, 5),
    "longest_call": amounts(14),
    "long_distance_charges": amounts(20),
    "elongation": between(-3, 3, 6),
    "score": between(0, 1, 6),
    "z_score": between(-3, 3, 6),
    "pca_1": between(-4, 4, 7),
    "sentiment": between(-1, 1, 4),
    "discount_rate": between(0, 0.4, 3),
    "margin_pct": between(-20, 60, 3),
    "temperature": between(-10, 35, 1),
    "sin": between(-1, 1, 5),
    "run": counts(42),
    "pan_sales": amounts(30),
    "rating": between(1, 5, 1),
    "nps": counts(10),
    "note": between(1, 6, 1),
    "nota_media": between(1, 10, 1),
    "card_count": counts(4),
    "cards": counts(5),
    "card_spend": amounts(300),
    "card_limit": whole(4_000, 100),
    "iban_payments": counts(12),
    "cash_advance": amounts(300),
    "ip_count": counts(30),
    "device_count": counts(6),
    "cookies_accepted": [v % 2 for v in counts(9)],
    "passport_trips": counts(9),
    "license_plates_owned": counts(3),
    "points": whole(2_400),
    "loyalty_points": whole(15_000),
    "meter_reading": whole(480_000),
    "odometer_km": whole(80_000),
    "steps": whole(7_000),
    "joined_unix": [1_300_000_000 + 977 * v for v in counts(90_000)],
    "last_seen_ms": [1_500_000_000_000 + 977_001 * v for v in counts(90_000)],
    "signup_yyyymm": [202_001 + v for v in counts(11)],
    "week": [1 + v for v in counts(51)],
    "store": counts(40),
    "store_no": [1000 + v for v in counts(60)],
    "shop_number": [5000 + v for v in counts(30)],
    "branch": [10 * v for v in counts(90)],
    "region_code": counts(96),
    "department": counts(95),
    "sic_code": [1000 + 7 * v for v in counts(500)],
    "mcc": [5000 + v for v in counts(900)],
    "product_code": [100_000 + 13 * v for v in counts(40)],
    "ean": [4_006_381_333_931 + 0 * v + 12 * (v % 9) for v in counts(900)],
    "joined": days("{2}-{1:02}-{0:02}"),
    "last_order": days("{0:02}/{1:02}/{2}"),
    "seen": days("{0:02}.{1:02}.{2}"),
    "first_order": days("{2}{1:02}{0:02}"),
    "contract_start": days("{2}-{1:02}-{0:02} 10:30:00"),
    "PhoneService": levels("Yes|No"),
    "InternetService": levels("Fiber|DSL|None"),
    "Email": levels("Yes|No"),
    "phone": levels("Samsung|Apple|Nokia|Xiaomi|Huawei"),
    "phone_brand": levels("Samsung|Apple|Nokia"),
    "mobile_plan": levels("S|M|L|XL|Family"),
    "mobile_os": levels("android|ios"),
    "device": levels("phone|tablet|desktop|tv"),
    "device_type": levels("phone|tablet|desktop|console"),
    "browser": levels("Chrome|Safari|Firefox|Edge|Opera"),
    "contact": levels("cellular|telephone|unknown|letter"),
    "contact_channel": levels("mail|phone|chat|shop"),
    "email_domain": levels("gmail.com|gmx.de|web.de|yahoo.com|outlook.com|icloud.com"),
    "email_frequency": levels("daily|weekly|monthly|never"),
    "mail": levels("daily|weekly|monthly|never"),
    "postal_region": levels("North|South|East|West|Centre"),
    "zip_type": levels("urban|rural|suburban|island"),
    "address_type": levels("house|flat|office|box"),
    "street_type": levels("road|lane|avenue|square"),
    "state": levels("CA|NY|TX|FL|IL|OH|WA|GA|NC|MI|NJ|VA|AZ|MA"),
    "State": levels("California|Texas|Georgia|Virginia|Ohio|Utah|Iowa"),
    "country": levels(COUNTRIES),
    "Land": levels("Deutschland|Österreich|Schweiz|Polen"),
    "city": levels(CITIES),
    "Ort": levels(CITIES),
    "ville": levels("Paris|Lyon|Marseille|Nice|Toulouse|Lille"),
    "birth_country": levels(COUNTRIES),
    "Geburtsort": levels(CITIES),
    "ip_country": levels(COUNTRIES),
    "region": levels("Nord|Süd|Ost|West"),
    "gender": levels("Male|Female|Other"),
    "title": levels("Mr|Mrs|Ms|Dr|Prof"),
    "Anrede": levels("Herr|Frau|Divers|Firma"),
    "marital_status": levels("married|single|divorced|widowed|together"),
    "education": levels("PhD|Master|Graduation|Basic|2n Cycle"),
    "job": levels("admin.|technician|services|management|retired|student|blue-collar|unemployed"),
    "occupation": levels("Baker|Miller|Smith|Carpenter|Mason|Taylor|Cook|Fisher|Clerk|Nurse|Judge"),
    "colour": levels("Brown|Black|White|Green|Gray|Rose|Violet|Amber|Olive|Ruby|Scarlet"),
    "car_make": levels("Ford|Honda|Toyota|Mercedes|Ferrari|Porsche|Skoda|Seat|Lancia|Opel"),
    "plan": levels("Basic|Plus|Premium|Gold"),
    "nom_produit": levels("Alpha|Beta|Gamma|Delta"),
    "product_name": levels("Lamp|Chair|Table|Sofa|Shelf"),
    "BrandName": levels("Acme|Globex|Initech|Umbrella"),
    "store_name": levels("Charlotte|Florence|Victoria|Sofia|Diego|Oslo|Station|Harbour"),
    "campaign_name": levels("spring|summer|autumn|winter"),
    "name": levels("Basic|Pro|Gold"),
    "nombre_tarifa": levels("Plana|Joven|Familia"),
    "card_type": levels("Blue|Silver|Gold|Platinum"),
    "Card_Category": levels("Blue|Silver|Gold|Platinum"),
    "account_type": levels("current|savings|joint|youth"),
    "iban_country": levels("DE|FR|NL|ES"),
    "licence_class": levels("A|B|C|CE"),
    "vehicle": levels("car|van|bike|none"),
    "payment": levels("Visa|Mastercard|Paypal|Invoice|Amex"),
    "payment_method": levels(
        "Electronic check|Mailed check|Bank transfer (automatic)|Credit card (automatic)"
    ),
    "language": levels("de|en|fr|it|es|pt"),
    "currency": levels("EUR|USD|GBP|CHF"),
    "month": levels("January|April|May|June|August"),
    "weekday": levels("Mon|Tue|Wed|Thu|Fri|Sat|Sun"),
    "season": levels("Spring|Summer|Autumn|Winter"),
    "segment_market": levels("SMB|Mid|Enterprise|Public"),
    "industry": levels("Retail|Finance|Health|Energy|Media"),
    "age_group": levels("18-24|25-34|35-44|45-54|55-64|65+"),
    "income_band": levels("$40K - $60K|$60K - $80K|Less than $40K|$120K +"),
    "Kennzeichen": levels("A|B|C|D"),
    "alias_class": levels("x|y|z|w"),
    "login_method": levels("password|google|apple|sms"),
    "cookie_consent": levels("all|essential|none|later"),
    "cookie": levels("all|essential|none|later"),
    "sku": codes("SKU-{:04d}", 40),
    "article": codes("A{:04d}-B", 60),
    "tariff_code": codes("{:04d}.10", 20),
    "category_code": codes("10-{:04d}", 30),
    "size": levels("36|38|40|42|44"),
    "version": codes("1.{:d}.0", 30),
    "opening_hours": levels("08:00-18:00|09:00-20:00|10:00-16:00|00:00-24:00"),
    "bmi_class": levels("under|normal|over|obese"),
    "comment": levels("good|bad|fine|slow|fast"),
    "notes": levels("none|call back|vip|blocked"),
    "feedback": levels("positive|negative|neutral"),
    "opinion": levels("I agree|I strongly agree|I do not agree|I do not agree at all|I cannot say"),
    "score1": counts(100),
    "q1": counts(4_000),
    "level1": counts(90),
    "address_count2": counts(3_000),
    "phone_calls_2": counts(2_000),
    "pin_count": counts(900),
    "mobile_data_bytes": whole(6_000_000_000),
    "annual_revenue_cents": [2_000_000_000 + 7_777_771 * v for v in counts(900)],
    "order_value_sum": [3_000_000_000 + 5_555_557 * v for v in counts(900)],
    "data_bytes": [10_000_000_000 + 77_777_777 * v for v in counts(900)],
    "rose_variety": levels("Rosa|Iris|Lily|Violet|Daisy|Jasmine"),
    "car_model": levels("Mercedes|Giulia|Elise|Clio|Zoe|Sierra"),
    "bonus": codes("{:04d} Points", 60),
    "balance_text": codes("{:05d} Euro", 60),
    "room": codes("Room 1{:04d}", 30),
    "favourite": codes("SKU {:04d}", 40),
    "window": codes("{:04d}-10", 40),
    "会员等级": levels("普通|黄金|白金|钻石"),
    "城市": levels("北京|上海|广州|深圳|成都|杭州|武汉|苏州"),
    "등급": levels("일반|우수|최우수|특별"),
    "уровень": levels("базовый|серебряный|золотой|платиновый"),
    "город": levels("Москва|Казань|Самара|Омск|Уфа"),
    "都道府県": levels("東京都|大阪府|京都府|北海道|愛知県"),
    "商品名": levels("りんご|みかん|ぶどう|いちご"),
}
"""Columns with values for 400 customers."""
