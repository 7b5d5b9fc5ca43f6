"""House rules that no ready-made linter knows; each failure names file, line and what to do instead."""
