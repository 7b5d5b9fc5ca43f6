"""How mail systems say that a mail was not delivered, in the languages they say it in.

Data for `bounce_signs.py` and `bounces.py`. A word alone proves nothing: people write of parcels and of mails that did
not arrive too, so that `bounce_signs` asks who says it and in which form.
"""

import re

# By language, for subjects and texts alike, in small letters: matched against what is lower-cased, which is many times
# as fast as to ignore the case. Those of other scripts stand apart, since not all of them set words off.
_NOT_DELIVERED = (
    r"(?:could|can) ?n[o']t be (?:delivered|reached|found|sent)|(?:un|non-?)deliver|not (?:be |been )?deliver",
    r"(?:wasn't|unable|not able|failed|failure) to deliver|returned to (?:the )?sender|has been postponed",
    r"unzustellbar|(?:nicht|niemals) (?:\w+ ){0,3}(?:zugestellt|ausgeliefert|übermittelt|erreich|zustellen)",
    r"zustell(?:ung\b.{0,40}(?:fehlgeschlagen|unvollständig|nicht möglich)|fehler|problem)|zustellung verzögert",
    r"non (?:remis|distribu|délivr|acheminé)|n['’](?:a|ont) pas (?:encore )?pu|n['’]a pu être|n['’]est pas parvenu",
    r"impossible de (?:joindre|remettre|livrer|délivrer)|échec (?:de|d['’])|retour(?:né)? à l['’]expéditeur",
    r"problème de remise",
    r"no se (?:ha |han )?(?:pudo|podido|puede|pudieron|pueden)|no (?:ha )?(?:pudo|podido) (?:ser )?entreg",
    r"no (?:llegó|(?:fue|ha sido) entregad)|no entregad|error de entrega|imposible entregar|devuelto|devolvid",
    r"non (?:recapit|consegn|è stato|è possibile|ha potuto|può essere)|mancat[ao] (?:consegna|recapito)",
    r"impossibile (?:recapitare|raggiungere|consegnare|inviare)|errore di consegna|respint[oa] al mittente",
    r"não (?:foi|pôde|é|pode|puderam) (?:possível |ser )?(?:\w+ )?entreg|não (?:entregue|alcançou|entregável)",
    r"não foi possível (?:alcançar|enviar)|falha (?:na|de|ao) entreg|erro de entrega|impossível entregar",
    r"onbestelbaar|niet (?:\w+ ){0,2}(?:bezorgd|afgeleverd|bereikt|aangekomen)|kan niet worden (?:bezorgd|geleverd)",
    r"niet bij alle geadresseerden",
    r"(?:kan|kunde|gick) inte (?:att )?(?:levereras|leverera|nå|skickas)|inte (?:leverer|nå)|nådde inte|olevererbar",
    r"(?:kan|kunne) ikke (?:leveres|nås|sendes)|ikke lever|nåede ikke|nådde ikke|uleverbar",
    r"toimittamaton|ei (?:voitu|voida) toimittaa|toimitus(?:virhe| epäonnistui)|ei (?:ole )?saavuttanut",
    r"ei mennyt perille",
    r"niedostarcz|nie (?:została|zostały|może być|można|udało się) (?:dostarcz|wysła|doręcz)|nie powiod|nieudane",
    r"nie dotarł|błąd",
    r"nedoruč|(?:nelze|nebylo možné|nepodařilo se|sa nepodarilo|nemožno) doruč|nezdařil|nebyla? doručen",
    r"kézbesíthetetlen|nem (?:sikerült|lehet(?:ett)?) (?:\w+ )?kézbesít|nem kézbesít",
    r"kézbesítés.{0,20}(?:hiba|sikertelen)",
    r"nelivrabil|nu a (?:putut fi|fost) livrat|livrar.{0,20}eșuat|imposibil de livrat|nu au putut fi",
    r"nije (?:moguće )?isporuč|nisu isporuč|neisporuč|ni bilo mogoče dostaviti|nedostavljiv",
    r"teslim edileme|iletileme|ulaştırılama|gönderileme",
    r"không thể (?:gửi|chuyển)|không gửi được|gửi không thành công|gagal (?:di|ter)kirim",
    r"tidak (?:dapat|bisa|ter)\s?kirim|tidak dapat dikirim|pengiriman gagal",
)
_NOT_DELIVERED_ELSEWHERE = (
    r"δεν (?:ήταν δυνατή|παραδόθηκε|μπορ)|αδύνατη η παράδοση|αποτυχία παράδοσης|μη παραδο",
    r"не ?достав|не (?:может|могут) быть (?:достав|отправ)|не уда(?:ется|ётся|лось) (?:\w+ )?достав|недостав",
    r"не удалось",
    r"возвращен[оа] отправителю|не вдалося (?:\w+ )?достав|не може (?:да )?(?:бъде|бути|се) достав|неможливо доставити",
    r"לא ניתן (?:היה )?(?:למסור|לשלוח)|לא נמסר",
    r"تعذر (?:تسليم|التسليم|إرسال)|لم يتم (?:تسليم|التسليم|توصيل)|غير قابل للتسليم|فشل (?:في )?(?:تسليم|التسليم)",
    r"未送达|未能送达|未传递|无法(?:投递|送|发送|被|传递|联系)|退[回信]|投递失败|发送失败|系统退信",
    r"無法(?:傳遞|遞送|傳送|投遞)|未傳遞|未送達|傳送失敗|退件",
    r"配信(?:不能|でき|エラー|に失敗)|送信(?:に?失敗|エラー|(?:する|が)?(?:こと(?:が|は))?でき)|届(?:けられ|きません|かな)",
    r"エラーのため",
    r"배달(?:되지|할 수|하지|되지 않음)|(?:전송|발송|전달) ?(?:에 )?(?:실패|할 수|되지)|반송",
    r"ไม่สามารถ(?:นำ)?ส่ง|ส่งไม่(?:ถึง|สำเร็จ)",
)
_NOBODY = (
    r"(?:user|recipient|address|account|mailbox) (?:is |was |address |name )?(?:unknown|not known|not found|rejected|"
    r"invalid|full|unavailable|disabled|does not exist|doesn't exist|over quota|not listed)",
    r"not a valid (?:user|recipient|address|mailbox)|not listed in|no longer (?:valid|available|accepts)",
    r"(?:unknown|invalid|no such|bad|inactive) (?:user|recipient|address|mailbox|local)|(?:does not|doesn't) exist",
    r"delivery (?:has )?(?:to the following|failed|failure|error)|quota exceeded|mailbox (?:is )?full|did not receive",
    r"rejected (?:your|the|recipient)|had trouble delivering|an error (?:has )?occurred while",
    r"automatically rejected|was rejected by|was blocked by|delivery of the (?:e-?mail|message) was stopped",
    r"unbekannt|existiert nicht|postfach (?:ist )?voll|n['’]existe pas|inconnu|no existe|desconocid|buzón .{0,30}lleno",
    r"non esiste|sconosciut|casella (?:\w+ )?piena|não existe|desconhecid|bestaat niet|finns inte|findes ikke",
    r"finnes ikke|ei ole olemassa|nie istnieje|neexistuje|nem létezik|nu există|ne postoji|bulunamadı|mevcut değil",
)
_NOBODY_ELSEWHERE = (r"δεν υπάρχει|не существует|не існує|не съществува|不存在|存在しません|存在しない|존재하지 않",)
_SUBJECTS = (
    r"(?:delivery|mail) (?:status|fail|report|error|problem|notif|delay|warning|has failed|to .{1,100} has)",
    r"(?:delivery|mail) (?:is )?delayed|returned mail|return(?:ed)? to sender|returning message",
    r"(?:entrega|livraison|remise) (?:retrasada|différée|retardée)|verzögert|vertraagd|opóźnion",
    r"failed mail\b|failure notice|delivery failure|failure delivery|mail (?:system error|could not)",
    r"message (?:you sent )?(?:blocked|rejected|delivery)|warning: (?:could not|message)",
    r"(?:virus|infected|banned|unsolicited).{0,40}(?:from you|your (?:mail|e-?mail|message))",
    r"rejected|bounce|user unknown|unknown user|zustellung|zurückgesandt|mail failure",
)
_FAILURE = re.compile(rf"\b(?:{'|'.join(_NOT_DELIVERED + _NOBODY)})")
_NOT_ARRIVED = re.compile(rf"\b(?:{'|'.join(_NOT_DELIVERED)})")
_FAILURE_ELSEWHERE = re.compile("|".join(_NOT_DELIVERED_ELSEWHERE + _NOBODY_ELSEWHERE))
_SUBJECT = re.compile(rf"\b(?:{'|'.join(_SUBJECTS + _NOT_DELIVERED)})")
_NOT_ARRIVED_ELSEWHERE = re.compile("|".join(_NOT_DELIVERED_ELSEWHERE))
# No person begins a subject so: with an answer's or a forward's prefix they do.
MACHINE_SUBJECT = re.compile(
    r"undelivered mail returned|mail delivery fail(?:ed|ure)?(?:\s*$|:)|"
    r"delivery status notification|failure notice\s*$|returned mail:|"
    r"(?:undeliverable|unzustellbar|non remis|non recapitabile|onbestelbaar|non-delivery) ?:|mail delivery system|"
    r"delivery failure noti|undeliverable (?:mail|message)|warning: (?:could not send|message \S{1,40} delayed)|"
    r"permanent delivery failure|(?:mail|message) could not be delivered\s*$",
    re.IGNORECASE,
)
# Systems' own, as a whole: a failure's subject has that of the mail behind it, in which any word may stand.
GOOD_NEWS = re.compile(
    r"\s*(?:(?:mail )?delivery (?:status )?(?:notification|report)\s?[(:-]\s?"
    r"(?:success(?:ful)?|relay(?:ed)?|expanded|delivered)\)?\s*$|"
    r"successful(?:ly)? (?:(?:e-?mail|mail|message) )?(?:delivery|delivered|relayed)"
    r"(?: (?:report|notification|receipt|status))?\s*$|"
    r"(?:delivered|relayed|expanded)\s*(?::|$))",
    re.IGNORECASE,
)
# In small letters.
_MAIL = re.compile(
    r"mail|messa[gj]|nachricht|courriel|correo|mensa[jg]|bericht|meddel|melding|viesti|wiadomoś|zpráv|správ|üzenet|levél"
    r"|mesaj|ileti|poruk|sporočil|сообщени|письм|\bлист|повідомл|съобщ|μήνυμα|הודע|رسال|بريد|邮件|郵件|信|メール|メッセージ"
    r"|메일|메시지|thư|pesan|surel|ข้อความ|อีเมล"
)
_CLAUSE_ENDS = re.compile(r"\n\s*\n|[.:;!?](?=\s|$)|[。：！？]")
RETRY_WORDS = re.compile(
    r"will (?:be retried|retry|keep trying|continue)|continue to (?:try|be attempted)|still (?:trying|being)|"
    r"delayed|not yet been delivered|been postponed|you do not need to resend|warning message only|"
    r"delivery to the following recipients? has been delayed|"
    r"(?:weitere|erneute?) (?:zustell)?versuch|wird erneut versucht|verzögert|nouvelle tentative|sera retent|"
    r"nouvelles tentatives|(?:entrega|livraison|remise) (?:retrasada|différée|retardée)|"
    r"se volverá a intentar|nuovo tentativo|nova tentativa|opnieuw (?:geprobeerd|proberen)|ponowi|будут продолжены",
    re.IGNORECASE,
)
TEMPORARY_WORDS = re.compile(r"temporar|vorübergehend|temporaire|tijdelijk|временн", re.IGNORECASE)
FINAL_WORDS = re.compile(
    r"could not be delivered|has not been delivered|was blocked|"
    r"permanent(?:ly)? (?:error|fail|fatal)|failed permanently|giving up|given up|"
    r"gave up|undeliverable|returned to (?:the )?sender|after \d+ attempt|retry timeout exceeded",
    re.IGNORECASE,
)


