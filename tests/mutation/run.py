"""Puts one fault after the other into the modules that guard, and says which no test sees: ``run.py [MODULE]...``.

The tree is copied to ``build/mutation``, with an environment in which every process, the tests' children too, has the
copy's package. What was killed is not tried again until its module changes; what survived is, unless `survivors.txt`
says why it may. With ``SAMPLE=60`` in the environment, of each module 60 faults alone are tried, always the same.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import tomllib
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from mutation.faults import faults

if TYPE_CHECKING:
    from mutation.faults import Fault

assert sys.platform != "win32", "it forks"

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
BUILD = ROOT / "build" / "mutation"
TREE = BUILD / "tree"
KILLED = BUILD / "killed.jsonl"
MODULES: dict[str, list[str]] = tomllib.loads((HERE / "modules.toml").read_text())
_NOT_COPIED = (".venv", "build", "dist", ".git", "__pycache__", ".*_cache", ".hypothesis", ".coverage*")


def main(*chosen: str) -> int:
    """Return the exit status: 1 where a fault survives that `survivors.txt` does not tell, or it tells what is none."""
    unknown = set(chosen) - set(MODULES)
    if unknown:
        sys.stderr.write(f"not among the modules: {', '.join(sorted(unknown))}; there are {', '.join(MODULES)}\n")
        return 2
    if Path(sys.prefix) != BUILD / "venv":
        return _in_own_environment(chosen)
    os.chdir(TREE)
    told = {line.partition("  # ")[0] for line in (HERE / "survivors.txt").read_text().splitlines()}
    return int(any([_in_fork(module, told) for module in chosen or MODULES]))  # noqa: C419  all of them, whatever is found


def _in_own_environment(chosen: tuple[str, ...]) -> int:
    shutil.rmtree(BUILD / "venv", ignore_errors=True)
    shutil.rmtree(TREE, ignore_errors=True)
    shutil.copytree(ROOT, TREE, ignore=shutil.ignore_patterns(*_NOT_COPIED))
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", BUILD / "venv"], check=True)
    site = next((BUILD / "venv").glob("lib/python*/site-packages"))
    # The libraries by their folder alone: its `.pth` file, which names the tree itself, is not read.
    installed = next(Path(sys.prefix).glob("lib/python*/site-packages"))
    (site / "mutation.pth").write_text(f"{TREE}\n{installed}\n")
    script = BUILD / "venv" / "bin" / "egain"
    script.write_text(f"#!{script.parent / 'python'}\nfrom egain_auth_cli.__main__ import main\nmain()\n")
    script.chmod(0o755)
    environ = os.environ | {"TZ": "Asia/Kolkata", "PYTHONPATH": str(HERE.parent)}
    return subprocess.run([BUILD / "venv" / "bin" / "python", __file__, *chosen], env=environ, check=False).returncode


def _in_fork(module: str, told: set[str]) -> bool:
    """Try the faults of a module in a process that has nothing of the package yet; return whether any survive."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            status = int(_alive(module, told) > 0)
        except RuntimeError as exc:
            sys.stderr.write(f"{exc}\n")
        finally:
            os._exit(status)
    return os.waitpid(child, 0)[1] != 0


def _alive(module: str, told: set[str]) -> int:
    """Try the faults of a module; return how many survive that may not, with those told that are none any more."""
    source = (ROOT / "egain_auth_cli" / module).read_text()
    version = sha256(source.encode()).hexdigest()
    known = {tuple(json.loads(line)) for line in KILLED.read_text().splitlines()} if KILLED.exists() else set()
    found = _sample(faults(source))
    excused = [one for one in found if f"{module}: {one.what}" in told]
    killed = [one for one in found if (module, version, one.line, one.what) in known and one not in excused]
    left = [one for one in found if one not in killed and one not in excused]
    alive = 0
    shown = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what pytest says of each

    def judged(fault: Fault, survived: bool) -> None:
        nonlocal alive
        if survived:
            alive += 1
            shown.write(f"SURVIVED {module}:{fault.line}: {fault.what}\n")
        else:
            killed.append(fault)
            with KILLED.open("a") as file:
                file.write(json.dumps([module, version, fault.line, fault.what]) + "\n")

    gone = {one for one in told if one.startswith(f"{module}: ")} - {f"{module}: {one.what}" for one in found}
    for one in sorted(gone):
        shown.write(f"TOLD, AND NO FAULT {one}\n")
    if left:
        from mutation.trial import Trial

        trial = Trial(TREE / "egain_auth_cli" / module, source, [f"tests/{one}" for one in MODULES[module]])
        trial.run(left, judged)
    score = 100 * len(killed) / max(1, len(killed) + alive)
    shown.write(f"{module:28}{len(killed):4} killed {alive:3} alive {len(excused):3} told  {score:3.0f} %\n")
    return alive + len(gone)


def _sample(found: list[Fault]) -> list[Fault]:
    size = min(int(os.environ.get("SAMPLE") or len(found)), len(found))
    return sorted(random.Random(1).sample(found, size), key=found.index)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
