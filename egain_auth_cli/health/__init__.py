"""What is in use and whether it works: ``status``, ``doctor``, ``flows``."""
