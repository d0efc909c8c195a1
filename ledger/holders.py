"""Which process holds something, and whether it is still there: a killed one must not be waited for."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from pathlib import Path

from okr_model.exchange import Value


class Holder(Value, frozen=True):
    """One process of one run. `started` tells it from a later process with the same number."""

    host: str
    pid: int
    started: str
    run_id: str

    def __str__(self) -> str:
        """For messages."""
        return f"process {self.pid} on {self.host.split()[0]} (run {self.run_id})"


def this_process(run_id: str) -> Holder:
    """This very process."""
    return Holder(host=_host(), pid=os.getpid(), started=_started(os.getpid()) or "", run_id=run_id)


def alive(holder: Holder) -> bool:
    """False only where it is certain that the process is gone: one on another host may be there."""
    if holder.host != _host() or not holder.started:
        return True
    started = _started(holder.pid)
    return started in ("", holder.started)


def _host() -> str:
    # Containers may share the host's name, but not its process numbers.
    numbering = Path("/proc/self/ns/pid")
    name = socket.gethostname()
    return f"{name} {numbering.readlink()}" if numbering.is_symlink() else name


def _started(pid: int) -> str | None:
    """When the process began, in the system's own notation; empty: cannot be told; null: no such process."""
    if Path("/proc/self/stat").exists():
        return _started_by_proc(pid)
    ps = shutil.which("ps")
    if ps is None:
        return ""
    found = subprocess.run([ps, "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return found.stdout.strip() or None


def _started_by_proc(pid: int) -> str | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    state, *fields = stat.rpartition(")")[2].split()  # the name before it may hold spaces and brackets
    return None if state in "ZX" else fields[18]  # a killed child stays as a zombie until its parent looks
