"""A phone that boots once, from a boot server or straight from the files of a folder, for verbs that look at it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from phone_sim.cli.options import PhoneOptions
from phone_sim.errors import UsageError

if TYPE_CHECKING:
    from phone_sim.firmware.parameters.dictionary import ParameterDictionary
    from phone_sim.runtime.driven_phone import DrivenPhone
    from phone_sim.runtime.virtual_time import VirtualTime


@contextmanager
def booted_phone(
    phone: PhoneOptions,
    site: Path | None,
    *,
    dictionary: "ParameterDictionary | None" = None,
    time: "VirtualTime | None" = None,
) -> "Iterator[DrivenPhone]":
    """The phone of the options after a boot from the files in `site`, or from the options' server without one.

    Raises:
        UsageError: both a site and a server, or a wait for one, are given.
    """
    from phone_sim.boot_server.folder_site import FolderSite
    from phone_sim.runtime.driven_phone import DrivenPhone
    from phone_sim.scenario.site_transport import ADDRESS, site_transport

    if site is not None and phone.server:
        raise UsageError("--site reads the files that --server would give: give one of them")
    if site is not None and phone.wait:
        raise UsageError("--wait waits for --server, and --site needs no server: give one of them")
    if site is None:
        transport = phone.transport()
    else:
        phone, transport = replace(phone, server=(ADDRESS,), stay=True), site_transport(FolderSite(site))
    identity = phone.identity()
    if dictionary is not None:
        identity = replace(identity, dictionary=dictionary)
    with (
        phone.flash(identity) as flash,
        DrivenPhone(identity, time=time, flash=flash, transport=transport, network=phone.network()) as driven,
    ):
        driven.boot()
        yield driven
