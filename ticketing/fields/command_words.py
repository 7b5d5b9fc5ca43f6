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
    STATUS = "status"
    ASSIGNEE = "assignee"
    COMPANY = "company"


def _names(*names: str) -> Mapping[str, BuiltIn]:
    """names: of each of `BuiltIn`, in its order."""
    return {name: kind for kind, each in zip(BuiltIn, names, strict=True) for name in each.split("|")}


def _levels(low: str, normal: str, high: str, urgent: str) -> Mapping[str, str]:
    return _words({"low": low, "normal": normal, "high": high, "urgent": urgent})


def _statuses(new: str, opened: str, waiting: str, hold: str, solved: str, closed: str) -> Mapping[str, str]:
    given = {"new": new, "open": opened, "waiting": waiting, "hold": hold, "solved": solved, "closed": closed}
    return _words(given)


def _words(given: Mapping[str, str]) -> Mapping[str, str]:
    return {word: value for value, words in given.items() for word in words.split("|")}


# Casefolded.
BUILT_IN: Mapping[str, Mapping[str, BuiltIn]] = {
    "en": _names("priority", "team", "category", "tags|tag", "status", "assignee|agent", "company"),
    "de": _names(
        "priorität|prioritaet",
        "team",
        "kategorie",
        "schlagwörter|schlagworte|tags",
        "status",
        "zuständig|zustaendig|bearbeiter|bearbeiterin",
        "firma|unternehmen",
    ),
    "fr": _names(
        "priorité|priorite",
        "équipe|equipe",
        "catégorie|categorie",
        "étiquettes|etiquettes|tags",
        "statut|état|etat",
        "assigné à|assigne a|responsable|agent",
        "société|societe|entreprise",
    ),
    "es": _names(
        "prioridad",
        "equipo",
        "categoría|categoria",
        "etiquetas",
        "estado",
        "asignado a|responsable|agente",
        "empresa",
    ),
    "it": _names(
        "priorità|priorita",
        "team|squadra",
        "categoria",
        "etichette|tag",
        "stato",
        "assegnatario|assegnato a|agente",
        "azienda|società|societa",
    ),
    "nl": _names(
        "prioriteit",
        "team",
        "categorie",
        "labels|tags",
        "status",
        "toegewezen aan|behandelaar",
        "bedrijf",
    ),
    "pt": _names(
        "prioridade",
        "equipa|equipe",
        "categoria",
        "etiquetas",
        "estado|status",
        "atribuído a|atribuido a|responsável|responsavel|agente",
        "empresa",
    ),
}
PRIORITIES: Mapping[str, Mapping[str, str]] = {
    "en": _levels("low", "normal|medium", "high", "urgent"),
    "de": _levels("niedrig", "normal|mittel", "hoch", "dringend"),
    "fr": _levels("basse|faible", "normale|moyenne", "haute|élevée", "urgente|urgent"),
    "es": _levels("baja", "normal|media", "alta", "urgente"),
    "it": _levels("bassa", "normale|media", "alta", "urgente"),
    "nl": _levels("laag", "normaal", "hoog", "dringend|urgent"),
    "pt": _levels("baixa", "normal|média", "alta", "urgente"),
}
STATUSES: Mapping[str, Mapping[str, str]] = {
    "en": _statuses("new", "open", "waiting|waiting on customer|pending", "on hold|hold", "solved|resolved", "closed"),
    "de": _statuses(
        "neu", "offen", "wartet|wartet auf kunden|wartend", "angehalten|zurückgestellt", "gelöst|geloest", "geschlossen"
    ),
    "fr": _statuses(
        "nouveau",
        "ouvert",
        "en attente|en attente du client",
        "suspendu|en suspens",
        "résolu|resolu",
        "fermé|ferme|clos",
    ),
    "es": _statuses(
        "nuevo", "abierto", "en espera|en espera del cliente", "en pausa|detenido", "resuelto|solucionado", "cerrado"
    ),
    "it": _statuses("nuovo", "aperto", "in attesa|in attesa del cliente", "sospeso|in pausa", "risolto", "chiuso"),
    "nl": _statuses("nieuw", "open", "wacht|wacht op klant", "aangehouden|in de wacht", "opgelost", "gesloten"),
    "pt": _statuses("novo", "aberto", "em espera|à espera do cliente", "suspenso|em pausa", "resolvido", "fechado"),
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
