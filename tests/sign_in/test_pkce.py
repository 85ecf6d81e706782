"""PKCE's verifier and challenge, and the state (RFC 7636)."""

from __future__ import annotations

import re

from egain_auth_cli.sign_in.pkce import challenge_of, generate_pkce, generate_state


def test_challenge_is_that_of_the_rfcs_vector() -> None:  # RFC 7636 appendix B
    assert challenge_of("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk") == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_ten_thousand_verifiers_and_states_are_all_different_and_well_formed() -> None:
    verifiers = {generate_pkce().verifier.reveal() for _ in range(10000)}
    states = {generate_state() for _ in range(10000)}

    assert (len(verifiers), len(states)) == (10000, 10000)
    assert all(re.fullmatch(r"[A-Za-z0-9._~-]{43,128}", one) for one in verifiers | states)


def test_challenge_belongs_to_its_verifier_and_is_shown_without_it() -> None:
    pkce = generate_pkce()

    assert pkce.challenge == challenge_of(pkce.verifier.reveal())
    assert pkce.verifier.reveal() not in repr(pkce)
