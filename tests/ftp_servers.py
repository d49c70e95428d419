"""The servers that recordings are delivered to, real ones from Debian's packages: each a child with a user of its own.

`.ci/servers` fetches them. On a laptop without them the tests are skipped with the reason; with CI=true they fail.
"""

import asyncio
import contextlib
import os
import shutil
import subprocess
from asyncio.subprocess import DEVNULL, STDOUT
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from socket import SOCK_STREAM
from typing import Final

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


@dataclass(frozen=True, slots=True)
class Running:
    """A server that takes connections."""

    port: int
    root: Path
    """The folder that its user sees as its own."""
    user: str
    password: str
    certificate: str
    """PEM, of its own making."""


Server = Callable[[Path, bool], contextlib.AbstractAsyncContextManager[Running]]
"""Runs a server in a folder, with TLS demanded for everything or without TLS."""


def unpacked(path: str) -> Path:
    """Return a program of the packages, or skip the test."""
    program = UNPACKED / path
    if not program.exists():
        pytest.skip("the servers of Debian's packages are missing (.ci/servers fetches them)")
    if os.getuid() != 0:
        pytest.skip("the servers of Debian's packages must be started by root")
    return program


@asynccontextmanager
async def vsftpd(folder: Path, tls: bool) -> AsyncGenerator[Running]:
    """Very secure FTP daemon. Its users are the system's, so ours is the anonymous one with a password of its own."""
    program = unpacked("vsftpd/usr/sbin/vsftpd")
    running, pem = _prepare(folder, "anonymous")
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
async def pure_ftpd(folder: Path, tls: bool) -> AsyncGenerator[Running]:
    """Pure-FTPd with a virtual user who may keep 200 files or 2 MB."""
    program = unpacked("pure-ftpd/usr/sbin/pure-ftpd")
    running, pem = _prepare(folder, USER)
    users, database = folder / "users", folder / "users.pdb"
    adding = [unpacked("pure-ftpd/usr/bin/pure-pw"), "useradd", USER, "-f", users, "-F", database, "-m"]
    adding += ["-u", "nobody", "-g", "nogroup", "-d", running.root, "-n", "200", "-N", "2"]
    await asyncio.to_thread(
        subprocess.run, adding, input=f"{PASSWORD}\n{PASSWORD}\n".encode(), check=True, capture_output=True
    )
    options = ["-S", f"127.0.0.1,{running.port}", "-l", f"puredb:{database}", "-E", "-A", "-H", "-u", "1"]
    options += ["-g", folder / "pid", "-n", "200:2", "-Y", "3" if tls else "0", "-2", pem]
    async with _started([program, *options], running, folder):
        yield running


@asynccontextmanager
async def proftpd(folder: Path, tls: bool) -> AsyncGenerator[Running]:
    """ProFTPD with a virtual user, with mod_digest (HASH, XSHA256); under TLS it demands the session's reuse."""
    program = unpacked("proftpd-core/usr/sbin/proftpd")
    running, pem = _prepare(folder, USER)
    modules = folder / "modules"
    modules.mkdir()
    for package in ("proftpd-core", "proftpd-mod-crypto"):
        for module in (UNPACKED / package / "usr/lib/proftpd").glob("*.so"):
            (modules / module.name).symlink_to(module)
    sealed = subprocess.run(["openssl", "passwd", "-6", "-stdin"], input=PASSWORD, text=True, capture_output=True)
    users = folder / "users"
    users.write_text(f"{USER}:{sealed.stdout.strip()}:65534:65534::{running.root}:/bin/sh\n")
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
async def openssh(folder: Path, public_key: str) -> AsyncGenerator[Running]:
    """OpenSSH's server as the user nobody, who may use its SFTP and nothing else with this key."""
    program = unpacked("openssh-server/usr/sbin/sshd")
    running, _ = _prepare(folder, "nobody")
    key = folder / "host_key"
    await asyncio.to_thread(
        subprocess.run, ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True, capture_output=True
    )
    (folder / "authorized_keys").write_text(f"{public_key}\n")
    lines = [
        "ListenAddress 127.0.0.1",
        f"Port {running.port}",
        f"HostKey {key}",
        f"PidFile {folder}/pid",
        f"AuthorizedKeysFile {folder}/authorized_keys",
        "StrictModes no",
        "UsePAM no",
        "PasswordAuthentication no",
        f"Subsystem sftp {unpacked('openssh-sftp-server/usr/lib/openssh/sftp-server')} -d {running.root}",
        f"ForceCommand internal-sftp -d {running.root}",
    ]
    config = folder / "sshd_config"
    config.write_text("\n".join(lines) + "\n")
    for path in (folder, *folder.iterdir()):
        shutil.chown(path, "nobody", "nogroup")
    async with _started([program, "-D", "-e", "-f", config], running, folder, user="nobody"):
        yield running


def _prepare(folder: Path, user: str) -> tuple[Running, Path]:
    """Make the folders, and a file with certificate and key."""
    folder.mkdir(parents=True, exist_ok=True)
    root = folder / "root"
    for path in (folder, *folder.parents[:3]):
        path.chmod(0o755)  # pytest's folders are closed to others, and the servers are others
    for path in (root, root / FOLDER):
        path.mkdir()
        shutil.chown(path, "nobody", "nogroup")
    certificate, key = self_signed(Settings(data=folder, tls_self_signed=True))
    pem = folder / "both.pem"
    pem.write_bytes(certificate.read_bytes() + key.read_bytes())
    pem.chmod(0o600)
    return Running(free_port(SOCK_STREAM), root, user, PASSWORD, certificate.read_text()), pem


@asynccontextmanager
async def _started(
    command: Sequence[str | Path], running: Running, folder: Path, user: str | None = None
) -> AsyncGenerator[None]:
    with (folder / "output").open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=DEVNULL, stdout=output, stderr=STDOUT, user=user, group="nogroup" if user else None, cwd="/"
        )
    try:
        async with asyncio.timeout(LIMIT):
            while True:
                assert process.returncode is None, (folder / "output").read_text()
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", running.port)
                except OSError:
                    await asyncio.sleep(0.02)
                else:
                    writer.close()
                    break
        yield
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
