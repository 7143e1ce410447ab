"""Which options of `phone-sim fleet` go together: one that would do nothing is refused."""

from collections.abc import Iterator
from typing import Any

import click

from phone_sim.errors import UsageError

_OF_WORKERS = ("worker", "master_host", "master_port", "master_max_wait", "ends_with_input")
_OF_SITES = ("site", "file", "users", "authority", "as_json")
_OF_VIRTUAL_TIME = (
    "virtual",
    "file",
    "users",
    "now",
    "until",
    "trust",
    "expect",
    "require_licensed",
    "watched",
    "as_json",
    "headless",
)
_OF_ALL = ("quiet",)
_GOES_WITH = {
    "until_up": ("headless", "run_time"),
    "authority": ("site",),
    "now": ("virtual",),
    "until": ("virtual",),
    "master_host": ("worker",),
    "master_port": ("worker",),
    "master_max_wait": ("worker",),
    "master_bind_host": ("master",),
    "master_bind_port": ("master",),
    "expect_workers": ("master",),
}
_MODES = (
    ("worker", _OF_WORKERS, "the master says it"),
    ("site", _OF_SITES, "no phone boots"),
    ("virtual", _OF_VIRTUAL_TIME, "it is one process without sockets, and the population says what the server has"),
)


def check_options(values: dict[str, Any]) -> None:
    """Refuse options that do nothing beside the others. Raises UsageError, which names both."""
    flags = {option.name: max(option.opts, key=len) for option in click.get_current_context().command.params}
    for name in _given():
        for other in _GOES_WITH.get(name, ()):
            if not values[other]:
                raise UsageError(f"{flags[name]} goes with {flags[other]}: without it, it does nothing")
    for mode, allowed, why in _MODES:
        for name in _given() if values[mode] else ():
            if name not in (*allowed, *_OF_ALL):
                raise UsageError(f"{flags[mode]} goes with no {flags[name]}: {why}")


def _given() -> Iterator[str]:
    """The names of the options that the user gave."""
    context = click.get_current_context()
    for option in context.command.params:
        name = option.name or ""
        if context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE:
            yield name
