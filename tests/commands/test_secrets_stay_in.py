"""No secret reaches a stream, a file that is not its own, a process table or a child, at full verbosity."""

from __future__ import annotations

import base64
import socket
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

import pytest
from fakes.hostile_server import Answer, HostileServer, Recorded, refusal, token_answer
from fakes.process import NOTHING, Env, Fault, LoadedProgram, Running, ended
from fakes.systems import NEEDS_LINUX
from fakes.world import World, api_answer, redirect_of
from figures import amount

if TYPE_CHECKING:
    from fakes.process import Finished
    from figures import Measured

CLIENT = "Canary/client+secret%1&x=y:z"
ACCESS = "canary.access-token_1~A/B+C=="
RENEWED = "canary.access-token_2~A/B+C=="
REFRESH = "canary refresh/token+1"
CODE = "canary-code-1"
SUBJECT = "canary.subject-token.c2ln"
SECRETS = {"client": CLIENT, "access": ACCESS, "renewed": RENEWED, "refresh": REFRESH, "code": CODE, "subject": SUBJECT}


def encodings(secret: str) -> list[bytes]:
    """The forms in which a secret could be met."""
    raw = secret.encode()
    forms = {
        raw,
        raw.hex().encode(),
        raw.hex().upper().encode(),
        quote(secret, safe="").encode(),
        quote_plus(secret).encode(),
        base64.b64encode(raw).rstrip(b"="),
        base64.urlsafe_b64encode(raw).rstrip(b"="),
        secret.encode("utf-16-le"),
        secret.encode("utf-16-be"),
        raw.replace(b"/", b"\\/"),
    }
    # Base64 of a longer text holds the secret's at one of three offsets.
    for lead in (b"", b"x", b"xx"):
        inner = base64.b64encode(lead + raw)
        forms.add(inner[4 if lead else 0 : len(inner) // 4 * 4 - 4])
    return sorted(form for form in forms if len(form) > 8)


def found(data: bytes, *, besides: tuple[str, ...] = ()) -> list[str]:
    """The names of the secrets that data hold in any form."""
    return [name for name, value in SECRETS.items() if name not in besides and any(f in data for f in encodings(value))]


def leaks(done: Finished, *, out: tuple[str, ...] = ()) -> list[str]:
    """What standard output and standard error hold, but for what ``out`` says is the output itself."""
    return found(done.stderr) + found(done.stdout, besides=out)


@pytest.fixture
def stocked(world: World) -> World:
    """A world in which every secret has its mark."""
    urls = world.profile()["endpoints"]["user"] | {"revocation_url": f"{world.server.url}/revoke"}
    flows = world.profile()["flows"]
    flows["token-exchange"]["registration_id"] = "okta-1"
    world.add_profile(endpoints={"user": urls, "client": {"token_url": urls["token_url"]}}, flows=flows)
    world.server.on("/token", token_answer(ACCESS, refresh_token=REFRESH))
    world.server.on("/revoke", Answer())
    world.server.on("/things", api_answer())
    return world


def sign_in(world: World, *argv: str, flow: str = "--pkce", env: Env = NOTHING) -> Finished:
    running = world.egain.start(*argv, "login", flow, "--no-browser", "--force", env=env)
    running.send(redirect_of(running.read_error_until("paste the address"), code=CODE).encode() + b"\n")
    return running.finish()


def test_the_search_itself_finds_every_form() -> None:
    held = [found(b"<" + form + b">") for value in SECRETS.values() for form in encodings(value)]
    wrapped = found(base64.b64encode(f"id:{CLIENT}".encode()))

    assert [] not in held
    assert wrapped == ["client"]


def test_whole_life_of_a_login_tells_nothing_at_full_verbosity(stocked: World) -> None:
    run = stocked.egain.run
    environ = {"EGAIN_SUBJECT_TOKEN": SUBJECT}
    done = [
        run("-vv", "secret", "set", stdin=CLIENT.encode() + b"\n"),
        run("-vv", "secret", "status"),
        sign_in(stocked, "-vv"),
        run("-vv", "status"),
        run("-vv", "status", "--json"),
        run("-vv", "profile", "show", "--json"),
        run("-vv", "profile", "list"),
        run("-vv", "call", "GET", "/things", "-i"),
        run("-vv", "call", "GET", "/nothing"),
        run("-vv", "profile", "rename", "acme", "other"),
        run("-vv", "logout"),
        run("-vv", "secret", "delete"),
    ]
    printed = [
        run("-vv", "token", "--force-refresh", "--client-credentials", env={"EGAIN_CLIENT_SECRET": CLIENT}),
        run("-vv", "token", "--token-exchange", env={"EGAIN_CLIENT_SECRET": CLIENT, **environ}),
        run("-vv", "export", "sh", "--client-credentials", env={"EGAIN_CLIENT_SECRET": CLIENT}),
        run("-vv", "token", "--client-credentials", "--output", "json", env={"EGAIN_CLIENT_SECRET": CLIENT}),
    ]

    assert [one.status for one in (*done, *printed)] == [0] * 8 + [7] + [0] * 7
    assert [leaks(one) for one in done] == [[]] * 12
    assert [leaks(one, out=("access",)) for one in printed] == [[]] * 4


FAILURES = {
    "refused": refusal("invalid_client", error_description=f"secret {CLIENT} of {REFRESH} is wrong", status=401),
    "html": Answer(status=500, body=f"<html>{CLIENT} {ACCESS}</html>".encode()),
    "broken": Answer(body=b'{"access_token": "' + ACCESS.encode()),
    "no bearer": Answer(body=b'{"access_token": "' + ACCESS.encode() + b' and more"}'),
    "odd type": token_answer(ACCESS, token_type=CLIENT, refresh_token=REFRESH),
    "odd life": token_answer(ACCESS, expires_in=CLIENT),
    "redirect": Answer(status=307, headers=(("Location", f"https://evil.example/?{quote(CLIENT)}"),)),
    "cut": replace(token_answer(ACCESS), cut=90),
    "cookie": Answer(status=400, headers=(("Set-Cookie", f"s={ACCESS}"),), body=b"no"),
}


@pytest.mark.parametrize(("kind", "form"), [*((kind, "text") for kind in FAILURES), ("refused", "json")])
def test_failure_of_the_token_endpoint_tells_nothing(stocked: World, kind: str, form: str) -> None:
    # even where the server hands our own secret back
    stocked.server.on("/token", FAILURES[kind])
    argv = ("-vv", "--error-format", form, "token", "--client-credentials")
    direct = stocked.egain.run(*argv, env={"EGAIN_CLIENT_SECRET": CLIENT})
    at_login = sign_in(stocked, "-vv", "--error-format", form, flow="--auth-code", env={"EGAIN_CLIENT_SECRET": CLIENT})

    assert {direct.status, at_login.status} <= {4, 5}
    assert [name for one in (direct, at_login) for name in leaks(one) if name in {"client", "code"}] == []
    assert "Traceback" not in direct.err + at_login.err


@pytest.mark.parametrize("body", [b"\xff", b"{" + ACCESS.encode()])
@pytest.mark.parametrize("status", [200, 401, 500, 302])
def test_failure_of_the_api_tells_nothing(stocked: World, program: LoadedProgram, body: bytes, status: int) -> None:
    location = (("Location", f"https://evil.example/?token={ACCESS}"), ("WWW-Authenticate", f'Bearer realm="{ACCESS}"'))
    stocked.server.on("/things", Answer(status=status, headers=location, body=body))
    environ = {"EGAIN_CLIENT_SECRET": CLIENT}

    done = program.run(stocked.egain, "-vv", "call", "GET", "/things", "-q", "a=b", "--client-credentials", env=environ)

    assert done.status == {200: 0, 401: 4, 500: 7, 302: 7}[status]
    assert found(done.stderr) == []
    assert done.stdout == body


@pytest.mark.parametrize(
    "argv",
    [
        ("call", "GET", "/things", "-H", f"Authorization: Bearer {ACCESS}"),
        ("call", "GET", "/things", "-H", f"X-Key: a\n{ACCESS}"),
        ("call", "GET", f"https://evil.example/?{ACCESS}"),
    ],
)
def test_refused_call_repeats_no_live_token(stocked: World, argv: tuple[str, ...]) -> None:
    environ = {"EGAIN_ACCESS_TOKEN": ACCESS, "EGAIN_API_URL": stocked.server.url}

    done = stocked.egain.run("-vv", *argv, env=environ)

    assert done.status == 2
    assert leaks(done) == []


def test_unexpected_failure_shows_a_trace_without_its_values(stocked: World) -> None:
    broken = stocked.egain.home / "broken"
    broken.mkdir()
    (broken / "sitecustomize.py").write_text(
        "import egain_auth_cli.transport.token_answer as one\n"
        "def parse(answer, *, now):\n    raise RuntimeError('odd: ' + answer.body.decode())\n"
        "one.parse_token_answer = parse\n"
        "import egain_auth_cli.transport.token_endpoint as other\nother.parse_token_answer = parse\n"
    )
    stocked.server.on("/token", token_answer(ACCESS, client_secret=CLIENT))
    environ = {"EGAIN_CLIENT_SECRET": CLIENT, "PYTHONPATH": str(broken)}

    done = stocked.egain.run("-vv", "token", "--client-credentials", env=environ)

    assert done.status == 1
    assert "RuntimeError" in done.err
    assert leaks(done) in ([], ["access"])
    assert "client" not in leaks(done)


@pytest.mark.figure("odd errors at full verbosity", "forced at 100 points, no secret in any encoding")
def test_odd_error_at_any_call_tells_nothing(
    stocked: World, program: LoadedProgram, tmp_path: Path, measured: Measured
) -> None:
    sign_in(stocked)
    points = leaking = 0
    for line in ("token --force-refresh", "call GET /things --force-refresh", "secret set", "logout"):
        for number in range(1, 300, amount(9, 1)):
            fault = Fault("odd", number, tmp_path / f"{line.split()[0]}-{number}")
            done = program.run(stocked.egain, "-vv", *line.split(), stdin=f"{CLIENT}\n".encode(), fault=fault)
            if not fault.struck:
                break
            points += 1
            leaking += leaks(done, out=("access",)) != []
    measured(points, "points")
    measured(leaking, "with a secret shown")
    assert points >= amount(9, 100)
    assert leaking == 0


def test_files_hold_secrets_only_where_they_belong(stocked: World) -> None:
    stocked.egain.run("secret", "set", stdin=CLIENT.encode() + b"\n")
    sign_in(stocked)
    stocked.egain.run("token")
    stocked.egain.run("-p", "acme", "token", "--client-credentials")
    holders: dict[str, set[str]] = {}
    for path in stocked.egain.files():
        for name in found(path.read_bytes()):
            holders.setdefault(name, set()).add(path.parent.name)
    modes = {path.stat().st_mode & 0o777 for path in stocked.egain.files()}

    assert holders["client"] == {"secrets"}
    assert holders["refresh"] == {"secrets"}
    assert holders["access"] <= {"tokens", "fast"}
    assert holders.keys() == {"client", "refresh", "access"}
    assert modes == {0o600}


def test_temporary_folder_of_the_system_is_not_used(stocked: World) -> None:
    folder = stocked.egain.home / "tmp"
    folder.mkdir()
    folder.chmod(0o500)
    stocked.egain.environ["TMPDIR"] = str(folder)

    assert sign_in(stocked).status == 0
    assert stocked.egain.run("token", under=["plain-user"]).status == 0
    assert list(folder.iterdir()) == []


def command_lines(own: int) -> bytes:
    """The command line of one process and of every other that runs the program."""
    lines = b""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            line = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if b"egain" in line or folder.name == str(own):
            lines += line
    return lines


@pytest.mark.skipif(sys.platform != "linux", reason=NEEDS_LINUX)
def test_no_process_has_a_secret_in_its_command_line(stocked: World) -> None:
    # looked at while the token endpoint holds the answer back
    seen: list[bytes] = []
    running: list[Running] = []
    known = threading.Event()

    def look(request: Recorded) -> Answer:
        known.wait(30)
        seen.append(command_lines(running[-1].pid))
        return token_answer(ACCESS, refresh_token=REFRESH)

    stocked.server.on("/token", look)
    for argv, env in (
        (("token", "--client-credentials", "--force-refresh"), {"EGAIN_CLIENT_SECRET": CLIENT}),
        (("token", "--token-exchange"), {"EGAIN_CLIENT_SECRET": CLIENT, "EGAIN_SUBJECT_TOKEN": SUBJECT}),
    ):
        known.clear()
        with ended(stocked.egain.start(*argv, piped=False, env=env)) as one:
            running.append(one)
            known.set()
            assert one.finish().status == 0

    assert len(seen) == 2
    assert [b"egain_auth_cli" in lines for lines in seen] == [True, True]
    assert [found(lines) for lines in seen] == [[], []]


def test_secret_command_gets_none_of_the_other_secrets(stocked: World) -> None:
    seen = stocked.egain.home / "seen"
    stocked.add_profile(client_secret_command=["sh", "-c", f"env > {seen}; echo {'x' * 20}"])
    environ = {"EGAIN_ACCESS_TOKEN": ACCESS, "EGAIN_SUBJECT_TOKEN": SUBJECT}

    done = stocked.egain.run(
        "-p", "acme", "token", "--client-credentials", env={"EGAIN_CLIENT_SECRET": CLIENT, **environ}
    )

    assert done.status == 0, done.err
    assert found(seen.read_bytes()) == []


def test_logs_of_the_libraries_are_silent_at_their_loudest(stocked: World) -> None:
    # every logger at DEBUG, as a sitecustomize could set them
    loud = stocked.egain.home / "loud"
    loud.mkdir()
    (loud / "sitecustomize.py").write_text("import logging\nlogging.basicConfig(level=logging.DEBUG)\n")
    environ = {"PYTHONPATH": str(loud), "EGAIN_CLIENT_SECRET": CLIENT}

    token = stocked.egain.run("-vv", "token", "--client-credentials", env=environ)
    call = stocked.egain.run("-vv", "call", "GET", "/things", "-q", "key=value", "--client-credentials", env=environ)

    assert (token.status, call.status) == (0, 0)
    assert leaks(token, out=("access",)) == []
    assert leaks(call) == []


def test_answer_of_another_server_that_is_passed_on_holds_no_verifier(world: World) -> None:
    # the verifier leaves for the token endpoint alone
    world.give_tokens()
    done = sign_in(world, "-vv")
    (request,) = world.server.requests
    verifier = request.form["code_verifier"]

    assert done.status == 0, done.err
    assert verifier.encode() not in done.stderr
    assert [path for path in world.egain.files() if verifier.encode() in path.read_bytes()] == []


def test_second_server_of_these_tests_counts_what_reaches_it() -> None:
    # the count that every test here ends with must be able to fail
    with HostileServer() as one:
        socket.create_connection(("127.0.0.1", one.port)).close()
        while one.connections == 0:
            one.closing.wait(0.01)

    assert one.connections == 1
