"""`phone-sim run`: a phone that stays on."""

from contextlib import nullcontext, suppress
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import click

from phone_sim.cli.expectation import check_expected, expect_option, expectation
from phone_sim.cli.interruption import result_so_far
from phone_sim.cli.option_types import Instant
from phone_sim.cli.options import PhoneOptions, json_option, phone_options
from phone_sim.cli.output import say, talk, warn
from phone_sim.cli.phone_time import AS_FAST_AS_CAN_BE, real_time, virtual_time
from phone_sim.cli.sip_listening import SipPort, sip_port_option

if TYPE_CHECKING:
    from phone_sim.findings.boot_expectation import BootExpectation
    from phone_sim.runtime.driver import PhoneDriver

EVENTS = ("call", "hangup", "reboot", "check-sync", "power-cut", "power-on", "licenses")
_FIND = "find:"
_PRESS = "press:"
WHAT_CAN_HAPPEN = (
    f"{', '.join(EVENTS)}, {_FIND}TEXT (in the corporate directory), {_PRESS}KEY (menu, down, select, ...)"
)
LOOPBACK = "127.0.0.1"


class TimedEvent(click.ParamType[str]):
    """Something that happens to the phone: one of `EVENTS`, a search of the corporate directory, or a key press."""

    name = "event"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The event."""
        from phone_sim.errors import UsageError
        from phone_sim.firmware.keypad import parse_press

        event = str(value)
        if event.startswith(_PRESS):
            try:
                parse_press(event.removeprefix(_PRESS))
            except UsageError as error:
                self.fail(str(error), param, ctx)
        elif event not in EVENTS and not event.startswith(_FIND):
            self.fail(f"{event!r} is not one of {WHAT_CAN_HAPPEN}", param, ctx)
        return event


class SpeedOption(click.ParamType[float | None]):
    """How fast the phone's clock runs: a factor, or as fast as can be."""

    name = "speed"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float | None:
        """The factor; None for `max`."""
        if value == AS_FAST_AS_CAN_BE:
            return None
        try:
            factor = float(str(value))
        except ValueError:
            factor = 0
        if not 0.001 <= factor <= 1_000_000:
            self.fail(f"{value!r} is neither a factor from 0.001 to 1000000 nor {AS_FAST_AS_CAN_BE}", param, ctx)
        return factor


@click.command(short_help="Boot a phone and stay on: calls, daily checks, reboots.")
@phone_options
@click.option("--now", type=Instant(), help="Time at the start, UTC without an offset. [default: the time]")
@click.option("--speed", type=SpeedOption(), default="1", show_default=True, help="Factor of the clock, or max.")
@click.option("--until", type=Instant(), help="End when the phone's clock shows this time.")
@click.option(
    "--at",
    "events",
    type=(Instant(), TimedEvent()),
    multiple=True,
    metavar="TIME EVENT",
    help=f"Let something happen: {WHAT_CAN_HAPPEN}. May be given again.",
)
@sip_port_option
@expect_option
@click.option("--web", "web_port", type=click.IntRange(0, 65535), help="Show it on a web page; 0 takes a free port.")
@json_option
def command(
    phone: PhoneOptions,
    now: datetime | None,
    speed: float | None,
    until: datetime | None,
    events: tuple[tuple[datetime, str], ...],
    sip_port: int | None,
    expect: str | None,
    web_port: int | None,
    as_json: bool,
) -> None:
    """Boot a phone and stay on, with its daily check at license.polling.time, until --until or an interrupt.

    Where prov.polling.enabled is on, it polls its configuration files as well, and reboots if they have changed.

    On a terminal, events can also be typed, and keys by their name alone; after a key the display is shown. With
    --speed max time jumps from one thing to do to the next, which needs --until: a year of daily checks takes a moment.
    With --web all of that is done on a page, as phone-sim web has it, and the log is there.

    The phone answers SIP on UDP and TCP at --source-address, or on loopback: a NOTIFY check-sync, as phone-sim notify
    sends it, has it look for changed configuration files and reboot. It is registered nowhere.

    Ends as phone-sim boot does, by the last boot: with 1 when it fell short of --expect.

    Example: phone-sim run --server http://127.0.0.1:8080/ --now 2026-12-31T23:00 --speed 3600 --until 2027-01-02
    """
    from phone_sim.errors import UsageError

    phone.check_clock(("--now", now is not None), ("--speed but 1", speed != 1))
    start = None if phone.sntp else now or datetime.now(UTC)
    if web_port is None:
        _on_the_terminal(phone, start, speed, until, events, sip_port, expectation(expect), as_json)
    elif start is None or speed is None or until is not None or events or sip_port is not None or expect is not None:
        words = "--until, --at, --sntp, --sip-port, --expect or --speed max"
        raise UsageError(f"--web goes with no {words}: the page has the clock, and shows each boot")
    else:
        _on_a_page(phone, start, speed, web_port, as_json)


