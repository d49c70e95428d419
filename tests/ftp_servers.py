"""The servers that recordings are delivered to, real ones from Debian's packages: each a child with a user of its own.

`.ci/servers` fetches them. On a laptop without them the tests are skipped with the reason; with CI=true they fail.
"""

import asyncio
import os
import shutil
import signal
import tempfile
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections.abc import AsyncGenerator, Callable, Generator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from socket import SOCK_STREAM
from typing import Final, Protocol

import asyncssh
import pytest

from signaling.settings import Settings
from signaling.tls import self_signed
from tests.flow.server import free_port

UNPACKED: Final = Path("/var/tmp/parley-servers")
USER: Final = "recorder"
PASSWORD: Final = "an FTP password"
FOLDER: Final = "recordings"
"""In here its user may write. vsftpd wants a folder above that where he may not."""
LIMIT: Final = 10.0
"""Seconds that the start may take."""


class Life(Protocol):
    """How a server is made to die, and to come back."""

    async def start(self) -> None:
        """Begin, and take connections on the same port."""
        ...

    async def kill(self) -> None:
        """End at once, with every session that goes on."""
        ...


@dataclass(slots=True)
class Running:
    """A server that takes connections."""

    port: int
    root: Path
    """The folder that its user sees as its own."""
    user: str
    password: str
    certificate: str
    """PEM, of its own making."""
    life: Life = field(init=False)


Server = Callable[[bool], AbstractAsyncContextManager[Running]]
"""Runs a server, with TLS demanded for everything or without TLS."""


def unpacked(path: str) -> Path:
    """Return a program of the packages, or skip the test."""
    program = UNPACKED / path
    if not program.exists():
        pytest.skip("the servers of Debian's packages are missing (.ci/servers fetches them)")
    if os.getuid() != 0:
        pytest.skip("the servers of Debian's packages must be started by root")
    return program


@asynccontextmanager
async def vsftpd(tls: bool) -> AsyncGenerator[Running]:
    """Very secure FTP daemon. Its users are the system's, so ours is the anonymous one with a password of its own."""
    program = unpacked("vsftpd/usr/sbin/vsftpd")
    with _prepared("anonymous") as (running, folder, pem):
        shutil.chown(running.root, "root")
        shutil.chown(running.root / FOLDER, "daemon")
        (folder / "passwords").write_text(f"{PASSWORD}\n")
        (folder / "empty").mkdir()
        options = {
            "listen": "YES",
            "listen_address": "127.0.0.1",
            "listen_port": running.port,
            "background": "NO",
            "anonymous_enable": "YES",
            "local_enable": "NO",
            "ftp_username": "daemon",  # its home exists, which vsftpd wants even where it is not used
            "anon_root": running.root,
            "anon_umask": "022",
            "anon_upload_enable": "YES",
            "anon_mkdir_write_enable": "YES",
            "anon_other_write_enable": "YES",
            "anon_world_readable_only": "NO",
            "write_enable": "YES",
            "secure_email_list_enable": "YES",
            "email_password_file": folder / "passwords",
            "secure_chroot_dir": folder / "empty",
            "xferlog_enable": "NO",
            "seccomp_sandbox": "NO",
            "ssl_enable": "YES" if tls else "NO",
        }
        if tls:
            options |= {
                "rsa_cert_file": pem,
                "allow_anon_ssl": "YES",
                "force_anon_logins_ssl": "YES",
                "force_anon_data_ssl": "YES",
                "require_ssl_reuse": "YES",
                "ssl_tlsv1": "YES",
                "ssl_ciphers": "HIGH",
            }
        config = folder / "vsftpd.conf"
        config.write_text("".join(f"{name}={value}\n" for name, value in options.items()))
        async with _started([program, config], running, folder):
            yield running


