"""Servers to measure with, each in a process of its own."""
