"""Write a new revision from what the tables say: ``python -m signaling.migrations "what changed"``, then ruff format.

Until the first release all tables are in `0001_tables`: delete it and write it again with
``python -m signaling.migrations tables``.
"""

import sys
import tempfile

from alembic import command
from alembic.script import ScriptDirectory

from conversations.db import engines
from conversations.db.database import alembic_config


def main(message: str) -> None:
    """Migrate an empty SQLite file to the newest revision and write down what is missing."""
    with tempfile.TemporaryDirectory() as folder:
        config = alembic_config(engines.parse(f"sqlite:///{folder}/empty.db"))
        count = len(list(ScriptDirectory.from_config(config).walk_revisions()))
        command.upgrade(config, "head")
        name = message.lower().replace(" ", "_")
        command.revision(config, message, autogenerate=True, rev_id=f"{count + 1:04}_{name}")


if __name__ == "__main__":
    main(sys.argv[1])
