"""Workers in processes of their own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from colonyos_gen.testing import LocalColony

ROOT = Path(__file__).parents[3]


class SpawnedWorker:
    """A process that runs `tests.worker.kit.program`, or another program, against a colony."""

    def __init__(
        self,
        colony: LocalColony,
        keys: Path,
        *,
        program: tuple[str, ...] = ("-m", "tests.worker.kit.program"),
        with_colony_key: bool = True,
        with_user_key: bool = False,
        reads: Path = Path(os.devnull),
        **options: Any,
    ) -> None:
        variables = colony.environment()
        if not with_user_key:
            variables = variables.without_member_key()
        environ = os.environ | variables | {"COLONIES_KEYS": str(keys)}
        if not with_colony_key:
            environ["COLONIES_COLONY_PRVKEY"] = ""
        environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), str(ROOT / "generated" / "python")])
        with reads.open() as file:
            self._process = subprocess.Popen(
                [sys.executable, *program, json.dumps(options)],
                env=environ,
                stdin=file,
                stderr=subprocess.PIPE,
                text=True,
            )
        self._lines: list[str] = []
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """Id of the process."""
        return self._process.pid

    def said(self, text: str, times: int = 1) -> str:
        """Wait until it has written a line with `text` to its log so many times, and return the last one."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self._with(text)) >= times, 300), "".join(self._lines)
            return self._with(text)[times - 1]

    def terminate(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Send it a signal."""
        self._process.send_signal(number)

    def kill(self) -> None:
        """End it on the spot; it cannot prevent that, or notice it."""
        self._process.kill()
        self._process.wait()

    def wait(self) -> int:
        """Wait until it has ended, and return its exit code."""
        return self._process.wait(300)

    @property
    def output(self) -> str:
        """All that it has written."""
        self._reader.join(60)
        return "".join(self._lines)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.kill()

    def _with(self, text: str) -> list[str]:
        return [line for line in self._lines if text in line]

    def _read(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            with self._changed:
                self._lines.append(line)
                self._changed.notify_all()
