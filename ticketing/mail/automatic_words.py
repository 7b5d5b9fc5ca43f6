"""How responders begin the subject of what they send, in the languages they are set to. Data for `automation.py`.

Sure are whole phrases that a colon, a bracket or the end follows, as programs set them: "Out of office: …". People
head their own mails with others ("Absence: Tom Miller, class 4b", "Vacation notice") and write on behind a phrase
("Out of office - how do I set it?"): such subjects count with one more sign only. The same words in a sentence
("Out of office message does not work") are a person's, unless headers speak for a program.
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
    r"auto(?:matic|matically generated|matisch|mated)?[ -]?(?:reply|response|acknowledge?ment)(?: message)?",
    r"(?:yahoo!? )?auto[- ]?(?:reply|response|respond|ack)|auto-?reply message from \S{1,100}",
    r"(?:i am )?out[ -]of[ -](?:the[ -])?office"
    r"(?: (?:auto ?-?(?:reply|response)|reply|message|notice|notification|alert))?",
    r"vacation (?:auto-?)?(?:reply|response)|abwesenheits(?:notiz|nachricht|antwort)",
    r"automatische abwesenheits\w{1,20}",
    r"automatische (?:rückmeldung|rückantwort|empfangsbestätigung|eingangsbestätigung|abwesenheit|nachricht|e-?mail)",
    r"message d['’]absence|(?:message|notification|avis) automatique d['’]absence|absen(?:ce|t) du bureau",
    r"accusé de réception automatique",
    r"mensaje de ausencia|(?:mensaje|aviso|notificación) automátic[oa] de ausencia|fuera de (?:la )?oficina",
    r"contestación automática|mensagem de ausência|(?:mensagem|aviso|notificação) automátic[oa] de ausência",
    r"fora do escritório|ausência do escritório",
    r"messaggio di assenza|(?:messaggio|avviso|notifica) automatic[oa] di assenza|fuori ufficio",
    r"automatisch(?:e)? (?:beantwoording|reactie|bericht|afwezigheids\w+)|afwezigheidsbericht",
    r"(?:automatiskt? )?frånvaromeddelande|autosvar|fraværsmeddelelse|autovastaus",
    r"(?:automaattinen )?poissaoloviesti|automaattinen poissaoloilmoitus|ikke på kontoret|inte på kontoret",
    r"ute av kontoret|házon kívül",
    r"autoodpowied[źz]|nieobecno[śs][ćc] w biurze|poza biurem|mimo kancelář|ofis dışında|вне офиса",
    r"авто-?ответ|εκτός γραφείου|מחוץ למשרד|خارج المكتب|부재 ?중 자동 ?(?:응답|회신)",
)
# What people call such a note, and the notes of a school, a carrier or a company on somebody else.
_NAMES = (
    r"auto(?:matic|mated)?[ -]?(?:responder|answer)|vacation (?:message|notice)|away (?:message|notice)",
    r"absence (?:notice|message)|abwesenheits(?:meldung|benachrichtigung|info|information|mitteilung|hinweis)",
    r"(?:notification|avis) d['’]absence|(?:aviso|notificación) de ausencia|(?:aviso|notificação) de ausência",
    r"(?:avviso|notifica) di assenza|fuori sede|afwezigheids(?:melding|assistent)|fraværs(?:melding|besked)",
    r"poissaoloilmoitus|nieobecno[śs][ćc] w pracy|автоответчик|부재 ?중 알림|不在通知|休假通知|不在のお知らせ",
)
# Words of absence alone: a colon makes a heading of them, or the subject that was answered.
_ABSENCE = (
    r"oo[of]|absence|abwesend|abwesenheit|außer haus|nicht im (?:büro|haus)|ausência(?: temporária)?|ausencia",
    r"assenza|assente|afwezig(?:heid)?|frånvar(?:o|ande)|fravær(?:ende)?|poissaolo",
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
_ANSWER = r"(?:re|aw|sv|vs|antw|rif|odp|r|fwd?)\s?[:：]"
_COLON = rf"\s*(?:[:：]|{_ANSWER})"
_END = r"\s*(?:[;!(\[|/]|\.?\s*$|[-–—]\s)"
_PHRASES = "|".join(EXCHANGE_PREFIXES + _OTHER_PREFIXES)
_ANY = "|".join((_PHRASES, *_NAMES))
_HEADINGS = "|".join((_ANY, *_ABSENCE))
_LIKE = re.compile(
    rf"{_TAGS}(?:[\[【(](?:{_ANY})[\])】]|(?:{_ANY}){_MORE}(?:{_COLON}|{_END})|(?:{'|'.join(_ABSENCE)}){_COLON}"
    rf"|(?:{_ALONE})[.!]?\s*$)",
    re.IGNORECASE,
)
# A phrase, or several ("Abwesenheitsnotiz / Out of office"), and nothing of a person's behind; or an answer's prefix.
_SURE = re.compile(
    rf"{_TAGS}(?:[\[【(](?:{_PHRASES})[\])】]"
    rf"|(?:{_PHRASES}){_MORE}(?:{_COLON}|(?:\s*[-–—/|;(\[]\s*(?:{_PHRASES})[)\]]?){{0,3}}[.!]{{0,3}}\s*$)"
    rf"|(?:{_HEADINGS}){_MORE}(?:\s*[:：])?{_TAGS}{_ANSWER})",
    re.IGNORECASE,
)
# Lotus Notes, in capitals: "AUTO: Ann Lee is out of the office (returning 11/12/2026)".
_NOTES = re.compile(
    r"\s*AUTO: .{1,200}?"
    r"(?:\([^()]{0,40}\d{1,4}[./-]\d{1,2}[^()]{0,30}\)|[Oo]ut of (?:the )?[Oo]ffice|abwesend|außer Haus)"
)


def is_automatic_subject(subject: str) -> bool:
    """True for a subject as responders alone write it, in any language that they are set to."""
    return is_like_automatic_subject(subject) and (_SURE.match(subject) or _NOTES.match(subject)) is not None


def is_like_automatic_subject(subject: str) -> bool:
    """True for a subject as responders write it, and people too: it wants one more sign."""
    return _LIKE.match(subject) is not None or _NOTES.match(subject) is not None
