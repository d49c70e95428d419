"""Addresses of customers, in the one spelling in which they are compared (PLUS-11)."""

import re

# Not RFC 5322: what people type as an e-mail address, and nothing that needs quoting.
_EMAIL = re.compile(r"[^\s@<>\"(),;:]+@[^\s@<>\"(),;:]+\.[^\s@<>\"(),;:.]{2,}")
_PHONE = re.compile(r"\+?[0-9]{6,15}")
_BETWEEN_DIGITS = re.compile(r"[\s().\-/]")
EMAIL_LIMIT = 254


def normalise(text: str) -> str | None:
    """Return an e-mail address in lower case, or a phone number as digits with its plus; None for anything else.

    ``00`` before a number is the plus. A number without either stays national: its country is not known here.
    At most 15 digits (ITU-T E.164), at least 6, so that a short word of digits is no phone number.
    """
    text = text.strip()
    if len(text) <= EMAIL_LIMIT and _EMAIL.fullmatch(text):
        return text.lower()
    digits = _BETWEEN_DIGITS.sub("", text)
    if digits.startswith("00"):
        digits = "+" + digits[2:]
    return digits if _PHONE.fullmatch(digits) else None
