"""Calls, their parties and the agents' live state as rows: the engine's store."""
