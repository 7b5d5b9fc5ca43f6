"""Middle layer: moves mail bytes between servers and the ledger; knows no tickets."""
