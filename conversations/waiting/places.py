"""What is said of a caller's place and of the expected wait, in the languages that Parley knows the words of (PLUS-12).

A language that is not here is not offered for it: a wrong sentence is worse than none.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from callflow.waiting import SpokenPlaces
from conversations.waiting.values import Speech, Voice

NUMBERED: Final = range(2, 11)
MINUTES: Final = (1, 2, 3, 5, 10, 15, 20, 30)
_VERY_LONG: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Words:
    first: str
    number: str
    many: str
    """For the eleventh and all behind: at least ten are ahead."""
    about: str
    minutes: tuple[str, ...]
    """For each of `MINUTES`."""
    longer: str


_WORDS: Final[Mapping[str, _Words]] = {
    "en": _Words(
        "You are next in line.",
        "You are number {} in line.",
        "There are at least ten callers ahead of you.",
        "The expected wait is about {}.",
        ("one minute", *(f"{n} minutes" for n in MINUTES[1:])),
        "The expected wait is more than thirty minutes.",
    ),
    "de": _Words(
        "Sie sind als Nächstes an der Reihe.",
        "Sie sind auf Platz {} der Warteschlange.",
        "Vor Ihnen warten mindestens zehn Anrufer.",
        "Die voraussichtliche Wartezeit beträgt etwa {}.",
        ("eine Minute", *(f"{n} Minuten" for n in MINUTES[1:])),
        "Die voraussichtliche Wartezeit beträgt mehr als dreißig Minuten.",
    ),
    "fr": _Words(
        "Votre appel est le prochain.",
        "Votre appel est en position {} dans la file d'attente.",
        "Au moins dix appels sont avant le vôtre.",
        "Le temps d'attente estimé est d'environ {}.",
        ("une minute", *(f"{n} minutes" for n in MINUTES[1:])),
        "Le temps d'attente estimé est de plus de trente minutes.",
    ),
    "es": _Words(
        "Su llamada es la siguiente.",
        "Su llamada ocupa el puesto número {} en la cola.",
        "Hay al menos diez llamadas antes que la suya.",
        "El tiempo de espera estimado es de aproximadamente {}.",
        ("un minuto", *(f"{n} minutos" for n in MINUTES[1:])),
        "El tiempo de espera estimado es de más de treinta minutos.",
    ),
    "it": _Words(
        "La sua chiamata è la prossima.",
        "La sua chiamata è al numero {} della coda.",
        "Ci sono almeno dieci chiamate prima della sua.",
        "Il tempo di attesa previsto è di circa {}.",
        ("un minuto", *(f"{n} minuti" for n in MINUTES[1:])),
        "Il tempo di attesa previsto è di più di trenta minuti.",
    ),
    "hr": _Words(
        "Vi ste sljedeći na redu.",
        "Vaš broj u redu čekanja je {}.",
        "Ispred vas čeka najmanje deset poziva.",
        "Predviđeno vrijeme čekanja je otprilike {}.",
        (
            *("jedna minuta", "dvije minute", "tri minute", "pet minuta"),
            *("deset minuta", "petnaest minuta", "dvadeset minuta", "trideset minuta"),
        ),
        "Predviđeno vrijeme čekanja je duže od trideset minuta.",
    ),
}


def can_say_places(language: str) -> bool:
    """Say whether Parley knows the words in a language of the speech synthesis, such as ``en-us``."""
    return _base(language) in _WORDS


def places_sample(language: str) -> str | None:
    """Return how a place and a wait are told in a language, None where Parley has no words for it."""
    words = _WORDS.get(_base(language))
    return f"{words.number.format(3)} {words.about.format(words.minutes[3])}" if words else None


def spoken_places(voice: Voice) -> tuple[SpokenPlaces, tuple[Speech, ...]]:
    """Return the prompts of all places and waits, and the speech to render for them. Raises KeyError for a language
    that `can_say_places` denies.
    """
    words = _WORDS[_base(voice.language)]
    texts = (words.first, *(words.number.format(n) for n in NUMBERED), words.many)
    positions = [Speech(text, voice) for text in texts]
    waits = [Speech(words.about.format(minutes), voice) for minutes in words.minutes]
    longer = Speech(words.longer, voice)
    spoken = SpokenPlaces(
        tuple(speech.prompt for speech in positions),
        (
            *((timedelta(minutes=n), speech.prompt) for n, speech in zip(MINUTES, waits, strict=True)),
            (_VERY_LONG, longer.prompt),
        ),
    )
    return spoken, (*positions, *waits, longer)


def _base(language: str) -> str:
    return language.split("-", 1)[0]
