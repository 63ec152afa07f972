"""One process leads through few files of a worker, and one wait through few of the package.

Whoever reads how a process runs follows it from file to file. What is counted are functions that are entered, not time; the
limits are a little above what `python -m tests.bench.routes` prints.
"""

from __future__ import annotations

import pytest

from tests.bench import routes

SERVICE = "worker/_service.py"


@pytest.fixture(scope="module")
def process() -> routes.Route:
    """One process in a worker, from its assignment until the next one is asked for."""
    return routes.working()


def test_the_service_begins_a_process_and_notes_its_end(process: routes.Route) -> None:
    assert process.entries(SERVICE) == ["Service.start", "Service._ended"]


def test_a_process_leads_through_few_files_of_the_worker(process: routes.Route) -> None:
    files = process.files("worker/")
    assert {"worker/_running/run.py", "worker/_telling/closing.py"} < set(files)  # all of it was traced
    assert len(files) <= 19
    assert process.changes("worker/") <= 39


def test_one_function_holds_a_process_from_its_start_to_its_end(process: routes.Route) -> None:
    by_loop = [
        name for file, name, caller in process.entered if file.startswith("worker/_running") and not caller
    ]
    assert by_loop.count("Run.run") == 1


def test_a_wait_for_an_output_leads_through_few_files() -> None:
    output = routes.waiting()
    files = output.files()
    assert {"session/_handles/process.py", "_call/pipeline.py"} < set(files)
    assert len([file for file in files if not file.startswith("_drift/")]) <= 21
    assert output.changes() <= 54  # 7 of which are for a look at a reply (`on_drift`)
