"""Keys that everybody knows.

ColonyOS is published with a configuration to try it out, keys included. They are in every copy of it, so on a server that
others can reach, they would let everybody be its owner, or do whatever a colony can be asked to.
"""

from __future__ import annotations

from colonyos_gen_wire.constants import DEMO_COLONY_ID, DEMO_MEMBER_ID, DEMO_SERVER_ID

from colonyos_gen.server._store.records import Records

_PUBLISHED = frozenset((DEMO_SERVER_ID, DEMO_COLONY_ID, DEMO_MEMBER_ID))


def require_own_keys(server_id: str, records: Records) -> None:
    """Refuse a server that others can reach if somebody on it has a key that everybody knows.

    Raises:
        ValueError: It names who that is, and what to do.
    """
    who = [
        *(["the server owner"] if server_id in _PUBLISHED else []),
        *(f"the owner of colony {each.name!r}" for each in records.colonies if each.colonyid in _PUBLISHED),
        *(f"the user {each.name!r}" for each in records.users if each.userid in _PUBLISHED),
        *(
            f"the executor {each.executorname!r}"
            for each in records.executors
            if each.executorid in _PUBLISHED
        ),
    ]
    if who:
        raise ValueError(
            f"{who[0]} has a key that is published with ColonyOS, so that everybody who reaches the server could use it; "
            "make a new one (colonyos-gen keys new), or listen on 127.0.0.1"
        )
