"""Playing a case: a boot server on real sockets, a phone that boots from it, and what it logged."""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from phone_sim.boot_server.folder_site import FolderSite
from phone_sim.boot_server.server import BootServer
from phone_sim.fault_catalog.activation_files import MAC
from phone_sim.fault_catalog.case import MASTER, NOW, Case, Ending
from phone_sim.firmware.log_line import parse_line
from phone_sim.firmware.network_effects import AskTime, TimeTold
from phone_sim.runtime.flash_file import FlashFile
from phone_sim.runtime.network import Network
from phone_sim.runtime.virtual_phone import VirtualPhone
from phone_sim.runtime.virtual_time import VirtualTime


@dataclass(frozen=True, slots=True, kw_only=True)
class Reproduction:
    """A case that was played: the whole log, and the lines that are shown of it."""

    case: Case
    log: tuple[str, ...]

    @property
    def shown(self) -> tuple[str, ...]:
        """The lines of the components that the case is about."""
        shown = self.case.shown
        if shown is None:
            return self.log
        return tuple(line for line in self.log if (parts := parse_line(line)) and parts.component in shown)


def site_files(case: Case) -> Mapping[str, bytes]:
    """The whole site of a case, as its boot server holds it at the end."""
    return {"000000000000.cfg": MASTER, "features.cfg": case.features, "site.cfg": case.site, **case.files()}


def reproduce(case: Case, *, tftp: bool = False) -> Reproduction:
    """Boot a phone on the case's site, over HTTP or TFTP on the loopback address, and let the case happen."""
    with TemporaryDirectory() as name:
        site, flash = Path(name) / "site", Path(name) / "flash"
        for path, data in site_files(case).items():
            (site / path).parent.mkdir(parents=True, exist_ok=True)
            if case.ending is not Ending.LICENSE_PUT or path not in case.files():
                (site / path).write_bytes(data)
        with (
            BootServer(FolderSite(site)) as server,
            _phone(case, server.tftp_url if tftp else server.url, flash) as phone,
        ):
            phone.boot()
            match case.ending:
                case Ending.NIGHT:
                    phone.time.run(timedelta(hours=24))
                case Ending.LICENSE_PUT:
                    for path, data in case.files().items():
                        (site / path).write_bytes(data)
                    phone.time.run(timedelta(hours=1))
                case Ending.SERVER_DOWN:
                    server.stop()
                    phone.boot()
                case Ending.FLASH_DAMAGED:
                    whole = bytearray(flash.read_bytes())
                    whole[len(whole) // 2] ^= 0x01
                    flash.write_bytes(whole)
                    phone.boot()
            return Reproduction(case=case, log=tuple(phone.log.splitlines()))


def _phone(case: Case, url: str, flash: Path) -> VirtualPhone:
    time = VirtualTime(None if case.time_server is not None else case.now)
    return VirtualPhone(
        url,
        model=case.model,
        mac=MAC,
        firmware=case.firmware,
        time=time,
        flash=FlashFile(flash),
        network=Network(time=_time_server(case, time)),
    )


def _time_server(case: Case, time: VirtualTime) -> Callable[[AskTime], TimeTold] | None:
    """The time server of a case, for a phone whose time begins when it is `case.now`."""
    tells, questions = case.time_server, itertools.count()
    if tells is None:
        return None

    def tell(request: AskTime) -> TimeTold:
        now = (case.now or NOW) + time.clock.elapsed()
        return TimeTold(tells(next(questions), now), request.servers[0])

    return tell
