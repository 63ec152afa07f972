"""Workers as programs of their own, and what can happen to programs."""

from __future__ import annotations

import signal
from pathlib import Path

from colonyos_gen import FAILED, RUNNING, SUCCESS, WAITING
from colonyos_gen.testing import LocalColony
from tests.worker.kit.scene import Gate, ended, running, submit, until
from tests.worker.kit.spawned import SpawnedWorker


def test_a_killed_worker_is_replaced_and_its_process_ends_once(colonies: LocalColony, tmp_path: Path) -> None:
    gate = Gate(tmp_path)
    with SpawnedWorker(colonies, tmp_path) as first, SpawnedWorker(colonies, tmp_path) as second:
        for each in (first, second):
            each.said("in colony dev")
        asked = submit(colonies, "hold", str(gate.path), maxexectime=60, maxretries=3)
        opened = gate.reached()
        taken = running(colonies, asked)
        executors = {each.executorid: each.executorname for each in colonies.client.get_executors("dev")}
        name = executors[taken.assignedexecutorid]
        victim = first if f"{name}: registered" in first.said(": registered") else second
        victim.kill()
        opened.leave()
        colonies.advance(minutes=2)
        gate.reached().let_through("second try")
        end = ended(colonies, asked)
        assert (end.state, end.output, end.retries) == (SUCCESS, ["second try"], 1)
        assert end.assignedexecutorid != taken.assignedexecutorid


def test_a_restarted_worker_is_the_same_executor_with_the_same_functions(
    colonies: LocalColony, tmp_path: Path
) -> None:
    for _ in range(2):
        with SpawnedWorker(colonies, tmp_path) as worker:
            assert ended(colonies, submit(colonies, "pid")).output == [worker.pid]
    (row,) = colonies.client.get_executors(colonies.name)
    assert (tmp_path / "workers" / colonies.name / row.executorname).stat().st_mode & 0o777 == 0o600
    functions = colonies.client.get_functions(colonies.name)
    assert [(each.funcname, each.executortype, each.counter) for each in functions] == [
        ("hold", "tester", 0),
        ("hold_in_task", "tester", 0),
        ("pid", "tester", 2),
    ]
    assert functions[0].description == "Wait at a gate, and return what was said there."
    assert [(each.name, each.type, each.required) for each in functions[0].args] == [("gate", "Path", True)]
    (hardware,) = row.capabilities.hardware
    assert hardware.platform == "linux"
    assert hardware.cores >= 1
    assert hardware.mem.endswith("Mi")


def test_what_a_killed_worker_left_without_a_deadline_is_failed_when_it_comes_back(
    colonies: LocalColony, tmp_path: Path
) -> None:
    gate = Gate(tmp_path)
    with SpawnedWorker(colonies, tmp_path):
        hopeless = submit(colonies, "hold", str(gate.path))
        gate.reached()
    with SpawnedWorker(colonies, tmp_path) as worker:
        end = ended(colonies, hopeless)
        assert end.state is FAILED
        assert end.errors[0].endswith("ended while it ran this process; it was started again")
        assert ended(colonies, submit(colonies, "pid")).output == [worker.pid]


def test_a_signal_while_the_server_is_away_ends_it(colonies: LocalColony, tmp_path: Path) -> None:
    with colonies.outage(), SpawnedWorker(colonies, tmp_path, with_user_key=True) as worker:
        worker.said("the server does not answer")
        worker.terminate()
        assert worker.wait() == 0


def test_sigterm_lets_running_functions_end(colonies: LocalColony, tmp_path: Path) -> None:
    gate = Gate(tmp_path)
    with SpawnedWorker(colonies, tmp_path) as worker:
        asked = submit(colonies, "hold", str(gate.path))
        opened = gate.reached()
        worker.terminate()
        worker.said("ending (SIGTERM); 1 running, for up to 30 s")
        later = submit(colonies, "pid")
        opened.let_through("in time")
        assert ended(colonies, asked).output == ["in time"]
        assert worker.wait() == 0
        assert colonies.client.get_process(later.processid).state is WAITING


