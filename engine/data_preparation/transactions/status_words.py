"""Words that say whether money counts, in the usual languages, and how they are compared."""

from __future__ import annotations

import re
import unicodedata
from enum import IntEnum

_LETTERS = str.maketrans(
    {"\u0131": "i", "ł": "l", "ø": "o", "æ": "ae", "ß": "ss", "đ": "d", "œ": "oe"}
)


class State(IntEnum):
    """What a row's money is; where several columns speak, the highest counts."""

    PURCHASE = 0
    OPEN = 1
    RETURN = 2
    REFUND = 3
    NONE = 4


def fold(text: str) -> str:
    """Reduce a name or a word to lower-case letters and digits of any script, without accents.

    Examples
    --------
    >>> fold("Zurück-erstattet "), fold("ÖDENDİ"), fold("Order Status")
    ('zuruckerstattet', 'odendi', 'orderstatus')
    """
    return "".join(tokens(text))


def tokens(text: str) -> list[str]:
    """Give the folded words of a text.

    Examples
    --------
    >>> tokens("Shipped - Returned to Seller")
    ['shipped', 'returned', 'to', 'seller']
    """
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    bare = "".join(c for c in plain if not unicodedata.combining(c))
    return re.findall(r"[^\W_]+", bare)


def _folded(*lines: str) -> frozenset[str]:
    return frozenset(fold(word) for line in lines for word in line.split(","))


