"""Time in a colony: it passes, and it can be skipped."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from colonyos_gen_wire.codec import encode

from colonyos_gen import (
    FAILED,
    RUNNING,
    SUCCESS,
    UNREGISTERED,
    WAITING,
    Cron,
    FunctionSpec,
    Generator,
    NoProcessError,
    Process,
    WorkflowSpec,
)
from colonyos_gen.testing import LocalColony, LocalExecutor

START = datetime(2026, 5, 1, 12, tzinfo=UTC)


def _spec(colony: LocalColony, **settings: int) -> FunctionSpec:
    spec = FunctionSpec.new("work", "worker", colony.name)
    for name, value in settings.items():
        setattr(spec, name, value)
    return spec


class Poll:
    """An assign on a thread, waiting at the server when the constructor returns."""

    def __init__(self, colony: LocalColony, executor: LocalExecutor, timeout: int) -> None:
        self.outcome: Process | NoProcessError | None = None
        self._name, self._executor, self._timeout = colony.name, executor, timeout
        self._thread = threading.Thread(target=self._wait, daemon=True)
        self._thread.start()
        while not colony.waiting:
            self._thread.join(0.005)

    def end(self) -> Process | NoProcessError | None:
        self._thread.join(300)
        assert not self._thread.is_alive()
        return self.outcome

    def _wait(self) -> None:
        try:
            self.outcome = self._executor.client.assign(self._name, timeout=self._timeout)
        except NoProcessError as error:
            self.outcome = error


def test_time_starts_where_it_should_and_passes() -> None:
    with LocalColony(start=START) as colony:
        first = colony.now
        assert START <= first < START + timedelta(minutes=10)
        colony.advance(30, minutes=1, hours=2)
        assert timedelta(hours=2, seconds=90) <= colony.now - first < timedelta(hours=3)
        submitted = colony.client.submit(_spec(colony)).submissiontime
        assert submitted is not None
        assert submitted >= START + timedelta(hours=2)


def test_deadlines_pass_in_order() -> None:
    with LocalColony() as colony:
        worker = colony.add_executor("worker")
        patient = colony.client.submit(_spec(colony, maxwaittime=7000))
        hasty = colony.client.submit(_spec(colony, maxwaittime=3000))
        colony.advance(minutes=40)
        assert colony.client.get_process(hasty.processid).state is WAITING
        colony.advance(hours=2)
        ended = [colony.client.get_process(each.processid) for each in (hasty, patient)]
        assert [each.state for each in ended] == [FAILED, FAILED]
        assert ended[0].endtime is not None
        assert ended[1].endtime is not None
        # Each at its own time, although both were skipped in one go.
        between = ended[1].endtime - ended[0].endtime
        assert timedelta(seconds=3990) < between < timedelta(seconds=4010)
        with pytest.raises(NoProcessError):
            worker.client.assign(colony.name, timeout=-1)


def test_a_process_is_retried_and_then_given_up() -> None:
    with LocalColony() as colony:
        worker = colony.add_executor("worker")
        asked = colony.client.submit(_spec(colony, maxexectime=60, maxretries=1))
        assert worker.client.assign(colony.name, timeout=10).state is RUNNING
        colony.advance(minutes=2)
        again = worker.client.assign(colony.name, timeout=10)
        assert (again.processid, again.retries) == (asked.processid, 1)
        colony.advance(minutes=2)
        assert colony.client.get_process(asked.processid).state is FAILED


def test_a_long_poll_ends_when_its_time_is_skipped() -> None:
    with LocalColony() as colony:
        poll = Poll(colony, colony.add_executor("worker"), 3600)
        colony.advance(hours=1)
        assert isinstance(poll.end(), NoProcessError)


def test_a_long_poll_goes_on_after_time_was_skipped() -> None:
    with LocalColony() as colony:
        poll = Poll(colony, colony.add_executor("worker"), 3600)
        colony.advance(minutes=59)
        asked = colony.client.submit(_spec(colony))
        process = poll.end()
        assert isinstance(process, Process)
        assert process.processid == asked.processid


def test_who_is_silent_is_forgotten_and_who_listens_is_not() -> None:
    with LocalColony() as colony:
        silent, listening = colony.add_executor("idle"), colony.add_executor("worker")
        with pytest.raises(NoProcessError):
            silent.client.assign(colony.name, timeout=-1)
        poll = Poll(colony, listening, 10)
        colony.advance(hours=2)
        assert isinstance(poll.end(), NoProcessError)
        rows = {each.executorname: each for each in colony.client.get_executors(colony.name)}
        assert listening.name in rows
        assert rows[listening.name].state is not UNREGISTERED
        assert silent.name not in rows or rows[silent.name].state is UNREGISTERED
        # Both count from now on.
        colony.client.submit(_spec(colony))
        colony.advance(minutes=9)
        process = listening.client.assign(colony.name, timeout=10)
        listening.client.close(process.processid)
        assert colony.client.get_process(process.processid).state is SUCCESS
        colony.advance(hours=2)
        with pytest.raises(Exception, match="403"):
            listening.client.assign(colony.name, timeout=-1)


def test_a_server_that_was_restarted_keeps_its_time() -> None:
    with LocalColony(start=START) as colony:
        asked = colony.client.submit(_spec(colony, maxwaittime=3600))
        colony.advance(minutes=30)
        colony.restart()
        assert colony.now >= START + timedelta(minutes=30)
        assert colony.client.get_process(asked.processid).state is WAITING
        colony.advance(minutes=31)
        assert colony.client.get_process(asked.processid).state is FAILED


def test_all_that_depends_on_time_happens_in_order() -> None:
    """Two hours at once: a generator, a deadline, a silent executor and a cron, each at its moment, and then the next."""
    with LocalColony() as colony:
        worker = colony.add_executor("worker")
        asked = colony.client.submit(_spec(colony, maxexectime=3000, maxretries=3))
        assert worker.client.assign(colony.name, timeout=10).processid == asked.processid
        begun = colony.now
        colony.client.submit(_spec(colony, maxwaittime=4500))
        node = _spec(colony)
        node.nodename, node.funcname = "one", "cron"
        node.maxwaittime = 60
        workflow = encode(WorkflowSpec(colonyname=colony.name, functionspecs=[node])).decode()
        cron = Cron(colonyname=colony.name, name="c", workflowspec=workflow, interval=3600)
        colony.client.add_cron(cron)
        batch = workflow.replace('"cron"', '"generator"')
        generator = Generator(colonyname=colony.name, name="g", workflowspec=batch, trigger=100, timeout=1500)
        made = colony.client.add_generator(generator)
        colony.client.pack_generator(made.generatorid, "argument")
        colony.advance(hours=2)

        ended = colony.client.get_process_history(colony.name, 4 * 3600, FAILED)
        found = [
            (each.spec.funcname, each.errors, event, _minutes(begun, moment))
            for each in ended
            for event, moment in (("comes", each.submissiontime), ("goes", each.endtime))
        ]
        [late] = [each for each in ended if each.spec.maxwaittime == 4500]
        assert _minutes(begun, late.endtime) == 75
        generated = [(event, minute) for name, _, event, minute in found if name == "generator"]
        assert generated == [("comes", 25), ("goes", 26)]
        # A cron counts from the first look at it.
        runs = sorted((minute, event) for name, _, event, minute in found if name == "cron")
        assert runs == [(60, "comes"), (61, "goes")]
        # The executor fell silent after ten minutes, long before its process would have been late.
        waits = colony.client.get_process(asked.processid)
        assert (waits.state, waits.retries) == (WAITING, 0)
        rows = {each.executorname: each.state for each in colony.client.get_executors(colony.name)}
        assert rows[worker.name] is UNREGISTERED


def _minutes(begun: datetime, moment: datetime | None) -> int:
    assert moment is not None
    return round((moment - begun).total_seconds() / 60)
