"""Connectors: one module a protocol, pure Python. Frozen config in, bytes and plain values out.

Nothing here knows Django, models or tickets; library errors never leave a connector.
"""
