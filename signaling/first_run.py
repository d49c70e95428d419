"""What the very first start does: a trial workspace, or a one-time address for the first administrator."""

from conversations.db.database import Database
from conversations.directory.demo import DemoPeople, add_demo_people, demo_secrets
from conversations.directory.passwords import Passwords
from conversations.directory.setup import Setup
from signaling.data_folder import write_private
from signaling.settings import Settings


class FirstRun:
    """Prepares an empty Parley for people."""

    def __init__(self, database: Database, passwords: Passwords, setup: Setup) -> None:
        self._database = database
        self._passwords = passwords
        self._setup = setup

    async def prepare(self, settings: Settings, url: str, demo: bool) -> list[str]:
        """Make what is missing at the first start, and return the lines to print; `url` is the address of the site.

        With `demo` the trial workspace is made when there are no users, and written to demo.json, which only this
        user may read. Without it, the lines hold a one-time address for as long as there are no users.
        """
        if demo:
            made = await self._trial_workspace(settings, url)
            if made:
                return made
        token = await self._setup.new_token()
        if token is not None:
            return [f"Make the first administrator here, once: {url}/agent/setup#{token}"]
        return [f"Parley is ready: {url}"]

    async def _trial_workspace(self, settings: Settings, url: str) -> list[str]:
        secrets = await demo_secrets(self._passwords)
        async with self._database.write() as write:
            people = await add_demo_people(write, secrets)
        return [] if people is None else _shown(settings, url, people)


def _shown(settings: Settings, url: str, people: DemoPeople) -> list[str]:
    accounts = [
        {
            "login": account.user.login,
            "password": account.password,
            "role": "admin" if "admin" in account.user.roles else "agent",
            "name": account.user.name,
        }
        for account in people.accounts
    ]
    write_private(settings.data / "demo.json", {"url": url, "accounts": accounts, "call_link": ""})
    lines = ["A trial workspace was made. The passwords are shown this once:"]
    lines += [f"  {one['role']:<6} {one['login']:<6} {one['password']}   {one['name']}" for one in accounts]
    return [*lines, f"Agents sign in at {url}/agent"]
