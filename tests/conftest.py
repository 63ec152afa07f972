"""What the suite leaves out: tests that need an environment of their own, see the session `peers` in noxfile.py."""

collect_ignore = ["peers/pycolonies"]
