"""Which automatic replies say that a person is away: out-of-office notes, apart from receipts of shops and helpdesks.

Asked by `automation` for mail that is an automatic reply already, or has the subject of one. What each responder
gives away of itself:

    Exchange, Outlook  "Automatic reply: …" in the reader's language, Auto-Submitted, X-Auto-Response-Suppress
    Sieve              Auto-Submitted: auto-replied (vacation), RFC 5230 section 5.7
    Gmail and others   nothing but the words that the person wrote
"""

import re
from collections.abc import Mapping

from ticketing.mail.automatic_words import EXCHANGE_PREFIXES
from ticketing.mail.receipt_words import says_received

_MAX_CHARS = 3000

_PREFIX = re.compile(rf"^\s*(?:{'|'.join(EXCHANGE_PREFIXES)})\s*[:：]", re.IGNORECASE)
_SUBJECT = re.compile(
    r"out of (?:the )?office|\boo[of]\b|vacation|holiday|abwesen|urlaub|absen|fuera de|fuori|afwezig|frånvar|poissa|"
    r"отпуск|休暇|不在|休假|away|ausen|ausên|assenz|fravær|frånvar|nieobecn|nepřítom|neprítom|házon kívül|szabads|"
    r"außer haus|отсутств|απουσ|부재|휴가|puhkus|atostog|atvaļin|dopust",
    re.IGNORECASE,
)
# A person about themselves. Words that shops use too ("closed on holidays", "bei Abwesenheit") stand here in no form
# that these would match.
_WORDS = re.compile(
    r"\b(?:out of (?:the |my )?office\b(?! hours)|away from (?:the |my )?(?:office|desk|e-?mail)|"
    r"on (?:annual |parental |maternity |paternity |sick |medical |family )?(?:leave|vacation|holiday|pto)\b|"
    r"i(?: am|['’]m| will be|['’]ll be| shall be) (?:\w+ ){0,2}(?:away|back)\b(?! (?:in touch|to you|with you))|"
    r"back (?:in|at) (?:the |my )?office\b(?! hours)|return(?:ing)? to (?:the |my )?(?:office|work)\b|"
    r"\booo (?:until|till|from|today|this)\b|back on (?:the )?(?:\d|(?:mon|tues|wednes|thurs|fri|satur|sun)day)|"
    r"(?:limited|no|little) access to (?:my )?e-?mails?|"
    r"abwesend|in meiner abwesenheit|während meiner abwesenheit|nicht im (?:büro|haus|dienst)|"
    r"im (?:\w+ )?urlaub|betriebsurlaub|betriebsferien|in elternzeit|im mutterschutz|wieder im (?:büro|haus|dienst)|"
    r"ich bin (?:ab |am )[^.\n]{1,40}(?:wieder|zurück)|"
    r"en (?:congés?|vacances)\b|(?:je suis|serai) (?:\w+ ){0,2}absente?\b|absente? (?:du bureau|jusqu)|"
    r"hors du bureau|de retour (?:au bureau|le \d)|"
    r"fuera de (?:la |mi )?oficina|de vacaciones|(?:estoy|estaré|encuentro) (?:\w+ ){0,2}ausente|"
    r"(?:estaré|estoy) de (?:vuelta|regreso)|de (?:vuelta|regreso) el \d|"
    r"fora do escritório|(?:de|em) férias|(?:estou|estarei) (?:\w+ ){0,2}(?:ausente|de volta)|"
    r"fuori (?:ufficio|sede)|in (?:ferie|vacanza)\b|(?:sono|sarò) (?:\w+ ){0,2}assente|rientrerò|"
    r"ik ben (?:\w+ ){0,3}(?:afwezig|weer terug)|afwezig (?:tot|wegens|van)|op vakantie|met (?:\w+)?verlof|"
    r"niet op kantoor|"
    r"på semester|föräldraledig|frånvarande|inte på kontoret|tillbaka på kontoret|"
    r"på ferie|fraværende|ikke på kontoret|tilbage? på kontoret|tilbake på kontoret|"
    r"lomalla|poissa (?:toimistolta|töistä)|palaan (?:töihin|toimistolle|lomalta)|"
    r"na urlopie|poza biurem|jestem nieobecn|będę nieobecn|"
    r"jsem (?:\w+ ){0,2}mimo kancelář|na dovolené|jsem nepřítom|"
    r"mimo kancelárie|na dovolenke|na godišnjem odmoru|izvan ureda|fora de l['’]oficina|de vacances|nghỉ phép|"
    r"у відпустці|поза офісом|в отпуск\b|извън офиса|εκτός γραφείου|σε άδεια|מחוץ למשרד|בחופשה|خارج المكتب|في إجازة|"
    r"в отпуске|буду отсутствовать|отсутствую|вне офиса|"
    r"puhkusel|atostogauju|atostogose|atvaļinājumā|na dopustu|sedang cuti|em férias|ลาพักร้อน|ลาหยุด|"
    r"szabadságon|házon kívül|în concediu|nu sunt la birou|izindeyim|izinde olacağım|tatildeyim|ofis dışında)|"
    r"休假|不在办公室|不在辦公室|出差|年假|不在に|不在と|休暇中|休暇を|부재 ?중|휴가",
    re.IGNORECASE,
)
# Who is away, by what stands before the words in their clause. No word of others that means "am" in another language.
_OTHERS = re.compile(
    r"\b(?:is|was|were|has|had|he|she|they|(?<!\bi )(?<!\bwe )(?:will|shall)|when|if|report|"
    r"son|daughter|child|employee|pupil|student|wenn|ist|war|waren|wird|hat|meld\w+|sohn|tochter|kind|mitarbeiter\w*|"
    r"quand|est|était|sera|fils|fille|enfant|está|estaba|estará|estava|hij[oa]|filh[oa]|è|era|sarà|figli[oa]|"
    r"wordt|zoon|dochter|jest|będzie|bude|syn|будет|был|была|сын|дочь)\b|他|她|さん|님|[ご您]$",
    re.IGNORECASE,
)
_WRITER = re.compile(
    r"\b(?:i|my|me|we|our|ich|bin|wir|sind|meine[rmn]?|unsere?[rmn]?|je|nous|mon|ma|mes|notre|estoy|estaré|estamos|"
    r"encuentro|mi|estou|estarei|encontro|sono|sarò|siamo|rientrerò|ik|ben|wij|jag|jeg|vi|olen|olemme|palaan|"
    r"jestem|będę|przebywam|jsem|budu|som|budem|sam|soc|sunt|esmu|saya|tôi|vagyok|leszek|atostogauju|"
    r"я|мы|ми|отсутствую|είμαι|izindeyim|izinde olacağım|tatildeyim|ofis dışındayım|אני|أنا)\b|我|本人|私|저는|제가|"
    r"不在に(?:し|いた|なり)|休暇(?:中|をいただ|を取)",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?<!\d)[.;:!?](?=\s|$)|\n\s*\n|[。！？：；]")
