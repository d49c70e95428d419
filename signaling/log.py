"""How the log is written, in the server and in its media processes alike."""

import logging


def set_up_log(level: str) -> None:
    """Write what is at least this grave (debug, info, warning, error) to standard error, a line each."""
    logging.basicConfig(level=level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s")
