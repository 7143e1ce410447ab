"""Orders, redemptions and lines of a batch as JSON gives them, on the command line and on the web."""

from collections.abc import Iterable
from typing import Any

from phone_sim.authority.activation import BatchLine
from phone_sim.authority.orders import Order, Redemption


def order_report(one: Order, redemptions: Iterable[Redemption]) -> dict[str, Any]:
    """An order, all that its number identifies (B5), and what was redeemed of it."""
    return {
        "number": one.number,
        "type": one.license_type.value,
        "software": one.software,
        "version": one.version,
        "quantity": one.quantity,
        "expires": one.expires.isoformat() if one.expires is not None else None,
        "kind": "upgrade" if one.upgrade else "new activation",
        "ordered_at": one.ordered_at.isoformat(),
        "site_serial": one.site_serial,
        "redemptions": [
            {"serial": each.serial, "redeemed_at": each.redeemed_at.isoformat(), "requester": each.requester}
            for each in redemptions
        ],
    }


def line_report(line: BatchLine) -> dict[str, Any]:
    """A line of a batch and its answer."""
    return {
        "line": line.place,
        "number": line.number,
        "mac": line.mac,
        "refused": line.refused,
        "redeemed_before": line.is_repeated,
    }
