"""Text from outside as a terminal, a page or a log can show it: without control characters."""

from unicodedata import category


def printable(text: str, instead: str = "?") -> str:
    """The text with `instead` for each character that is not printable (`str.isprintable`)."""
    return text if text.isprintable() else "".join(each if each.isprintable() else instead for each in text)


def visible(text: str, kept: str = "\n\t") -> str:
    r"""The text with each character that a terminal obeys as its escape, such as `\x1b` and `\u202e`.

    These are control characters (C0, C1), those that turn the direction of text, separators of lines and all else that
    is not printable; blanks of any width stay, and so do those that are `kept`.
    """
    if text.isprintable():
        return text
    return "".join(each if _is_harmless(each) or each in kept else _escape(each) for each in text)


def _is_harmless(character: str) -> bool:
    return character.isprintable() or category(character) == "Zs"


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
