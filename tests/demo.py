"""The main job for real, against the embedded sandbox, with nobody at the keyboard. Ends by itself, leaves nothing."""

from __future__ import annotations

import os
import re
import signal
import sys
import tempfile
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

from fakes.stage import WIDTH, stage
from rich.console import Console
from rich.text import Text

from egain_auth_cli.terminal import Terminal, abandon_stdout
from egain_auth_cli.terminal.paint import Style, paint

if TYPE_CHECKING:
    from fakes.stage import Stage

_KEPT = re.compile("LANG|LC_.*|TZ|TMPDIR|EGAIN_SANDBOX_.*")
"""Of the environment; the last steer the program that fills in the page."""
_TOKEN = re.compile(r"(eyJ[\w-]{17})([\w.-]+)")
_INTERRUPTED, _READER_GONE = 130, 141
_END = """
The demo did what it should: a profile, two tokens, a person's sign-in, a call
and an export. Nothing of it is left.

Next, by yourself:

  .venv/bin/egain sandbox                    # a local eGain, until Ctrl-C
  .venv/bin/egain -p sandbox login --pkce    # in another terminal, as alice
  make install                               # and it is `egain`, everywhere"""


class DemoError(Exception):
    """What a step did, and should not have."""


def main() -> int:
    """Run the demo; 0 if every step did what it should, 130 if it was interrupted, 141 if nobody reads on."""
    for name in ("SIGTERM", "SIGHUP"):  # of which Windows has the first alone
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda signum, _: sys.exit(128 + signum))
    sys.stdout.reconfigure(errors="replace", line_buffering=True)  # type: ignore[union-attr]
    colour = Terminal(os.environ, stdout=sys.stdout).paints_stdout
    environ = {name: value for name, value in os.environ.items() if _KEPT.fullmatch(name)}
    try:
        with (
            tempfile.TemporaryDirectory(prefix="egain-demo-") as folder,
            stage(Path(folder), "--no-profile", environ=environ) as place,
        ):
            _tell(Teller(place, colour=colour))
    except KeyboardInterrupt:
        print("\nThe demo was stopped; nothing of it is left.")
        return _INTERRUPTED
    except BrokenPipeError:
        abandon_stdout()
        return _READER_GONE
    except (DemoError, RuntimeError, AssertionError) as error:
        print(f"\nThe demo FAILED: {error}")
        return 1
    print(_END)
    return 0


class Teller:
    """Tells a story in chapters: a sentence, a command, what it says.

    Args:
        place: Where the commands run.
        colour: Whether colour is wanted.
    """

    def __init__(self, place: Stage, *, colour: bool) -> None:
        self.place = place
        self._colour = colour
        # It breaks lines between words; the codes are the product's own.
        self._console = Console(width=WIDTH, force_terminal=colour, color_system="standard" if colour else None)
        self._chapter = 0

    def chapter(self, title: str) -> None:
        """Begin the next chapter."""
        self._chapter += 1
        print(f"\n{self._painted(f'{self._chapter}. {title}', Style.HEADING)}")

    def say(self, words: str) -> None:
        """Say what comes next, and why."""
        print(f"\n{textwrap.fill(words, WIDTH)}")

    def run(self, line: str, *, says: str, answers: tuple[str, str] | None = None) -> None:
        """Show a command line, run it and show what it says.

        Args:
            line: For the shell; over several lines as a person would type it.
            says: What must be in it.
            answers: A prompt, and what is typed at it.

        Raises:
            DemoError: It ended with another status than 0, or did not say so.
        """
        print()
        for row in line.split("\n"):
            prompt = "" if row.startswith(" ") else self._painted("$ ", Style.ASIDE)
            print(prompt + self._painted(row, Style.HINT))
        shown = self.place.run(line, answers=answers)
        for row in shown.lines:
            print(self._wrapped(Text.from_ansi(_TOKEN.sub(_shortened, row))))
        if shown.status != 0:
            raise DemoError(f"`{_first_words(line)}` ended with {shown.status}")
        if says not in shown.text:
            raise DemoError(f"`{_first_words(line)}` should have said `{says}`")

    def _wrapped(self, row: Text) -> str:
        lines = row.wrap(self._console, WIDTH)
        for line in lines:
            line.rstrip()
        with self._console.capture() as shown:
            self._console.print(*lines, sep="\n", end="", soft_wrap=True)
        return shown.get()

    def _painted(self, text: str, style: Style) -> str:
        return paint(text, style) if self._colour else text


def _tell(teller: Teller) -> None:
    url = teller.place.url
    teller.say(
        f"egain at work. A sandbox plays eGain, at {url} until the demo ends. All is kept in a folder that goes with "
        "it: your own profiles and your keyring are left alone."
    )
    teller.chapter("A profile")
    teller.say("It says where an eGain is, and which client application asks: both stand in eGain's console.")
    teller.run(
        f"tenant={url}/system/auth/TMSANDBOX000001-U/oauth2\n"
        "egain profile add demo --client-id sandbox-app \\\n"
        "    --authorization-url $tenant/authorize --token-url $tenant/token \\\n"
        f"    --api-url {url} --revocation-url $tenant/revoke \\\n"
        "    --redirect-uri http://127.0.0.1/callback --scope knowledge.portalmgr.read",
        says="profile `demo` is made",
    )
    teller.say("The application itself is granted another scope than a person who signs in.")
    teller.run(
        "egain profile set demo \\\n    flows.client-credentials.scopes knowledge.portalmgr.manage", says="is set"
    )
    teller.say("Its secret would go to the keyring; the demo keeps it in a file of its own.")
    teller.run("egain profile set demo secret_store file", says="is set")
    teller.say("The secret is typed where nobody sees it, here by a program.")
    teller.run("egain secret set", answers=("client secret", "sandbox-secret"), says="is stored")

    teller.chapter("A token for the application itself")
    teller.say("This is what a script takes. Only its beginning is shown here.")
    teller.run("egain token --client-credentials", says="eyJ")
    teller.say("What does it say? It is read, not asked for again: the cache has it.")
    teller.run("egain inspect --client-credentials", says="sandbox-app")

    teller.chapter("A person signs in")
    teller.say("The browser opens eGain's page. Here a program fills it in, as Alice: name, password, Approve.")
    teller.run("egain login --pkce", says="signed in as alice")

    teller.chapter("A call of the API")
    teller.say("As Alice, since she is signed in; no token is copied anywhere.")
    teller.run("egain call GET /knowledge/portalmgr/v4/portals/user", says='"Alice"')
    teller.say("Of a long answer, what is wanted.")
    teller.run("egain call GET /knowledge/portalmgr/v4/portals --filter 'portal[:3].name'", says="Billing")

    teller.chapter("The token for a shell")
    teller.say("What other programs need, quoted for the shell.")
    teller.run("egain export sh", says="export EGAIN_ACCESS_TOKEN=eyJ")
    teller.say("And what a script does with it.")
    teller.run(
        'vars=$(egain export sh) && eval "$vars"\n'
        'echo "a token of ${#EGAIN_ACCESS_TOKEN} characters for $EGAIN_API_URL"',
        says=f"characters for {url}",
    )

    teller.chapter("Signing out")
    teller.say("The login is revoked, and what was kept of it is removed.")
    teller.run("egain logout", says="revoked at the server")


def _shortened(token: re.Match[str]) -> str:
    return f"{token[1]}… ({len(token[2])} more characters)"


def _first_words(line: str) -> str:
    found = re.search(r"egain [^\\\n]*", line)
    return found[0].strip() if found else line


if __name__ == "__main__":
    raise SystemExit(main())
