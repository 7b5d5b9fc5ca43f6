"""The REST API: programs work on the tickets of their organization, each known by a token of its integration.

request ─▶ authentication (token, outside any scope) ─▶ throttle ─▶ scope of the integration's organization, and for
writing one transaction ─▶ the same services as the pages ─▶ JSON, or a problem (RFC 9457) and nothing was changed
"""
