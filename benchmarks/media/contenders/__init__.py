"""The servers that are compared, each started and driven as its own documentation says."""
