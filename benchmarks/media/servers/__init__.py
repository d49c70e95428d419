"""Host processes for the servers that are Python libraries: JSON lines come on stdin, answers go to stdout."""
