"""A local eGain on loopback: an authorization server and a few API resources, to try `egain` on."""
