"""A server that refuses what would harm the real one, so that the rest can be sent there."""

from __future__ import annotations

import pytest

from colonyos_gen.server.hazards import Mode
from tests.server.kit.lab import Lab, Refused, spec

from .hazard_lab import noticed, play, remove, remove_all, remove_colony

pytestmark = pytest.mark.hazards
REFUSING: Mode = "refuse"


def test_what_would_end_the_real_server_changes_nothing() -> None:
    async def act(here: Lab) -> None:
        user, executor = await here.add_user("u"), await here.add_executor("e")
        submitted = await here.submit(user)
        await here.assign(executor)
        for request, hazard in (
            (remove_colony(here), "colony_removed_while_worked_in"),
            (remove_all(here, -1), "all_processes_removed_while_closing"),
        ):
            with pytest.raises(Refused, match=rf"400 .*\({hazard}\); to avoid it: "):
                await here.call(*request)
            assert noticed(here)[hazard] == 1
        await here.close(executor, submitted.processid)
        await here.call(*remove_all(here, -1))
        await here.call(*remove_colony(here))

    play(act, hazards=REFUSING)


def test_what_only_leaks_is_carried_out() -> None:
    async def act(here: Lab) -> None:
        user = await here.add_user("u")
        submitted = await here.submit(user, spec(channels=["c"]))
        await here.call(*remove(user, submitted.processid))
        assert noticed(here) == {"channel_never_freed": 1}

    play(act, hazards=REFUSING)


def test_whoever_has_no_rights_is_told_that() -> None:
    async def act(here: Lab) -> None:
        user, executor = await here.add_user("u"), await here.add_executor("e")
        await here.submit(user)
        await here.assign(executor)
        _, method, request = remove_all(here, -1)
        with pytest.raises(Refused, match="403 "):
            await here.call(user, method, request)
        assert noticed(here) == {}

    play(act, hazards=REFUSING)
