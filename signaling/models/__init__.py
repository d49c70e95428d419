"""What the wire carries: pydantic models of docs/protocol.md, one file for each subject."""
