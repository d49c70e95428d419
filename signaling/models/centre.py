"""The settings of the whole centre."""

from typing import Annotated

from pydantic import Field

from conversations.directory.values import DispositionMode
from signaling.models.common import Model, Name, Text, Version
from signaling.models.users import WrapUpSeconds


class Settings(Model):
    """The centre's settings."""

    centre_name: str
    welcome_text: str
    not_yet_text: str
    expired_text: str
    closed_text: str
    wrap_up_seconds: int
    wrap_up_cap_seconds: int | None
    link_days: int
    misses_before_away: int
    disposition_mode: DispositionMode
    version: int


class SettingsChange(Model):
    """What to change of the settings; what is left out stays. `wrap_up_cap_seconds` null means no cap."""

    version: Version
    centre_name: Name | None = None
    welcome_text: Text | None = None
    not_yet_text: Text | None = None
    expired_text: Text | None = None
    closed_text: Text | None = None
    wrap_up_seconds: WrapUpSeconds | None = None
    wrap_up_cap_seconds: Annotated[int, Field(ge=0, le=86_400)] | None = None
    link_days: Annotated[int, Field(ge=1, le=365)] | None = None
    misses_before_away: Annotated[int, Field(ge=0, le=100)] | None = None
    disposition_mode: DispositionMode | None = None
