"""The pages of integrations, filters, automatic mail, fields and mapping, for the configuration log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.urls import reverse

from helpdesk.accounts.audit_links import register_links
from ticketing.models import (
    AnswerPolicy,
    CannedReply,
    Contact,
    ContactGroup,
    IncomingHook,
    Integration,
    MailFilter,
    MailMapping,
    Rule,
    TicketField,
    Webhook,
    WriterPolicy,
)
from ticketing.reason_links import ALL


def register() -> None:
    """The log leads to every page of this layer."""
    register_links("integration", _integrations)
    register_links("mailfilter", _filters)
    register_links("automaticpolicy", _automatic)
    register_links("ticketfield", _fields)
    register_links("writerpolicy", _writers)
    register_links("mailpolicy", _incoming_mail)
    register_links("mailmapping", _mappings)
    register_links("answerpolicy", _answers)
    register_links("answerlimits", _answers_of_all)
    register_links("cannedreply", _canned_replies)
    register_links("retention", _retention)
    register_links("contactgroup", _groups)
    register_links("contact", _contacts)
    register_links("rule", _rules)
    register_links("breaker", _loops)
    register_links("looplimits", _loops)
    register_links("webhook", _webhooks)
    register_links("incominghook", _incoming)


def _integrations(slug: str, ids: Sequence[str]) -> Mapping[str, str]:
    there = Integration.objects.filter(id__in=ids, deleted_at=None).values_list("id", flat=True)
    return {str(each): reverse("integration", kwargs={"slug": slug, "integration_id": each}) for each in there}


def _filters(slug: str, ids: Sequence[str]) -> Mapping[str, str]:
    rows = MailFilter.objects.filter(id__in=ids, mailbox__deleted_at=None).values_list("id", "mailbox_id")
    return {str(pk): reverse("mail_filter", kwargs={"slug": slug, "whose": box or ALL}) for pk, box in rows}


def _automatic(slug: str, ids: Sequence[str]) -> Mapping[str, str]:
    return dict.fromkeys(ids, reverse("automatic_mail", kwargs={"slug": slug}))


def _fields(slug: str, ids: Sequence[str]) -> Mapping[str, str]:
    there = TicketField.objects.filter(id__in=ids).values_list("id", flat=True)
    return {str(each): reverse("field", kwargs={"slug": slug, "field_id": each}) for each in there}


def _writers(slug: str, ids: Sequence[str]) -> Mapping[str, str]:
    rows = WriterPolicy.objects.filter(id__in=ids, mailbox__deleted_at=None).values_list("id", "mailbox_id")
    return {str(pk): reverse("writers", kwargs={"slug": slug, "whose": box or ALL}) for pk, box in rows}


def _loops(slug: str, ids: Sequence[str]) -> Mapping[str, str]:
    return dict.fromkeys(ids, reverse("loops", kwargs={"slug": slug}))


def _incoming_mail(slug: str, ids: Sequence[str]) -> Mapping[str, str]:
    return dict.fromkeys(ids, reverse("mail_policy", kwargs={"slug": slug}))


def _mappings(slug: str, ids: Sequence[str]) -> Mapping[str, str]:
    rows = MailMapping.objects.filter(id__in=ids, mailbox__deleted_at=None).values_list("id", "mailbox_id")
    return {str(pk): reverse("mail_mapping", kwargs={"slug": slug, "mailbox_id": box}) for pk, box in rows}


def _answers(slug: str, ids: Sequence[str]) -> Mapping[str, str]:
    rows = AnswerPolicy.objects.filter(id__in=ids, mailbox__deleted_at=None).values_list("id", "mailbox_id")
    return {
        str(pk): reverse("mailbox_answers", kwargs={"slug": slug, "mailbox_id": box})
        if box
        else reverse("automatic_answers", kwargs={"slug": slug})
        for pk, box in rows
    }


def _answers_of_all(slug: str, ids: Sequence[str]) -> Mapping[str, str]:
    return dict.fromkeys(ids, reverse("automatic_answers", kwargs={"slug": slug}))


def _canned_replies(slug: str, ids: Sequence[str]) -> Mapping[str, str]:
    there = CannedReply.objects.filter(id__in=ids).values_list("id", flat=True)
    return {str(each): reverse("canned_reply", kwargs={"slug": slug, "reply_id": each}) for each in there}


def _retention(slug: str, ids: Sequence[str]) -> Mapping[str, str]:
    return dict.fromkeys(ids, reverse("keeping_mail", kwargs={"slug": slug}))


def _groups(slug: str, ids: Sequence[str]) -> Mapping[str, str]:
    there = ContactGroup.objects.filter(id__in=ids).values_list("id", flat=True)
    return {str(each): reverse("contact_group", kwargs={"slug": slug, "group_id": each}) for each in there}


def _contacts(slug: str, ids: Sequence[str]) -> Mapping[str, str]:
    there = Contact.objects.filter(id__in=ids).values_list("id", flat=True)
    return {str(each): reverse("contact", kwargs={"slug": slug, "contact_id": each}) for each in there}


def _rules(slug: str, ids: Sequence[str]) -> Mapping[str, str]:
    there = Rule.objects.filter(id__in=ids).values_list("id", flat=True)
    return {str(each): reverse("rule", kwargs={"slug": slug, "which": each}) for each in there}


def _webhooks(slug: str, ids: Sequence[str]) -> Mapping[str, str]:
    there = Webhook.objects.filter(id__in=ids).values_list("id", "integration_id")
    return {
        str(each): reverse("webhook", kwargs={"slug": slug, "integration_id": integration_id, "webhook_id": each})
        for each, integration_id in there
    }


def _incoming(slug: str, ids: Sequence[str]) -> Mapping[str, str]:
    there = IncomingHook.objects.filter(id__in=ids).values_list("id", "integration_id")
    return {
        str(each): reverse("incoming", kwargs={"slug": slug, "integration_id": integration_id})
        for each, integration_id in there
    }
