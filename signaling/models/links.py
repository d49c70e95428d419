"""Call links, as supervisors and agents manage them."""

from typing import Annotated

from pydantic import Field

from callink.values import LinkKind, LinkState
from signaling.models.common import Id, Line, Model, Moment, Ref


class CallLink(Model):
    """A call link. `url` is known only when the link is made: the store keeps a hash."""

    id: str
    kind: LinkKind
    label: str
    queue: Ref
    identity: str | None
    audio_only: bool
    starts_at: Moment
    ends_at: Moment | None
    state: LinkState
    created_by: Ref | None
    created_at: Moment
    url: str | None


class NewCallLink(Model):
    """A link to make. A time frame takes `starts_at` and `ends_at`; an expiry link `days`, or the default."""

    kind: LinkKind
    queue_id: Id
    label: Line = ""
    identity: Annotated[Line, Field(max_length=100)] | None = None
    audio_only: bool = False
    starts_at: Moment | None = None
    ends_at: Moment | None = None
    days: Annotated[int, Field(ge=1, le=365)] | None = None
