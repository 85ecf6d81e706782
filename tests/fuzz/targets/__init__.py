"""What is fuzzed: ``check(data)`` raises where the package fails in an undocumented way, or takes what it must not.

A target whose oracle is slow to start has ``check_batch(cases)`` too, which judges many cases at once.
"""
