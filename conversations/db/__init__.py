"""The database: table base, engines, the unit of work, and the log of facts."""
