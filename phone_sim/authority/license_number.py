"""License numbers: one for each order, unique, hard to guess, and with a check character (B5).

The form is ours, after the bulletin's examples: 14 upper-case letters and digits, 13 of them random, the last one by
ISO 7064 Mod 37-2, which finds every single wrong character and every swap of neighbors. What a number stands for is
not in it; the ledger knows.
"""

import secrets

from stdnum.iso7064 import mod_37_2

from phone_sim.errors import UsageError

LENGTH = 14
# Letters and digits that are not taken for one another when read out.
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


def new_number() -> str:
    """A number nobody can guess: 64 random bits."""
    while True:
        body = "".join(secrets.choice(_ALPHABET) for _ in range(LENGTH - 1))
        check = str(mod_37_2.calc_check_digit(body))
        if check in _ALPHABET:
            return body + check


def parse_number(text: str) -> str:
    """The number as it is kept, from a text in either case, with blanks or hyphens between groups.

    Raises:
        UsageError: when it is not a license number, or was mistyped.
    """
    number = text.strip().upper().replace("-", "").replace(" ", "")
    if len(number) != LENGTH or not text.isascii() or not number.isalnum():
        raise UsageError(f"{text.strip()!r} is not a license number: it has {LENGTH} letters and digits")
    if not mod_37_2.is_valid(number):
        raise UsageError(f"{text.strip()!r} was mistyped: its last character does not fit the others")
    return number
