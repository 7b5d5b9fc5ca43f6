"""How shops and helpdesks say that a request came in, in languages beside those of `vacations`: what it is, and how."""

import re

_SPACED: tuple[tuple[str, str], ...] = (
    # Swedish, Danish, Norwegian, Finnish
    ("beställning|ärende|förfrågan|begäran|ansökan", "mottagit|mottaget|mottagen|mottagits|tagit emot|registrerat"),
    ("bestilling|ordre|henvendelse|forespørgsel|ansøgning|sag", "modtaget|registreret|oprettet"),
    ("bestilling|ordre|henvendelse|forespørsel|søknad|sak", "mottatt|registrert|opprettet"),
    (
        "tilauksen?ne|tilauksesi|pyyntösi|pyyntönne|palvelupyyn\\w+|hakemuks\\w+|tukipyyn\\w+",
        "vastaanot\\w+|rekisteröity|kirjattu|saapunut|on luotu",
    ),
    # Polish, Czech and Slovak, Hungarian, Romanian
    ("zamówieni\\w+|zgłoszeni\\w+|wnios\\w+|zapytani\\w+", "otrzyma\\w+|przyję\\w+|zarejestrowa\\w+|utworz\\w+"),
    (
        "objednávk\\w+|požadav\\w+|požiadavk\\w+|žádost\\w*|žiados\\w+|dotaz\\w*|tiket\\w*",
        "přijat\\w*|přijali|obdrželi|prijat\\w*|prijali|obdržali|zaregistrov\\w+|zaevidov\\w+",
    ),
    (
        "megrendelés\\w*|rendelés\\w*|kérés\\w*|kérelm\\w+|bejelentés\\w*",
        "megkaptuk|beérkezett|rögzít\\w+|regisztrál\\w+",
    ),
    ("comand\\w+|cerere\\w*|solicitare\\w*|tichet\\w*", "primit\\w*|înregistrat\\w*|recepționat\\w*"),
    # Russian, Ukrainian, Bulgarian, Greek, Turkish
    ("заказ\\w*|заявк\\w+|запрос\\w*|обращени\\w+", "получ[еи]\\w+|принят\\w*|приняли|зарегистрирова\\w+"),
    ("замовлення|заявк\\w+|запит\\w*|звернення", "отрима\\w+|прийнят\\w*|прийняли|зареєстрова\\w+"),
    ("поръчк\\w+|заявк\\w+|запитван\\w+", "получ\\w+|приет\\w*|регистрир\\w+"),
    ("παραγγελία\\w*|αίτημ\\w+|αίτησ\\w+", "λάβαμε|ελήφθη|παραλάβαμε|καταχωρ\\w+"),
    ("sipariş\\w+|taleb\\w+|talep\\w*|başvuru\\w+", "aldık|alındı|alınmıştır|ulaştı|kaydedil\\w+|oluşturul\\w+"),
    ("đơn hàng|yêu cầu", "đã nhận|nhận được|đã được ghi nhận"),  # Vietnamese
)
_UNSPACED: tuple[tuple[str, str], ...] = (  # Japanese, Chinese, Korean: words stand next to each other
    ("ご注文|お問い?合わ?せ|ご依頼|お申し?込み", "受け?付け?|承りました|受領|届きました"),
    ("订单|訂單|请求|請求|工单|工單|申请|申請|咨询|諮詢", "收到|受理|已创建|已建立|已登记|已登記"),
    ("주문|요청|문의|신청", "접수|등록되|받았"),
)
_END = r"[^.\n。]"


def _either(what: str, came: str) -> str:
    return f"(?:{what})(?:{_END}{{0,60}})(?:{came})|(?:{came})(?:{_END}{{0,30}})(?:{what})"


_RECEIPT = re.compile(
    "|".join(
        [
            *(_either(rf"\b(?:{what})\b", rf"\b(?:{came})\b") for what, came in _SPACED),
            *(_either(what, came) for what, came in _UNSPACED),
        ]
    ),
    re.IGNORECASE,
)


def says_received(words: str) -> bool:
    """True where a request, an order or the like is said to have come in."""
    return _RECEIPT.search(words) is not None
