from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING
from unittest.mock import Mock

import keyring.errors
import pytest
from fakes import keyring_backends
from fakes.clock import FakeClock
from fakes.keyring_backends import HangingKeyring, LosingKeyring, MemoryKeyring, MixingKeyring, RaisingKeyring
from figures import amount

from egain_auth_cli.deadline import Deadline
from egain_auth_cli.errors import EgainError, KeyringLocked, KeyringMissing, StoreError
from egain_auth_cli.sanitize import redact
from egain_auth_cli.stores import keyring_store
from egain_auth_cli.stores.keyring_store import KeyringStore, has_keyring

if TYPE_CHECKING:
    from collections.abc import Callable

    from figures import Measured

ITEM = "acme/client-secret"


@pytest.fixture(autouse=True)
def empty_keyrings(monkeypatch: pytest.MonkeyPatch) -> None:
    for backend in (MemoryKeyring, LosingKeyring, MixingKeyring, HangingKeyring, keyring_backends.StickyKeyring):
        monkeypatch.setattr(backend, "kept", {})


def store_on(backend: str, *, seconds: float = 3.0) -> KeyringStore:
    name = f"fakes.keyring_backends.{backend}"
    return KeyringStore({"PYTHON_KEYRING_BACKEND": name, "EGAIN_KEYRING_ALLOW": f"x.Y,{name}"}, seconds=seconds)


CALLS: dict[str, Callable[[KeyringStore], object]] = {
    "get": lambda store: store.get(ITEM),
    "set": lambda store: store.set(ITEM, "made-up-secret"),
    "delete": lambda store: store.delete(ITEM),
}
each_call = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)


def test_secrets_are_kept_under_the_service_egain() -> None:
    store_on("MemoryKeyring").set(ITEM, "made-up-secret")

    assert MemoryKeyring.kept == {("egain", ITEM): "made-up-secret"}


def test_secret_read_from_the_keyring_is_known_to_the_redactor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MemoryKeyring, "kept", {("egain", ITEM): "made-up-secret"})
    store_on("MemoryKeyring").get(ITEM)

    assert redact("x made-up-secret") == "x ****"


@pytest.mark.parametrize("backend", ["LosingKeyring", "MixingKeyring"])
def test_secret_that_does_not_come_back_is_not_stored(backend: str) -> None:
    with pytest.raises(StoreError, match="not stored"):
        store_on(backend).set(ITEM, f"made-up-secret-of-{backend}")

    assert redact(f"x made-up-secret-of-{backend}") == "x ****"


def test_secret_that_stays_after_its_deletion_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyring_backends.StickyKeyring, "kept", {("egain", ITEM): "made-up-secret"})

    with pytest.raises(StoreError, match="still holds"):
        store_on("StickyKeyring").delete(ITEM)


@pytest.mark.parametrize(
    "backend",
    [
        "keyring.backends.null.Keyring",
        "keyring.backends.fail.Keyring",
        "keyring.backends.chainer.ChainerBackend",
        "keyrings.alt.file.PlaintextKeyring",
        "keyrings.alt.file.EncryptedKeyring",
        "fakes.keyring_backends.MemoryKeyring",
        "os.system",
        "evil\x1b[2J.Keyring",
    ],
)
def test_backend_that_is_not_the_systems_own_is_refused(backend: str) -> None:
    with pytest.raises(KeyringMissing, match="not one of the system's own") as caught:
        KeyringStore({"PYTHON_KEYRING_BACKEND": backend, "EGAIN_KEYRING_ALLOW": "some.Other"}).get(ITEM)

    assert "EGAIN_KEYRING_ALLOW" in (caught.value.hint or "")
    assert caught.value.message.isprintable()


def test_refused_backend_is_not_even_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "hostile_backend.py").write_text("raise SystemExit('imported')")
    monkeypatch.syspath_prepend(tmp_path)

    with pytest.raises(KeyringMissing):
        KeyringStore({"PYTHON_KEYRING_BACKEND": "hostile_backend.Keyring"}).get(ITEM)

    assert "hostile_backend" not in sys.modules


@pytest.mark.parametrize("backend", ["UnfitKeyring", "UnmakeableKeyring", "NoSuchKeyring"])
def test_allowed_backend_that_cannot_work_is_missing(backend: str) -> None:
    with pytest.raises(KeyringMissing, match="cannot be used"):
        store_on(backend).get(ITEM)


