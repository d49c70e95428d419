"""A file is written or moved. The spool, storages and retention arrive with the recording issue."""
