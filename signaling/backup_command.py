"""`parley backup` and `parley restore`: the database, the recordings, the sounds and the keys, in one tar.

The database comes first, at one moment. What is recorded after that moment is in the archive too, and is taken up by
the restored server as after a crash; what was in the spool then is there, or finished, since finished files come last.
The manifest with the sum of each file is the end of the archive: without it the archive is torn.
"""

import asyncio
import hashlib
import io
import json
import os
import shutil
import sqlite3
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, Final, cast

from conversations.db.copying import CopyError, copy_out, engine_of, file_of, put_back, revision_of
from signaling.settings import Settings, StartError

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
DATABASE: Final = "database"
FILES: Final = "files"
MAX_MANIFEST: Final = 256 << 20
CHUNK: Final = 1 << 20
FIRST: Final = "recordings/spool"
LEFT_OUT: Final = ("recordings/trash",)
MIGRATIONS: Final = Path(__file__).parent / "migrations" / "versions"


@dataclass(frozen=True, slots=True)
class Saved:
    """What an archive holds."""

    files: int
    size: int


class _Sum:
    """Reads no more of a file than it had at first, and sums it up: a tap grows meanwhile."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """Read on."""
        piece = self._file.read(size)
        self._digest.update(piece)
        return piece

    @property
    def sum(self) -> str:
        """The SHA-256 of all that was read."""
        return self._digest.hexdigest()


def backup(settings: Settings, file: Path) -> Saved:
    """Write everything into a new archive, while the server runs or not. Raises `StartError`."""
    if file.exists():
        raise StartError(f"{file} is there already: give a new name, a backup is never written over.")
    part, copy = (file.with_name(f"{file.name}{end}.part") for end in ("", ".database"))
    try:
        for left in (part, copy):
            left.unlink(missing_ok=True)
        revision = asyncio.run(revision_of(settings.database))
        os.close(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        copy_out(settings.database, copy)
        saved = _write(settings, part, copy, revision)
        part.rename(file)
    except (OSError, sqlite3.Error, CopyError) as error:
        part.unlink(missing_ok=True)
        raise StartError(f"The backup was not made: {_reason(error)}") from error
    finally:
        copy.unlink(missing_ok=True)
    return saved


def restore(settings: Settings, file: Path) -> Saved:
    """Put an archive back into an empty data folder, after all of it was checked. Raises `StartError`."""
    data = settings.data.absolute()
    if data.exists() and any(data.iterdir()):
        raise StartError(f"The data folder {data} is not empty: a backup is put back into an empty one only.")
    try:
        manifest = _checked(file)
        if manifest["engine"] != engine_of(settings.database):
            raise StartError(f"The backup is of {manifest['engine']}: set database_url to a database of that kind.")
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        work = data / ".restore.part"
        work.mkdir(mode=0o700)
        try:
            _unpack(file, work)
            for entry in sorted((work / FILES).iterdir()) if (work / FILES).is_dir() else []:
                entry.rename(data / entry.name)
            put_back(settings.database, work / DATABASE)  # last: without it there is nothing to start on
        finally:
            shutil.rmtree(work, ignore_errors=True)
    except (OSError, sqlite3.Error, CopyError) as error:
        raise StartError(f"The backup was not put back: {_reason(error)}") from error
    files = cast("dict[str, list[Any]]", manifest["files"])
    return Saved(len(files), sum(size for size, _ in files.values()))


# -- writing -----------------------------------------------------------------------------------------------------------


def _write(settings: Settings, part: Path, copy: Path, revision: str) -> Saved:
    files: dict[str, tuple[int, str]] = {}
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as raw, tarfile.open(fileobj=raw, mode="w", format=tarfile.PAX_FORMAT) as tar:
        _add(tar, copy, DATABASE, files)
        for path, name in _paths(settings, {part.absolute(), copy.absolute()}):
            _add(tar, path, f"{FILES}/{name}", files)
        made = datetime.now(UTC).isoformat(timespec="seconds")
        about = {"format": FORMAT, "made": made, "engine": engine_of(settings.database), "revision": revision}
        _add_manifest(tar, about | {"files": files})
        tar.close()
        raw.flush()
        os.fsync(raw.fileno())
    return Saved(len(files), sum(size for size, _ in files.values()))


def _paths(settings: Settings, not_these: set[Path]) -> Iterator[tuple[Path, str]]:
    """Name the files of the data folder, those of the spool first; links and half files are left out."""
    data = settings.data.absolute()
    if database := file_of(settings.database):
        not_these = not_these | {database.with_name(database.name + end) for end in ("", "-wal", "-shm", "-journal")}
    for root in (data / FIRST, data):
        for folder, folders, names in os.walk(root):
            here = Path(folder)
            relative = here.relative_to(data).as_posix()
            if relative in LEFT_OUT or (root == data and relative == FIRST):
                folders.clear()
                continue
            folders.sort()
            for name in sorted(names):
                path = here / name
                half = name.endswith(".part") or name.startswith(".probe-")
                if not half and path not in not_these and path.is_file() and not path.is_symlink():
                    yield path, path.relative_to(data).as_posix()


def _add(tar: tarfile.TarFile, path: Path, name: str, files: dict[str, tuple[int, str]]) -> None:
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return  # it has become something else meanwhile, which comes later
    with file:
        member = tar.gettarinfo(arcname=name, fileobj=file)
        member.uname = member.gname = ""
        member.uid = member.gid = 0
        reader = _Sum(file)
        tar.addfile(member, cast("BinaryIO", reader))
        files[name] = (member.size, reader.sum)


def _add_manifest(tar: tarfile.TarFile, manifest: Mapping[str, object]) -> None:
    text = json.dumps(manifest, indent=1).encode()
    member = tarfile.TarInfo(MANIFEST)
    member.size, member.mode = len(text), 0o600
    tar.addfile(member, io.BytesIO(text))


# -- reading -----------------------------------------------------------------------------------------------------------


def _checked(file: Path) -> dict[str, Any]:
    """Read all of an archive; return its manifest. Raises `StartError` when it is damaged, newer, or none at all."""
    found: dict[str, list[object]] = {}
    manifest: dict[str, Any] | None = None
    try:
        with tarfile.open(file, "r:") as tar:
            for member, content in _members(tar):
                if member.name == MANIFEST:
                    manifest = json.loads(content.read(MAX_MANIFEST))
                    continue
                reader = _Sum(content)
                while reader.read(CHUNK):
                    pass
                found[member.name] = [member.size, reader.sum]
    except (tarfile.TarError, ValueError, RecursionError, EOFError) as error:
        raise StartError(f"{file} is no backup of Parley, or is damaged: {error}.") from error
    if not isinstance(manifest, dict) or not isinstance(manifest.get("format"), int):
        raise StartError(f"{file} is damaged: its end is missing.")
    known = {path.stem for path in MIGRATIONS.glob("0*.py")}
    if manifest["format"] > FORMAT or manifest.get("revision") not in known:
        raise StartError(f"{file} was made by a newer Parley: put it back with that version, or a later one.")
    if manifest.get("files") != found or DATABASE not in found:
        named = cast("dict[str, Any]", manifest.get("files") or {})
        wrong = sorted(name for name in {*found, *named} if found.get(name) != named.get(name))
        raise StartError(f"{file} is damaged: {', '.join(wrong[:3]) or DATABASE} is not as it was saved.")
    return manifest


def _unpack(file: Path, into: Path) -> None:
    with tarfile.open(file, "r:") as tar:
        for member, content in _members(tar):
            if member.name == MANIFEST:
                continue
            path = into / member.name
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, member.mode & 0o700 | 0o600)
            with os.fdopen(descriptor, "wb") as out:
                shutil.copyfileobj(content, out, CHUNK)
                out.flush()
                os.fsync(out.fileno())


def _members(tar: tarfile.TarFile) -> Iterator[tuple[tarfile.TarInfo, BinaryIO]]:
    """Give the files of an archive. Raises ValueError for anything that might end up elsewhere, or twice."""
    seen: set[str] = set()
    for member in tar:
        parts = PurePosixPath(member.name).parts
        known = member.name in (MANIFEST, DATABASE) or parts[:1] == (FILES,)
        if not member.isfile() or not known or ".." in parts or member.name.startswith("/") or member.name in seen:
            raise ValueError(f"{member.name!r} does not belong there")
        seen.add(member.name)
        content = tar.extractfile(member)
        assert content is not None
        yield member, cast("BinaryIO", content)


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}."
    return f"{error}".rstrip(".") + "."
