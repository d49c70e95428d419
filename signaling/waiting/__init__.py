"""Waiting strategies at the edge: texts are spoken and files taken before a strategy is kept."""
