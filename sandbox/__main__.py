"""Runs the sandbox until it is stopped: `python -m sandbox --port 0 --now 2026-11-22T23:00:00Z --folder data`."""

import argparse
import contextlib
import signal
import sys
from pathlib import Path

from sandbox.rhythm import instant
from sandbox.server import GENEROUS, Server, Stage
from sandbox.world import SEED, build


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="Stand-ins for three vendors, on 127.0.0.1.")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--now", type=instant, default="2026-11-22T23:00:00Z", help="the clock: ISO, with its zone")
    parser.add_argument("--folder", type=Path, help="where the warehouse and the tables are written")
    parser.add_argument("--port-file", type=Path, help="gets the port's number once the server is ready")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--exports-per-minute", type=int, default=GENEROUS, help="the helpdesk's limit; there it is 10")
    return parser.parse_args()


def main() -> None:
    options = _arguments()
    stage = Stage(build(options.seed), options.now, options.folder, options.exports_per_minute)
    with Server(stage, options.port) as server:
        if options.port_file:
            part = options.port_file.with_name(options.port_file.name + ".part")
            part.write_text(f"{server.server_address[1]}\n", encoding="utf-8")
            part.replace(options.port_file)
        # As an interrupt, so that the socket is closed in order.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        sys.stdout.write(f"sandbox ready at {server.url}\n")
        sys.stdout.flush()
        with contextlib.suppress(KeyboardInterrupt):
            server.serve_forever()


if __name__ == "__main__":
    main()
