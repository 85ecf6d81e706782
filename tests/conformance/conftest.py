"""Makes the integration tests' helpers importable: scripted server, processes, sandbox."""

from __future__ import annotations

import sys
from pathlib import Path

_INTEGRATION = str(Path(__file__).parents[1] / "integration")
if _INTEGRATION not in sys.path:
    sys.path.append(_INTEGRATION)
