"""What workers say to their master in Locust's own messages: bounded before it is read, and checked before it counts.

A message larger than `MESSAGE_LIMIT` is not decoded: ZeroMQ closes the connection on which it comes. What ZeroMQ and
Locust do not let us bound: the number of parts of one message, each up to that size, and the number of connections.
What a worker of Locust's own would send beside this, its log and the wish for a locustfile, is ignored.
"""

from collections.abc import Iterable
from math import isfinite
from typing import Any

import zmq.green as zmq
from locust.rpc import Message, rpc
from locust.runners import STATE_CLEANUP, STATE_INIT, STATE_RUNNING, STATE_SPAWNING, STATE_STOPPED, STATE_STOPPING
from locust.stats import RequestStats, StatsError

from phone_sim.errors import UsageError
from phone_sim.fleet.on_locust.request_names import NAME_LENGTH_LIMIT, bounded_name
from phone_sim.fleet.on_locust.statistics import bounded_reason
from phone_sim.fleet.protocol.message import counts_in, named_tables, read_message
from phone_sim.fleet.protocol.message_names import ANSWER, HELLO, LINE, REFUSAL
from phone_sim.printable import printable
from phone_sim.toml_table import Table

MESSAGE_LIMIT = 8 * 1024 * 1024
"""Maximum size in bytes of a part of a message; the report of a worker is the largest (our choice)."""
_WAITING_LIMIT = 100
_ID_LIMIT = 200
_TRACEBACK_LIMIT = 20_000
_SAID = "what a worker says"
_IGNORED = ("logs", "locustfile")
_BARE = ("client_stopped", "spawning", "quit", HELLO, REFUSAL, LINE, ANSWER)
_READ = ("client_ready", "heartbeat", "spawning_complete", "exception", "stats")
_STATES = (STATE_INIT, STATE_SPAWNING, STATE_RUNNING, STATE_CLEANUP, STATE_STOPPING, STATE_STOPPED)
_METHODS = ("GET", "PUT", "RETR", "STOR", "RRQ", "WRQ", "BOOT")
_NUMBERS = (
    *("num_requests", "num_none_requests", "num_failures", "total_response_time", "max_response_time"),
    *("start_time", "total_content_length"),
)
_USED = ("current_cpu_usage", "current_memory_usage")
_LARGEST = 1e18
_PERHAPS = ("last_request_timestamp", "min_response_time")
_COUNTS = ("response_times", "num_reqs_per_sec", "num_fail_per_sec")


class BoundedServer(rpc.Server):
    """Locust's server for workers, with bounds on their messages. Raises ZMQError if it cannot listen."""

    def __init__(self, host: str, port: int) -> None:
        # Not that of Server, which listens before it can be given bounds.
        rpc.BaseSocket.__init__(self, zmq.ROUTER, self.ipv4_only(host, port))
        self.socket.setsockopt(zmq.MAXMSGSIZE, MESSAGE_LIMIT)
        self.socket.setsockopt(zmq.RCVHWM, _WAITING_LIMIT)
        self.socket.bind(f"tcp://{host}:{port or '*'}")
        self.port = int(self.socket.getsockopt_string(zmq.LAST_ENDPOINT).rpartition(":")[2])


def sound_message(sender: str, message: Message, stats: RequestStats) -> Message | None:
    """The message as it can be handled, with statistics that fit into `stats`; None for one that is ignored.

    `sender` is the name of the connection on which it came.

    Raises:
        UsageError: it is not a message of a worker of ours, or speaks for another.
    """
    if len(sender) > _ID_LIMIT or not sender.isprintable():
        raise UsageError(f"{_SAID}: its name has more than {_ID_LIMIT} characters, or some that cannot be shown")
    if message.node_id != sender:
        raise UsageError(f"{_SAID}: {sender} speaks for another")
    if message.type in _IGNORED:
        return None
    if message.type not in (*_BARE, *_READ):
        raise UsageError(f"{_SAID}: {printable(f'{message.type}'[:40])!r} is not a message of a worker")
    if message.type in _READ:
        message.data = _sound_data(message.type, message.data, stats)
    return message


def _sound_data(kind: str, data: Any, stats: RequestStats) -> Any:
    if kind == "client_ready":
        return printable(read_message(_SAID, {"version": data}).any_text("version"))
    fields = read_message(_SAID, data)
    match kind:
        case "heartbeat":
            used = {name: fields.number(name, high=_LARGEST, default=0.0) for name in _USED}
            return {"state": fields.choice("state", _STATES), **used}
        case "spawning_complete":
            return {**data, "user_classes_count": dict(counts_in(fields.table("user_classes_count")))}
        case "exception":
            texts = {"msg": fields.any_text("msg"), "traceback": fields.any_text("traceback", _TRACEBACK_LIMIT)}
            return {name: "\n".join(map(printable, text.splitlines())) for name, text in texts.items()}
        case _:
            return {**data, **_statistics(fields, stats)}


def _statistics(fields: Table, stats: RequestStats) -> dict[str, Any]:
    """The statistics of a report, with no more names and reasons than `stats` can have with them."""
    names, reasons = dict.fromkeys(stats.entries), dict.fromkeys(stats.errors)
    rows, errors = [], dict[str, dict[str, Any]]()
    for row in fields.tables("stats"):
        method, name = _named(row)
        name = bounded_name(name, method, names)
        names[name, method] = None
        rows.append({**_entry(row), "name": name, "method": method})
    for row in named_tables(fields.table("errors")).values():
        method, name = _named(row)
        name = bounded_name(name, method, names)
        reason = bounded_reason(reasons, method, name, printable(row.any_text("error")))
        key = StatsError.create_key(method, name, reason)
        reasons[key] = None
        count = row.whole("occurrences") + errors.get(key, {"occurrences": 0})["occurrences"]
        seen = {each: row.number(each, high=_LARGEST) for each in ("first_seen", "last_seen")}
        errors[key] = {"method": method, "name": name, "error": reason, "occurrences": count, **seen}
    total = {**_entry(fields.table("stats_total")), "name": "Aggregated", "method": ""}
    users = dict(counts_in(fields.table("user_classes_count")))
    return {"stats": rows, "errors": errors, "stats_total": total, "user_classes_count": users}


def _named(row: Table) -> tuple[str, str]:
    return row.choice("method", _METHODS), printable(row.any_text("name", NAME_LENGTH_LIMIT))


def _entry(row: Table) -> dict[str, Any]:
    """The counts of a name, as Locust reads them. There are too many to read each as a value of a table."""
    values = {name: row.values.get(name) for name in (*_NUMBERS, *_PERHAPS, *_COUNTS)}
    if not _are_numbers(values[name] for name in _NUMBERS):
        raise row.error(None, "it lacks numbers")
    if not _are_numbers(values[name] for name in _PERHAPS if values[name] is not None):
        raise row.error(None, "some of it are not numbers")
    for name in _COUNTS:
        counts = row.table(name).values
        if not all(type(key) is int and type(count) is int and count >= 0 for key, count in counts.items()):
            raise row.error(name, "these are not counts")
    return values


def _are_numbers(values: Iterable[Any]) -> bool:
    return all(isinstance(value, int | float) and isfinite(value) for value in values)
