"""What is remembered: threads, messages, customers, calls, users, queues, and the log of facts."""