PURCHASE_WORDS = _folded(
    "paid,completed,complete,shipped,delivered,fulfilled,success,successful,succeeded,settled",
    "captured,sold,invoiced,approved,accepted,confirmed,done,finished,sale,purchase,order,payment",
    "invoice,dispatched,sent,processed,collected,picked up,in transit,out for delivery,charge,ok",
    "payment accepted,payment received,valid,ready to ship,closed won,sales order,kept,normal",
    "bezahlt,abgeschlossen,versendet,versandt,verschickt,geliefert,zugestellt,erledigt,verkauft",
    "erfolgreich,bestätigt,ausgeliefert,fakturiert,verbucht,verkauf,rechnung,zahlung,kauf",
    "bestellung",
    "payé,payée,terminé,terminée,expédié,expédiée,livré,livrée,complété,complétée,réussi,réussie",
    "validé,validée,confirmé,confirmée,facturé,vente,achat,paiement accepté,commande",
    "pagado,pagada,completado,completada,enviado,enviada,entregado,entregada,finalizado,finalizada",
    "exitoso,exitosa,confirmado,confirmada,facturado,cobrado,aprobado,aprobada,venta,compra",
    "completo",
    "pagato,pagata,completato,completata,spedito,spedita,consegnato,consegnata,evaso,evasa",
    "concluso",
    "confermato,confermata,riuscito,vendita,acquisto,fatturato",
    "pago,paga,concluído,concluída,entregue,faturado,aprovado,aprovada,venda,concretizado",
    "betaald,voltooid,verzonden,geleverd,afgerond,bezorgd,afgeleverd,gelukt,verkoop,bestelling",
    "ödendi,tamamlandi,gönderildi,teslim edildi,kargolandi,kargoya verildi,başarili,onaylandi",
    "satiş",
    "opłacone,opłacony,zapłacone,zapłacono,zrealizowane,zrealizowano,wysłane,wysłano,dostarczone",
    "dostarczono,zakończone,ukończone,sprzedaż,zrealizowany,opłacono",
    "betald,betalt,slutförd,slutfört,skickad,skickat,levererad,levererat,genomförd,klar,köp",
    "gennemført,afsendt,leveret,sendt,færdig,salg,køb,gennemfort",
    "оплачен,оплачено,оплачена,завершен,завершено,завершён,выполнен,выполнено,отправлен,отправлено",
    "доставлен,доставлено,продажа,покупка,выполнена,доставлена",
)
NONE_WORDS = _folded(
    "cancelled,canceled,cancel,cancellation,failed,failure,voided,void,declined,denied,rejected",
    "refused,expired,abandoned,error,payment error,payment failed,payment declined,draft,deleted",
    "trash,incomplete,checkout draft,aborted,test,not delivered,undelivered,timed out,nullified",
    "storniert,abgebrochen,fehlgeschlagen,abgelehnt,abgelaufen,annulliert,ungültig,gelöscht",
    "stornierung,gescheitert,widerrufen,entwurf,zahlung fehlgeschlagen",
    "annulé,annulée,échoué,échouée,échec,refusé,refusée,expiré,expirée,abandonné,abandonnée,rejeté",
    "rejetée,brouillon,erreur de paiement",
    "cancelado,cancelada,anulado,anulada,fallido,fallida,rechazado,rechazada,vencido,caducado",
    "caducada,abandonado,abandonada,expirado,expirada,borrador,error de pago",
    "annullato,annullata,cancellato,cancellata,fallito,fallita,rifiutato,rifiutata,scaduto,scaduta",
    "abbandonato,respinto,respinta,bozza",
    "falhado,falhou,falha,recusado,recusada,rejeitado,rejeitada,rascunho",
    "geannuleerd,mislukt,geweigerd,afgewezen,verlopen,vervallen,afgebroken,verlaten",
    "iptal,iptal edildi,iptal edilmiş,başarisiz,reddedildi,süresi doldu,terk edildi",
    "anulowane,anulowano,anulowany,anulowana,nieudane,nieudana,odrzucone,odrzucona,wygasłe",
    "niepowodzenie,porzucone,odrzucony",
    "avbruten,avbrutet,annullerad,annullerat,makulerad,misslyckad,misslyckades,misslyckat,nekad",
    "avvisad,utgången,avbeställd,annulleret,mislykket,mislykkedes,afvist,udløbet,afbrudt",
    "отменен,отменён,отменено,отменена,отмена,неудача,неуспешно,отклонен,отклонён,отклонено",
    "просрочен,истек,истёк,ошибка,аннулирован,не оплачен и отменен",
)
RETURN_WORDS = _folded(
    "refunded,returned,return,refund,chargeback,charged back,charge back,reversed,reversal,rma",
    "returned to sender,returned to seller,credit note,credit memo,credited,dispute lost",
    "fully refunded,money back,refund issued,sales return,exchange return",
    "erstattet,zurückerstattet,rückerstattet,retourniert,zurückgegeben,retoure,rückbuchung",
    "gutschrift,zurückgesendet,rückgabe,rückerstattung,erstattung,rücksendung",
    "remboursé,remboursée,retourné,retournée,remboursement,avoir,rétrofacturation",
    "reembolsado,reembolsada,devuelto,devuelta,devolución,reembolso,contracargo",
    "rimborsato,rimborsata,reso,restituito,restituita,rimborso,stornato",
    "devolvido,devolvida,devolução,estornado,estorno",
    "terugbetaald,geretourneerd,retour,terugbetaling,teruggestuurd",
    "iade,iade edildi,geri ödendi,iade edilmiş",
    "zwrócone,zwrócono,zwrot,zwrócony,zwrócona",
    "återbetald,återbetalt,återbetalning,returnerad,returnerat,retur,refunderet,refunderad",
    "returneret,tilbagebetalt,refundering",
    "возврат,возвращен,возвращён,возвращено,возмещено,возвращена",
)
OPEN_WORDS = _folded(
    "pending,processing,on hold,hold,holded,open,new,placed,created,awaiting,awaiting payment",
    "pending payment,authorized,authorised,unpaid,in progress,in process,unfulfilled,backorder",
    "unshipped,payment review,queued,scheduled,uncaptured,requires payment method,preparing",
    "overdue",
    "requires action,suspected fraud,fraud,disputed,partial,backordered,requires capture,due",
    "awaiting shipment,awaiting fulfillment,partially refunded,partially paid,partially shipped",
    "pending fulfillment,not paid,waiting,under review,requested,return requested,refund requested",
    "refund pending,return pending,cancellation requested,deposit,partially returned",
    "ausstehend,in bearbeitung,offen,wartend,neu,unbezahlt,nicht bezahlt,teilweise erstattet",
    "teilweise bezahlt,zurückgestellt,in vorbereitung,zahlung ausstehend",
    "en attente,en cours,en traitement,nouveau,nouvelle,impayé,impayée,en préparation,non payé",
    "partiellement remboursé,partiellement remboursée,en attente de paiement,en cours de livraison",
    "pendiente,procesando,en proceso,en espera,nuevo,nueva,parcialmente reembolsado,no pagado",
    "pendiente de pago,en preparación,en curso",
    "in attesa,in lavorazione,in elaborazione,nuovo,nuova,sospeso,parzialmente rimborsato",
    "non pagato",
    "pendente,processando,em processamento,aguardando,em espera,novo,nova,aguardando pagamento",
    "in behandeling,in afwachting,in de wacht,nieuw,wachtend,gedeeltelijk terugbetaald,onbetaald",
    "beklemede,hazirlaniyor,işleniyor,onay bekliyor,yeni,bekliyor,ödeme bekleniyor,kismi iade",
    "oczekujące,oczekuje,w trakcie,w realizacji,wstrzymane,nowe,przetwarzane,nieopłacone,nowy",
    "väntande,väntar,behandlas,pågående,obetald,afventer,under behandling,behandles,ubetalt",
    "ожидает,ожидание,в обработке,обрабатывается,новый,ожидает оплаты,не оплачен,в пути",
)
OTHER_WORDS = _folded(
    "married,single,divorced,widowed,together,separated,alone,gold,silver,bronze,platinum,diamond",
    "vip,regular,basic,standard,premium,active,inactive,member,guest,returning,loyal,employed",
    "unemployed,retired,student,self employed,homeowner,subscribed,unsubscribed,new customer",
    "verheiratet,ledig,geschieden,verwitwet,marié,mariée,célibataire,divorcé,casado,soltero,casada",
    "soltera,divorciado,sposato,celibe,evli,bekar,gold member,silver member,high,medium,low",
)
"""Words of customers rather than of money: a column of these is left alone without a word."""

