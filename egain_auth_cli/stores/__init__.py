"""Everything kept on disk or in the operating system."""
