"""People for pictures: they have a drawn face that moves and a hum, since real cameras have no place here."""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path

DEVICES = Path(__file__).with_suffix(".js").read_text("utf-8")


@dataclass(frozen=True, slots=True)
class Drawn:
    """How somebody looks and sounds: colours, `cut` long or short, `room` with a window or a shelf."""

    skin: str
    shade: str
    hair: str
    cut: str
    shirt: str
    wall: tuple[str, str]
    room: str
    hertz: int
    beard: bool = False

    def script(self) -> str:
        """Return what a page runs first, so that its camera and microphone are this person's."""
        return f"const PERSON = {json.dumps(asdict(self))};\n{DEVICES}"


AGENT = Drawn("#f1c7a5", "#dfae89", "#4a2c20", "long", "#2f5d62", ("#e9e4da", "#cfc4b2"), "shelf", 220)
CUSTOMER = Drawn("#c68f65", "#ad7850", "#23201f", "short", "#d9a441", ("#dbe7ea", "#b4c7c9"), "window", 140, beard=True)
ANOTHER = replace(CUSTOMER, skin="#f3d2b8", shade="#e0b797", hair="#9a6a3a", cut="long", shirt="#7d5ba6", beard=False)
COLLEAGUE = replace(AGENT, hair="#2b2b2b", cut="short", shirt="#6b4f3a", hertz=180)