def says_not_delivered(text: str) -> bool:
    """True for a text in which a mail was not delivered, or nobody is there who could get it."""
    lowered = text.lower()
    return _FAILURE.search(lowered) is not None or (
        not text.isascii() and _FAILURE_ELSEWHERE.search(lowered) is not None
    )


def says_failed_outright(text: str) -> bool:
    """True for a text in which a mail was not delivered; that errors may still be told of is no such text."""
    lowered = text.lower()
    return _NOT_ARRIVED.search(lowered) is not None or (
        not text.isascii() and _NOT_ARRIVED_ELSEWHERE.search(lowered) is not None
    )


def says_mail_failed(text: str) -> bool:
    """True where one clause says that a mail, rather than a parcel, was not delivered; quoted lines do not count."""
    own = "\n".join(line for line in text.split("\n") if not line.lstrip().startswith(">"))
    clauses = (clause.lower() for clause in _CLAUSE_ENDS.split(own))
    return any(_MAIL.search(clause) and says_not_delivered(clause) for clause in clauses)


def is_bounce_subject(subject: str) -> bool:
    """True for a subject as bounces have it; people who write of them have it too."""
    lowered = subject.lower()
    return _SUBJECT.search(lowered) is not None or (
        not subject.isascii() and _NOT_ARRIVED_ELSEWHERE.search(lowered) is not None
    )