@asynccontextmanager
async def pure_ftpd(tls: bool) -> AsyncGenerator[Running]:
    """Pure-FTPd with a virtual user who may keep 200 files or 2 MB."""
    program = unpacked("pure-ftpd/usr/sbin/pure-ftpd")
    with _prepared(USER) as (running, folder, pem):
        users, database = folder / "users", folder / "users.pdb"
        # name:hash:uid:gid:comment:home:bandwidths:ratios:logins:files:bytes:… as pure-pw writes it, whose own hash
        # would take seconds at each login.
        users.write_text(f"{USER}:{await _hashed(PASSWORD)}:65534:65534::{running.root}/./::::::200:{2 << 20}::::::\n")
        await _ran(unpacked("pure-ftpd/usr/bin/pure-pw"), "mkdb", database, "-f", users)
        options = ["-S", f"127.0.0.1,{running.port}", "-l", f"puredb:{database}", "-E", "-A", "-H", "-u", "1"]
        options += ["-g", folder / "pid", "-n", "200:2", "-Y", "3" if tls else "0", "-2", pem]
        async with _started([program, *options], running, folder):
            yield running


@asynccontextmanager
async def proftpd(tls: bool) -> AsyncGenerator[Running]:
    """ProFTPD with a virtual user, with mod_digest (HASH, XSHA256); under TLS it demands the session's reuse."""
    program = unpacked("proftpd-core/usr/sbin/proftpd")
    with _prepared(USER) as (running, folder, pem):
        modules = folder / "modules"
        modules.mkdir()
        for package in ("proftpd-core", "proftpd-mod-crypto"):
            for module in (UNPACKED / package / "usr/lib/proftpd").glob("*.so"):
                (modules / module.name).symlink_to(module)
        users = folder / "users"
        users.write_text(f"{USER}:{await _hashed(PASSWORD)}:65534:65534::{running.root}:/bin/sh\n")
        users.chmod(0o600)
        lines = [
            f"ModulePath {modules}",
            "LoadModule mod_digest.c",
            *(["LoadModule mod_tls.c"] if tls else []),
            "ServerType standalone",
            "DefaultAddress 127.0.0.1",
            "SocketBindTight on",
            f"Port {running.port}",
            "User nobody",
            "Group nogroup",
            "UseReverseDNS off",
            "RequireValidShell off",
            "AuthOrder mod_auth_file.c",
            f"AuthUserFile {users}",
            "DefaultRoot ~",
            "AllowOverwrite on",
            "AllowStoreRestart on",
            f"PidFile {folder}/pid",
            f"ScoreboardFile {folder}/scoreboard",
            f"DelayTable {folder}/delays",
            "WtmpLog off",
            "TransferLog none",
            f"SystemLog {folder}/system.log",
            "DigestAlgorithms sha256",
        ]
        if tls:
            lines += ["TLSEngine on", "TLSRequired on", "TLSProtocol TLSv1.2 TLSv1.3", f"TLSLog {folder}/tls.log"]
            lines += [f"TLSECCertificateFile {pem}", f"TLSECCertificateKeyFile {pem}"]
        config = folder / "proftpd.conf"
        config.write_text("\n".join(lines) + "\n")
        config.chmod(0o600)
        async with _started([program, "-n", "-c", config], running, folder):
            yield running


FTP_SERVERS: Final[Mapping[str, Server]] = {"vsftpd": vsftpd, "pure-ftpd": pure_ftpd, "proftpd": proftpd}


@asynccontextmanager
async def openssh(public_key: str) -> AsyncGenerator[Running]:
    """OpenSSH's sftp-server as the user nobody, with this key or by password.

    Its sshd lets only users of the system in, so the connection around it is asyncssh's.
    """
    program = unpacked("openssh-sftp-server/usr/lib/openssh/sftp-server")
    with _prepared("nobody") as (running, _, _pem):
        running.life = ssh = _Ssh(running, [program, "-d", running.root], public_key)
        await ssh.start()
        try:
            yield running
        finally:
            await ssh.kill()


def ssh_key() -> asyncssh.SSHKey:
    """Make a key of the usual kind."""
    return asyncssh.generate_private_key("ssh-ed25519")  # pyright: ignore[reportUnknownMemberType]


class _Ssh:
    """The connections around OpenSSH's program."""

    def __init__(self, running: Running, command: Sequence[str | Path], public_key: str) -> None:
        self._running = running
        self._command = command
        self._known = asyncssh.import_authorized_keys(public_key)
        self._own = ssh_key()
        self._connections: list[asyncssh.SSHServerConnection] = []

    async def start(self) -> None:
        self._listening = await asyncssh.listen(
            "127.0.0.1",
            self._running.port,
            server_host_keys=[self._own],
            server_factory=lambda: _SshLogin(self._command, self._connections),
            authorized_client_keys=self._known,
            encoding=None,
        )

    async def kill(self) -> None:
        self._listening.close()
        for connection in self._connections:
            connection.abort()
        self._connections.clear()
        await self._listening.wait_closed()


