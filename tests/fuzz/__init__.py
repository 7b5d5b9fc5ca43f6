"""Broken mails for the parser and the policy: how they are made, and what they are held against."""
