"""What a benchmark found: rows for people, gates with limits, one JSON file."""

from __future__ import annotations

import json
import os
import platform
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).resolve().parent / "results"


@dataclass(frozen=True)
class Gate:
    """A promise: `better` says on which side of the limit the value must be."""

    name: str
    value: float
    limit: float
    better: str  # lower, higher

    @property
    def ok(self) -> bool:
        return self.value <= self.limit if self.better == "lower" else self.value >= self.limit


@dataclass
class Report:
    """Rows are dicts with the same keys; figures are already rounded."""

    bench: str
    rows: list[dict[str, Any]] = field(default_factory=list)
    gates: list[Gate] = field(default_factory=list)

    def write(self) -> Path:
        RESULTS.mkdir(exist_ok=True)
        target = RESULTS / f"{self.bench}.json"
        body = {
            "bench": self.bench,
            "machine": machine(),
            "rows": self.rows,
            "gates": [{**asdict(gate), "ok": gate.ok} for gate in self.gates],
        }
        target.write_text(json.dumps(body, indent=2) + "\n", encoding="utf-8")
        return target

    def show(self) -> None:
        out = sys.stdout
        out.write(f"\n{self.bench}\n")
        if self.rows:
            names = list(self.rows[0])
            widths = [max(len(name), *(len(str(row.get(name, ""))) for row in self.rows)) for name in names]
            for line in [dict(zip(names, names, strict=True)), *self.rows]:
                cells = (str(line.get(name, "")).ljust(width) for name, width in zip(names, widths, strict=True))
                out.write("  " + "  ".join(cells) + "\n")
        for gate in self.gates:
            sign = "≤" if gate.better == "lower" else "≥"
            out.write(f"  {'ok  ' if gate.ok else 'MISS'} {gate.name}: {gate.value} ({sign} {gate.limit})\n")


def machine() -> dict[str, Any]:
    """Enough to read the figures honestly."""
    return {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "system": platform.system(),
        "load": round(os.getloadavg()[0], 1),
    }


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