def test_backend_whose_module_is_missing_is_missing() -> None:
    environ = {"PYTHON_KEYRING_BACKEND": "no_such_module.Keyring", "EGAIN_KEYRING_ALLOW": "no_such_module.Keyring"}

    with pytest.raises(KeyringMissing, match="ModuleNotFoundError"):
        KeyringStore(environ).get(ITEM)


def test_system_without_any_keyring_names_the_ways_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")

    with pytest.raises(KeyringMissing, match="no usable keyring") as caught:
        KeyringStore({}).get(ITEM)

    ways = ("EGAIN_CLIENT_SECRET", "client_secret_command", "secret_store file")
    assert [way for way in ways if way not in (caught.value.hint or "")] == []


def test_systems_own_backend_is_taken_first_come(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = "fakes.keyring_backends.MemoryKeyring"
    monkeypatch.setattr(keyring_store, "_ALLOWED", frozenset({memory, "fakes.keyring_backends.UnfitKeyring"}))
    monkeypatch.setitem(keyring_store.PLATFORM_BACKENDS, sys.platform, ("fakes.keyring_backends.UnfitKeyring", memory))
    store = KeyringStore({})
    store.set(ITEM, "made-up-secret")

    assert store.get(ITEM) == "made-up-secret"


ODD = [
    ModuleNotFoundError("made-up-secret"),
    RuntimeError("made-up-secret"),
    OSError(1783, "The stub received bad data made-up-secret"),
    KeyError("made-up-secret"),
    AttributeError("made-up-secret"),
    TypeError("made-up-secret"),
    keyring.errors.PasswordSetError("made-up-secret"),
    UnicodeDecodeError("utf-8", b"made-up-secret", 0, 1, "made-up-secret"),
]


@each_call
@pytest.mark.parametrize("error", ODD, ids=lambda error: type(error).__name__)
def test_whatever_a_backend_raises_becomes_one_of_our_errors(
    monkeypatch: pytest.MonkeyPatch, error: Exception, call: Callable[[KeyringStore], object]
) -> None:
    monkeypatch.setattr(RaisingKeyring, "error", error)

    with pytest.raises(StoreError, match="the keyring could not") as caught:
        call(store_on("RaisingKeyring"))

    assert "made-up-secret" not in f"{caught.value}{caught.value!r}{caught.value.hint}"
    assert caught.value.__cause__ is None
    assert caught.value.exit_code == 6


@each_call
@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (keyring.errors.KeyringLocked("x"), KeyringLocked),
        (keyring.errors.InitError("x"), KeyringMissing),
        (keyring.errors.NoKeyringError("x"), KeyringMissing),
        (type("LockedException", (Exception,), {})("x"), KeyringLocked),  # secretstorage's, as the next
        (type("PromptDismissedException", (Exception,), {})("x"), KeyringLocked),
    ],
)
def test_locked_and_missing_keyrings_are_told_apart(
    monkeypatch: pytest.MonkeyPatch, error: Exception, kind: type[EgainError], call: Callable[[KeyringStore], object]
) -> None:
    monkeypatch.setattr(RaisingKeyring, "error", error)

    with pytest.raises(kind):
        call(store_on("RaisingKeyring"))


@each_call
def test_backend_that_never_returns_is_given_up(call: Callable[[KeyringStore], object]) -> None:
    before = time.monotonic()

    with pytest.raises(KeyringLocked, match="did not answer within"):
        call(store_on("HangingKeyring", seconds=0.1))

    assert time.monotonic() - before < 2


@pytest.mark.parametrize("verb", ["set", "delete"])
def test_backend_that_hangs_on_a_write_alone_is_given_up(monkeypatch: pytest.MonkeyPatch, verb: str) -> None:
    monkeypatch.setattr(HangingKeyring, "hangs", frozenset({verb}))
    monkeypatch.setattr(HangingKeyring, "kept", {("egain", ITEM): "made-up-secret"})

    with pytest.raises(KeyringLocked):
        CALLS[verb](store_on("HangingKeyring", seconds=0.1))


