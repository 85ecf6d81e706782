"""The commands: each reads its options, composes its feature from the runtime's parts, and says how it went."""

COMMANDS: dict[str, tuple[str, str]] = {
    "login": ("login", "Sign in with the browser and keep the login."),
    "logout": ("logout", "Forget and revoke stored logins and tokens."),
    "token": ("token", "Print an access token, from the cache or fresh."),
    "export": ("export", "Give a token to a shell, CI or another program."),
    "exec": ("exec_", "Run a command with a token in its environment."),
    "call": ("call", "Make an authenticated request to the API."),
    "proxy": ("proxy", "Let any program call the API through a local address."),
    "status": ("status", "Show settings, their sources and the login."),
    "profile": ("profile", "Make, show and change profiles."),
    "secret": ("secret", "Keep a profile's client secret in the keyring."),
    "flows": ("flows", "List the ways to a token and what each needs."),
    "inspect": ("inspect", "Show what a token says, unverified."),
    "doctor": ("doctor", "Check configuration, keyring, network and clock."),
    "help": ("help", "Show the help of a command."),
    "sandbox": ("sandbox", "Run a local eGain to try everything without a tenant."),
}
"""Command to its module in ``commands`` and its line in the help."""
