"""How mail programs introduce quotes, forwards and signatures, in the languages people write to us in.

Data for `quote_text.py`: every pattern is matched against one line (or a few joined ones) of bounded length, and none
of them repeats inside a repetition, so that a hostile line costs no more than its length.
"""

import re

FROM, DATE, TO, SUBJECT, OTHER = "from", "date", "to", "subject", "other"

# The header lines that Outlook and others put above an inserted mail, by what they mean.
_LABELS = {
    FROM: (
        "From|Von|De|Da|Van|Från|Fra|Lähettäjä|Od|От|От кого|Отправитель|Kimden|Gönderen|Feladó|De la|Expeditor",
        "差出人|送信者|From 差出人|发件人|發件人|寄件者|寄件人|보낸 사람|보낸사람|Από|Від|Expéditeur|Absender|Afzender",
        "Mittente|Remitente|Remetente|Avsender|Afsender|Avsändare|Nadawca|Odesílatel|מאת|من|Từ|จาก|Dari|Pošiljatelj",
        "Saatja|Nuo|No|Од",
    ),
    DATE: (
        "Sent|Date|Gesendet|Datum|Gesendet am|Envoyé|Envoyé le|Enviado|Enviado el|Enviado em|Enviada em|Fecha|Data",
        "Inviato|Verzonden|Skickat|Sendt|Dato|Lähetetty|Päiväys|Päivämäärä|Wysłano|Wysłane|Odesláno|Odoslané|Дата",
        "Отправлено|Gönderildi|Tarih|Gönderim Tarihi|Küldve|Dátum|Elküldve|送信日時|日時|日付|发送时间|發送時間",
        "发送日期|日期|寄件日期|时间|보낸 날짜|날짜|보낸날짜|Ημερομηνία|Στάλθηκε|Надіслано|Trimis|נשלח|תאריך|تاريخ",
        "Ngày|วันที่|ส่ง|ส่งเมื่อ|Đã gửi|Dikirim|Tanggal|Saadetud|Sent at|Date Sent|Sent on|Изпратено|Poslano|Poslato",
        "Gönderilme Tarihi|تم الإرسال|Enviat|Enviat el|Išsiųsta|Nosūtīts|Verzonden op|Inviato il|Odeslané|Послато",
        "Bidalia|Sent Date",
    ),
    TO: (
        "To|An|À|A|Para|Aan|Till|Til|Vastaanottaja|Do|Komu|Кому|Kime|Címzett",
        "宛先|收件人|收件者|받는 사람|받는사람|Προς",
        "Pour|Destinataire|Empfänger|Către|אל|إلى|Đến|ถึง|Kepada|Za|Kam|Saaja|До|Adressaat|Per a|Kam|Gavėjas|Nori",
    ),
    SUBJECT: (
        "Subject|Betreff|Objet|Asunto|Oggetto|Onderwerp|Ämne|Emne|Aihe|Temat|Předmět|Predmet|Тема|Konu|Tárgy|件名|主题",
        "主題|主旨|제목|Assunto|Θέμα|Subiect|נושא|موضوع|الموضوع|Chủ đề|เรื่อง|Subjek|Perihal|Teema|Tema|Sujet",
        "Относно|Zadeva|Ogg|Betr|Tēma|Наслов|Gaia|Assumpte",
    ),
    OTHER: (
        "Cc|CC|Copie|Copie à|Kopie|Kopia|Kopi|Копия|副本|抄送|참조|Bcc",
        "Reply-To|Reply To|Risposta|Antwort an|Répondre à",
        "Responder a|Importance|Wichtigkeit|Priorität|Attachments|Anlagen|Organization|Newsgroups|Message-ID",
    ),
}
LABEL_KINDS = {label.casefold(): kind for kind, lines in _LABELS.items() for line in lines for label in line.split("|")}
ANYBODYS_DATE = re.compile(
    r"^[>\s*_|]{0,12}(?:Date|Datum|Data|Fecha|Dato|Дата|Dátum|Tarih|日付|日期|날짜|تاريخ|Ημερομηνία|Ngày|Tanggal|วันที่)\b",
    re.IGNORECASE,
)
LABEL = re.compile(
    r"^[>\s*_|]{0,12}([^\W\d_][\w\- \u0900-\u0dff\u0e00-\u0e7f]{0,22}?)[*_ ]{0,3}\s?[:：]"
    r"\s{0,3}[*_]{0,2}(?=\s|$|[^/\s])"
)

