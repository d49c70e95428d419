"""What the very first start does: a trial workspace, or a one-time address for the first administrator."""

from callflow.facts import AUTOMATION
from callink.issuing import NewLink, issue_link
from callink.values import LinkKind
from conversations.db.database import Database
from conversations.directory.demo import DemoPeople, add_demo_people, demo_secrets
from conversations.directory.passwords import Passwords
from conversations.directory.setup import Setup
from signaling.data_folder import write_private
from signaling.links_api import link_url
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
            if people is None:
                return []
            # Any number of callers may use it at once; each is asked for a name.
            wanted = NewLink(kind=LinkKind.EXPIRY, queue=people.queue.id, label="Trial link", days=30)
            _, token = await issue_link(write, AUTOMATION, people.accounts[0].user.id, wanted)
        return _shown(settings, url, people, link_url(url, token))


def _shown(settings: Settings, url: str, people: DemoPeople, call_link: str) -> list[str]:
    accounts = [
        {
            "login": account.user.login,
            "password": account.password,
            "role": "admin" if "admin" in account.user.roles else "agent",
            "name": account.user.name,
        }
        for account in people.accounts
    ]
    write_private(settings.data / "demo.json", {"url": url, "accounts": accounts, "call_link": call_link})
    lines = ["A trial workspace was made. The passwords are shown this once:"]
    lines += [f"  {one['role']:<6} {one['login']:<6} {one['password']}   {one['name']}" for one in accounts]
    return [*lines, f"Agents sign in at   {url}/agent", f"Customers call with {call_link}"]
