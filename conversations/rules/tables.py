"""The table of the routing rules. Read and written by this package only."""

from typing import Any

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from callflow.call import Priority
from conversations.db.base import Base, word


class RuleRow(Base):
    """One rule. The rules are asked in the order of their positions."""

    __tablename__ = "routing_rules"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    position: Mapped[int]
    name: Mapped[str] = mapped_column(String(100))
    enabled: Mapped[bool]
    conditions: Mapped[dict[str, Any]] = mapped_column(JSON)
    """As `stored.stored` writes them."""
    queue_id: Mapped[str] = mapped_column(ForeignKey("queues.id"), index=True)
    priority: Mapped[Priority | None] = mapped_column(word(Priority))
    tags: Mapped[list[str]] = mapped_column(JSON)
    """Ids of tags."""
    version: Mapped[int]
