"""The modules of the package, by name."""

from pathlib import Path

import phone_sim


def module_names() -> list[str]:
    """All modules of `phone_sim` but `phone_sim.__main__`, whose import runs the program."""
    package = Path(phone_sim.__file__).parent
    paths = (file.relative_to(package.parent).with_suffix("") for file in package.rglob("*.py"))
    names = (".".join(path.parts).removesuffix(".__init__") for path in paths)
    return sorted(name for name in names if name != "phone_sim.__main__")
