"""Usual English names of the columns of transactions, without case, spaces and punctuation."""

from __future__ import annotations

from collections.abc import Mapping

from engine.data_preparation.features.id_names import ALIASES as CUSTOMER_ALIASES

ORDER_TOTALS = (
    "ototalprice", "ordertotal", "ordervalue", "orderamount", "paymentvalue", "payment",
    "grandtotal", "invoicetotal", "invoiceamount", "transactionamount", "baskettotal", "spend",
    "amountspent", "transactionvalue",
)  # fmt: skip


ALIASES: Mapping[str, tuple[str, ...]] = {
    "customer_id": (
        "customeruniqueid", *(a for a in CUSTOMER_ALIASES if a != "id"), "ocustkey", "customerkey",
        "buyerid", "shopperid", "visitorid", "cardid", "cardnumber", "household",
    ),
    "transaction_id": (
        "transactionid", "invoiceno", "invoice", "invoiceid", "invoicenumber", "orderid", "orderno",
        "ordernumber", "order", "orderkey", "oorderkey", "lorderkey", "basketid", "basket",
        "receiptid", "receiptno", "receipt", "ticketid", "ticketno", "ticketnumber", "billno",
        "billnumber", "salesorderid", "transaction", "transactionno", "transactionnumber",
        "purchaseid",
    ),
    "transaction_date": (
        "transactiondate", "transactiontimestamp", "transactiondt", "transactiondatetime",
        "transactiontime", "invoicedate", "invoicedatetime", "orderdate", "odate", "oorderdate",
        "orderpurchasetimestamp", "ordertimestamp", "orderdatetime", "orderedat", "purchasedate",
        "purchasetimestamp", "purchasedat", "saledate", "salesdate", "paymentdate", "billdate",
        "receiptdate", "datetime", "timestamp", "date", "createdat", "eventtime",
        "shipdate", "shippeddate",
    ),
    "product_id": (
        "productid", "stockcode", "sku", "skuid", "itemid", "articleid", "articleno",
        "articlenumber", "productcode", "productno", "productnumber", "itemcode", "itemno",
        "itemnumber", "materialid", "partkey", "lpartkey", "upc", "ean", "gtin", "asin", "product",
        "item", "article",
    ),
    "product_name": (
        "productname", "description", "productdescription", "itemname", "itemdescription",
        "producttitle", "articlename", "stockdescription",
    ),
    "quantity": (
        "quantity", "qty", "units", "unitssold", "quantitysold", "orderquantity", "lquantity",
        "itemquantity", "numberofitems", "pieces",
    ),
    "unit_price": (
        "unitprice", "price", "priceperunit", "itemprice", "pricepaid", "sellingprice",
        "retailprice",
    ),
    "amount": (
        "amount", "lineamount", "linetotal", "linetotalamount", "totalprice", "totalamount",
        "salesvalue", "salesamount", "sales", "revenue", "total", "totalsales", "salestotal",
        "netamount", "turnover", "value", "lextendedprice", "extendedprice", *ORDER_TOTALS,
    ),
    "category": (
        "category", "productcategory", "productcategoryname", "categoryname", "categoryid",
        "department", "productline", "productgroup", "productcategoryid", "subcategory",
        "productsubcategory", "commoditydesc", "productclass", "productsubclass",
    ),
    "year": ("year", "transactionyear", "orderyear", "yr"),
    "month": ("month", "transactionmonth", "ordermonth", "mon"),
}  # fmt: skip
"""Usual names by canonical name, without case, spaces and punctuation; the earlier wins."""

LAST: Mapping[str, tuple[str, ...]] = {
    "customer_id": (
        "customeremail", "email", "emailaddress", "buyeremail", "billingemail", "useremail",
        "clientemail", "id",
    ),
}  # fmt: skip
"""Names that say who bought where no other column does, in any language."""
