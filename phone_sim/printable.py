"""Text from outside as a terminal, a page or a log can show it: without control characters."""


def printable(text: str, instead: str = "?") -> str:
    """The text with `instead` for each character that is not printable (`str.isprintable`)."""
    return text if text.isprintable() else "".join(each if each.isprintable() else instead for each in text)
