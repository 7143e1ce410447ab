"""Batch activation in the portal (B8): a text file goes in, a report and a zip of activation files come out.

A report is kept in memory, the latest ones only: when it is gone, the same file, sent again, gives another one, and
redeems nothing twice.
"""

import secrets
from collections import OrderedDict
from datetime import UTC, datetime
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from phone_sim.authority.order_report import line_report
from phone_sim.licensing.license_file import file_name
from phone_sim.licensing.license_key import LicenseType
from phone_sim.web.pages import BLANK, Form, answer, part_of, typed_into, wants_json
from phone_sim.web.portal.forms import BATCH_BYTES, BATCH_LINES, FormRefused, read_batch, refusal_report
from phone_sim.web.portal.service import BatchReport, PortalService

BODY_LIMITS = {"/portal/batch": BATCH_BYTES + 64 * 1024}
SAMPLE = "22222222AB22C2\t0004f1144bd4\n22222222AB22C3\t0004f1155bd4\n22222222AB22C4\t0004f1166bd4\n"
"""The bulletin's sample of a batch; its license numbers are examples."""
_LINES_KEPT = 10 * BATCH_LINES


class Reports:
    """The latest reports, by names that nobody can guess; the oldest go when they have too many lines together."""

    def __init__(self, lines_kept: int = _LINES_KEPT) -> None:
        self._lines_kept = lines_kept
        self._reports: OrderedDict[str, BatchReport] = OrderedDict()

    def keep(self, report: BatchReport) -> str:
        """Keep a report, and return its name."""
        name = secrets.token_urlsafe(16)
        self._reports[name] = report
        while len(self._reports) > 1 and sum(1 + len(one.lines) for one in self._reports.values()) > self._lines_kept:
            self._reports.popitem(last=False)
        return name

    def get(self, name: str) -> BatchReport | None:
        """The report of this name, if it is still kept."""
        return self._reports.get(name)


def routes(portal: PortalService) -> list[BaseRoute]:
    """The routes of batch activation."""
    pages = _BatchActivation(portal, Reports())
    return [
        Route("/portal/batch", pages.form, methods=["GET"]),
        Route("/portal/batch", pages.redeem, methods=["POST"]),
        Route("/portal/batch/sample.txt", pages.sample),
        Route("/portal/batches/{name}.json", pages.show),
        Route("/portal/batches/{name}", pages.show),
        Route("/portal/batches/{name}/activation-files.zip", pages.download),
    ]


class _BatchActivation:
    """Batch activation: many license numbers, or one for many phones."""

    def __init__(self, portal: PortalService, reports: Reports) -> None:
        self._portal = portal
        self._reports = reports

    async def form(self, request: Request) -> Response:
        """The empty form."""
        return self._form(request, BLANK, 200)

    async def sample(self, _: Request) -> Response:
        """The sample of the bulletin."""
        return PlainTextResponse(SAMPLE, headers={"Content-Disposition": 'attachment; filename="sample-batch.txt"'})

    async def redeem(self, request: Request) -> Response:
        """Redeem the lines of a file."""
        typed, files = await typed_into(request, files=1)
        now = datetime.now(UTC)
        text = await run_in_threadpool(read_batch, typed, files.get("file", b""), now)
        if isinstance(text, FormRefused):
            return self._form(request, Form(typed=typed, errors=text.errors), 422, text)
        report = await run_in_threadpool(
            self._portal.redeem_batch,
            text,
            mail_to=typed.get("mail_to", ""),
            all_or_nothing=bool(typed.get("all_or_nothing")),
            at=now,
        )
        name = self._reports.keep(report)
        if wants_json(request):
            return JSONResponse(_as_json(name, report))
        return RedirectResponse(f"/portal/batches/{name}", 303)

    async def show(self, request: Request) -> Response:
        """What became of a batch."""
        name, report = self._kept(request)
        values = {"name": name, "report": report, "part": part_of(request, report.lines)}
        return answer(request, "batch_report.html", values, report=_as_json(name, report))

    async def download(self, request: Request) -> Response:
        """The activation files of the phones of a batch that have licenses."""
        _, report = self._kept(request)
        if not report.serials:
            raise HTTPException(404, "No phone of this batch has a license.")
        archive = await run_in_threadpool(self._portal.archive, report.serials)
        disposition = 'attachment; filename="activation-files.zip"'
        return Response(archive, headers={"Content-Disposition": disposition}, media_type="application/zip")

    def _kept(self, request: Request) -> tuple[str, BatchReport]:
        name = request.path_params["name"]
        report = self._reports.get(name)
        if report is None:
            raise HTTPException(
                404, "This report is not kept any more. Send the file again for another one: nothing is redeemed twice."
            )
        return name, report

    def _form(self, request: Request, form: Form, status: int, refused: FormRefused | None = None) -> Response:
        values = {"form": form, "sample": SAMPLE, "lines": BATCH_LINES, "bytes": BATCH_BYTES}
        values["asks_confirmation"] = refused is not None and refused.asks_confirmation
        fields = ["mail_to", "file", "all_or_nothing"]
        report = refusal_report(refused) if refused is not None else {"fields": fields}
        return answer(request, "batch.html", values, report=report, status=status)


def _as_json(name: str, report: BatchReport) -> dict[str, Any]:
    """A report as JSON gives it; lines and files are as `phone-sim license batch --json` gives them."""
    accepted = [line.mac for line in report.lines if not line.refused and not report.nothing_redeemed]
    return {
        "lines": [line_report(line) for line in report.lines],
        "files": [file_name(LicenseType.PHONE, mac) for mac in accepted],
        "nothing_redeemed": report.nothing_redeemed,
        "mailed_to": report.mail_to,
        "problems": list(report.problems),
        "report": f"/portal/batches/{name}",
        "archive": f"/portal/batches/{name}/activation-files.zip" if report.serials else None,
    }
