"""What the mail of one mailbox meets, given to others: mapping, writers, automatic answers, filter, groups' rights.

Every table here that names a mailbox is copied or stands among those that are left out. Inside the scope.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from django.db.models import Model
from django.utils.translation import gettext_lazy as _

from helpdesk.accounts.models import Membership
from mailboxes.models import Mailbox
from mailboxes.policy_copies import Policy
from ticketing import policy_copy_words as words
from ticketing.models import (
    AnswerPolicy,
    AnswerText,
    ContactAddress,
    FilterEntry,
    GroupRight,
    MailFilter,
    MailMapping,
    TextKind,
    WriterPolicy,
)
from ticketing.services.answer_policy import PolicyInput, policy_of, set_answer_policy
from ticketing.services.answer_texts import Place, TextInput, remove_text, save_text
from ticketing.services.contact_groups import copy_rights
from ticketing.services.filters import save_filter, stored
from ticketing.services.mail_mapping import input_of as mapping_of
from ticketing.services.mail_mapping import set_mapping, stored_mapping
from ticketing.services.writer_policies import WriterInput, save_writers, stored_writers

COPIED_ROWS = frozenset({"MailMapping", "WriterPolicy", "AnswerPolicy", "AnswerText", "MailFilter", "GroupRight"})
ROWS_NEVER_COPIED = frozenset({
    "Ticket",  # which came through it
    "DryRun",  # what was tried with it
    "FilterCopy",  # what was done with its filter
})  # fmt: skip
_NOT_COMPARED = ("id", "organization", "mailbox", "version")
_FOLLOWS: Mapping[str, object] = {"follows": True}


def _columns(row: Model) -> dict[str, Any]:
    fields = [field for field in row._meta.concrete_fields if field.name not in _NOT_COMPARED]
    return {field.name: getattr(row, field.attname) for field in fields}


def _mappings(mailboxes: Sequence[Mailbox]) -> Mapping[int, Any]:
    found = {box.pk: _columns(MailMapping()) for box in mailboxes}
    return found | {row.mailbox_id: _columns(row) for row in MailMapping.objects.filter(mailbox__in=mailboxes)}


def _copy_mapping(source: Mailbox, target: Mailbox, *, actor: Membership) -> None:
    given, version = mapping_of(stored_mapping(source)), stored_mapping(target).version
    set_mapping(target, replace(given, version=version), actor=actor)


def _writers(mailboxes: Sequence[Mailbox]) -> Mapping[int, Any]:
    """One that follows all mailboxes is like another, whatever it keeps of its own."""
    found = {box.pk: _FOLLOWS for box in mailboxes}
    rows = WriterPolicy.objects.filter(mailbox__in=mailboxes, follows=False)
    return found | {row.mailbox_id: _columns(row) for row in rows}


def _copy_writers(source: Mailbox, target: Mailbox, *, actor: Membership) -> None:
    row = WriterPolicy.objects.filter(mailbox=source, follows=False).first()
    version = stored_writers(target).version
    if row is None:
        save_writers(target, WriterInput(follows=True, version=version), actor=actor)
        return
    given = replace(stored_writers(source), version=version)
    address = ContactAddress.objects.filter(contact_id=row.guest_id).order_by("id").first()
    save_writers(target, replace(given, guest=address.address) if address is not None else given, actor=actor)


def _answers(mailboxes: Sequence[Mailbox]) -> Mapping[int, Any]:
    """Which mail is answered, and the texts of the mailbox's own by kind and language."""
    policies = {box.pk: _columns(AnswerPolicy()) for box in mailboxes}
    policies |= {row.mailbox_id: _columns(row) for row in AnswerPolicy.objects.filter(mailbox__in=mailboxes)}
    texts: dict[int, dict[tuple[str, str], tuple[str, str]]] = defaultdict(dict)
    for row in AnswerText.objects.filter(mailbox__in=mailboxes):
        texts[row.mailbox_id][(row.kind, row.language)] = (row.subject, row.html)
    return {pk: (policy, texts[pk]) for pk, policy in policies.items()}


def _copy_answers(source: Mailbox, target: Mailbox, *, actor: Membership) -> None:
    given = policy_of(source)
    wanted = PolicyInput(**{name: getattr(given, name) for name in asdict(PolicyInput(None, None))})
    set_answer_policy(target, wanted, version=policy_of(target).version, actor=actor)
    texts = AnswerText.objects.filter(mailbox__in=[source, target])
    there = {(row.kind, row.language): row for row in texts if row.mailbox_id == target.pk}
    for row in texts:
        if row.mailbox_id == source.pk:
            old = there.pop((row.kind, row.language), None)
            place = Place(target, TextKind(row.kind), row.language)
            save_text(place, TextInput(row.subject, row.html), version=old.version if old else 0, actor=actor)
    for kind, language in there:
        remove_text(Place(target, TextKind(kind), language), actor=actor)


def _filters(mailboxes: Sequence[Mailbox]) -> Mapping[int, Any]:
    rows = {row.mailbox_id: row for row in MailFilter.objects.filter(mailbox__in=mailboxes)}
    entries: dict[int, set[tuple[str, str, str]]] = defaultdict(set)
    found = FilterEntry.objects.filter(mail_filter__mailbox__in=mailboxes)
    for mailbox_id, *entry in found.values_list("mail_filter__mailbox_id", "kind", "value", "header"):
        entries[mailbox_id].add((entry[0], entry[1], entry[2]))
    return {box.pk: (_columns(rows.get(box.pk, MailFilter())), entries[box.pk]) for box in mailboxes}


def _copy_filter(source: Mailbox, target: Mailbox, *, actor: Membership) -> None:
    save_filter(target, replace(stored(source), version=stored(target).version), actor=actor)


def _rights(mailboxes: Sequence[Mailbox]) -> Mapping[int, Any]:
    """By group's id, with its name."""
    found: dict[int, dict[int, dict[str, Any]]] = {box.pk: {} for box in mailboxes}
    for row in GroupRight.objects.filter(mailbox__in=mailboxes).select_related("group").order_by("group__name"):
        found[row.mailbox_id][row.group_id] = _columns(row) | {"name": row.group.name}
    return found


def _copy_rights(source: Mailbox, target: Mailbox, *, actor: Membership) -> None:
    copy_rights(source, target, actor=actor)


POLICIES = (
    Policy("mapping", _("Mapping and commands"), _mappings, words.mapping_words, _copy_mapping),
    Policy("writers", _("Who may write"), _writers, words.writer_words, _copy_writers),
    Policy("answers", _("Automatic answers and their texts"), _answers, words.answer_words, _copy_answers),
    Policy("filter", _("Filter"), _filters, words.filter_words, _copy_filter),
    Policy("rights", _("Rights of contact groups"), _rights, words.right_words, _copy_rights),
)
