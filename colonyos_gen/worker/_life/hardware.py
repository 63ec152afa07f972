"""What machine a worker runs on, as it reports it to the server.

Variables named EXECUTOR_HW_… and EXECUTOR_SW_… win over what is found, as with other executors:
EXECUTOR_HW_MODEL, _NODES, _CPU, _MEM, _STORAGE, _GPU_NAME, _GPU_MEM, _GPU_COUNT, _GPU_NODES_COUNT, EXECUTOR_SW_NAME, _TYPE
and _VERSION.
"""

from __future__ import annotations

import functools
import os
import platform
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from colonyos_gen_wire import GPU, Capabilities, Hardware, Software

from colonyos_gen._version import __version__

_MIB = 1024 * 1024
_GPU_QUERY = ("nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader,nounits")
_GPU_SECONDS = 5.0
_ARCHITECTURES = {"x86_64": "amd64", "x64": "amd64", "aarch64": "arm64"}


def capabilities(environ: Mapping[str, str]) -> Capabilities:
    """Hardware and software of this machine. It never fails: what cannot be found out stays empty."""
    cores = _cores()
    hardware = Hardware(
        model=_text(environ, "HW_MODEL", _cpu_model()),
        nodes=_count(environ, "HW_NODES", 1),
        cpu=_text(environ, "HW_CPU", f"{cores * 1000}m"),
        cores=cores,
        mem=_text(environ, "HW_MEM", _memory()),
        storage=_text(environ, "HW_STORAGE", _storage()),
        gpu=_gpu(environ),
        platform=platform.system().lower(),
        architecture=_architecture(),
    )
    software = Software(
        name=_text(environ, "SW_NAME", "colonyos_gen"),
        type=_text(environ, "SW_TYPE", f"python {platform.python_version()}"),
        version=_text(environ, "SW_VERSION", __version__),
    )
    return Capabilities(hardware=[hardware], software=[software])


def _text(environ: Mapping[str, str], name: str, found: str) -> str:
    return environ.get(f"EXECUTOR_{name}", "").strip() or found


def _count(environ: Mapping[str, str], name: str, found: int) -> int:
    text = environ.get(f"EXECUTOR_{name}", "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else found


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _architecture() -> str:
    machine = platform.machine().lower()
    return _ARCHITECTURES.get(machine, machine)


@functools.cache
def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.processor()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith(("model name", "Model")))
    return next(names, platform.processor())


def _memory() -> str:
    try:
        return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') // _MIB}Mi"
    except (AttributeError, ValueError, OSError):  # not on every system
        return ""


def _storage() -> str:
    try:
        return f"{shutil.disk_usage(Path.cwd()).total // _MIB}Mi"
    except OSError:
        return ""


def _gpu(environ: Mapping[str, str]) -> GPU:
    found = _nvidia()
    return GPU(
        name=_text(environ, "HW_GPU_NAME", found.name),
        mem=_text(environ, "HW_GPU_MEM", found.mem),
        count=_count(environ, "HW_GPU_COUNT", found.count),
        nodecount=_count(environ, "HW_GPU_NODES_COUNT", found.nodecount),
    )


@functools.cache
def _nvidia() -> GPU:
    """The GPUs that the driver of NVIDIA knows of; other makes are not looked for."""
    if shutil.which(_GPU_QUERY[0]) is None:
        return GPU()
    try:
        done = subprocess.run(_GPU_QUERY, capture_output=True, text=True, timeout=_GPU_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError):
        return GPU()
    rows = [line.split(", ") for line in done.stdout.splitlines() if line.count(", ") == 1]
    if not rows:
        return GPU()
    name, mebibytes = rows[0]
    return GPU(name=name, mem=f"{mebibytes.strip()}Mi", count=len(rows), nodecount=1)
