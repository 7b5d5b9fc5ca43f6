"""Discarded mail that goes on to somebody: noted with its verdict, sent by a worker of its own."""
