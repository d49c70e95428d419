"""What supervisors set up for agents: statuses, dispositions; and how agents spend their time."""
