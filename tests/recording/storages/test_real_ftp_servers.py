"""FTP and FTPS against vsftpd, Pure-FTPd and ProFTPD."""

import hashlib
import os
import ssl
from pathlib import Path

import pytest

from recording.storages import ftp_control
from recording.storages.base import Limits, Storage, nobody
from recording.storages.errors import Fault, StorageError
from recording.storages.ftp import FtpStorage, FtpTarget, TlsTrust
from recording.storages.names import checked
from tests.ftp_servers import FOLDER, FTP_SERVERS, Running, Server
from tests.recording.storages.delivered import delivered_once_found_again_verified_and_deleted, recording

pytestmark = pytest.mark.wire

LIMITS = Limits(connect=5, command=10, stall=10, finish=10)


def ftp(server: Running, *, password: str | None = None, trust: TlsTrust | None) -> Storage:
    target = FtpTarget("127.0.0.1", server.port, server.user, password or server.password, trust)
    return FtpStorage(target, LIMITS)


def own_authority(server: Running) -> TlsTrust:
    return TlsTrust(authorities=server.certificate)


async def fault_of(storage: Storage) -> Fault:
    with pytest.raises(StorageError) as error:
        await storage.check(FOLDER)
    return error.value.fault


@pytest.fixture(
    params=[(name, tls) for name in FTP_SERVERS for tls in (False, True)],
    ids=lambda each: f"{each[0]}-{'tls' if each[1] else 'plain'}",
)
def kind(request: pytest.FixtureRequest) -> tuple[Server, bool]:
    name, tls = request.param
    return FTP_SERVERS[name], tls


async def test_a_recording_is_delivered_once_found_again_verified_and_deleted(
    kind: tuple[Server, bool], tmp_path: Path
) -> None:
    """FTP-01: with TLS, vsftpd and ProFTPD demand that the data connection resumes the control connection's session."""
    start, tls = kind
    async with start(tls) as server:
        storage = ftp(server, trust=own_authority(server) if tls else None)
        await delivered_once_found_again_verified_and_deleted(storage, server.root, tmp_path)


@pytest.mark.parametrize("name", FTP_SERVERS)
async def test_what_a_real_server_refuses_is_understood(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """FTP-01: the Test button says which of password, encryption and certificate is wrong."""
    async with FTP_SERVERS[name](True) as server:
        fingerprint = hashlib.sha256(ssl.PEM_cert_to_DER_cert(server.certificate)).hexdigest()
        await ftp(server, trust=TlsTrust(fingerprint=fingerprint)).check(FOLDER)
        await ftp(server, trust=TlsTrust(anybody_may_read_along=True)).check(FOLDER)
        assert await fault_of(ftp(server, trust=TlsTrust(fingerprint="0" * 64))) is Fault.BAD_CERTIFICATE
        assert await fault_of(ftp(server, trust=TlsTrust())) is Fault.BAD_CERTIFICATE
        assert await fault_of(ftp(server, trust=None)) is Fault.NO_TLS
        wrong = ftp(server, password="wrong", trust=own_authority(server))
        assert await fault_of(wrong) is Fault.WRONG_PASSWORD
        if name != "pure-ftpd":
            # The others demand that the session is used again: without that nothing gets through.
            monkeypatch.setattr(ftp_control.Control, "_same_session", a_new_session)
            assert await fault_of(ftp(server, trust=own_authority(server))) in (Fault.REFUSED, Fault.LINE_CUT)


def a_new_session(control: ftp_control.Control) -> ssl.SSLContext:
    tls: ssl.SSLObject = control.stream.writer.get_extra_info("ssl_object")
    return tls.context


async def test_a_full_quota_of_a_real_server_is_understood_and_nothing_half_is_left(tmp_path: Path) -> None:
    """FTP-01: Pure-FTPd cuts the data off in the middle; why stands in its reply."""
    source, sha256 = recording(tmp_path, 4 << 20)
    async with FTP_SERVERS["pure-ftpd"](True) as server:
        storage = ftp(server, trust=own_authority(server))
        with pytest.raises(StorageError) as error:
            await storage.store(source, checked(f"{FOLDER}/rec_1.video.webm"), sha256, nobody)
        assert error.value.fault is Fault.DISK_FULL, error.value
        assert os.listdir(server.root / FOLDER) == []
        await storage.check(FOLDER)
