"""Briefings: pages made from marts, where every figure links to the fact it shows."""
