"""How mail programs introduce quotes, forwards and signatures, in the languages people write to us in."""

import re

FROM, DATE, TO, SUBJECT, OTHER = "from", "date", "to", "subject", "other"

_LABELS = {
    FROM: "From|Von|De|Da|Van|Från|Fra|Lähettäjä|Od|От|От кого|Отправитель|Kimden|Gönderen|Feladó|差出人|送信者|From 差出人|"
    "发件人|發件人|寄件者|寄件人|보낸 사람|보낸사람|Από|Від|Expéditeur|Absender|Afzender|Mittente|Remitente|Remetente|Avsender|"
    "Afsender|Avsändare|Nadawca|Odesílatel|De la|Expeditor|מאת|من|Từ|จาก|Dari|Šalje|Pošiljatelj|Saatja|Nuo|No",
    DATE: "Sent|Date|Gesendet|Datum|Gesendet am|Envoyé|Envoyé le|Enviado|Enviado el|Enviado em|Enviada em|Fecha|Data|Inviato|"
    "Verzonden|Skickat|Sendt|Dato|Lähetetty|Päiväys|Päivämäärä|Wysłano|Wysłane|Odesláno|Odoslané|Дата|Отправлено|"
    "Gönderildi|Tarih|Gönderim Tarihi|Küldve|Dátum|Elküldve|送信日時|日時|日付|发送时间|發送時間|发送日期|日期|寄件日期|时间|"
    "보낸 날짜|날짜|보낸날짜|Ημερομηνία|Στάλθηκε|Надіслано|Trimis|נשלח|תאריך|تاريخ|Ngày|วันที่|Dikirim|Tanggal|Saadetud|"
    "Sent at|Date Sent|Sent on|Ditulis",
    TO: "To|An|À|A|Para|Aan|Till|Til|Vastaanottaja|Do|Komu|Кому|Kime|Címzett|宛先|收件人|收件者|받는 사람|받는사람|Προς|"
    "Pour|Destinataire|Empfänger|Către|אל|إلى|Đến|ถึง|Kepada|Za|Kam|Saaja",
    SUBJECT: "Subject|Betreff|Objet|Asunto|Oggetto|Onderwerp|Ämne|Emne|Aihe|Temat|Předmět|Predmet|Тема|Konu|Tárgy|件名|"
    "主题|主題|主旨|제목|Assunto|Θέμα|Subiect|נושא|موضوع|الموضوع|Chủ đề|เรื่อง|Subjek|Perihal|Teema|Tema|Sujet",
    OTHER: "Cc|CC|Copie|Copie à|Kopie|Kopia|Kopi|Копия|副本|抄送|참조|Bcc|Reply-To|Reply To|Risposta|Antwort an|Répondre à|"
    "Responder a|Importance|Wichtigkeit|Priorität|Attachments|Anlagen|Organization|Newsgroups|Message-ID",
}
LABEL_KINDS = {label.casefold(): kind for kind, labels in _LABELS.items() for label in labels.split("|")}
LABEL = re.compile(r"^[>\s*_|]{0,12}([^\W\d_][\w\- ]{0,22}?)[*_ ]{0,3}\s?[:：]\s{0,3}[*_]{0,2}(?=\s|$|[^/\s])")

_VERBS = (
    r"wrote|writes|says|said|schrieb|schreibt|geschrieben|a écrit|écrivait|écrit|ecrit|escribió|escribi=F3|escribio|escribe|"
    r"escreveu|escreve|ha scritto|scrive|scriveva|schreef|geschreven|skrev|skriver|kirjoitti|kirjutas|napisał|napisała|"
    r"napisał\(a\)|pisze|napsal|napsala|napsal\(a\)|napísal|napísal\(a\)|пишет|писал|писала|написал|написала|написал\(а\)|"
    r"писал\(а\)|написав|написала|пише|написа|írta|yazdı|yazmış|a scris|έγραψε|rašė|rakstīja|je napisal|je napisala|"
    r"je napisao|je pisao|va escriure|đã viết|menulis|書きました|書いた|写道|寫道|写到|작성|작성했습니다|님이 작성|เขียน|כתב|כתבה|كتب|"
    r"שכתב|gesendet|komentoval|commented"
)
VERB = re.compile(
    rf"(?:^|[\s,>\"')\]*]|(?<=[\u3000-\uffff]))(?:{_VERBS})(?=$|[\s,:：.\"<(*]|(?<=[\u3000-\uffff]))", re.IGNORECASE
)
STARTER = re.compile(
    r"^[>\s*_\"]{0,8}(?:On|At|In article|Am|Den|Le|El|Il giorno|Il|In data|Op|Em|A|No dia|W dniu|Dnia|Dne|Dňa|På|Pe|La|Στις|"
    r"Vào|Pada|Tarih|Ngày|Il|Lähettäjä|ב|في|В|Kuupäev|\d{1,4}[./\-年. ]|(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun|Mo|Di|Mi|Do|Fr|Sa|So|"
    r"lun|mar|mer|jeu|ven|sam|dim|пн|вт|ср|чт|пт|сб|вс|Понедельник|Вторник|Среда|Четверг|Пятница|Суббота|Воскресенье|"
    r"Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)\b)",
    re.IGNORECASE,
)
EVIDENCE = re.compile(r"\d{1,2}[:.h]\d{2}|\d{4}|\d{1,2}[./-]\d{1,2}[./-]\d{2}|@")
# No verb at all: Gmail's "2016-03-03 17:21 GMT+01:00 Some One <a@b>:", "Quoting Name <a@b>:".
NO_VERB = re.compile(
    r"^[>\s*]{0,8}(?:\d{4}\s?[-/.年]\s?\d{1,2}\s?[-/.月]\s?\d{1,2}.{0,120}[<(\[][^<>\s]{1,120}@[^<>\s]{1,120}[>)\]]\s?[:：]?"
    r"|.{0,160}\d{1,2}[:.]\d{2}.{0,120}<[^<>\s]{1,120}@[^<>\s]{1,120}>(?:さん)?\s?[:：]"
    r"|(?:Quoting|Zitat von|Citando a|Citando|Citeren|Selon|Mensaje citado por|Citat|Citerar|Cytowanie|Цитирую)\s.{1,200}[:：])\s*$",
    re.IGNORECASE,
)

