"""The handlers of the messages, one module and one class for each domain of the schema.

Every class implements the handler protocol that is generated for its domain; `colonyos_gen.server._domains.loading` says
which. What only annotations need is imported for type checkers alone, and descriptors and errors are looked up where they
are used: so a message that is gone from the schema takes nothing with it but its own handler.
"""