class _SshLogin(asyncssh.SSHServer):
    def __init__(self, command: Sequence[str | Path], connections: list[asyncssh.SSHServerConnection]) -> None:
        self._command = command
        self._connections = connections

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connections.append(conn)

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == ("nobody", PASSWORD)

    def session_requested(self) -> asyncssh.SSHServerSession[bytes]:
        return _SftpServer(self._command)


class _SftpServer(asyncssh.SSHServerSession[bytes]):
    """What a channel says goes to a child, and back."""

    def __init__(self, command: Sequence[str | Path]) -> None:
        self._command = command
        self._received: asyncio.Queue[bytes] = asyncio.Queue()

    def connection_made(self, chan: asyncssh.SSHServerChannel[bytes]) -> None:
        self._channel = chan

    def subsystem_requested(self, subsystem: str) -> bool:
        return subsystem == "sftp"

    def session_started(self) -> None:
        self._task = asyncio.ensure_future(self._serve())

    def data_received(self, data: bytes, datatype: int | None) -> None:
        self._received.put_nowait(data)

    def eof_received(self) -> bool:
        self._received.put_nowait(b"")
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        self._received.put_nowait(b"")

    async def _serve(self) -> None:
        child = await asyncio.create_subprocess_exec(
            *self._command, stdin=PIPE, stdout=PIPE, user="nobody", group="nogroup", extra_groups=()
        )
        assert child.stdin is not None
        back = asyncio.ensure_future(self._back(child))
        while data := await self._received.get():
            child.stdin.write(data)
            await child.stdin.drain()
        child.stdin.close()
        await back

    async def _back(self, child: Process) -> None:
        assert child.stdout is not None
        while data := await child.stdout.read(1 << 16):
            self._channel.write(data)  # pyright: ignore[reportUnknownMemberType]
        self._channel.exit(await child.wait())


@contextmanager
def _prepared(user: str) -> Generator[tuple[Running, Path, Path]]:
    """Give what will run, a folder for it, and a file with certificate and key.

    The folder is none of pytest's, which closes its own to other users whenever it starts anew.
    """
    with tempfile.TemporaryDirectory(prefix="parley-server-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        root = folder / "root"
        for path in (root, root / FOLDER):
            path.mkdir()
            shutil.chown(path, "nobody", "nogroup")
        certificate, key = self_signed(Settings(data=folder, tls_self_signed=True))
        pem = folder / "both.pem"
        pem.write_bytes(certificate.read_bytes() + key.read_bytes())
        pem.chmod(0o600)
        running = Running(free_port(SOCK_STREAM), root, user, PASSWORD, certificate.read_text())
        yield running, folder, pem


async def _ran(*command: str | Path) -> str:
    """Run a program to its end and return what it printed."""
    process = await asyncio.create_subprocess_exec(*command, stdin=DEVNULL, stdout=PIPE, stderr=STDOUT)
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
    return output.decode().strip()


async def _hashed(password: str) -> str:
    return await _ran("openssl", "passwd", "-6", password)


@asynccontextmanager
async def _started(command: Sequence[str | Path], running: Running, folder: Path) -> AsyncGenerator[None]:
    running.life = program = _Program(command, running.port, folder / "output")
    await program.start()
    try:
        yield
    finally:
        await program.kill()


class _Program:
    """A server that is a child, in a group of its own: its sessions are children of it."""

    def __init__(self, command: Sequence[str | Path], port: int, output: Path) -> None:
        self._command = command
        self._port = port
        self._output = output

    async def start(self) -> None:
        with self._output.open("wb") as output:
            self._process = await asyncio.create_subprocess_exec(
                *self._command, stdin=DEVNULL, stdout=output, stderr=STDOUT, cwd="/", start_new_session=True
            )
        async with asyncio.timeout(LIMIT):
            while not await self._answers():
                assert self._process.returncode is None, self._output.read_text()
                await asyncio.sleep(0.02)

    async def kill(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        await self._process.wait()

    async def _answers(self) -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self._port)
        except OSError:
            return False
        writer.close()
        return True
