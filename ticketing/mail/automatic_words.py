"""How responders begin the subject of what they send, in the languages they are set to. Data for `automation.py`.

Sure are whole phrases that a colon, a bracket or the end follows, as programs set them: "Out of office: …". The same
words in a sentence ("Out of office message does not work") are a person's, unless headers speak for a program.
"""

import re

# What Exchange and Outlook put before the subject of a note, in the language of the mailbox.
EXCHANGE_PREFIXES = (
    "automatic reply|automatische antwort|automatisch antwoord|automatiskt? svar|automaattinen vastaus",
    "réponse automatique|respuesta autom[áa]tica|resposta autom[áa]tica|risposta automatica",
    "automatyczna odpowiedź|odpowiedź automatyczna|automatická odpověď|automatikus válasz|răspuns automat",
    "automatická odpoveď|automatski odgovor|samodejni odgovor|resposta automàtica|erantzun automatikoa",
    "automaatvastus|automatinis atsakymas|automātisk[aā] atbilde|sjálfvirkt svar|përgjigje automatike",
    "автоматический ответ|автоматична відповідь|автоматичен отговор|аутоматски одговор|автоматски одговор",
    "αυτόματη απάντηση|otomatik yanıt|otomatik cevap|avtomatik cavab|авто(?:матты)? жауап",
    "(?:תשובה|תגובה|מענה) אוטומטי[תם]?|רד אוטומטי|(?:ال)?رد (?:ال)?تلقائي|پاسخ خودکار",
    "trả lời tự động|tự động trả lời|(?:การ)?ตอบกลับอัตโนมัติ|balasan otomatis|jawab(?:an|apan) auto(?:matik|matis)",
    "स्वचालित उत्तर",
    "(?:外出中?|休假中?|假期)?自动回复|自动答复|自動回覆|自動回應|自動回复|自動返信|自動応答|자동 ?(?:회신|응답|답장)",
)
_OTHER_PREFIXES = (
    r"auto(?:matic|matically generated|matisch|mated)?[ -]?(?:reply|response|responder|answer|acknowledge?ment)",
    r"(?:yahoo!? )?auto[- ]?(?:reply|response|responder|respond|ack)|auto-?reply message from \S{1,100}",
    r"(?:i am )?out[ -]of[ -](?:the[ -])?office"
    r"(?: (?:auto ?-?(?:reply|response)|reply|message|notice|notification|alert))?",
    r"vacation (?:auto-?)?(?:reply|message|notice|response)|away (?:message|notice)|absence (?:notice|message)",
    r"(?:automatische )?abwesenheits(?:notiz|nachricht|meldung|benachrichtigung|info|information|mitteilung|hinweis"
    r"|antwort)",
    r"automatische (?:rückmeldung|rückantwort|empfangsbestätigung|eingangsbestätigung|abwesenheit|nachricht|e-?mail)",
    r"(?:message|notification|avis) (?:automatique )?d['’]absence|absen(?:ce|t) du bureau",
    r"accusé de réception automatique",
    r"(?:mensaje|aviso|notificación) (?:automático )?de ausencia|fuera de (?:la )?oficina|contestación automática",
    r"(?:mensagem|aviso|notificação) (?:automática )?de ausência|fora do escritório|ausência do escritório",
    r"(?:messaggio|avviso|notifica) (?:automatico )?di assenza|fuori (?:sede|ufficio)",
    r"automatisch(?:e)? (?:beantwoording|reactie|bericht|afwezigheids\w+)|afwezigheids(?:bericht|melding|assistent)",
    r"(?:automatiskt? )?frånvaromeddelande|autosvar|fraværs(?:meddelelse|melding|besked)|autovastaus",
    r"(?:automaattinen )?poissaolo(?:viesti|ilmoitus)|ikke på kontoret|inte på kontoret",
    r"autoodpowied[źz]|nieobecno[śs][ćc] w (?:biurze|pracy)|poza biurem|mimo kancelář|ofis dışında|вне офиса",
    r"авто-?ответ(?:чик)?|εκτός γραφείου|מחוץ למשרד|خارج المكتب|부재 ?중 (?:알림|자동 ?(?:응답|회신))",
    r"不在通知|休假通知|不在のお知らせ",
)
# Words of absence alone: a colon makes a heading of them, or the subject that was answered.
_ABSENCE = (
    r"oo[of]|absence|abwesend|abwesenheit|außer haus|nicht im (?:büro|haus)|ausência(?: temporária)?|ausencia",
    r"assenza|assente|afwezig(?:heid)?|frånvar(?:o|ande)|fravær(?:ende)?|ute av kontoret|poissaolo",
    r"nieobecno[śs][ćc]|nepřítomnost|neprítomnosť|házon kívül",
    r"szabadságon|absență|отсутстви[ея]|απουσία|부재 ?중|外出|休假|不在",
)
# All of the subject: before a colon they say why somebody writes.
_ALONE = r"(?:i am )?(?:currently )?on (?:vacation|leave|holiday)|i am (?:currently )?(?:away|out)"
_TAGS = r"\s*(?:\[[^\[\]]{1,60}\]\s*){0,3}"
_MORE = (
    r"(?:,? (?:auf|to|d['’]absence|de ausencia|de ausência|di assenza|from [^@\s]{1,64}@\S{1,100})"
    r"| message| e-?mail| notification)?"
)
_COLON = r"\s*(?:[:：]|(?:re|aw|sv|vs|antw|rif|odp|r|fwd?)\s?:)"
_END = r"\s*(?:[;!(\[|/]|\.?\s*$|[-–—]\s)"
_PHRASES = "|".join(EXCHANGE_PREFIXES + _OTHER_PREFIXES)
_SURE = re.compile(
    rf"{_TAGS}(?:[\[【(](?:{_PHRASES})[\])】]|(?:{_PHRASES}){_MORE}(?:{_COLON}|{_END})|(?:{'|'.join(_ABSENCE)}){_COLON}"
    rf"|(?:{_ALONE})[.!]?\s*$)",
    re.IGNORECASE,
)
# Lotus Notes, in capitals: "AUTO: Ann Lee is out of the office (returning 11/12/2026)".
_NOTES = re.compile(
    r"\s*AUTO: .{1,200}?"
    r"(?:\([^()]{0,40}\d{1,4}[./-]\d{1,2}[^()]{0,30}\)|[Oo]ut of (?:the )?[Oo]ffice|abwesend|außer Haus)"
)


def is_automatic_subject(subject: str) -> bool:
    """True for a subject as responders write it, in any language that they are set to."""
    return _SURE.match(subject) is not None or _NOTES.match(subject) is not None
