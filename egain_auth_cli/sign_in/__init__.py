"""A person signs in: the authorization request, the listener, the browser, the exchange."""
