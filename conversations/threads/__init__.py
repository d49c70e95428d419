"""Customers and their conversations: the thread, what was said in it, and who has read it."""
