"""Whoever calls: who that is, what they may do, and how they are refused or sent away."""
