"""Import and export jobs: accepted with 202 and a `location`, in eGain's two forms, and done a moment later."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from flask import Response, g

from egain_auth_cli.sandbox.api_error import ApiError
from egain_auth_cli.sandbox.authorization_server import current_server
from egain_auth_cli.sandbox.resource import CONTENT, PORTALS, resource
from egain_auth_cli.sandbox.world import find

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

_IMPORT = f"{CONTENT}/import/content"
_EXPORT = f"{PORTALS}/content/export"
_WAITING_SECONDS, _SECONDS, _SLOW_SECONDS = 0.2, 1.0, 10.0
_ITEMS = 40
_NONE = {"processed": 0, "total": 0, "percentage": 0}


@dataclass(slots=True)
class Job:
    """A job.

    Attributes:
        kind: ``Import``, ``Validation`` or ``Export``.
        begun: Epoch seconds.
        seconds: How long it takes.
        fails: Whether it ends so.
        cancelled: Whether somebody has ended it.
    """

    kind: str
    begun: float
    seconds: float
    fails: bool
    cancelled: bool = False

    def document(self, now: float) -> dict[str, object]:
        """Return its state, with the members that eGain shows in it."""
        gone = now - self.begun
        known: dict[str, object] = {} if self.kind == "Export" else {"jobType": self.kind}
        if self.cancelled:
            return {"status": "Cancelled", **known, "progress": _progress(min(gone / self.seconds, 1))}
        if gone < _WAITING_SECONDS:
            return (
                {"status": "Pending"} if self.kind == "Export" else {"status": "Scheduled", **known, "progress": _NONE}
            )
        known["startTime"] = _moment(self.begun)
        if gone < self.seconds:
            return {"status": "In Progress", **known, "progress": _progress(gone / self.seconds)}
        known["progress"] = _progress(0.5 if self.fails else 1)
        if self.fails:
            failure = {"failureTime": _moment(self.begun + self.seconds), "error": "The data source cannot be read."}
            return {"status": "Failed", **known, **failure}
        results = {"successful": _ITEMS, "warnings": 0, "errors": 0}
        return {
            "status": "Successful",
            **known,
            "completionTime": _moment(self.begun + self.seconds),
            "results": results,
        }


@resource("POST", _IMPORT, body="NewImport", status=202)
def import_content() -> ResponseReturnValue:
    """Begin an import; its `location` has no leading slash."""
    return _accepted("Import", "dataSource", f"{_IMPORT.removeprefix('/')}/{{}}/status")


@resource("POST", f"{_IMPORT}/validate", body="NewValidation", status=202)
def validate_content() -> ResponseReturnValue:
    """Begin a validation."""
    return _accepted("Validation", "dataSource", f"{_IMPORT.removeprefix('/')}/{{}}/status")


@resource("GET", f"{_IMPORT}/{{job_id}}/status", answers="ImportState")
def show_import(job_id: str) -> ResponseReturnValue:
    """Show the state of an import or a validation."""
    return _job(job_id, exports=False).document(current_server().state.clock())


@resource("POST", f"{_IMPORT}/{{job_id}}/cancel", status=204)
def cancel_import(job_id: str) -> ResponseReturnValue:
    """End a job; one that has ended cannot be."""
    job, now = _job(job_id, exports=False), current_server().state.clock()
    if job.cancelled or now >= job.begun + job.seconds:
        return Response(status=409)
    job.cancelled = True
    return Response(status=204)


@resource("POST", _EXPORT, body="NewExport", status=202)
def export_content() -> ResponseReturnValue:
    """Begin an export; its `location` lacks the `/status` at which its state is."""
    find("portals", g.body["portalID"])
    return _accepted("Export", "dataDestination", f"{_EXPORT}/{{}}")


@resource("GET", f"{_EXPORT}/{{jobID}}/status", answers="ExportState")
def show_export(jobID: str) -> ResponseReturnValue:
    """Show the state of an export."""
    return _job(jobID, exports=True).document(current_server().state.clock())


def _accepted(kind: str, source: str, location: str) -> Response:
    path, state = g.body[source]["path"], current_server().state
    seconds = _SLOW_SECONDS if "slow" in path else _SECONDS
    job_id = str(uuid.uuid4())
    state.save_job(job_id, Job(kind, state.clock(), seconds, fails="fail" in path))
    return Response(status=202, headers={"location": location.format(job_id)})


def _job(job_id: str, *, exports: bool) -> Job:
    job = current_server().state.find_job(job_id)
    if job is None or (job.kind == "Export") != exports:
        raise ApiError("404-100", f"The following IDs supplied in the URI path were not found: '{job_id}'")
    return job


def _progress(share: float) -> dict[str, object]:
    return {"processed": int(share * _ITEMS), "total": _ITEMS, "percentage": int(100 * share)}


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, tz=UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
