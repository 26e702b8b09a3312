"""Names that columns of a meaning have, in several languages: a table.

A row is a meaning and its names. A name is the words of a column that are left once units of time,
marks of counting, adding up and averaging, and words for "customer" are taken off; plurals count as
singulars. All words must be there, in this order, and no other: a "package weight" is no age, and
the frequency of something else is not how often customers order. ``#`` asks for a mark of counting
(``num``, ``count``), ``$`` for one of amounts (``amount``, ``value``), ``~`` for a mean, ``@`` for
a time (``days``, or a date that is counted in days), ``^`` for a date that is counted in days.
"""

from __future__ import annotations


def listed(words: str) -> frozenset[str]:
    """Give words that stand between blanks."""
    return frozenset(words.split())


RECENCY = """
recency; @since last purchase; @since last order; @last purchase; @last order; @since last
transaction; @last transaction; @since purchase; @since order; purchase recency; order
recency; @since last buy; @last bought; @since last sale; letzter kauf; letzte bestellung;
@seit letztem kauf; @seit letzter bestellung; @desde ultima compra; @ultima compra; @depuis
derniere commande; @depuis dernier achat; @derniere commande; @dernier achat"""

FREQUENCY = """
frequency; purchase frequency; order frequency; transaction frequency; #order; #purchase;
order; #transaction; transaction; #trans; #trx; trx; #purchase trx; purchase trx; #invoice;
invoice; #bestellung; bestellung; #bestellungen; bestellungen; #einkauf; #einkaufe; #pedido;
pedido; #compra; #commande; commande; #achat; #order placed; order placed; lifetime order;
lifetime transaction"""

MONETARY = """
monetary; spend; spending; spent; $spend; $spent; $purchase; $order total; order total;
$transaction; $trans; $trx; $monetary; revenue; sale; $sale; turnover; umsatz; gesamtumsatz;
ausgabe; ausgaben; gasto; depense; $achat; $compra; lifetime spend; lifetime revenue;
charge; lifetime spending; purchase spend; money spent; chiffre affaire; monthly spend"""

TENURE = """
tenure; on book; @member since; @since signup; @since registration; @since enrolled; @since
first purchase; @since first order; account age; age account; membership age; @as member;
@with company; @at company; @with bank; relationship length; @since joining; @since joined;
@since becoming; seniority; length membership; membership length; vertragsdauer;
kundendauer; antiguedad; anciennete; ^signup; ^signed up; ^registration; ^registered; ^first
purchase; ^membership; ^first order; ^joined; ^join; ^enrollment; ^enrolment; ^created;
^account created; ^opened; ^since; ^account opened; ^alta; ^since enrollment; ^seit;
^inscription"""

