"""Writes the first migration anew from the models; used until the first release, afterwards migrations only grow."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from alembic import command

from shop.core.migrate import MIGRATIONS, config

NAME = "202611240900_first.py"


def main() -> int:
    versions = MIGRATIONS / "versions"
    for old in versions.glob("*.py"):
        old.unlink()
    with tempfile.TemporaryDirectory() as folder:
        made = config(f"sqlite:///{Path(folder) / 'empty.db'}")
        script = command.revision(made, message="First schema", autogenerate=True, rev_id="202611240900")
    assert script is not None and not isinstance(script, list)
    Path(script.path).rename(versions / NAME)
    return 0


if __name__ == "__main__":
    sys.exit(main())
