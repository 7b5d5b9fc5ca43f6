"""What commands in mails may be called beside custom fields, in the languages of `reading.LANGUAGES`."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class BuiltIn(StrEnum):
    """What every ticket has and a command can set; the values are the keys of rights."""

    PRIORITY = "priority"
    TEAM = "team"
    CATEGORY = "category"
    TAGS = "tags"


def _names(priority: str, team: str, category: str, tags: str) -> Mapping[str, BuiltIn]:
    given = zip(BuiltIn, (priority, team, category, tags), strict=True)
    return {name: kind for kind, names in given for name in names.split("|")}


def _levels(low: str, normal: str, high: str, urgent: str) -> Mapping[str, str]:
    given = {"low": low, "normal": normal, "high": high, "urgent": urgent}
    return {word: level for level, words in given.items() for word in words.split("|")}


# Casefolded.
BUILT_IN: Mapping[str, Mapping[str, BuiltIn]] = {
    "en": _names("priority", "team", "category", "tags|tag"),
    "de": _names("priorität|prioritaet", "team", "kategorie", "schlagwörter|schlagworte|tags"),
    "fr": _names("priorité|priorite", "équipe|equipe", "catégorie|categorie", "étiquettes|etiquettes|tags"),
    "es": _names("prioridad", "equipo", "categoría|categoria", "etiquetas"),
    "it": _names("priorità|priorita", "team|squadra", "categoria", "etichette|tag"),
    "nl": _names("prioriteit", "team", "categorie", "labels|tags"),
    "pt": _names("prioridade", "equipa|equipe", "categoria", "etiquetas"),
}
PRIORITIES: dict[str, dict[str, str]] = {
    code: dict(levels)
    for code, levels in {
        "en": _levels("low", "normal|medium", "high", "urgent"),
        "de": _levels("niedrig", "normal|mittel", "hoch", "dringend"),
        "fr": _levels("basse|faible", "normale|moyenne", "haute|élevée", "urgente|urgent"),
        "es": _levels("baja", "normal|media", "alta", "urgente"),
        "it": _levels("bassa", "normale|media", "alta", "urgente"),
        "nl": _levels("laag", "normaal", "hoog", "dringend|urgent"),
        "pt": _levels("baixa", "normal|média", "alta", "urgente"),
    }.items()
}
# The heading that is proposed for a language.
HEADINGS: Mapping[str, str] = {
    "en": "Ticket details",
    "de": "Ticketangaben",
    "fr": "Détails du ticket",
    "es": "Datos del ticket",
    "it": "Dati del ticket",
    "nl": "Ticketgegevens",
    "pt": "Dados do ticket",
}
LANGUAGE_NAMES: Mapping[str, str] = {
    "en": "English",
    "de": "Deutsch",
    "fr": "Français",
    "es": "Español",
    "it": "Italiano",
    "nl": "Nederlands",
    "pt": "Português",
}
