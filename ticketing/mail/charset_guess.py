"""Which legacy charset undeclared bytes look like: a few hundred common letters decide, in linear time.

General detectors need a page of text; subjects and short mails give them too little. Mail knows better what to expect:
each candidate is decoded strictly and scored by how many of its non-ASCII characters are among the language's most
common ones.
"""

import re

_HAN_SIMPLE = frozenset(
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事成方多经么去法学如都同现当没动面起看定"
    "天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把机十民第公此已工使情明性知全三又关点正业外将两高间由问很最重并物手应战向头文体政美相见被利什二等"
    "您请谢网电邮件价格信息产品服务公司发票客户订单系统联系方式中心市场管理培训"
)
_HAN_TRADITIONAL = frozenset(
    "的一是不了在人有我他這個們中來上大為和國地到以說時要就出會可也你對生能而子那得於著下自之年過發後作裡用道行所然家種事成方多經麼去法學如都同現當沒動面起看定"
    "天分還進好小部其些主樣理心她本前開但因只從想實日軍者意無力它與長把機十民第公此已工使情明性知全三又關點正業外將兩高間由問很最重並物手應戰向頭文體政美相見被利什二等"
    "您請謝網電郵件價格信息產品服務公司發票客戶訂單系統聯絡方式中心市場管理"
)
_KANA = frozenset(chr(code) for code in range(0x3041, 0x30FD))
_HANGUL_COMMON = frozenset(
    "이다는에가을의로한고하지도를은서기사자어나있아해그라일리인시대수정스보전니면부만으제상원주장여비요들안년과동소것게거국세신공구성관오우생했적과습입합된위명중전게문없경조연료메회등와할님"
    "안녕하세요감사합니다메일확인부탁드립니다문의주문상품배송고객센터"
)
_CYRILLIC_COMMON = frozenset("оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфОЕАИНТСРВЛКМДПУЗБГЯЧ")
_GREEK_COMMON = frozenset("αοιετσνηυρπκμλςόίάέήωγδύώχθφβξΑΟΙΕΤΣΝΗΚΠΜΛΕΓΔΘ")
_HEBREW_COMMON = frozenset("יוהלאבתרמשנדחקעפכםגסטצןזךףץ")
_ARABIC_COMMON = frozenset("اليمونرتبةعدسفهكقحجذصشطزخإأىثضؤئءغظ")
_THAI_COMMON = frozenset("านรอกเงมยลวดทสตะปบคหแจพชขใไโผำซถฟศณฉษธ่้ีิัุู์ึื็")
_WESTERN = frozenset(
    "äöüßÄÖÜéèêàâçôûîïëùÉÈÀÇœñáíóúÑÁÍÓÚ¿¡ãõÃÕåøæÅØÆòìÒÌ€£§°´«»–—’‘“”„…·•®©ªº\xa0½¼²³µ×ÿýÿŸžšŽŠ¨‚‹›†‡‰™¹¶±"
)
_CENTRAL = frozenset("áéíóúýčďěňřšťůžÁÉÍÓÚÝČĎĚŇŘŠŤŮŽąćęłńóśźżĄĆĘŁŃŚŹŻőűŐŰöüÖÜăâîșțşţĂÂÎŞŢđĐ„”“–’…\xa0§ä€")

# In the order they are tried; the first of equal scores wins.
_CANDIDATES = (
    ("gb18030", _HAN_SIMPLE), ("big5hkscs", _HAN_TRADITIONAL), ("cp949", _HANGUL_COMMON), ("euc_jp", _KANA),
    ("cp932", _KANA), ("cp1251", _CYRILLIC_COMMON), ("koi8-r", _CYRILLIC_COMMON), ("iso8859-5", _CYRILLIC_COMMON),
    ("cp866", _CYRILLIC_COMMON), ("cp1253", _GREEK_COMMON), ("cp1255", _HEBREW_COMMON), ("cp1256", _ARABIC_COMMON),
    ("cp874", _THAI_COMMON),
)  # fmt: skip
_ENOUGH = 0.3
_HIGH = bytes(range(128, 256))
_LETTERS = _HIGH + bytes(range(65, 91)) + bytes(range(97, 123))
_FOREIGN = re.compile("[^\x00-\x7f]")
_TOO_FEW = 6
_SPARSE = 0.2  # Western text has few letters beyond ASCII; other alphabets have little else


def guess_legacy(data: bytes) -> str | None:
    """The likely codec of 8-bit bytes that are not UTF-8, or None when nothing fits well."""
    if data.isascii():
        return "iso2022_jp_ext" if b"\x1b$" in data else None
    letters, high = _count(data, _LETTERS), _count(data, _HIGH)
    if high < letters * _SPARSE or (high <= 3 and high < letters * 0.5):
        return _western(data)
    scores = [(_score(data, codec, common), codec) for codec, common in _CANDIDATES]
    best = max(scores, key=lambda pair: pair[0])
    western = _score(data, "cp1252", _WESTERN) if letters > high * 2 else 0.0
    if best[0] >= _ENOUGH and best[0] > western * 0.9:
        return best[1]
    return _western(data) if western else None


def is_sparse(data: bytes) -> bool:
    """True when so few bytes lie beyond ASCII that the text is in the Latin alphabet, or too few to tell."""
    high = _count(data, _HIGH)
    return high < _TOO_FEW or high < _count(data, _LETTERS) * _SPARSE


def _count(data: bytes, wanted: bytes) -> int:
    return len(data) - len(data.translate(None, wanted))


def _western(data: bytes) -> str | None:
    west, central = _score(data, "cp1252", _WESTERN), _score(data, "cp1250", _CENTRAL)
    if west >= 0.5 and west >= central - 0.05:
        return "cp1252"
    return "cp1250" if central > 0.7 else "cp1252" if west > 0.2 else None


def _score(data: bytes, codec: str, common: frozenset[str]) -> float:
    try:
        text = data.decode(codec)
    except UnicodeError as error:
        # A sample may end inside a character; anything earlier rules the codec out.
        if not isinstance(error, UnicodeDecodeError) or error.start < len(data) - 4:
            return 0.0
        text = data[: error.start].decode(codec, "ignore")
    foreign = _FOREIGN.findall(text)
    if not foreign:
        return 0.0
    hits = sum(1 for character in foreign if character in common)
    return hits / len(foreign)
