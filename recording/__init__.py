"""A file is written or moved. Storages and retention arrive with the recording issue."""
