"""The main job for real, against the embedded sandbox, with nobody at the keyboard. Ends by itself, leaves nothing."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

from fakes.sandbox_person import BROWSER

_WIDTH = 110
_PROGRAM = [sys.executable, "-m", "egain_auth_cli"]


def main() -> int:
    """Run the demo; 0 if every step did what it should."""
    with tempfile.TemporaryDirectory(prefix="egain-demo-") as folder:
        environ = _environment(Path(folder))
        _title("A local eGain on loopback, and a profile for it")
        _show("egain sandbox --port 0 &")
        sandbox = subprocess.Popen(
            [*_PROGRAM, "sandbox", "--port", "0"], env=environ, stdout=subprocess.PIPE, text=True
        )
        try:
            return _steps(sandbox, environ)
        finally:
            sandbox.terminate()
            sandbox.wait(20)


def _steps(sandbox: subprocess.Popen[str], environ: dict[str, str]) -> int:
    assert sandbox.stdout is not None
    ready = json.loads(sandbox.stdout.readline())
    url = ready["url"]
    print(f"listening on {url}\n")
    tenant = f"{url}/system/auth/TMSANDBOX000001-U/oauth2"
    add = (
        f"profile add demo --client-id sandbox-app --authorization-url {tenant}/authorize --token-url {tenant}/token "
        f"--revocation-url {tenant}/revoke --api-url {url} --flow pkce --scope knowledge.portalmgr.read "
        "--redirect-uri http://127.0.0.1/callback"
    )
    _egain(add, environ)
    _egain("profile set demo flows.client-credentials.scopes knowledge.portalmgr.manage", environ)
    _egain("profile set demo secret_store file", environ)
    _egain("profile use demo", environ)
    _egain("secret set", environ, stdin="sandbox-secret\n")

    _title("A token for the client application, by client credentials, and what it says")
    _egain("token --client-credentials", environ)
    report = json.loads(_egain("inspect --client-credentials --json", environ))

    _title("A person signs in by PKCE (here a program fills in the page)")
    _egain("login --pkce", environ | {"BROWSER": BROWSER})
    _egain("status", environ)

    _title("A call of the API as that person, and the token for a shell")
    user = json.loads(_egain("call GET /knowledge/portalmgr/v4/portals/user", environ))
    exported = _egain("export sh", environ)
    _egain("logout", environ)

    worked = (
        report["claims"]["client_id"] == "sandbox-app"
        and user["firstName"] == "Alice"
        and exported.startswith("export EGAIN_ACCESS_TOKEN=")
    )
    print("The demo did what it should." if worked else "The demo FAILED: see above.")
    return 0 if worked else 1


def _environment(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("EGAIN_")}
    return kept | {"EGAIN_CONFIG_DIR": str(folder / "config"), "EGAIN_CACHE_DIR": str(folder / "cache")}


def _egain(line: str, environ: dict[str, str], *, stdin: str = "") -> str:
    _show(f"egain {line}")
    done = subprocess.run(
        [*_PROGRAM, *shlex.split(line)],
        env=environ,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    for text in (done.stderr, done.stdout):
        for row in text.splitlines():
            print(row if len(row) <= _WIDTH else f"{row[: _WIDTH - 1]}…")
    print()
    if done.returncode != 0:
        raise SystemExit(f"the demo stops: `egain {line}` ended with {done.returncode}")
    return done.stdout


def _title(text: str) -> None:
    print(f"── {text} " + "─" * max(0, _WIDTH - len(text) - 4) + "\n")


def _show(line: str) -> None:
    print(f"$ {line}", flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
