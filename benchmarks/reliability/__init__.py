"""The reliability figures that are published: one script each, short forms of which run in the test command."""