_ORIGINAL = (
    r"original message|original appointment|ursprüngliche nachricht|original-nachricht|originalnachricht|"
    r"message d'origine|message d’origine|message original|message initial|mensaje original|messaggio originale|"
    r"oorspronkelijk bericht|origineel bericht|mensagem original|oryginalna wiadomość|wiadomość oryginalna|"
    r"wiadomość pierwotna|исходное сообщение|оригинальное сообщение|ursprungligt meddelande|originalmeddelande|"
    r"oprindelig meddelelse|original meddelelse|opprinnelig melding|alkuperäinen viesti|původní zpráva|původní e-mail|"
    r"pôvodná správa|orijinal mesaj|özgün ileti|eredeti üzenet|原始邮件|原始郵件|原邮件|元のメッセージ|オリジナルメッセージ|원본 메시지|"
    r"mesaj original|исходно съобщение|reply message|antwort|αρχικό μήνυμα|originalt melding|thư gốc"
)
_FORWARDED = (
    r"forwarded message|forwarded by|weitergeleitete nachricht|weitergeleitete message|message transféré|"
    r"message réexpédié|mensaje reenviado|messaggio inoltrato|doorgestuurd bericht|mensagem encaminhada|"
    r"mensagem reenviada|пересланное сообщение|пересылаемое сообщение|vidarebefordrat meddelande|videresendt meddelelse|"
    r"videresendt besked|videresendt melding|välitetty viesti|edelleenlähetetty viesti|przekazana wiadomość|"
    r"wiadomość przekazana|přeposlaná zpráva|转发的邮件|转发邮件|轉寄郵件|轉寄的郵件|転送メッセージ|転送されたメッセージ|"
    r"전달된 메시지|iletilen mesaj|továbbított üzenet|mesaj redirecționat"
)
SEPARATOR = re.compile(
    rf"^[>\s*]{{0,8}}[-_=—–]{{2,80}}\s{{0,3}}(?:{_ORIGINAL}|{_FORWARDED})\b.{{0,80}}$", re.IGNORECASE
)
ANY_SEPARATOR = re.compile(r"^[>\s]{0,8}-{4,40}\s?[^-\n]{3,60}-{4,40}\s*$")
BEGIN_FORWARD = re.compile(
    r"^[>\s*]{0,8}(?:Begin forwarded message|Anfang der weitergeleiteten (?:Nachricht|E-Mail)|Weitergeleitete Nachricht|"
    r"Début du message (?:réexpédié|transféré)|Inizio messaggio inoltrato|Comienzo del mensaje reenviado|"
    r"Início da mensagem (?:reencaminhada|encaminhada)|Begin doorgestuurd bericht|Påbörjat vidarebefordrat meddelande|"
    r"Vidarebefordrat brev|Videresendt brev|Start på videresendt besked|Starten på den videresendte meldingen|"
    r"Välitetty viesti alkaa|Rozpoczęto przekazywaną wiadomość|Začátek přeposlané zprávy|Начало переадресованного сообщения|"
    r"İletilen ileti başlangıcı|转发的邮件|転送されたメッセージ)\s?[:：]?\s*$",
    re.IGNORECASE,
)

