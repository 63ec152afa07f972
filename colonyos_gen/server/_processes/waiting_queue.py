"""The processes that wait for an executor, in the order in which they are to be served.

The queue is cut into lanes, one for each combination of colony, executor type, executor name (or none) and location
(or none), and each lane into heaps, one for each amount of CPU and memory. An executor can take from four lanes at
most, and from a heap either everything or nothing. So the best process for it is among the first entries of a few
heaps, however long the queue is.
"""

from __future__ import annotations

import heapq
import itertools
from typing import NamedTuple

from colonyos_gen.server._processes.matching import Demand, Offer


class Entry(NamedTuple):
    """A place in the queue. The ordinal keeps processes of equal priority time in their order of arrival."""

    prioritytime: int
    ordinal: int
    processid: str


Lane = tuple[str, str, str | None, str]
Size = tuple[int, int]


class WaitingQueue:
    """Waiting processes by what they demand and by their priority time, the lowest first."""

    def __init__(self) -> None:
        self._places: dict[str, tuple[Entry, Demand]] = {}
        self._lanes: dict[Lane, dict[Size, list[Entry]]] = {}
        self._ordinal = itertools.count()

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, processid: str) -> bool:
        return processid in self._places

    def push(self, processid: str, prioritytime: int, demand: Demand) -> None:
        """Line a process up."""
        entry = Entry(prioritytime, next(self._ordinal), processid)
        self._places[processid] = entry, demand
        for lane in _lanes_of(demand):
            heaps = self._lanes.setdefault(lane, {})
            heapq.heappush(heaps.setdefault((demand.cpu, demand.memory), []), entry)

    def discard(self, processid: str) -> None:
        """Take a process out of the queue, if it is in there."""
        if (place := self._places.pop(processid, None)) is not None:
            # Its entries stay in the heaps until they come to the front, but only one heap long.
            _, demand = place
            for lane in _lanes_of(demand):
                self._tidy(lane, (demand.cpu, demand.memory))

    def pop(self, offer: Offer) -> str | None:
        """Take out the process that an executor with this offer should have, if there is one for it."""
        best: Entry | None = None
        for lane in _lanes_for(offer):
            for size in list(self._lanes.get(lane, ())):
                if size[0] > offer.cpu or size[1] > offer.memory:
                    continue
                first = self._first(lane, size)
                if first is not None and (best is None or first < best):
                    best = first
        if best is None:
            return None
        self.discard(best.processid)
        return best.processid

    def _is_current(self, entry: Entry) -> bool:
        place = self._places.get(entry.processid)
        return place is not None and place[0] is entry

    def _first(self, lane: Lane, size: Size) -> Entry | None:
        heap = self._lanes[lane][size]
        while heap and not self._is_current(heap[0]):
            heapq.heappop(heap)
        if heap:
            return heap[0]
        self._drop(lane, size)
        return None

    def _tidy(self, lane: Lane, size: Size) -> None:
        """Drop entries of processes that have left: those in front, and all once they could outnumber the rest."""
        heap = self._lanes.get(lane, {}).get(size)
        if (
            heap is not None
            and self._first(lane, size) is not None
            and len(heap) > 64 + 2 * len(self._places)
        ):
            heap[:] = filter(self._is_current, heap)
            heapq.heapify(heap)

    def _drop(self, lane: Lane, size: Size) -> None:
        del self._lanes[lane][size]
        if not self._lanes[lane]:
            del self._lanes[lane]


def _lanes_of(demand: Demand) -> list[Lane]:
    names = demand.executornames or (None,)
    return [(demand.colonyname, demand.executortype, name, demand.location) for name in names]


def _lanes_for(offer: Offer) -> list[Lane]:
    locations = ("", offer.location) if offer.location else ("",)
    return [
        (offer.colonyname, offer.executortype, name, location)
        for name, location in itertools.product((None, offer.executorname), locations)
    ]
