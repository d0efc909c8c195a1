"""Resolves pyproject.toml into hashed requirement files that hold no index address. Run by `make lock`."""

import subprocess
import sys
import tomllib
from pathlib import Path

HERE = Path(__file__).parent
HEADER = "# Locked by `make lock` from pyproject.toml: hashed, with no index address. Do not edit.\n"


def lock(wanted: list[str], target: Path) -> None:
    """Writes `target` with every package that `wanted` needs, on any platform from Python 3.11 on."""
    command = [sys.executable, "-m", "uv", "pip", "compile", "--universal", "--python-version", "3.11", "--no-header"]
    options = ["--generate-hashes", "--no-emit-index-url", "--no-emit-find-links", "--quiet", "-"]
    found = subprocess.run(command + options, input="\n".join(wanted), text=True, check=True, capture_output=True)
    target.write_text(HEADER + found.stdout)


def main() -> None:
    """Locks what runs first, and what tests need within it."""
    project = tomllib.loads((HERE.parent / "pyproject.toml").read_text())
    run = HERE / "run.txt"
    lock(project["project"]["dependencies"] + project["build-system"]["requires"], run)
    lock([f"-c {run}", *project["dependency-groups"]["dev"]], HERE / "dev.txt")


main()