# "… wrote:", in the word order and with the endings each language uses.
_VERBS = (
    r"wrote|writes|schrieb|schreibt|geschrieben|a écrit|écrivait|écrit",
    r"ecrit|escribió|escribio|escribe|escreveu|escreve",
    r"ha scritto|scrive|scriveva|schreef|geschreven|skrev|skriver",
    r"kirjoitti|kirjutas|napisał|napisała|napisał\(a\)|pisze",
    r"napsal|napsala|napsal\(a\)|napísal|napísal\(a\)|пишет|писал|писала|написал|написала|написал\(а\)|писал\(а\)",
    r"написав|написала|пише|написа|írta|yazdı|yazmış|a scris|έγραψε|rašė|rakstīja|napisana|napisao|napisala",
    r"skrifaði|نوشت|लिखा|napisao/la|je pisao|va escriure|đã viết|menulis|כתב|כתבה|كتب",
)
VERB = re.compile(
    rf"(?:^|[\s,>\"')\]*])(?:{'|'.join(_VERBS)})(?=$|[\s,:：.\"<(*-])"
    r"|書きました|のメール|書いた|写道|寫道|写到|작성|쓴 글|เขียน",
    re.IGNORECASE,
)
# "---- Acme Help wrote ----", of Android's mail program.
FRAMED = re.compile(rf"[\w>\"')] (?:{'|'.join(_VERBS)})$", re.IGNORECASE)
_STARTERS = (
    r"(?:On|At|In article|Am|Den|Le|El|Il giorno|Il|In data|Op|Em|A|No dia)\b",
    r"(?:W dniu|Dnia|Dne|Dňa|På|Pe|La|În|V|U|Στις|Vào|Pada|Ngày|В|На|У|Kuupäev)\b",
    r"ב|في|\d{1,4}[./\-年. ]",
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun|Mo|Di|Mi|Do|Fr|Sa|So|lun|mar|mer|jeu|ven|sam|dim|пн|вт|ср|чт|пт|сб|вс)\b",
    r"(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday|Понедельник|Вторник|Среда|Четверг|Пятница|Суббота)\b",
)
STARTER = re.compile(rf"^[>\s*_\"-]{{0,8}}(?:{'|'.join(_STARTERS)})", re.IGNORECASE)
# Behind own words on the same line, as programs that drop line breaks leave it.
INNER_STARTER = re.compile(
    r"(?<=\S)[\s-]{1,8}(?=(?:On|Am|Le|El|Il|Op|Em|Den|Dne|W dniu)\s[^\n@]{0,30}\d[^\n]{0,300}[:：]\s*$)"
)
EVIDENCE = re.compile(r"\d{1,2}[:.h]\d{2}|\d{4}|\d{1,2}[./-]\d{1,2}[./-]\d{2}|@")
# Together on one line that ends in a colon they introduce a quote in any language.
YEAR, TIME = re.compile(r"\b(?:19|20)\d\d\b"), re.compile(r"\b\d{1,2}[:.]\d{2}\b")
BRACKETED = re.compile(r"[<(][^<>()\s]{1,120}@[^<>()\s]{1,120}[>)]")
INVISIBLE = " \t\r\xa0\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\ufeff"
# No verb at all: Gmail's "2016-03-03 17:21 GMT+01:00 Some One <a@b>:", Horde's "Quoting Name <a@b>:".
_NO_VERBS = (
    r"\d{4}\s?[-/.年]\s?\d{1,2}\s?[-/.月]\s?\d{1,2}.{0,120}[<(\[][^<>\s]{1,120}@[^<>\s]{1,120}[>)\]]\s?[:：]?",
    r".{0,160}\d{1,2}[:.]\d{2}.{0,120}<[^<>\s]{1,120}@[^<>\s]{1,120}>(?:さん)?\s?[:：]",
    r"[^@]{0,60}\d{1,2}[:.]\d{2}(?:[:.]\d{2})?(?:\s?[AP]M)?,? by [^<>@\s]{1,64}@[^<>@\s]{1,120}:",
    r"(?:Quoting|Zitat von|Citando a|Citando|Citeren|Selon|Mensaje citado por|Cytowanie|Цитирую)\s.{1,200}[:：]",
)
NO_VERB = re.compile(rf"^[>\s*]{{0,8}}(?:{'|'.join(_NO_VERBS)})\s*$", re.IGNORECASE)

