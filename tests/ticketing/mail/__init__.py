"""Tests of the mail package: pure, no database."""
