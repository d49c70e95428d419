"""What browsers are told about the media port, checked before the start."""

import ipaddress

from media.addresses import answered, host_families
from media.settings import MediaSettings
from signaling.settings import Settings, SettingsError


def announced(settings: Settings) -> dict[int, list[str]]:
    """Return for each IP version the addresses and port that an answer would name now, IPv4 first.

    Raises `SettingsError` when an address is set that this machine has no port for.
    """
    families = host_families()
    for address in settings.media_addresses:
        if address.version not in families:
            raise SettingsError(
                f"The setting media_addresses names {address}, but this machine has no IPv{address.version}."
            )
    media = MediaSettings(announced=tuple(str(address) for address in settings.media_addresses))
    told: dict[int, list[str]] = {4: [], 6: []}
    port = str(settings.media_port) if settings.media_port else "a free port"
    if settings.media_port and settings.media_workers > 1:
        port += f"-{settings.media_port + settings.media_workers - 1}"
    for text in answered(media, families):
        address = ipaddress.ip_address(text)
        shown = f"[{address}]" if address.version == 6 else str(address)
        told[address.version].append(f"{shown}:{port}")
    return told