# GroupWise: ">>> Ann Lee <ann@customer.example> 11/2/2026 10:00 AM >>>", and the quoted mail as it is.
BETWEEN_ARROWS = re.compile(r"^>{3}\s[^>\n][^\n]{3,250}\s>{3}\s*$")
# Of French portals, above the header lines of the quoted mail.
ABOVE_HEADERS = re.compile(r"^Message du \d{1,2}[/.]\d{1,2}[/.]\d{2,4}\b[^\n]{0,20}$", re.IGNORECASE)

_ORIGINAL = (
    r"original message|original appointment|ursprüngliche nachricht",
    r"original-nachricht|originalnachricht|mesaj original",
    r"message d['’]origine|message original|message initial",
    r"mensaje original|messaggio originale|oorspronkelijk bericht",
    r"origineel bericht|mensagem original|oryginalna wiadomość",
    r"wiadomość oryginalna|wiadomość pierwotna|antwort|thư gốc",
    r"исходное сообщение|оригинальное сообщение|ursprungligt meddelande|originalmeddelande|oprindelig meddelelse",
    r"original meddelelse|opprinnelig melding|originalt melding|alkuperäinen viesti|původní zpráva|původní e-mail",
    r"pôvodná správa|orijinal mesaj|özgün ileti|eredeti üzenet|原始邮件|原始郵件|原邮件|元のメッセージ",
    r"オリジナルメッセージ|원본 메시지|исходно съобщение|reply message|αρχικό μήνυμα",
)
_FORWARDED = (
    r"forwarded message|forwarded by|weitergeleitete nachricht|weitergeleitete message|message transféré",
    r"message réexpédié|mensaje reenviado|messaggio inoltrato|doorgestuurd bericht|mensagem encaminhada",
    r"mensagem reenviada|пересланное сообщение|пересылаемое сообщение|vidarebefordrat meddelande",
    r"videresendt meddelelse|videresendt besked|videresendt melding|välitetty viesti|edelleenlähetetty viesti",
    r"przekazana wiadomość|wiadomość przekazana|přeposlaná zpráva|转发的邮件|转发邮件|轉寄郵件|轉寄的郵件",
    r"転送メッセージ|転送されたメッセージ|전달된 메시지|iletilen mesaj|továbbított üzenet|mesaj redirecționat",
)
SEPARATOR = re.compile(
    rf"^[>\s*]{{0,8}}[-_=—–]{{2,80}}\s{{0,3}}(?:{'|'.join(_ORIGINAL + _FORWARDED)})\b(?:.{{0,80}}[-_=—–:*])?\s*$",
    re.IGNORECASE,
)
ANY_SEPARATOR = re.compile(r"^[>\s]{0,8}-{4,40}\s?[^-\n]{3,60}-{4,40}\s*$")
_BEGIN_FORWARD = (
    r"Begin forwarded message|Anfang der weitergeleiteten (?:Nachricht|E-Mail)|Weitergeleitete Nachricht",
    r"Début du message (?:réexpédié|transféré)|Inizio messaggio inoltrato|Comienzo del mensaje reenviado",
    r"Início da mensagem (?:reencaminhada|encaminhada)",
    r"Begin doorgestuurd bericht|Videresendt brev|Vidarebefordrat brev",
    r"Påbörjat vidarebefordrat meddelande|Start på videresendt besked|Starten på den videresendte meldingen",
    r"Välitetty viesti alkaa|Rozpoczęto przekazywaną wiadomość|Začátek přeposlané zprávy|转发的邮件",
    r"Начало переадресованного сообщения|İletilen ileti başlangıcı|転送されたメッセージ",
)
BEGIN_FORWARD = re.compile(rf"^[>\s*]{{0,8}}(?:{'|'.join(_BEGIN_FORWARD)})\s?[:：]?\s*$", re.IGNORECASE)

# Helpdesks ask for it in their notices ("## reply above this line ##"); ours does too.
_REPLY_ABOVE = (
    r"repl(?:y|ies) above|(?:type|write|enter) your (?:reply|response|answer) above|above this line|over denne linje",
    r"(?:oberhalb|über) diese[rs] (?:zeile|linie)|au[- ]dessus de cette ligne|encima de esta línea|acima desta linha",
    r"sopra questa (?:riga|linea)|boven deze (?:regel|lijn)|powyżej tej linii|выше этой (?:строки|линии)",
    r"ovanför (?:denna|den här) (?:rad|linje)|tämän rivin yläpuolelle|nad t(?:ento|ímto) řádk",
    r"この(?:行|線)より上|在此行(?:上方|以上)|이 (?:줄|선) 위",
)
REPLY_ABOVE = re.compile("|".join(_REPLY_ABOVE), re.IGNORECASE)
MARK = re.compile(r"[-=#~_*—–]{2,}")