_CLAUSE = re.compile(r"[,，、]\s*")
# All of a text: nothing but being away.
_AWAY = re.compile(
    r"(?:(?:i am|i['’]m|(?:ich )?bin|je suis|sono|estoy|estou|ik ben|jag är|jeg er|olen) )?"
    r"(?:currently |derzeit |zurzeit )?"
    r"(?:away|out|absente?|weg|verreist|borta|væk|borte|poissa|fuori|fora|fuera|ausente|assente|afwezig|frånvarande"
    r"|nie ma mnie|nejsem tu|меня нет|отсутствую|λείπω|不在(?:です)?|外出|休假)[.!。]*",
    re.IGNORECASE,
)
# "We got your order": Exchange rules and helpdesks send it under the same prefixes.
_RECEIPT = re.compile(
    r"(?:got|received|registered|logged|created|opened) (?:your|a|an) (?:\w+ )?"
    r"(?:order|request|ticket|enquiry|inquiry|application|case|payment|booking)\b|"
    r"\byour (?:\w+ )?(?:order|request|ticket|enquiry|inquiry|application|case|payment|booking)\b[^.\n]{0,40}"
    r"(?:received|registered|logged|created|opened)|"
    r"\b(?:bestellung|anfrage|ticket|bewerbung|antrag)\b[^.\n]{0,60}(?:erhalten|eingegangen|registriert|erfasst)|"
    r"\b(?:commande|demande|ticket)\b[^.\n]{0,60}(?:reçue?|enregistrée?)\b|"
    r"\breçu votre (?:commande|demande|ticket)\b|"
    r"\b(?:pedido|solicitud|solicitação|consulta)\b[^.\n]{0,60}(?:recibid|recebid|registrad)|"
    r"\b(?:recibido|recebemos) (?:su|tu|o seu|a sua|seu|sua) (?:pedido|solicitud|solicitação|consulta)\b|"
    r"\b(?:richiesta|ordine)\b[^.\n]{0,60}(?:ricevut|registrat)|ricevuto (?:la|il) (?:\w+ )?(?:richiesta|ordine)\b|"
    r"\b(?:bestelling|aanvraag|verzoek)\b[^.\n]{0,60}(?:ontvangen|geregistreerd)",
    re.IGNORECASE,
)


def is_vacation(headers: Mapping[str, str], *, subject: str, text: str) -> bool:
    """True when this automatic reply says that somebody is away.

    headers: the first value of each, names lower-cased. text: what is new in the mail, without the quoted one.
    """
    if "vacation" in headers.get("auto-submitted", "").lower():
        return True
    words = " ".join(text[:_MAX_CHARS].split())
    if names_absence(subject) or _WORDS.search(words):
        return True
    by_exchange = "x-auto-response-suppress" in headers or "auto-submitted" in headers
    if not by_exchange or _PREFIX.match(subject) is None:
        return False
    return _RECEIPT.search(f"{subject}\n{words}") is None and not says_received(f"{subject}\n{words}")


def names_absence(subject: str) -> bool:
    """True for a subject with words of absence in it: of a person too, so that it proves nothing automatic."""
    return _SUBJECT.search(subject) is not None or _WORDS.search(subject) is not None


def tells_own_absence(text: str) -> bool:
    """True when the writer tells of being away: "I am out of the office until Monday", not "Tom is on leave"."""
    words = text[:_MAX_CHARS].strip()
    return _AWAY.fullmatch(words) is not None or any(map(_is_own_absence, _SENTENCE.split(words)))


def _is_own_absence(sentence: str) -> bool:
    """True for words of absence in a clause that speaks of the writer, or at once: "Back on Monday"."""
    line = " ".join(sentence.split())
    for clause in _CLAUSE.split(line):
        found = _WORDS.search(clause)
        if found is None or _OTHERS.search(clause[: found.start()]):
            continue
        if line.startswith(found[0]) or _WRITER.search(clause[: found.end() + 2]):
            return True
    return False
