"""Files: what is known about them, in revisions. The content lies elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from colonyos_gen_wire.errors import file as errors
from colonyos_gen_wire.methods import file as methods
from colonyos_gen_wire.types import file as types
from colonyos_gen_wire.types.file import File
from msgspec.structs import replace

from colonyos_gen.server._caller.access import Access
from colonyos_gen.server._caller.nul import require_text
from colonyos_gen.server._caller.refusal import Refusal
from colonyos_gen.server._clock import Clock, moment
from colonyos_gen.server._processes.lifecycle import new_id
from colonyos_gen.server._quirks import STRICT, Quirks
from colonyos_gen.server._store.records import Records
from colonyos_gen.server._values.integers import require_integers
from colonyos_gen.server._values.labels import labels_like, labels_under

if TYPE_CHECKING:
    from colonyos_gen_wire.requests.file import (
        AddFileMsg,
        GetFileLabelsMsg,
        GetFileMsg,
        GetFilesMsg,
        RemoveFileMsg,
    )

_LARGEST_SIZE = 2**63 - 1


class Files:
    """Serves the file messages. Sequence numbers go up over all files of the server."""

    def __init__(self, records: Records, access: Access, clock: Clock, quirks: Quirks = STRICT) -> None:
        self._records = records
        self._quirks = quirks
        self._access = access
        self._clock = clock
        self._latest = max((file.sequencenr for file in records.files), default=0)

    async def add_file(self, request: AddFileMsg, signer: str, /) -> File:
        file = request.file
        self._access.require(methods.ADD_FILE, signer, file.colonyname)
        _require_storable(file)
        self._latest += 1
        return self._records.files.put(
            replace(
                file,
                fileid=new_id(),
                sequencenr=self._latest,
                added=moment(self._clock.now_ns()),
                # The protocol sent is forgotten; only one is known.
                ref=types.Reference(s3object=file.ref.s3object),
            )
        )

    async def get_file(self, request: GetFileMsg, signer: str, /) -> list[File]:
        colonyname = request.colonyname
        self._access.require(methods.GET_FILE, signer, colonyname)
        if request.fileid:
            file = self._records.file(colonyname, request.fileid)
            if file is None:
                raise Refusal(errors.GET_FILE_NO_SUCH_FILE)
            return [file]
        if not request.label or not request.name:
            raise Refusal(errors.GET_FILE_MALFORMATTED_GET_FILE_MSG)
        revisions = self._records.revisions(colonyname, request.label, request.name)
        if not revisions:
            raise Refusal(errors.GET_FILE_NO_SUCH_FILE_404)
        return revisions[-1:] if request.latest else revisions[::-1]

    async def get_files(self, request: GetFilesMsg, signer: str, /) -> list[types.FileData]:
        self._access.require(methods.GET_FILES, signer, request.colonyname)
        return [
            types.FileData(
                name=file.name, checksum=file.checksum, size=file.size, s3filename=file.ref.s3object.object
            )
            for file in self._records.latest_files(request.colonyname, request.label)
        ]

    async def get_file_labels(self, request: GetFileLabelsMsg, signer: str, /) -> list[types.Label]:
        colonyname = request.colonyname
        self._access.require(methods.GET_FILE_LABELS, signer, colonyname)
        if request.exact and request.name:
            wildcards = self._quirks.wildcards_in_labels
            labels = labels_under(self._records, colonyname, request.name, wildcards=wildcards)
        else:
            labels = labels_like(self._records, colonyname, request.name)
        count = self._records.files_of_label.count
        return [types.Label(name=label, files=count((colonyname, label))) for label in labels]

    async def remove_file(self, request: RemoveFileMsg, signer: str, /) -> None:
        colonyname = request.colonyname
        self._access.require(methods.REMOVE_FILE, signer, colonyname)
        if request.fileid:
            file = self._records.file(colonyname, request.fileid)
            found = [] if file is None else [file]
        elif request.label and request.name:
            found = self._records.revisions(colonyname, request.label, request.name)
        else:
            raise Refusal(errors.REMOVE_FILE_MALFORMATTED_REMOVE_FILE_MSG)
        for file in found:
            self._records.files.remove(file)


def _require_storable(file: File) -> None:
    """The real server answers 200 and stores nothing when its database refuses a file."""
    place = file.ref.s3object
    require_text(
        methods.ADD_FILE,
        file.label,
        file.name,
        file.checksum,
        file.checksumalg,
        file.ref.protocol,
        place.server,
        place.accesskey,
        place.secretkey,
        place.region,
        place.encryptionkey,
        place.encryptionalg,
        place.object,
        place.bucket,
    )
    require_integers(place.port)
    if not -_LARGEST_SIZE - 1 <= file.size <= _LARGEST_SIZE:
        raise Refusal(errors.ADD_FILE_INVALID_JSON)
