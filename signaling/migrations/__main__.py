"""Write a new revision from what the tables say: ``python -m signaling.migrations "what changed"``.

Until the first release all tables are in `0001_tables`, which ``python -m signaling.migrations tables``
writes again from nothing. Let ruff format what was written, and read it.
"""

import shutil
import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.script import ScriptDirectory

from conversations.db import engines
from conversations.db.database import alembic_config

VERSIONS = Path(__file__).parent / "versions"
FIRST = "0001_tables"


def main(message: str) -> None:
    """Migrate an empty SQLite file to the newest revision and write down what is missing."""
    with tempfile.TemporaryDirectory() as folder:
        config = alembic_config(engines.parse(f"sqlite:///{folder}/empty.db"))
        if message == "tables":
            config.set_main_option("version_locations", folder)
            command.revision(config, "Every table", autogenerate=True, rev_id=FIRST)
            shutil.move(f"{folder}/{FIRST}.py", VERSIONS / f"{FIRST}.py")
            return
        count = len(list(ScriptDirectory.from_config(config).walk_revisions()))
        command.upgrade(config, "head")
        name = message.lower().replace(" ", "_")
        command.revision(config, message, autogenerate=True, rev_id=f"{count + 1:04}_{name}")


if __name__ == "__main__":
    main(sys.argv[1])
