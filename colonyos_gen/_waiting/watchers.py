"""The watchers of a client: one for its own key, and one for each key that somebody waits with."""

from __future__ import annotations

import asyncio
import weakref

from colonyos_gen_wire import Process
from colonyos_gen_wire.method import AsyncCaller, Key

from colonyos_gen._call.pipeline import Pipeline
from colonyos_gen._call.signers import parse
from colonyos_gen._waiting.watcher import Watcher


class Watchers:
    """Made with the client, and closed with it."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self._closed = 0
        """How many event loops have been closed under the client when it was last looked at."""
        self._own: Watcher | None = None
        self._others = weakref.WeakValueDictionary[str, Watcher]()
        """Those of keys that calls have brought along, each for as long as somebody waits with it."""

    def of(self, prvkey: Key | None) -> Watcher:
        """What waits for processes, by reading them in the name of `prvkey`, or of the client's own key.

        That of a `prvkey` is the same for all who wait with it, and is forgotten when nobody does or refers to it.
        """
        if self._closed != self._pipeline.home.closed:
            # Those who waited on a loop that is closed have gone, and what was read for them with it.
            self._closed, self._own = self._pipeline.home.closed, None
            self._others.clear()
        if prvkey is None:
            self._own = self._own or Watcher(self._pipeline)
            return self._own
        signer = parse(prvkey)
        watcher = self._others.get(signer.id)
        if watcher is None:
            watcher = self._others[signer.id] = Watcher(self._pipeline, signer)
        return watcher

    def close(self) -> None:
        """End all of them."""
        for watcher in (self._own, *self._others.values()):
            if watcher is not None:
                watcher.close()


watchers: weakref.WeakKeyDictionary[AsyncCaller, Watchers] = weakref.WeakKeyDictionary()
"""Those of each client. They are no business of its users, so they are not among its methods."""


def watcher_of(client: AsyncCaller, prvkey: Key | None = None) -> Watcher:
    """What waits for processes over a client (see `Watchers.of`)."""
    return watchers[client].of(prvkey)


def end_of(client: AsyncCaller, process: Process) -> asyncio.Task[Process]:
    """A task that waits for the end of a process (see `Watcher.final`), for whoever may stop looking at it."""
    task = asyncio.create_task(watcher_of(client).final(process))
    task.add_done_callback(_look_at)
    return task


def _look_at(task: asyncio.Task[Process]) -> None:
    if not task.cancelled():
        task.exception()  # so that asyncio does not complain when nobody wants to know any more
