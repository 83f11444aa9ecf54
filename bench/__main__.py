"""`python -m bench` runs all; `python -m bench http pins` runs some. Exit code 1 when a gate is missed."""

from __future__ import annotations

import sys
from importlib import import_module

BENCHES = ("claims", "fanout", "http", "messages", "pins", "video_latency")


def main() -> int:
    wanted = [name.replace("-", "_") for name in sys.argv[1:]] or list(BENCHES)
    unknown = set(wanted) - set(BENCHES)
    if unknown:
        sys.stderr.write(
            f"There is no benchmark called {', '.join(sorted(unknown))}; there are {', '.join(BENCHES)}.\n"
        )
        return 2
    missed = False
    for name in wanted:
        report = import_module(f"bench.{name}").run()
        report.show()
        sys.stdout.write(f"  written to bench/results/{report.write().name}\n")
        missed = missed or not all(gate.ok for gate in report.gates)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
