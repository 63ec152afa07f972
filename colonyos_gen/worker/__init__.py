"""Executors: functions of a program, offered to a colony.

from colonyos_gen import Worker

worker = Worker("math", concurrency=4)

@worker.function
def add(a: int, b: int) -> int:
    return a + b

worker.run()
"""

from colonyos_gen._tracebacks import shown_as
from colonyos_gen.worker._life.health import Health
from colonyos_gen.worker._life.log_lines import JsonFormatter, ProcessFilter
from colonyos_gen.worker._life.registration import RegistrationError
from colonyos_gen.worker._pool.child_process import PoolError, ProcessDied
from colonyos_gen.worker._running.context import Context
from colonyos_gen.worker._running.hung import HungError
from colonyos_gen.worker._telling.text_writer import TextWriter
from colonyos_gen.worker._worker import Worker

shown_as(__name__, HungError, PoolError, ProcessDied, RegistrationError)

__all__ = [
    "Context",
    "Health",
    "HungError",
    "JsonFormatter",
    "PoolError",
    "ProcessDied",
    "ProcessFilter",
    "RegistrationError",
    "TextWriter",
    "Worker",
]
