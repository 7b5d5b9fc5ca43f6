"""The test of a mailbox on an Exchange server: by password or by token, and the way its mail leaves."""

from __future__ import annotations

from dataclasses import replace

from mailboxes.connectors.config import EwsConfig
from mailboxes.connectors.ews import EwsSource
from mailboxes.diagnosis.arriving import arrival_in
from mailboxes.diagnosis.ews_outgoing import own_sending_step
from mailboxes.diagnosis.ews_reading import EwsReadingTest
from mailboxes.diagnosis.ews_tokens import EwsTokenTest
from mailboxes.diagnosis.plan import Plan, Trial, hurried
from mailboxes.diagnosis.sending import sending_step


def ews_plan(config: EwsConfig, trial: Trial) -> Plan:
    """The stages of reading, and of sending through the mailbox itself or the SMTP server beside it."""
    config = replace(config, login=hurried(config.login))
    kind = EwsReadingTest if config.login.tokens is None else EwsTokenTest
    reading = kind(config, address=trial.address)
    if trial.sends_itself:
        sending = own_sending_step(config, trial)
    else:
        sending = sending_step(trial, has_arrived=arrival_in(EwsSource(config)), folder=config.folder)
    return Plan((*reading.steps(), sending), reading.close)
