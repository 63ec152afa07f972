"""How to test a worker: the fixture `colonies` is a colony of its own for each test, with no server installed.

pip install 'colonyos-gen[testing]' && pytest examples
"""

from __future__ import annotations

import pytest
from math_worker import worker

from colonyos_gen import ProcessFailed
from colonyos_gen.testing import LocalColony


def test_it_adds(colonies: LocalColony) -> None:
    with colonies.worker(worker):
        assert colonies.call("add", 1, 2) == 3


def test_what_does_not_fit_fails_and_says_why(colonies: LocalColony) -> None:
    with colonies.worker(worker), pytest.raises(ProcessFailed, match="b"):
        colonies.call("add", 1, "two")


def test_it_reports_progress(colonies: LocalColony) -> None:
    with colonies.worker(worker):
        job = colonies.submit("train", lr=0.5)
        assert job.output(timeout=30)["loss"] < 0.01
        assert any("loss" in line.message for line in job.logs())