def test_after_the_grace_period_processes_are_failed_with_the_reason(
    colonies: LocalColony, tmp_path: Path
) -> None:
    gate, task_gate = Gate(tmp_path), Gate(tmp_path, "task")
    with SpawnedWorker(colonies, tmp_path, concurrency=2, grace=0.2) as worker:
        asked = [
            submit(colonies, "hold", str(gate.path)),
            submit(colonies, "hold_in_task", str(task_gate.path)),
        ]
        gate.reached()
        task_gate.reached()
        worker.terminate(signal.SIGINT)
        assert worker.wait() == 0
        for each in asked:
            end = colonies.client.get_process(each.processid)
            assert end.state is FAILED
            assert end.errors == ["the worker was stopped before the function had ended: SIGINT"]
        (line,) = colonies.client.get_logs(colonies.name, asked[1].processid)
        assert line.message.startswith("cancelled: the worker was stopped")


def test_the_second_signal_ends_it_at_once(colonies: LocalColony, tmp_path: Path) -> None:
    gate = Gate(tmp_path)
    with SpawnedWorker(colonies, tmp_path, grace=3600) as worker:
        asked = submit(colonies, "hold", str(gate.path))
        gate.reached()
        worker.terminate()
        worker.said("ending (SIGTERM)")
        assert colonies.client.get_process(asked.processid).state is RUNNING
        worker.terminate()
        assert worker.wait() == 0
        end = colonies.client.get_process(asked.processid)
        assert (end.state, end.errors[0][-7:]) == (FAILED, "SIGTERM")


def test_a_signal_while_it_waits_for_approval_ends_it(colonies: LocalColony, tmp_path: Path) -> None:
    with SpawnedWorker(colonies, tmp_path, with_colony_key=False) as worker:
        worker.said("is not registered in colony dev, and waits")
        worker.terminate()
        assert worker.wait() == 0


def test_a_server_restart_is_bridged(colonies: LocalColony, tmp_path: Path) -> None:
    gate = Gate(tmp_path)
    with SpawnedWorker(colonies, tmp_path) as worker:
        assert ended(colonies, submit(colonies, "pid")).output == [worker.pid]
        until(lambda: colonies.waiting == 1)  # so that the restart breaks a poll, and the log says so
        colonies.restart()
        asked = submit(colonies, "hold", str(gate.path))
        opened = gate.reached()
        with colonies.outage():
            opened.let_through("while you were out")
            worker.said("the server does not answer", times=2)
        assert ended(colonies, asked).output == ["while you were out"]
        worker.said("answers again", times=2)
        worker.kill()
        assert worker.output.count("the server does not answer") == 2


def test_ten_minutes_of_work_do_not_cost_a_busy_worker_its_place(
    colonies: LocalColony, tmp_path: Path
) -> None:
    gate = Gate(tmp_path)
    with SpawnedWorker(colonies, tmp_path, heartbeat=0.05) as worker:
        asked = submit(colonies, "hold", str(gate.path))
        opened = gate.reached()
        for _ in range(4):
            with colonies.faults.delay("assign", 0, after_request=True) as beats:
                until(lambda: beats.hits > 1)
            colonies.advance(minutes=9)
        opened.let_through("at last")
        end = ended(colonies, asked)
        assert (end.state, end.output, end.retries) == (SUCCESS, ["at last"], 0)
        assert worker.pid == ended(colonies, submit(colonies, "pid")).output[0]


def test_it_starts_anew_when_its_code_changes(colonies: LocalColony, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    text = (
        "from colonyos_gen import Worker\n"
        "worker = Worker('tester')\n"
        "@worker.function\n"
        "def version() -> int:\n"
        "    return 1\n"
        "worker.run(watch=True)\n"
    )
    program.write_text(text)
    with SpawnedWorker(colonies, tmp_path, program=(str(program),)) as worker:
        assert ended(colonies, submit(colonies, "version")).output == [1]
        program.write_text(text.replace("return 1", "return 2"))
        worker.said("has changed; starting anew")
        worker.said("in colony dev", times=2)
        assert ended(colonies, submit(colonies, "version")).output == [2]
