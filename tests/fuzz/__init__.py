"""Coverage-guided fuzzing (``make fuzz``): each target one file, which knows nothing of the fuzzer."""
