"""Sign-in, sessions, people."""

from typing import Annotated

from pydantic import Field

from conversations.directory.values import UserRole
from signaling.models.common import Line, Model, Name, Secret, Version

Login = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[A-Za-z0-9][A-Za-z0-9._@+-]*$")]
WrapUpSeconds = Annotated[int, Field(ge=0, le=3600)]
"""Seconds of wrap-up; 0 means none (WRAP-02, WRAP-05)."""


class User(Model):
    """A person who may sign in."""

    id: str
    login: str
    name: str
    roles: list[UserRole]
    disabled: bool
    wrap_up_seconds: int | None
    text_capacity: int | None
    phone: str | None
    version: int


class Session(Model):
    """Who is signed in here."""

    user: User
    must_change_password: bool
    centre_name: str


class Credentials(Model):
    """Somebody wants to sign in."""

    login: Line
    password: Annotated[str, Field(max_length=1000)]


class PasswordChange(Model):
    """A person's own new password."""

    current: Annotated[str, Field(max_length=1000)]
    new: Secret


class Setup(Model):
    """The first administrator, made with the one-time address that was printed at the start."""

    token: Annotated[str, Field(max_length=100)]
    login: Login
    name: Name
    password: Secret


class NewUser(Model):
    """A person to add."""

    login: Login
    name: Name
    roles: Annotated[set[UserRole], Field(min_length=1)]


class UserWithPassword(Model):
    """A person and the password that was made for him; it is shown this once."""

    user: User
    password: str


class UserChange(Model):
    """What to change of a person; what is left out stays. `wrap_up_seconds`, `text_capacity` null: the default."""

    version: Version
    name: Name | None = None
    roles: Annotated[set[UserRole], Field(min_length=1)] | None = None
    wrap_up_seconds: WrapUpSeconds | None = None
    text_capacity: Annotated[int, Field(ge=0, le=50)] | None = None
    phone: Line | None = None
