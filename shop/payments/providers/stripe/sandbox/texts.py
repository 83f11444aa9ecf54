"""What the pages say, in English and Italian. The sandbox is an app of its own, so it carries its own words."""

from __future__ import annotations

from collections.abc import Callable

LANGUAGES = ("en", "it")

TEXTS: dict[str, tuple[str, str]] = {
    "band_name": ("Sandbox.", "Sandbox."),
    "band": (
        "A pretend payment page: no real card, no real money.",
        "Un pagamento per finta: niente carte vere, niente soldi veri.",
    ),
    "control_panel": ("Control panel", "Pannello di controllo"),
    "page_title": ("Sandbox payment", "Pagamento per finta"),
    "heading": ("Sandbox payment of {amount} to {merchant}", "Pagamento per finta di {amount} a {merchant}"),
    "order": ("Order", "Ordine"),
    "back": ("Back to {merchant}", "Torna a {merchant}"),
    "pay_merchant": ("Pay {merchant}", "Paga {merchant}"),
    "one_item": ("1 item", "1 articolo"),
    "items": ("{count} items", "{count} articoli"),
    "shipping_included": ("Shipping included", "Spedizione inclusa"),
    "shipping_and_vat_included": ("Shipping and VAT included", "Spedizione e IVA incluse"),
    "vat_included": ("VAT included", "IVA inclusa"),
    "total": ("Total", "Totale"),
    "total_with_vat": ("Total, VAT included", "Totale, IVA inclusa"),
    "open_until": (
        "You can pay until {time}. Closing this page keeps your bag.",
        "Puoi pagare fino alle {time}. Se chiudi la pagina, la borsa resta com’è.",
    ),
    "card_details": ("Card details", "Dati della carta"),
    "card": ("Card", "Carta"),
    "email": ("Email", "E-mail"),
    "card_number": ("Card number", "Numero della carta"),
    "expiry": ("Expiry", "Scadenza"),
    "expiry_hint": ("MM / YY", "MM / AA"),
    "cvc": ("Security code", "Codice di sicurezza"),
    "delivery": ("Delivery", "Consegna"),
    "delivery_hint": (
        "A sample address is filled in. Change it if you like.",
        "C’è già un indirizzo di esempio. Cambialo se vuoi.",
    ),
    "name": ("Full name", "Nome e cognome"),
    "line1": ("Street and number", "Via e numero civico"),
    "line2": ("Flat, floor, company (optional)", "Interno, piano, azienda (facoltativo)"),
    "postal_code": ("Postal code", "CAP"),
    "city": ("City", "Città"),
    "state": ("State or province (optional)", "Provincia o stato (facoltativo)"),
    "country": ("Country", "Paese"),
    "shipping_method": ("Shipping method", "Tipo di spedizione"),
    "test_cards": ("Test cards: tap to fill", "Carte di prova: tocca per compilare"),
    "card_succeeds": ("Succeeds", "Riesce"),
    "card_no_funds": ("No funds", "Senza fondi"),
    "card_3ds": ("Asks 3-D Secure", "Chiede 3-D Secure"),
    "card_declined": ("Declined", "Rifiutata"),
    "pay": ("Pay {amount} with pretend money", "Paga {amount} per finta"),
    "paying": ("Paying…", "Pagamento in corso…"),
    "privacy": (
        "Nothing typed here leaves this installation. Do not type a real card.",
        "Quello che scrivi resta in questa installazione. Non inserire una carta vera.",
    ),
    "declined_title": (
        "Your bank declined the card. Nothing was charged.",
        "La banca ha rifiutato la carta. Non è stato addebitato nulla.",
    ),
    "declined_hint": ("Try another card. Code:", "Prova con un’altra carta. Codice:"),
    "check_title": ("Check the fields below.", "Controlla i campi qui sotto."),
    "check_hint": ("Nothing was charged.", "Non è stato addebitato nulla."),
    "declined_generic_decline": ("Declined: this test card is always refused.", "Rifiutata: questa carta di prova dice sempre di no."),
    "declined_insufficient_funds": (
        "Declined: not enough funds on this test card.",
        "Rifiutata: fondi insufficienti su questa carta di prova.",
    ),
    "declined_expired_card": ("Declined: this test card has expired.", "Rifiutata: questa carta di prova è scaduta."),
    "declined_incorrect_cvc": (
        "Declined: the security code of this test card is always wrong.",
        "Rifiutata: il codice di questa carta di prova è sempre sbagliato.",
    ),
    "declined_test_mode_live_card": (
        "Declined: this is not a test card. Use one of the cards below.",
        "Rifiutata: non è una carta di prova. Usa una di quelle qui sotto.",
    ),
    "declined_payment_intent_authentication_failure": (
        "Declined: 3-D Secure was not completed.",
        "Rifiutata: 3-D Secure non è stato completato.",
    ),
    "error_email": ("Enter an email like anna@posta.it.", "Scrivi un’e-mail come anna@posta.it."),
    "error_card_incomplete": ("The card number is incomplete.", "Il numero della carta è incompleto."),
    "error_card_invalid": ("The card number is not valid.", "Il numero della carta non è valido."),
    "error_expiry": ("Enter the expiry as MM / YY.", "Scrivi la scadenza come MM / AA."),
    "error_expiry_past": ("This date is in the past.", "Questa data è passata."),
    "error_cvc": ("The security code has 3 or 4 digits.", "Il codice di sicurezza ha 3 o 4 cifre."),
    "error_required": ("This is needed for the delivery.", "Serve per la consegna."),
    "error_too_long": ("This is too long.", "È troppo lungo."),
    "error_country": ("Choose a country from the list.", "Scegli un paese dall’elenco."),
    "error_shipping": ("Choose a shipping method.", "Scegli il tipo di spedizione."),
    "paid_title": ("This order is paid", "Questo ordine è pagato"),
    "paid_text": ("You paid {amount} with pretend money.", "Hai pagato {amount} per finta."),
    "paid_action": ("Go to your order", "Vai all’ordine"),
    "expired_title": ("This payment page has expired", "Questa pagina di pagamento è scaduta"),
    "expired_text": (
        "Nothing was charged. Start again from your bag.",
        "Non è stato addebitato nulla. Riparti dalla borsa.",
    ),
    "missing_title": ("There is no payment here", "Qui non c’è nessun pagamento"),
    "missing_text": (
        "The address may be incomplete. Start again from your bag.",
        "Forse l’indirizzo è incompleto. Riparti dalla borsa.",
    ),
    "stale_title": ("This page was open for too long", "Questa pagina è rimasta aperta troppo a lungo"),
    "stale_text": ("Nothing was charged. Open the page again.", "Non è stato addebitato nulla. Riapri la pagina."),
    "too_large_title": ("That was too much text", "Il testo è troppo lungo"),
    "reopen": ("Open the page again", "Riapri la pagina"),
    "3ds_title": ("Confirm with your bank", "Conferma con la tua banca"),
    "3ds_text": (
        "A real bank would now ask for a code or your fingerprint for {amount} to {merchant}. Here you decide how it ends.",
        "Una banca vera ora ti chiederebbe un codice o l’impronta per {amount} a {merchant}. Qui decidi tu come finisce.",
    ),
    "3ds_complete": ("Complete", "Conferma"),
    "3ds_fail": ("Fail", "Non confermare"),
    "3ds_done_title": ("Your answer was sent to the bank", "La tua risposta è arrivata alla banca"),
    "3ds_done_text": ("You can close this page.", "Puoi chiudere questa pagina."),
    "receipt_title": ("Receipt from {merchant}", "Ricevuta di {merchant}"),
    "receipt_text": (
        "{amount} paid with the card ending in {last4}. Pretend money: this is no proof of payment.",
        "{amount} pagati con la carta che finisce con {last4}. Soldi per finta: non è una prova di pagamento.",
    ),
    "receipt_refunded": ("Refunded: {amount}", "Rimborsati: {amount}"),
    "dashboard": ("Sandbox control panel", "Pannello di controllo della sandbox"),
    "dashboard_text": (
        "What the pretend Stripe remembers. Sandbox time: {time} UTC.",
        "Quello che la finta Stripe ricorda. Ora della sandbox: {time} UTC.",
    ),
    "dashboard_closed_title": ("The control panel is closed from here", "Da qui il pannello di controllo è chiuso"),
    "dashboard_closed_text": (
        "It opens on the machine that runs the sandbox.",
        "Si apre dal computer che fa girare la sandbox.",
    ),
    "sessions": ("Sessions", "Sessioni"),
    "payments": ("Payments", "Pagamenti"),
    "refunds": ("Refunds", "Rimborsi"),
    "events": ("Events and deliveries", "Eventi e consegne"),
    "col_id": ("Id", "Id"),
    "col_amount": ("Amount", "Importo"),
    "col_status": ("Status", "Stato"),
    "col_created": ("Created", "Creato"),
    "col_event": ("Event", "Evento"),
    "col_delivery": ("Delivery", "Consegna"),
    "col_action": ("Action", "Azione"),
    "none_yet": ("None yet.", "Ancora niente."),
    "not_subscribed": ("no endpoint asked for it", "nessun endpoint l’ha chiesto"),
    "attempts": ("{state}, {count} tries", "{state}, tentativi: {count}"),
    "send_again": ("Send again", "Invia di nuovo"),
    "sent_again": ("Sent again. The answers: {statuses}.", "Inviato di nuovo. Le risposte: {statuses}."),
    "no_answer": ("no answer", "nessuna risposta"),
    "sent_nowhere": ("No endpoint has asked for this event.", "Nessun endpoint ha chiesto questo evento."),
}  # fmt: skip


def language_of(locale: str | None, accepted: str | None) -> str:
    """The session's `locale` decides; without one (or `auto`) the browser's wish does."""
    if locale and locale != "auto":
        return "it" if locale.split("-")[0] == "it" else "en"
    return accepted if accepted in LANGUAGES else "en"


def translator(language: str) -> Callable[..., str]:
    """`t("pay", amount="€5.00")`; an unknown key is a mistake and raises."""
    index = LANGUAGES.index(language)

    def translate(key: str, **values: object) -> str:
        return TEXTS[key][index].format(**values)

    return translate
