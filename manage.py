#!/usr/bin/env python
"""Runs Postroom's commands."""

from __future__ import annotations

import sys

from helpdesk.running.commands import run

if __name__ == "__main__":
    run(sys.argv)
