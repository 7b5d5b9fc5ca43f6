"""Tokens: how each provider gives them, and what its refusals mean. Plain Python; services/tokens keeps them."""
