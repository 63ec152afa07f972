"""A colony to test against: nothing to install, nothing to clean up.

    with LocalColony() as colony:
        worker = colony.add_executor("greeter")
        colony.client.submit(FunctionSpec.new("greet", "greeter", colony.name))
        process = worker.client.assign(colony.name, timeout=10)

The server behind it is the embedded one, reached over real sockets. Besides clients and keys, the colony has what a test
of failures needs: `advance` moves time on, `faults` breaks calls, and `restart` and `outage` take the server away.

What would have harmed the real server is noticed, see `hazards`; with `hazards="act"` the server ends or stands still, as the
real one would.

With pytest, the fixture `colonies` is such a colony; see `colonyos_gen.pytest_plugin`.
"""

from colonyos_gen.testing._colony import LocalColony
from colonyos_gen.testing._environment import Environment
from colonyos_gen.testing._faults import Fault, Faults
from colonyos_gen.testing._in_process import InProcessTransport
from colonyos_gen.testing._members import LocalExecutor, LocalUser

__all__ = [
    "Environment",
    "Fault",
    "Faults",
    "InProcessTransport",
    "LocalColony",
    "LocalExecutor",
    "LocalUser",
]
