"""`phone-sim notify`: a NOTIFY check-sync to one phone."""

import click

from phone_sim.cli.option_types import FiniteRange
from phone_sim.cli.options import json_option
from phone_sim.cli.output import say
from phone_sim.printable import visible


@click.command(short_help="Send a phone a NOTIFY check-sync.")
@click.argument("phone")
@click.option(
    "--timeout", type=FiniteRange(0.1, 60), default=32.0, show_default=True, help="Seconds to wait for an answer."
)
@json_option
def command(phone: str, timeout: float, as_json: bool) -> None:
    """Send a phone a SIP NOTIFY check-sync, so that it asks for its configuration files and reboots if they changed.

    PHONE is a host with or without a port, or a SIP URI: 10.0.0.2, 127.0.0.1:5070, sip:1234@10.0.0.2;transport=tcp. The
    phone may be a real one. Ends with 1 unless it answers with success.

    Example: phone-sim notify 127.0.0.1:5060
    """
    from phone_sim.cli.phone_report import print_json
    from phone_sim.errors import PhoneSimError
    from phone_sim.runtime.network.sip_notify import SipTarget, notify_check_sync

    target = SipTarget.parse(phone)
    answer = notify_check_sync(target, patience=timeout)
    agent = answer.headers.get("Server") or answer.headers.get("User-Agent") or ""
    if as_json:
        print_json({"phone": phone, "status": answer.code, "phrase": answer.phrase, "agent": agent})
    else:
        say(visible(f"{answer.code} {answer.phrase}" + (f" ({agent})" if agent else ""), kept=""))
    if not 200 <= answer.code < 300:
        raise PhoneSimError(f"the phone answers {answer.code} {visible(answer.phrase, kept='')}")
