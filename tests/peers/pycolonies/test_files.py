"""Files, labels and snapshots. The server has the metadata; the bytes go to an object store."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest
from lab import Lab
from object_store import object_store


@pytest.fixture(autouse=True)
def store(monkeypatch: pytest.MonkeyPatch) -> Generator[dict[str, bytes]]:
    """The objects of the store that the environment leads pycolonies to."""
    with object_store() as (endpoint, objects):
        variables = {
            "AWS_S3_ENDPOINT": endpoint,
            "AWS_S3_ACCESSKEY": "access",
            "AWS_S3_SECRETKEY": "secret",
            "AWS_S3_REGION": "eu-north-1",
            "AWS_S3_TLS": "false",
            "AWS_S3_BUCKET": "files",
            "AWS_S3_SKIPVERIFY": "false",
            "AWS_REQUEST_CHECKSUM_CALCULATION": "when_required",
        }
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        yield objects


def upload(lab: Lab, label: str, filename: str, data: bytes) -> str:
    added = lab.client.upload_data(lab.colonyname, lab.user.prvkey, filename=filename, data=data, label=label)
    return str(added["fileid"])


def test_a_file_there_and_back(lab: Lab, store: dict[str, bytes], tmp_path: Path) -> None:
    source = tmp_path / "hello.txt"
    source.write_bytes(b"hello")
    added = lab.client.upload_file(lab.colonyname, lab.user.prvkey, filepath=str(source), label="/greetings")
    assert (added["name"], added["size"], added["label"]) == ("hello.txt", 5, "/greetings")
    options = {"label": "/greetings", "filename": "hello.txt"}
    [read] = lab.client.get_file(lab.colonyname, lab.user.prvkey, **options)
    assert (read["fileid"], read["checksumalg"]) == (added["fileid"], "SHA256")
    assert read["ref"]["s3object"]["bucket"] == "files"
    lab.client.download_file(lab.colonyname, lab.user.prvkey, dst=str(tmp_path / "copy"), **options)
    assert (tmp_path / "copy" / "hello.txt").read_bytes() == b"hello"
    assert lab.client.download_data(lab.colonyname, lab.user.prvkey, fileid=read["fileid"]) == b"hello"
    lab.client.delete_file(lab.colonyname, lab.user.prvkey, fileid=read["fileid"])
    assert not lab.client.get_files("/greetings", lab.colonyname, lab.user.prvkey)
    assert [path for path in store if path != "/files"] == []


def test_revisions(lab: Lab) -> None:
    first, second = (upload(lab, "/data", "table.csv", data) for data in (b"1", b"22"))
    key, options = lab.user.prvkey, {"label": "/data", "filename": "table.csv"}
    latest = lab.client.get_file(lab.colonyname, key, **options)
    assert [(file["fileid"], file["size"]) for file in latest] == [(second, 2)]
    every = lab.client.get_file(lab.colonyname, key, **options, latest=False)
    assert {file["fileid"] for file in every} == {first, second}


def test_labels(lab: Lab) -> None:
    for label in ("/data/train", "/data/test", "/src"):
        upload(lab, label, "file", b"x")
    labels = lab.client.get_file_labels(lab.colonyname, lab.user.prvkey)
    assert {(label["name"], label["files"]) for label in labels} == {
        ("/data/train", 1),
        ("/data/test", 1),
        ("/src", 1),
    }
    data = lab.client.get_file_labels(lab.colonyname, lab.user.prvkey, name="/data")
    assert {label["name"] for label in data} == {"/data/train", "/data/test"}
    names = [file["name"] for file in lab.client.get_files("/src", lab.colonyname, lab.user.prvkey)]
    assert names == ["file"]


def test_a_snapshot_stays_as_it_was(lab: Lab) -> None:
    old = upload(lab, "/src", "main.py", b"old")
    made = lab.client.create_snapshot(lab.colonyname, "/src", "v1", lab.user.prvkey)
    upload(lab, "/src", "main.py", b"new")
    by_id = lab.client.get_snapshot_by_id(lab.colonyname, made["snapshotid"], lab.user.prvkey)
    by_name = lab.client.get_snapshot_by_name(lab.colonyname, "v1", lab.user.prvkey)
    assert (by_id, by_id["fileids"]) == (by_name, [old])
    listed = lab.client.get_snapshots(lab.colonyname, lab.user.prvkey)
    assert [(snapshot["name"], snapshot["label"]) for snapshot in listed] == [("v1", "/src")]
