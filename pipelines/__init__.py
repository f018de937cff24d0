"""Bellwether: market intelligence for the model-API market, on evidence."""