BANK_WORDS = _folded(
    "debit,credit,deposit,withdrawal,dr,cr,soll,haben,lastschrift,crédit,débit,crédito,débito,payout"
)
"""Words of accounts, of which a file alone does not tell what is spent: asked for."""

TRUE_WORDS = _folded("true,t,yes,y,1,x,ja,j,oui,o,si,sim,s,tak,evet,да,wahr,vrai,verdadero,sand")
FALSE_WORDS = _folded(
    "false,f,no,n,0,-,nein,non,não,nie,nee,hayir,нет,nej,falsch,faux,falso,not,none,no return"
)

_PARTIAL = frozenset(fold(w) for w in (
    "partial", "partially", "partly", "teilweise", "partiellement", "parcialmente", "parcial",
    "parzialmente", "gedeeltelijk", "częściowo", "kismi", "kismen", "delvis", "delvist", "частично",
    "requested", "pending", "awaiting",
))  # fmt: skip
_NOT = frozenset(fold(w) for w in (
    "not", "no", "nicht", "kein", "pas", "non", "não", "niet", "nie", "inte", "ikke", "не", "değil",
))  # fmt: skip
_CLASSES = (
    (OPEN_WORDS, State.OPEN), (NONE_WORDS, State.NONE), (RETURN_WORDS, State.RETURN),
    (PURCHASE_WORDS, State.PURCHASE),
)  # fmt: skip


def state_of(text: str) -> State | None:
    """Tell what a status says; None where its words are not known.

    A phrase that is not known as a whole says what its strongest word says; "partially" leaves it
    open, and so does what is only asked for.

    Examples
    --------
    >>> state_of("STORNIERT "), state_of("Shipped - Returned to Seller"), state_of("wc-completed")
    (<State.NONE: 4>, <State.RETURN: 2>, <State.PURCHASE: 0>)
    >>> state_of("partially cancelled"), state_of("gold")
    (<State.OPEN: 1>, None)
    """
    words = tokens(text)
    words = words[1:] if words[:1] == ["wc"] else words
    whole = _word("".join(words))
    if whole is not None:
        return whole
    if len(words) < 2 or _NOT & set(words):
        return None
    found = [state for w in words if (state := _word(w)) is not None]
    if found and _PARTIAL & set(words):
        return State.OPEN
    return max(found, default=None)


def _word(word: str) -> State | None:
    return next((state for words, state in _CLASSES if word in words), None)