TABLE: dict[str, str] = {
    "recency": RECENCY,
    "frequency": FREQUENCY,
    "monetary": MONETARY,
    "tenure": TENURE,
    "average_order_value": """
        ~order value; ~$order; ~purchase value; ~basket value; ~$basket; ~basket; ~transaction
        value; ~$transaction; ~spend order; ~$purchase; basket value; aov; order value; ~spend
        basket; ~spend visit; ~bon; bonwert; warenkorbwert; ~warenkorb; ~purchase; ~ticket;
        panier moyen; ~panier; basket size; ~basket size""",
    "days_between_orders": """
        @between order; @between purchase; ~@between order; interpurchase time; ~@between
        purchase; purchase interval; order interval; purchase gap; @between transaction""",
    "distinct_products": """
        distinct product; #distinct product; unique product; #unique product; product variety;
        #different product; different product; #distinct item; #unique item""",
    "returns": """
        return share; return rate; return ratio; return; #return; $return; returned item;
        #returned item; returned order; #returned order; item returned; refund; #refund; $refund;
        refund rate; retoure; #retoure; retourenquote; devolucion; #devolucion; retour; #retour;
        taux retour; product return; #product return""",
    "discount": """
        discount; discount share; discount rate; discount used; $discount; #discount; discount
        ratio; #discount used; deal purchase; #deal purchase; coupon; #coupon; coupon used;
        #coupon used; coupon usage; #coupon redeemed; promo purchase; #promo purchase; discounted
        share; promotion purchase; #promotion used; discount usage; rabatt; rabattanteil;
        rabattquote; descuento; remise; sconto; share discounted; share on discount; discount
        percentage; percent discount; ~discount""",
    "age": "age; alter; edad; eta; leeftijd; idade; alder",
    "birth_year": """
        @birth; @born; born; birth; geburtsjahr; jahrgang; @geburt; @nacimiento; @naissance
""",
    "start_year": "^^enrollment; ^^enrolment; ^^joined; ^^registration; ^^signup",
    "income": """
        income; salary; household income; monthly income; earning; gehalt; einkommen;
        jahreseinkommen; haushaltseinkommen; ingreso; renta; revenu; salaire; reddito; disposable
        income; estimated salary; estimated income; wage""",
    "monthly_charges": """
        monthly charge; monthly bill; monthly fee; monthly premium; ~monthly charge
""",
    "spending_score": "spending score; spend score",
    "lifetime_value": "clv; ltv; cltv; lifetime value; kundenwert",
    "visits": """
        visit; #visit; web visit; #web visit; site visit; #site visit; session; #session; store
        visit; #store visit; website visit; #website visit; besuch; #besuch; visita; visite""",
    "logins": "login; #login; login frequency; #app login; app login",
    "inactivity": """
        inactive; @inactive; @inactivity; inactivity; @since last login; @last login; @since last
        visit; @last visit; @since last activity; @last activity; @last seen; @since last seen;
        @last active; @since active; @since login; @dormant; @since last session; letzter besuch;
        @seit letztem login; @ultimo acceso; @derniere visite""",
    "balance": """
        balance; ~balance; ~account balance; account balance; bal; revolving bal; revolving
        balance; kontostand; saldo; solde; bank balance; $balance; outstanding balance; card
        balance""",
    "credit_limit": "credit limit; limit credit; kreditlimit; limite credito; card limit",
    "payments": "payment; $payment; payment made; #payment made; zahlung; pago; paiement",
    "full_payment": "full payment; prc full payment; paid in full; percent full payment",
    "cash_advance": "cash advance; $cash advance",
    "installments": "installment purchase; instalment purchase",
    "one_off": "oneoff purchase; one off purchase",
    "utilization": """
        ~utilization ratio; ~utilization; utilization; utilization ratio; utilisation;
        utilization rate; credit utilization""",
    "churn": """
        churn; churned; churn flag; attrition; attrition flag; attrited; exited; churn label;
        left; left company; abwanderung; gekundigt; baja; resilie""",
    "products_held": """
        #product; product held; #product held; relationship count; #relationship; #product owned;
        product owned; #contract; #policy held; #product with bank""",
    "complaints": """
        complaint; #complaint; complain; complained; beschwerde; #beschwerde; queja; reclamation;
        #reclamation; #complain; has complained""",
    "contacts": """
        #contact; support ticket; #support ticket; #ticket; support call; #support call; #service
        call; customer service call; service call; #call service; #support contact""",
    "satisfaction": """
        satisfaction; satisfaction score; satisfaction rating; csat; nps; nps score;
        zufriedenheit; satisfaccion; satisfaction level""",
    "children": """
        kid; #kid; child; #child; children; #children; kidhome; kid home; dependent; #dependent;
        kinder; #kinder; hijo; enfant; #enfant; child at home; children at home""",
    "teens": "teenhome; teen; #teen; teenager; teen home",
    "web": """
        web purchase; #web purchase; online purchase; #online purchase; online share; web share;
        share online; online order; #online order; web order; #web order; ecommerce share; online
        order share; onlineanteil; share web""",
    "store": """
        store purchase; #store purchase; store share; in store purchase; #in store purchase;
        share store; offline purchase; offline share; shop purchase; filialanteil""",
    "catalog": "catalog purchase; #catalog purchase; catalogue purchase; #catalogue purchase",
    "campaigns": """
        accepted cmp; campaign accepted; #campaign accepted; accepted campaign; campaign
        response; email open rate; accepted offer; #accepted offer""",
    "trend": """
        chng; $chng; #chng; trend; spend trend; spending trend; $change; #change; growth; spend
        growth; spend change; order trend; purchase trend; revenue growth; sale growth; $trans
        chng; #trans chng; $trend; entwicklung; tendencia""",
    "gender": "gender; sex; geschlecht; genero; sexo; sexe; genre",
    "country": "country; land; pais; nation",
    "place": "city; state; region; province; town; ort; stadt; ciudad; ville",
}
"""Names by meaning; ``^^x`` is the calendar year of ``x``."""

CUSTOMER = listed(
    "customer client cust cliente kunde kunden member user buyer shopper the of in for per an a is "
    "my current total overall all annual yearly das der die de del la le el du des en den "
    "flag dt date datum fecha ago to il un eur usd gbp keur kusd teur k euro dollar"
)
"""Words that say nothing of what a column means."""

MARKS: dict[str, frozenset[str]] = {
    "#": listed(
    "num number no count cnt ct nb n nr anzahl numero nombre qty times"
),
    "$": listed(
    "amount amt value sum betrag importe montant wert valor "
                   "monto"
),
    "~": listed(
    "avg average mean durchschnitt durchschnittlicher promedio medio moyen "
                   "moyenne typical"
),
}  # fmt: skip

TIMES: dict[str, str] = {
    "day": "day", "tag": "day", "dia": "day", "jour": "day", "days": "day", "tagen": "day",
    "tage": "day", "week": "week", "woche": "week", "semana": "week", "semaine": "week",
    "month": "month", "mon": "month", "monat": "month", "mese": "month", "moi": "month",
    "monate": "month", "monaten": "month", "year": "year", "yr": "year", "jahr": "year",
    "jahre": "year", "ano": "year", "annee": "year", "wochen": "week", "mois": "month",
}  # fmt: skip
"""Words of units of time, in the singular as :func:`engine.descriptive_stats.meanings` makes it."""
