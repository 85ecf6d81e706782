"""Import and export jobs: accepted with 202 and a `location`, in eGain's two forms, and done a moment later."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from flask import Response, g

from egain_auth_cli.sandbox.api_error import ApiError, bad_body
from egain_auth_cli.sandbox.authorization_server import current_server
from egain_auth_cli.sandbox.job import NEVER, Job, epoch
from egain_auth_cli.sandbox.resource import CONTENT, PORTALS, resource
from egain_auth_cli.sandbox.world import find

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

_IMPORT = f"{CONTENT}/import/content"
_EXPORT = f"{PORTALS}/content/export"
_WAITING_SECONDS, _SECONDS, _SLOW_SECONDS = 0.2, 1.0, 10.0
_LATEST = 7 * 24 * 3600
"""Seconds until the last moment for which an import can be scheduled."""


@resource("POST", _IMPORT, body="NewImport", status=202)
def import_content() -> ResponseReturnValue:
    """Begin an import, at once or when it is scheduled; its `location` has no leading slash."""
    job = _new("Import", "dataSource")
    job.starts, job.stops = _scheduled(job.starts)
    return _accepted(job, f"{_IMPORT.removeprefix('/')}/{{}}/status")


@resource("POST", f"{_IMPORT}/validate", body="NewValidation", status=202)
def validate_content() -> ResponseReturnValue:
    """Begin a validation."""
    return _accepted(_new("Validation", "dataSource"), f"{_IMPORT.removeprefix('/')}/{{}}/status")


@resource("GET", f"{_IMPORT}/{{job_id}}/status", answers="ImportState")
def show_import(job_id: str) -> ResponseReturnValue:
    """Show the state of an import or a validation."""
    return _job(job_id, exports=False).document(current_server().state.clock())


@resource("POST", f"{_IMPORT}/{{job_id}}/cancel", status=204)
def cancel_import(job_id: str) -> ResponseReturnValue:
    """End a job; one that has ended cannot be."""
    job, now = _job(job_id, exports=False), current_server().state.clock()
    if job.has_ended(now):
        return Response(status=409)
    job.stops = now
    return Response(status=204)


@resource("POST", _EXPORT, body="NewExport", status=202)
def export_content() -> ResponseReturnValue:
    """Begin an export, one of a portal at a time; its `location` lacks the `/status` at which its state is."""
    portal, state = find("portals", g.body["portalID"])["id"], current_server().state
    with state.lock:
        if any(job.portal == portal and not job.has_ended(state.clock()) for job in state.jobs()):
            raise ApiError("400-10424", "Limit exceeded. The allowed limit for running exports of a portal is 1")
        job = _new("Export", "dataDestination")
        job.portal = portal
        return _accepted(job, f"{_EXPORT}/{{}}")


@resource("GET", f"{_EXPORT}/{{jobID}}/status", answers="ExportState")
def show_export(jobID: str) -> ResponseReturnValue:
    """Show the state of an export."""
    return _job(jobID, exports=True).document(current_server().state.clock())


def _new(kind: str, source: str) -> Job:
    path = g.body[source]["path"]
    return Job(
        id=str(uuid.uuid4()),
        kind=kind,
        place=path,
        starts=current_server().state.clock() + _WAITING_SECONDS,
        seconds=_SLOW_SECONDS if "slow" in path else _SECONDS,
        fails="fail" in path,
    )


def _scheduled(earliest: float) -> tuple[float, float]:
    """Return when an import starts, and when it stops if it is not done by then."""
    given = g.body.get("scheduleTime", {})
    starts = max(earliest, _epoch(given, "date", earliest))
    stops = _epoch(given, "stopDate", NEVER)
    if starts > earliest + _LATEST:
        raise bad_body("scheduleTime.date")
    if stops <= starts:
        raise bad_body("scheduleTime.stopDate")
    return starts, stops


def _epoch(given: dict[str, str], name: str, default: float) -> float:
    try:
        return epoch(given[name]) if name in given else default
    except ValueError:  # the 31st of February
        raise bad_body(f"scheduleTime.{name}") from None


def _accepted(job: Job, location: str) -> Response:
    current_server().state.save_job(job)
    return Response(status=202, headers={"location": location.format(job.id)})


def _job(job_id: str, *, exports: bool) -> Job:
    job = current_server().state.find_job(job_id)
    if job is None or (job.kind == "Export") != exports:
        raise ApiError("404-100", f"The following IDs supplied in the URI path were not found: '{job_id}'")
    return job
