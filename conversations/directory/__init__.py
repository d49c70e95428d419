"""People, their sessions, queues and the settings of the centre."""
