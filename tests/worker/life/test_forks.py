"""Forks obey the signals that their worker takes itself, from the first moment on."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap

import pytest

PROGRAM = """
    import os, signal, sys, threading, time
    from colonyos_gen.worker._life.forks import handlers, ignore

    handlers.set(signal.SIGTERM, ignore)
    disobeyed = []

    def work():
        for _ in range(40):
            child = os.fork()
            if not child:
                time.sleep(2)
                os._exit(7)
            os.kill(child, signal.SIGTERM)
            if os.waitpid(child, 0)[1] != signal.SIGTERM:
                disobeyed.append(child)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == set()
    print(len(disobeyed))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no forks")
def test_a_signal_right_after_the_fork_is_not_lost() -> None:
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", textwrap.dedent(PROGRAM)],
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert (ran.stdout, ran.stderr) == ("0\n", "")