@pytest.mark.figure("a keyring that never answers", "the process is gone within 5 s", most={"s": 5})
def test_process_with_a_hanging_keyring_really_exits(measured: Measured) -> None:
    name = "fakes.keyring_backends.HangingKeyring"
    program = (
        "from egain_auth_cli.stores.keyring_store import KeyringStore\n"
        f"environ = {{'PYTHON_KEYRING_BACKEND': {name!r}, 'EGAIN_KEYRING_ALLOW': {name!r}}}\n"
        f"store = KeyringStore(environ, seconds={amount(0.1, keyring_store.SECONDS)})\n"
        "try:\n    store.get('x')\nexcept Exception as exc:\n    print(exc.code)\n"
    )
    tests = str(Path(__file__).resolve().parents[1])
    begun = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {tests!r})\n{program}"],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )

    measured(time.monotonic() - begun, "s")
    assert (done.returncode, done.stdout, done.stderr) == (0, "keyring-locked\n", "")


@pytest.mark.parametrize(("waiting", "told"), [(None, "3 s"), (lambda _: None, "60 s")])
def test_whoever_waited_in_vain_is_told_how_long(
    monkeypatch: pytest.MonkeyPatch, waiting: Callable[[str], None] | None, told: str
) -> None:
    monkeypatch.setattr(keyring_store, "run_bounded", Mock(side_effect=TimeoutError))

    with pytest.raises(KeyringLocked, match=f"did not answer within {told};"):
        KeyringStore({}, waiting=waiting).get(ITEM)


def test_person_is_told_once_and_only_when_the_usual_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, left, said = FakeClock(), list[tuple[float, int]](), list[str]()

    def waits(_: object, *, seconds: Callable[[], float]) -> str:
        for passed in (0, 2.5, 0.5, 10):
            clock.pass_seconds(passed)
            left.append((seconds(), len(said)))
        return "made-up-secret"

    monkeypatch.setattr(keyring_store, "Deadline", partial(Deadline, clock=clock))
    monkeypatch.setattr(keyring_store, "run_bounded", waits)

    assert KeyringStore({}, waiting=said.append).get(ITEM) == "made-up-secret"
    assert left == [(3, 0), (0.5, 0), (57, 1), (47, 1)]


@pytest.mark.parametrize(
    "name",
    [
        *keyring_store.LINUX_BACKENDS,
        "keyring.backends.kwallet.DBusKeyringKWallet4",
        "keyring.backends.libsecret.Keyring",
        "keyring.backends.macOS.Keyring",
    ],
)
def test_every_systems_own_backend_may_be_named(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    module, _, attribute = name.rpartition(".")
    monkeypatch.setitem(sys.modules, module, SimpleNamespace(**{attribute: MemoryKeyring}))
    KeyringStore({"PYTHON_KEYRING_BACKEND": name}).set(ITEM, "made-up-secret")

    assert MemoryKeyring.kept == {("egain", ITEM): "made-up-secret"}


def test_keyring_that_did_not_answer_is_asked_nothing_more(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def hang(_: object, verb: str) -> None:
        asked.append(verb)
        threading.Event().wait()

    monkeypatch.setattr(HangingKeyring, "_hang", hang)
    store = store_on("HangingKeyring", seconds=0.1)
    for call in CALLS.values():
        with pytest.raises(KeyringLocked):
            call(store)

    assert asked == ["get"]


@pytest.mark.parametrize(("length", "told"), [(1280, "the secret ("), (1281, "the secret of 1281 characters (")])
def test_length_of_a_secret_is_told_where_it_may_be_the_reason(length: int, told: str) -> None:
    with pytest.raises(StoreError) as caught:
        store_on("RaisingKeyring").set(ITEM, "x" * length)

    assert told in caught.value.message


@pytest.mark.parametrize(("backend", "there"), [("MemoryKeyring", True), ("UnfitKeyring", False)])
def test_whether_there_is_a_keyring_is_known_without_asking_it(
    monkeypatch: pytest.MonkeyPatch, backend: str, there: bool
) -> None:
    monkeypatch.setattr(MemoryKeyring, "get_password", pytest.fail)
    name = f"fakes.keyring_backends.{backend}"

    assert has_keyring({"PYTHON_KEYRING_BACKEND": name, "EGAIN_KEYRING_ALLOW": name}) is there


def test_keyring_that_does_not_even_open_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyring_store, "run_bounded", Mock(side_effect=TimeoutError))

    assert has_keyring({}) is False


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_no_bus_is_looked_for_where_the_system_has_none(monkeypatch: pytest.MonkeyPatch, platform: str) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setitem(keyring_store.PLATFORM_BACKENDS, platform, ())
    monkeypatch.setattr(keyring_store, "find_session_bus", pytest.fail)

    with pytest.raises(KeyringMissing) as caught:
        KeyringStore({"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere"}).get(ITEM)

    assert caught.value.message == "there is no usable keyring here"


@pytest.mark.parametrize("desktop", ["SecretService.Keyring", "kwallet.DBusKeyring"])
def test_keyring_of_either_desktop_is_found_on_the_user_s_own_bus(
    monkeypatch: pytest.MonkeyPatch, desktop: str
) -> None:
    for name in keyring_store.LINUX_BACKENDS:
        module, _, attribute = name.rpartition(".")
        fit = MemoryKeyring if name.endswith(desktop) else keyring_backends.UnfitKeyring
        monkeypatch.setitem(sys.modules, module, SimpleNamespace(**{attribute: fit}))
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(keyring_store, "find_session_bus", lambda _: "unix:path=/made-up/bus")
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "")  # so that what the store sets is undone
    KeyringStore({}).set(ITEM, "made-up-secret")

    assert MemoryKeyring.kept == {("egain", ITEM): "made-up-secret"}
    assert os.environ["DBUS_SESSION_BUS_ADDRESS"] == "unix:path=/made-up/bus"