def _on_the_terminal(
    phone: PhoneOptions,
    start: datetime | None,
    speed: float | None,
    until: datetime | None,
    events: tuple[tuple[datetime, str], ...],
    sip_port: int | None,
    expected: "BootExpectation",
    as_json: bool,
) -> None:
    from phone_sim.cli import phone_report
    from phone_sim.errors import LifecycleError, UsageError

    if speed is None and sip_port is not None:
        raise UsageError("--sip-port does not go with --speed max: nobody can send anything in time")
    _check_times(start, until, events)
    phone_time = (
        virtual_time(start, until) if speed is None else real_time(start, speed, until, f"{WHAT_CAN_HAPPEN}, or quit")
    )
    lines: list[str] = []
    with phone.plugged_in(
        phone_time.clock, phone_time.scheduler, lines.append if as_json else phone_report.print_log_line
    ) as driver:
        happen = partial(_happen, driver)
        for instant, event in events:
            phone_time.scheduler.at(instant, partial(happen, event))
        try:
            with result_so_far() as broken_off:
                driver.power_on()
                if phone.sntp:
                    phone_report.check_time(driver)
                phone_report.say_next_poll(driver)
                with (
                    nullcontext() if speed is None else SipPort(driver, sip_port, phone.source_address or LOOPBACK)
                ) as sip:
                    phone_time.live(happen, lambda: _moves_endlessly(driver, sip))
        finally:
            phone_time.close()
            if as_json:
                phone_report.print_json(phone_report.phone_report(driver, lines, expected))
            else:
                phone_report.say_summary(driver)
                phone_report.talk(f"  reboots: {len(driver.reboots)}")
        if broken_off.interruption is not None:
            with suppress(LifecycleError):  # it is off
                driver.cut_power()
    broken_off.go_on()
    check_expected(driver, expected)


def _moves_endlessly(driver: "PhoneDriver", sip: SipPort | None) -> bool:
    """Look after the SIP port of a phone that stays on; True once its life has to end."""
    if sip is not None:
        sip.follow()
    return driver.moves.endless is not None


def _on_a_page(phone: PhoneOptions, start: datetime, speed: float, port: int, as_json: bool) -> None:
    from phone_sim.cli.web import WebServerOptions, check_packages

    check_packages()
    from phone_sim.web.desk.desk import Desk
    from phone_sim.web.desk.phone import DeskPhone
    from phone_sim.web.desk.server import DeskServer
    from phone_sim.web.desk.time import FASTEST

    identity = phone.identity()
    warn(identity.firmware_warning)
    with (
        phone.flash(identity) as flash,
        DeskServer(url=identity.boot_server) as server,
        Desk(server, start=start, speed=min(speed, FASTEST)) as desk,
    ):
        shown = DeskPhone(
            identity,
            desk.time.virtual,
            flash=flash,
            transport=phone.transport(),
            network=phone.network(),
        )
        desk.do(partial(desk.add, shown))
        desk.do(shown.switch_power)
        WebServerOptions(port=port, as_json=as_json).serve(desk, f"phones/{identity.mac}")


def _check_times(start: datetime | None, until: datetime | None, events: tuple[tuple[datetime, str], ...]) -> None:
    """Refuse times that never come; where nobody knows yet when it starts, only those after the end."""
    from phone_sim.errors import UsageError

    if until is not None and start is not None and until <= start:
        raise UsageError(f"--until {until.isoformat()} is not after the start, {start.isoformat()}")
    for instant, event in events:
        if (start is not None and instant < start) or (until is not None and instant > until):
            begin = "" if start is None else f" from {start.isoformat()}"
            end = "" if until is None else f" to {until.isoformat()}"
            raise UsageError(f"--at {instant.isoformat()} {event} is not in the time{begin}{end}")


def _happen(driver: "PhoneDriver", event: str) -> None:
    """Let something happen, or say why it cannot."""
    from phone_sim.errors import LifecycleError, UsageError

    try:
        _perform(driver, event)
    except (LifecycleError, UsageError) as error:
        say(f"{event}: {error}", err=True)


def _perform(driver: "PhoneDriver", event: str) -> None:
    from phone_sim.cli.phone_report import frame_text
    from phone_sim.firmware.keypad import Key, parse_press

    match event:
        case "call":
            driver.start_call()
        case "hangup":
            driver.end_call()
        case "reboot":
            driver.reboot()
        case "check-sync":
            driver.check_sync()
        case "power-cut":
            driver.cut_power()
        case "power-on":
            driver.power_on()
        case "licenses":
            say(frame_text(driver.licenses()), err=True)
        case _ if event.startswith(_FIND):
            driver.search_corporate_directory(event.removeprefix(_FIND))
            say(frame_text(driver.frame), err=True)
        case _ if event.startswith(_PRESS) or event in {key.value for key in Key}:
            driver.press(parse_press(event.removeprefix(_PRESS)))
            say(frame_text(driver.frame), err=True)
        case _:
            say(f"{event} is not one of {WHAT_CAN_HAPPEN}, quit", err=True)
            return
    talk(f"{event}: the phone is {driver.phone.state.value}")
