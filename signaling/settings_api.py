"""The settings of the centre."""

from conversations.directory.settings import SettingsChange as Change
from conversations.directory.settings import SettingsService
from conversations.values import UNSET
from signaling.http.api import Api
from signaling.http.problems import showing_stale
from signaling.http.rules import SIGNED_IN, SUPERVISOR, SignedIn
from signaling.models.centre import Settings, SettingsChange


class SettingsApi:
    """Handlers of `/settings`."""

    def __init__(self, settings: SettingsService) -> None:
        self._settings = settings

    def register(self, api: Api) -> None:
        """Add the routes."""
        api.get("/settings", self.get_settings, rule=SIGNED_IN, tag="settings")
        api.patch("/settings", self.change_settings, rule=SUPERVISOR, tag="settings")

    async def get_settings(self) -> Settings:
        """Return the settings."""
        return Settings.model_validate(await self._settings.get())

    async def change_settings(self, who: SignedIn, change: SettingsChange) -> Settings:
        """Change some settings; a wrap-up that runs keeps its deadline."""
        cap = change.wrap_up_cap_seconds if "wrap_up_cap_seconds" in change.model_fields_set else UNSET
        wanted = Change(
            centre_name=change.centre_name,
            welcome_text=change.welcome_text,
            not_yet_text=change.not_yet_text,
            expired_text=change.expired_text,
            closed_text=change.closed_text,
            wrap_up_seconds=change.wrap_up_seconds,
            wrap_up_cap_seconds=cap,
            link_days=change.link_days,
            misses_before_away=change.misses_before_away,
            disposition_mode=change.disposition_mode,
        )
        with showing_stale(Settings.model_validate):
            return Settings.model_validate(await self._settings.change(who.user.actor, change.version, wanted))
