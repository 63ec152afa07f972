"""Snapshots: which revisions of files were the latest at some time. What becomes of the files later changes none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from colonyos_gen_wire.errors import snapshot as errors
from colonyos_gen_wire.methods import snapshot as methods
from colonyos_gen_wire.types.snapshot import Snapshot

from colonyos_gen.server._caller.access import Access
from colonyos_gen.server._caller.refusal import Refusal
from colonyos_gen.server._clock import Clock, moment
from colonyos_gen.server._processes.lifecycle import new_id
from colonyos_gen.server._quirks import STRICT, Quirks
from colonyos_gen.server._store.records import Records
from colonyos_gen.server._values.labels import labels_under, without_slash
from colonyos_gen.server._values.plain_text import require_name

if TYPE_CHECKING:
    from colonyos_gen_wire.requests.snapshot import (
        CreateSnapshotMsg,
        GetSnapshotMsg,
        GetSnapshotsMsg,
        RemoveAllSnapshotsMsg,
        RemoveSnapshotMsg,
    )


class Snapshots:
    """Serves the snapshot messages."""

    def __init__(self, records: Records, access: Access, clock: Clock, quirks: Quirks = STRICT) -> None:
        self._records = records
        self._quirks = quirks
        self._access = access
        self._clock = clock

    async def create_snapshot(self, request: CreateSnapshotMsg, signer: str, /) -> Snapshot:
        colonyname, name = request.colonyname, request.name
        self._access.require(methods.CREATE_SNAPSHOT, signer, colonyname)
        require_name("snapshot name", name)
        if self._records.snapshots_by_name.count((colonyname, name)):
            raise Refusal(errors.CREATE_SNAPSHOT_SNAPSHOT_ALREADY_EXISTS, name=name, colony=colonyname)
        label = without_slash(request.label)
        wildcards = self._quirks.wildcards_in_labels
        return self._records.snapshots.put(
            Snapshot(
                snapshotid=new_id(),
                colonyname=colonyname,
                label=label,
                name=name,
                fileids=[
                    file.fileid
                    for each in labels_under(self._records, colonyname, label, wildcards=wildcards)
                    for file in self._records.latest_files(colonyname, each)
                ],
                added=moment(self._clock.now_ns()),
            )
        )

    async def get_snapshot(self, request: GetSnapshotMsg, signer: str, /) -> Snapshot:
        colonyname, snapshotid, name = request.colonyname, request.snapshotid, request.name
        self._access.require(methods.GET_SNAPSHOT, signer, colonyname)
        if not snapshotid and not name:
            raise Refusal(errors.GET_SNAPSHOT_MALFORMATTED_MSG)
        snapshot = self._find(colonyname, snapshotid, name)
        if snapshot is not None:
            return snapshot
        if snapshotid:
            raise Refusal(errors.GET_SNAPSHOT_SNAPSHOT_NOT_FOUND_NOT_FOUND, id=snapshotid, colony=colonyname)
        raise Refusal(errors.GET_SNAPSHOT_SNAPSHOT_NOT_FOUND_NOT_FOUND_500, name=name, colony=colonyname)

    async def get_snapshots(self, request: GetSnapshotsMsg, signer: str, /) -> list[Snapshot]:
        self._access.require(methods.GET_SNAPSHOTS, signer, request.colonyname)
        return self._records.snapshots_of_colony.find(request.colonyname)[::-1]

    async def remove_snapshot(self, request: RemoveSnapshotMsg, signer: str, /) -> None:
        self._access.require(methods.REMOVE_SNAPSHOT, signer, request.colonyname)
        if not request.snapshotid and not request.name:
            raise Refusal(errors.REMOVE_SNAPSHOT_MALFORMATTED_MSG)
        snapshot = self._find(request.colonyname, request.snapshotid, request.name)
        if snapshot is not None:
            self._records.snapshots.remove(snapshot)

    async def remove_all_snapshots(self, request: RemoveAllSnapshotsMsg, signer: str, /) -> None:
        self._access.require(methods.REMOVE_ALL_SNAPSHOTS, signer, request.colonyname)
        for snapshot in self._records.snapshots_of_colony.find(request.colonyname):
            self._records.snapshots.remove(snapshot)

    def _find(self, colonyname: str, snapshotid: str, name: str) -> Snapshot | None:
        """By id, or by name if no id is given."""
        if not snapshotid:
            return self._records.snapshots_by_name.first((colonyname, name))
        snapshot = self._records.snapshots.get(snapshotid)
        return snapshot if snapshot is not None and snapshot.colonyname == colonyname else None
