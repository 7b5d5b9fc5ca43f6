"""From a server's folder into storage and the ledger: polling, step by step."""
