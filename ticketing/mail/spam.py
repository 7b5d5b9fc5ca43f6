"""What gateways wrote about spam; only signals, since anyone can forge them: the mailbox's trust settings decide."""

import re
from collections.abc import Mapping

_SCORE = re.compile(r"\b(?:score|hits)=(-?\d+(?:\.\d+)?)")
_PAIR = re.compile(r"\b(SFV|CAT|SCL|BCL|CIP|CTRY):([^;\s]{0,40})")
_RESULT = re.compile(r"\b(dmarc|spf|dkim|compauth)\s?=\s?([a-z]{3,10})", re.IGNORECASE)


def spam_signals(headers: Mapping[str, str]) -> dict[str, str | float | bool]:
    """Found signals by name (spamassassin_score, exchange_scl, dmarc …), from the first value of each header."""
    signals: dict[str, str | float | bool] = {}
    _spamassassin(headers, signals)
    _exchange(headers, signals)
    if "feedback-id" in headers:
        signals["feedback_id"] = headers["feedback-id"][:200]
    if "x-ses-spam-verdict" in headers:
        signals["ses_verdict"] = headers["x-ses-spam-verdict"][:20].lower()
    for name, result in _RESULT.findall(headers.get("authentication-results", "")[:4000]):
        signals.setdefault(name.lower(), result.lower())
    return signals


def _spamassassin(headers: Mapping[str, str], signals: dict[str, str | float | bool]) -> None:
    status = headers.get("x-spam-status", "")
    flag = headers.get("x-spam-flag") or status.split(",", 1)[0]
    if flag:
        signals["spam_flag"] = flag.strip().lower().startswith(("yes", "true"))
    score = _SCORE.search(status[:2000])
    if score or "x-spam-score" in headers:
        value = score[1] if score else headers["x-spam-score"].split("/")[0].split("(")[0].strip()
        try:
            signals["spam_score"] = float(value)
        except ValueError:
            signals["spam_score_text"] = value[:40]


def _exchange(headers: Mapping[str, str], signals: dict[str, str | float | bool]) -> None:
    for name, value in _PAIR.findall(headers.get("x-forefront-antispam-report", "")[:2000]):
        signals[f"exchange_{name.lower()}"] = value
    level = headers.get("x-ms-exchange-organization-scl", "").strip()
    if level.lstrip("-").isdigit() and len(level) <= 3:
        signals["exchange_scl"] = level
