"""The REST API, over HTTP as programs meet it."""
