"""Webhooks out: other systems are told of what happens to tickets.

event ─▶ `following`: a delivery for each subscription ─▶ `calling`: signed, sent, tried again
`subscriptions`: what people do with them; `stopping`: how one fares as a whole
"""
