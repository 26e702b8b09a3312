"""What columns of transactions are called in the usual languages, by what they hold."""

from __future__ import annotations

from collections.abc import Mapping

from engine.data_preparation.features.id_names import ALSO as CUSTOMER_NUMBERS
from engine.data_preparation.features.id_names import MAYBE as CUSTOMERS
from engine.data_preparation.features.id_names import plain

# A line a language: German, French, Spanish, Portuguese, Italian, Dutch, the Nordic ones, Polish,
# Czech, Hungarian, Romanian, Turkish, Russian and Ukrainian, Greek, Chinese, Japanese, Korean,
# Arabic, Indonesian.
_NAMES: Mapping[str, str] = {
    "transaction_id": """
        Rechnungsnr, Rechnungsnummer, Rechnung, Belegnr, Belegnummer, Beleg, Bestellnr,
        Bestellnummer, Bestellung, Auftragsnr, Auftragsnummer, Auftrag, Bonnr, Bonnummer, Bon,
        Transaktionsnr, Vorgangsnr
        N° facture, numéro facture, numéro de facture, facture, N° commande, numéro commande,
        numéro de commande, commande, id commande, N° ticket, numéro ticket, ticket
        Nº factura, número factura, número de factura, factura, Nº pedido, número pedido,
        número de pedido, pedido, id pedido, orden, comprobante, boleta, folio
        número da fatura, fatura, nota fiscal, número do pedido, numeroNF, cupom, venda id
        numero fattura, fattura, numero ordine, ordine, id ordine, scontrino, numero scontrino
        factuurnummer, factuurnr, factuur, ordernr, bestelnummer, bestelling, bonnummer
        fakturanr, fakturanummer, faktura, ordrenr, ordrenummer, ordre, kvitto, kvittonr,
        kvittering, laskunumero, tilausnumero, kuitti
        nr faktury, numer faktury, nr zamówienia, numer zamówienia, zamówienie, paragon, nr paragonu
        číslo faktury, číslo objednávky, objednávka, účtenka, doklad, číslo dokladu
        számlaszám, rendelésszám, rendelés, bizonylatszám, număr factură, nr factură, comandă
        fatura no, fatura numarasi, fiş no, sipariş no, sipariş numarasi, sipariş, fatura
        номер заказа, заказ, номер чека, чек, номер накладной, накладная, номер замовлення
        αριθμός τιμολογίου, τιμολόγιο, παραγγελία
        订单号, 订单编号, 订单id, 訂單編號, 单号, 发票号, 交易号, 小票号
        注文番号, 注文id, 伝票番号, 受注番号, レシート番号, 取引id
        주문번호, 영수증번호, 송장번호
        رقم الفاتورة, رقم الطلب, no faktur, no transaksi, nomor transaksi, id transaksi
    """,
    "transaction_date": """
        Datum, Rechnungsdatum, Bestelldatum, Belegdatum, Kaufdatum, Auftragsdatum, Verkaufsdatum,
        Buchungsdatum, Zeitpunkt, Transaktionsdatum
        date facture, date de facture, date commande, date de commande, date achat, date d'achat,
        date de vente, date vente
        fecha, fecha factura, fecha pedido, fecha de pedido, fecha compra, fecha de compra,
        fecha venta
        data, data do pedido, data compra, data da compra, data venda, data da venda, data pedido
        data fattura, data ordine, data acquisto, data vendita, data di acquisto
        factuurdatum, besteldatum, orderdatum, aankoopdatum, verkoopdatum
        fakturadatum, inköpsdatum, köpdatum, försäljningsdatum, dato, fakturadato, ordredato,
        købsdato, kjøpsdato, salgsdato, päivämäärä, pvm, tilauspäivä, ostopäivä
        data zakupu, data sprzedaży, data faktury, data zamówienia, data transakcji
        datum objednávky, datum nákupu, datum prodeje, dátum, számla dátuma, rendelés dátuma
        data facturii, data comenzii, dată
        tarih, fatura tarihi, sipariş tarihi, satiş tarihi, işlem tarihi, alişveriş tarihi
        дата, дата заказа, дата покупки, дата продажи, дата чека, дата замовлення
        ημερομηνία
        日期, 订单日期, 下单时间, 交易日期, 交易时间, 购买日期, 時間, 时间, 訂單日期
        日付, 注文日, 購入日, 売上日, 取引日, 購買日, 年月日
        날짜, 주문일, 주문일자, 구매일, 거래일, 거래일자, 일자
        التاريخ, تاريخ الطلب, tanggal, tanggal transaksi, tanggal pembelian
    """,
    "product_id": """
        Artikelnr, Artikelnummer, Artikel-ID, Produktnr, Produktnummer, Produkt-ID, Artikel, Produkt
        référence, réf article, référence article, code article, code produit, produit, article
        código producto, código artículo, id producto, sku producto, producto, artículo
        código produto, código do produto, id produto, produto, artigo
        codice prodotto, codice articolo, id prodotto, prodotto, articolo
        artikelcode, productnummer, varenr, varenummer, vare, artikelkod, vara, tuotekoodi,
        tuotenumero, tuote
        kod produktu, id produktu, kod towaru, towar, kód produktu, číslo zboží, zboží, výrobek,
        cikkszám, termékkód, termék, cod produs, id produs, produs
        ürün kodu, ürün no, stok kodu, ürün id, ürün
        артикул, код товара, id товара, товар, код товару, προϊόν, κωδικός προϊόντος
        商品编号, 商品编码, 商品id, 产品编号, 产品id, 商品編號, 商品, 产品
        商品コード, 商品番号, 品番
        상품코드, 상품번호, 제품코드, 상품, 제품
        رمز المنتج, المنتج, kode produk, kode barang, id produk, produk, barang
    """,
    "product_name": """
        Artikelname, Artikelbezeichnung, Produktname, Bezeichnung, Produktbezeichnung, Beschreibung
        désignation, libellé, nom produit, nom du produit, libellé produit, libellé article
        nombre producto, nombre del producto, descripción, descripción producto
        nome produto, nome do produto, descrição, nome prodotto, descrizione, descrizione prodotto
        productnaam, omschrijving, artikelnaam, varenavn, produktnamn, benämning, tuotenimi
        nazwa produktu, nazwa towaru, název produktu, název zboží, terméknév, megnevezés,
        denumire, denumire produs
        ürün adi, stok adi, наименование, название товара, наименование товара, назва товару
        商品名称, 产品名称, 商品名稱, 商品名, 品名, 상품명, 제품명, nama produk, nama barang
    """,
    "quantity": """
        Menge, Anzahl, Stück, Stückzahl, Bestellmenge
        quantité, qté, nb articles, nombre d'articles
        cantidad, cant, unidades, quantidade, qtd, qtde, quantità, qta, pezzi
        aantal, hoeveelheid, antal, antall, kvantitet, mängd, määrä, kpl
        ilość, liczba sztuk, sztuk, množství, počet, počet kusů, mennyiség, darab, darabszám,
        cantitate, buc
        miktar, adet, количество, кол-во, кількість, ποσότητα
        数量, 购买数量, 數量, 個数, 点数, 수량, 구매수량, الكمية, jumlah barang, kuantitas
    """,
    "unit_price": """
        Einzelpreis, Stückpreis, Preis, Verkaufspreis, Preis pro Stück
        prix unitaire, prix, prix de vente, precio unitario, precio, precio por unidad
        preço unitário, preço, valor unitário, prezzo unitario, prezzo
        stuksprijs, prijs, eenheidsprijs, styckpris, enhetspris, stykpris, enhedspris, stykkpris,
        pris, yksikköhinta, hinta, kappalehinta
        cena jednostkowa, cena, jednotková cena, cena za kus, egységár, preț unitar, preț
        birim fiyat, birim fiyati, fiyat, цена, цена за единицу, ціна, τιμή, τιμή μονάδας
        单价, 价格, 單價, 単価, 価格, 단가, 가격, السعر, harga satuan, harga
    """,
    "amount": """
        Betrag, Umsatz, Summe, Gesamtbetrag, Gesamtpreis, Rechnungsbetrag, Zeilenbetrag, Wert,
        Nettobetrag, Bruttobetrag
        montant, montant total, montant ttc, montant ht, chiffre d'affaires, prix total, valeur
        importe, importe total, monto, monto total, valor total, total venta, precio total
        valor, valor da venda, preço total, montante, importo, importo totale, totale, fatturato,
        prezzo totale
        bedrag, totaalbedrag, totaal, omzet, totaalprijs, belopp, summa, totalbelopp, beløb, beløp,
        sum, totalt, omsättning, omsætning, omsetning, loppusumma, yhteensä, myynti
        kwota, wartość, suma, razem, wartość brutto, obrót, částka, celkem, celková cena, tržba,
        hodnota, összeg, végösszeg, érték, bruttó összeg, sumă, valoare
        tutar, toplam, toplam tutar, ciro, satiş tutari
        сумма, стоимость, выручка, итого, сума, вартість, ποσό, σύνολο, αξία
        金额, 总金额, 销售额, 訂單金額, 订单金额, 支付金额, 实付金额, 总价
        金額, 合計, 売上, 売上金額, 合計金額
        금액, 총액, 매출, 매출액, 결제금액, 구매금액, المبلغ, الإجمالي, total harga, jumlah
    """,
    "category": """
        Kategorie, Warengruppe, Produktkategorie, Produktgruppe, Abteilung, Sparte
        catégorie, catégorie produit, rayon, famille, categoría, categoría producto, departamento,
        categoria, categoria prodotto, categoria produto, reparto
        categorie, productgroep, kategori, produktkategori, varegruppe, varugrupp, tuoteryhmä,
        kategoria, grupa produktów, kategoria produktu, kategorie produktu, kategória,
        categorie de produs
        ürün kategorisi, категория, категория товара, категорія, κατηγορία
        类别, 品类, 商品类别, 分类, 類別
        カテゴリ, カテゴリー, 商品カテゴリ, 部門, 카테고리, 분류, 상품분류
    """,
    "year": """Jahr, année, año, ano, anno, jaar, år, vuosi, rok, év, yil, год, рік, 年, 年份,
        연도""",
    "month": """Monat, mois, mes, mês, mese, maand, månad, måned, kuukausi, miesiąc, měsíc, hónap,
        lună, ay, месяц, місяць, 月, 月份, 월""",
}


def _names(text: str) -> tuple[str, ...]:
    listed = (name for line in text.splitlines() for name in line.split(","))
    return tuple(dict.fromkeys(p for p in map(plain, listed) if p))


LANGUAGES: Mapping[str, tuple[str, ...]] = {
    "customer_id": (*CUSTOMER_NUMBERS, *CUSTOMERS),
    **{canonical: _names(text) for canonical, text in _NAMES.items()},
}
"""Names by canonical name, without case, spaces, accents and punctuation; the earlier wins."""
