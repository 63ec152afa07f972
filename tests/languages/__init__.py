"""The SDKs of other languages, built by their own tools and tried against the embedded server: `nox -s languages`.

A module here for each of them, named like its target, which has `run`: it compiles what the target made as strictly as the
language can, feeds it the shared vectors, and lets a program in `programs/` make signed calls.
"""