_REPLY_ABOVE = (
    r"repl(?:y|ies) above|(?:type|write|enter) your (?:reply|response|answer) above|reply (?:(?:in|with) \w+ )?above|"
    r"above this line|antworte?n? (?:sie )?(?:bitte )?(?:oberhalb|über) (?:dieser|dieser) (?:zeile|linie)|"
    r"oberhalb dieser (?:zeile|linie)|über dieser (?:zeile|linie)|répond(?:re|ez) au[- ]dessus|au[- ]dessus de cette ligne|"
    r"respond[ae]r? (?:por )?encima|encima de esta línea|sopra questa (?:riga|linea)|boven deze (?:regel|lijn)|"
    r"acima desta linha|powyżej tej linii|выше этой (?:строки|линии)|ovanför (?:denna|den här) (?:rad|linje)|"
    r"over denne (?:linje|linjen)|tämän rivin yläpuolelle|nad tento řádek|nad tímto řádkem|この(?:行|線)より上|在此行(?:上方|以上)|"
    r"이 (?:줄|선) 위"
)
REPLY_ABOVE = re.compile(
    rf"^(?=.{{3,160}}$)(?:.*[-=#~_*—–]{{2,}}.*\b(?:{_REPLY_ABOVE})|.*(?:{_REPLY_ABOVE}).*[-=#~_*—–]{{2,}})",
    re.IGNORECASE,
)

MOBILE = re.compile(
    r"^[>\s*_\[(]{0,4}(?:(?:Sent|Written|Typed|Posted) (?:(?:securely )?(?:from|via|with|on|by)) (?:my |the |a |an )?[^\n.!?]{2,60}"
    r"|Get Outlook for (?:iOS|Android|Mac)\b[^\n]{0,60}|Sent from Mail for Windows[^\n]{0,20}|Sent using [^\n]{2,40}"
    r"|(?:Von|Vom|Gesendet) (?:von |mit |aus |über )?(?:meinem?r? )?(?:der |dem )?[^\n.!?]{2,50}gesendet|Gesendet (?:von|mit|aus|über) [^\n.!?]{2,60}"
    r"|Diese Nachricht wurde von meinem [^\n]{2,60}|(?:Envoyé|Télécharger|Obtenir) (?:de(?:puis)?|à partir de|avec|Outlook pour) [^\n.!?]{2,60}"
    r"|(?:Enviado|Enviada) (?:desde|do|de|a partir do|pelo|via|con|usando) [^\n.!?]{2,60}|(?:Inviato|Inviata) (?:da|dal|con|tramite) [^\n.!?]{2,60}"
    r"|(?:Verzonden|Verstuurd) (?:vanaf|met|via|vanuit|van) [^\n.!?]{2,60}|Skickat från [^\n.!?]{2,60}|Sendt (?:fra|via|med) [^\n.!?]{2,60}"
    r"|Lähetetty [^\n.!?]{2,60}|(?:Wysłane|Wysłano) (?:z|przez) [^\n.!?]{2,60}|Odesláno z [^\n.!?]{2,60}|Отправлено (?:с|из|от) [^\n!?]{2,60}"
    r"|[^\n]{0,40}(?:iPhone|iPad|Android|Galaxy|手机)[^\n]{0,20}(?:から送信|发送|傳送|寄出|에서 보냄)|(?:发自|從我的|从我的|発信元)[^\n]{2,40}"
    r"|(?:iPhone|iPad)['’]?(?:umdan|imden) gönderildi)[>\s*_\])]{0,4}(?:<[^<>\n]{1,200}>|\([^()\n]{1,200}\))?[\s>.!]{0,4}$",
    re.IGNORECASE,
)
MOBILE_START = re.compile(
    r"^[>\s*_\[(]{0,4}(?:Sent|Written|Typed|Posted|Get Outlook|Von|Vom|Gesendet|Diese Nachricht|Envoyé|Télécharger|Obtenir|Envia|"
    r"Inviat|Verzonden|Verstuurd|Skickat|Sendt|Lähetetty|Wysłan|Odesláno|Отправлено|发自|從我的|从我的|発信元|.{0,40}(?:iPhone|iPad|Android))",
    re.IGNORECASE,
)
SIGNATURE = re.compile(r"^[ \t]{0,3}(?:--|—|––|- -|-- --)[ \t\xa0]{0,3}$")
RULE = re.compile(r"^\s{0,3}(?:\*{5,}|_{5,}|={5,}|-{5,}|#{5,}|~{5,})\s*$")
DISCLAIMER = re.compile(
    r"confidential|intended (?:only|solely|for)|addressee|disclaimer|privileged|virus|not to be treated as|unsubscribe|mailing list|"
    r"vertraulich|bestimmungsgemäß|confidentiel|destinataire|confidencial|destinatario|riservat|vertrouwelijk|poufn|"
    r"конфиденциальн|listinfo|this (?:e-?mail|message|communication)|Do you Yahoo|Yahoo! |MSN |Hotmail",
    re.IGNORECASE,
)