_DEVICES = (
    r"iPhon|iPad|iPod|Android|Galaxy|Samsung|BlackBerry|Huawei|Xiaomi|Windows|Outlook|Yahoo|Gmail|\bMac\b|phone|mobile"
)
_DEVICES += r"|device|tablet|telefon|手机|手機"
_MOBILE = (
    r"(?:Sent|Written|Typed|Posted) (?:securely )?(?:from|via|with|on|by|using) my [^\n.!?]{2,60}",
    r"(?:Sent|Written|Typed|Posted) (?:securely )?(?:from|via|with|on|by|using) (?:an? |the )?"
    rf"[^\n.!?]{{0,40}}(?:{_DEVICES})[^\n.!?]{{0,40}}",
    r"(?:Sent|Written|Typed) (?:securely )?(?:from|via|with|using) (?-i:[A-Z])[^\n.!?,<]{1,40}"
    r"(?:<[^<>\n]{1,200}>[^\n.!?,<]{0,40})?",
    r"Get Outlook for (?:iOS|Android|Mac)\b[^\n]{0,60}|Get (?-i:[A-Z])\w{2,15} for (?:iOS|Android|iPhone)",
    r"Sent from Mail for Windows[^\n]{0,20}|Yahoo Mail: [^\n]{5,60}",
    r"(?:Von|Vom|Mit) [^\n.!?]{2,70}gesendet|Gesendet (?:von|mit|aus|über) [^\n.!?]{2,60}",
    r"Diese Nachricht wurde von meinem [^\n]{2,60}",
    r"Envoyé (?:de(?:puis)?|à partir de|avec) [^\n.!?]{2,60}|Inviat[oa] (?:da|dal|con|tramite) [^\n.!?]{2,60}",
    r"Enviad[oa] (?:desde|do|de|a partir do|pelo|via|con|usando) [^\n.!?]{2,60}|Skickat från [^\n.!?]{2,60}",
    r"(?:Verzonden|Verstuurd) (?:vanaf|met|via|vanuit|van) [^\n.!?]{2,60}|Sendt (?:fra|via|med) [^\n.!?]{2,60}",
    r"Lähetetty [^\n.!?]{2,60}|(?:Wysłane|Wysłano) (?:z|przez) [^\n.!?]{2,60}|Odesláno z [^\n.!?]{2,60}",
    r"Отправлено (?:с|из|от) [^\n!?]{2,60}|发自[^\n]{2,40}",
    # These begin own sentences too, so that they have to name what the mail was written with.
    r"(?:Odoslané|Poslan[oa]|Poslato|Надіслано|Изпратено|Enviat|Gửi từ|ส่งจาก|Dikirim dari|Dihantar dari|從我的|从我的"
    rf"|來自|来自|أُ?رسلت من|مرسل من)[^\n.!?]{{0,40}}(?:{_DEVICES})[^\n.!?]{{0,30}}",
    r"[^\n]{0,40}(?:iPhone|iPad|Android|Galaxy|手机)[^\n]{0,20}(?:から送信|发送|傳送|寄出|에서 보냄|küldve)",
    r"(?:iPhone|iPad)['’]?(?:umdan|imden) gönderildi|Trimis de pe [^\n.!?]{2,40}|Στάλθηκε από [^\n.!?]{2,40}",
    r"נשלח מ[^\n.!?]{2,40}",
)
# "Get Outlook for iOS", as its translations have it: what is fetched, and for what.
_FETCH = (
    r"Get|Download|Holen|beziehen|herunterladen|Télécharge[rz]|Obten\w{0,4}|Descargar|Obt[eé]\w{1,5}|Baixar|Transferir",
    r"Scarica|Ottieni|downloaden|Pobierz|Stáhn\w{2,4}|Získ\w{2,3}|Stiahnuť|Hämta|Skaff\w{0,3}|Hent|Hanki|Lataa|letölt\w{2,5}",
    r"Obțineți|Descărcați|edinin|indir\w{0,3}|Скачать|Загрузить|Завантажити|Изтегл\w{2,4}|Preuzmi\w{0,3}|Prenesi\w{0,3}",
    r"Λήψη|获取|下载|取得|下載|入手|다운로드|받기|قم بتنزيل|הורד|Tải|Unduh",
)
GET_OUTLOOK = re.compile(
    rf"^(?=[^\n]{{0,60}}\bOutlook\b)(?=[^\n]{{0,60}}(?:iOS|Android|Mac))(?=[^\n]{{0,60}}(?:{'|'.join(_FETCH)}))"
    r"[^\n<(]{8,60}(?:<[^<>\n]{1,200}>|\([^()\n]{1,200}\))?\s{0,3}$"
)
_LINK_AFTER = r"(?:<[^<>\n]{1,200}>|\([^()\n]{1,200}\))?"
MOBILE = re.compile(rf"^[>\s*_\[(]{{0,4}}(?:{'|'.join(_MOBILE)})[>\s*_\])]{{0,4}}{_LINK_AFTER}[\s>.!]{{0,4}}$", re.I)
MOBILE_START = re.compile(
    r"^[>\s*_\[(]{0,4}(?:Sent|Written|Typed|Posted|Get|Yahoo Mail|Von|Vom|Mit|Gesendet|Diese Nachricht|Envoyé"
    r"|Envia|Inviat|Verzonden|Verstuurd|Skickat|Sendt|Lähetetty|Wysłan|Odesláno|Отправлено|发自|從我的|从我的)",
    re.IGNORECASE,
)
MOBILE_DEVICES = ("iPhon", "iPad", "Android", "Galaxy", "手机", "手機")
SENT_FROM_MY = re.compile(r"^\s*(?:Sent from my|Von meinem|Envoyé de(?:puis)? mon|Enviado desde mi)\b", re.IGNORECASE)
SIGNATURE = re.compile(r"^[ \t]{0,3}(?:--|—|––|- -|-- --)[ \t\xa0]{0,3}$")
RULE = re.compile(r"^\s{0,3}(?:\*{5,}|_{5,}|={5,}|-{5,}|#{5,}|~{5,})\s*$")
_DISCLAIMERS = (
    r"confidential|intended (?:only|solely|for)|addressee|disclaimer|privileged|virus|not to be treated as|unsubscribe",
    r"mailing list|vertraulich|bestimmungsgemäß|confidentiel|destinataire",
    r"confidencial|destinatario|riservat|vertrouwelijk",
    r"poufn|конфиденциальн|listinfo|this (?:e-?mail|message|communication)|Do you Yahoo|Yahoo! |MSN |Hotmail",
)
DISCLAIMER = re.compile("|".join(_DISCLAIMERS), re.IGNORECASE)
# The formal closing above a name. "Thanks," and "Cheers," belong to the message.
_CLOSINGS = (
    r"(?:with )?(?:kind|kindest|best|warm|warmest|many) regards|(?:best )?regards|yours (?:sincerely|faithfully|truly)",
    r"sincerely(?: yours)?|rgds|br|kr|all the best|best wishes|mit freundlichen gr(?:ü|ue)(?:ß|ss)en|mfg|vg|lg",
    r"(?:mit )?(?:viele|beste|liebe|freundliche|herzliche|schöne)n? gr(?:ü|ue)(?:ß|ss)en?",
    r"freundlich(?:st)?e gr(?:ü|ue)ss?e",
    r"(?:bien )?cordialement|(?:bien )?sincèrement",
    r"salutations(?: distinguées)?|(?:un )?(?:cordial )?saludos?(?: cordial(?:es)?)?",
    r"atentamente|atenciosamente|cumprimentos|com os melhores cumprimentos",
    r"(?:cordiali|distinti|cari) saluti|cordialmente",
    r"(?:met )?vriendelijke groet(?:en)?|hartelijke groet(?:en)?",
    r"groet(?:en|jes)?|mvg|(?:med )?(?:vänlig|vänliga) hälsning(?:ar)?",
    r"(?:med )?venlig hilsen|(?:med )?vennlig hilsen",
    r"(?:de )?bedste hilsner|hilsen|mvh|kh|vh|(?:parhain )?terveisin|ystävällisin terveisin",
    r"(?:z )?(?:poważaniem|powazaniem|wyrazami szacunku|pozdrowieniami)",
    r"pozdrawiam|s pozdravem|s úctou|с уважением|с наилучшими пожеланиями",
    r"üdvözlettel|saygılarımla|cu stimă|με εκτίμηση|з повагою|敬具|此致|祝好|よろしくお願い(?:いた)?します|감사합니다",
)
CLOSING = re.compile(rf"^\s*(?:{'|'.join(_CLOSINGS)})\s?[,.!:，。]?\s*$", re.IGNORECASE)