def test_description_names_the_backend_once_it_is_open() -> None:
    store = store_on("MemoryKeyring")
    before = store.describe()
    store.get(ITEM)

    expected = ("OS keyring (not opened), service `egain`", "OS keyring (keyring_backends), service `egain`")
    assert expected == (before, store.describe())


def test_person_gets_the_time_to_unlock_it_and_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    unlocked, told = threading.Event(), []

    def unlock(text: str) -> None:
        told.append(text)
        unlocked.set()

    monkeypatch.setattr(MemoryKeyring, "get_password", lambda *_: "made-up-secret" if unlocked.wait(30) else None)
    name = "fakes.keyring_backends.MemoryKeyring"
    environ = {"PYTHON_KEYRING_BACKEND": name, "EGAIN_KEYRING_ALLOW": name}

    assert KeyringStore(environ, seconds=0.05, waiting=unlock).get(ITEM) == "made-up-secret"
    assert len(told) == 1
    assert "unlock it" in told[0]


@pytest.mark.parametrize(
    ("item", "way", "other"),
    [
        (ITEM, "`EGAIN_CLIENT_SECRET`", "token_cache"),
        ("acme/login/pkce/user", "`egain profile set acme secret_store none`", "EGAIN_CLIENT_SECRET"),
        ("@environment/client-1/login/pkce/user", "make a profile with `egain profile add`", "EGAIN_CLIENT_SECRET"),
        ("@environment/client-1/client-secret", "`EGAIN_CLIENT_SECRET`", "egain profile"),
        ("acme/tokens", "`egain profile set acme token_cache file`", "EGAIN_CLIENT_SECRET"),
    ],
)
def test_hint_has_the_ways_that_serve_what_was_wanted(item: str, way: str, other: str) -> None:
    with pytest.raises(KeyringMissing) as caught:
        KeyringStore({"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}).get(item)

    assert way in (caught.value.hint or "")
    assert other not in (caught.value.hint or "")


@pytest.mark.parametrize("value", [5, b"bytes", ["x"], True])
def test_backend_that_gives_no_text_is_a_store_failure(monkeypatch: pytest.MonkeyPatch, value: object) -> None:
    monkeypatch.setattr(MemoryKeyring, "get_password", lambda *_: value)

    with pytest.raises(StoreError, match="no text"):
        store_on("MemoryKeyring").get(ITEM)


@pytest.mark.parametrize(
    "error", [SystemExit(0), SystemExit("x"), GeneratorExit(), BaseException("x"), KeyboardInterrupt()]
)
def test_whatever_a_backend_raises_is_a_store_failure(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    monkeypatch.setattr(RaisingKeyring, "error", error)
    store = store_on("RaisingKeyring")

    for call in (lambda: store.get(ITEM), lambda: store.set(ITEM, "made-up-secret"), lambda: store.delete(ITEM)):
        with pytest.raises(StoreError) as caught:
            call()
        assert (caught.value.exit_code, type(error).__name__ in caught.value.message) == (6, True)
