"""`colonyos-gen schema drift`: servers that run, and recordings of them, looked at for what a schema does not say.

`described.py` makes forms of a schema, `tally.py` counts what is not as they are, `traffic.py` finds replies in recordings
of whatever form, `recorded.py` reads folders of them; `server.py` asks a server, with the keys and the colony that
`tour.py` and its scenes need.
"""
