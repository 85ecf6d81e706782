"""Import and export jobs: accepted with 202 and a `location`, in eGain's two forms, and done a moment later."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from flask import Blueprint, Response, request

from egain_auth_cli.sandbox.api_error import ApiError
from egain_auth_cli.sandbox.api_guard import admit
from egain_auth_cli.sandbox.authorization_server import current_server
from egain_auth_cli.sandbox.people import Actor

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

_CLIENT = frozenset({Actor.CLIENT})
_IMPORT = "/knowledge/contentmgr/v4/import/content"
_EXPORT = "/knowledge/portalmgr/v4/content/export"
_MANAGE_CONTENT, _MANAGE_PORTALS = "knowledge.contentmgr.manage", "knowledge.portalmgr.manage"
_WAITING_SECONDS, _SECONDS, _SLOW_SECONDS = 0.2, 1.0, 10.0
_ITEMS = 40

blueprint = Blueprint("jobs", __name__)


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
            return {"status": "Pending"} if self.kind == "Export" else {"status": "Scheduled", **known}
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


@blueprint.post(_IMPORT)
@admit(_MANAGE_CONTENT, _CLIENT, language=False)
def import_content() -> ResponseReturnValue:
    """Begin an import; its `location` has no leading slash."""
    return _accepted("Import", "dataSource", f"{_IMPORT.removeprefix('/')}/{{}}/status")


@blueprint.post(f"{_IMPORT}/validate")
@admit(_MANAGE_CONTENT, _CLIENT, language=False)
def validate_content() -> ResponseReturnValue:
    """Begin a validation."""
    return _accepted("Validation", "dataSource", f"{_IMPORT.removeprefix('/')}/{{}}/status")


@blueprint.get(f"{_IMPORT}/<job_id>/status")
@admit(_MANAGE_CONTENT, _CLIENT, language=False)
def show_import(job_id: str) -> ResponseReturnValue:
    """Show the state of an import or a validation."""
    return _job(job_id).document(current_server().state.clock())


@blueprint.post(f"{_IMPORT}/<job_id>/cancel")
@admit(_MANAGE_CONTENT, _CLIENT, language=False)
def cancel_import(job_id: str) -> ResponseReturnValue:
    """End a job; one that has ended cannot be."""
    job, now = _job(job_id), current_server().state.clock()
    if job.cancelled or now >= job.begun + job.seconds:
        return Response(status=409)
    job.cancelled = True
    return Response(status=204)


@blueprint.post(_EXPORT)
@admit(_MANAGE_PORTALS, _CLIENT)
def export_content() -> ResponseReturnValue:
    """Begin an export; its `location` lacks the `/status` at which its state is."""
    return _accepted("Export", "dataDestination", f"{_EXPORT}/{{}}")


@blueprint.get(f"{_EXPORT}/<job_id>/status")
@admit(_MANAGE_PORTALS, _CLIENT)
def show_export(job_id: str) -> ResponseReturnValue:
    """Show the state of an export."""
    return _job(job_id).document(current_server().state.clock())


def _accepted(kind: str, source: str, location: str) -> Response:
    body = request.get_json(silent=True)
    place = body.get(source) if isinstance(body, dict) else None
    path = place.get("path") if isinstance(place, dict) else None
    if not isinstance(path, str) or not path:
        raise ApiError("400-152", f"Invalid value is provided in the request body for '{source}'.")
    state = current_server().state
    seconds = _SLOW_SECONDS if "slow" in path else _SECONDS
    job_id = str(uuid.uuid4())
    state.save_job(job_id, Job(kind, state.clock(), seconds, fails="fail" in path))
    return Response(status=202, headers={"location": location.format(job_id)})


def _job(job_id: str) -> Job:
    job = current_server().state.find_job(job_id)
    if job is None:
        raise ApiError("404-100", "There is no job of this id.", details={"id": job_id})
    return job


def _progress(share: float) -> dict[str, object]:
    return {"processed": int(share * _ITEMS), "total": _ITEMS, "percentage": int(100 * share)}


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, tz=UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
