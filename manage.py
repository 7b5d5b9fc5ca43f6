#!/usr/bin/env python
"""Runs Postroom's commands."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """The command line."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
