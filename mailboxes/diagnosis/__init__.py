"""The staged connection test: what each step at a mail server saw, and what to try when it failed.

Pure Python: configurations in, StageResult values out; the web layer shows them and translates the words.
"""
