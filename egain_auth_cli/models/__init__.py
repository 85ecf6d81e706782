"""Values that several wings share: no I/O, and no library but the standard one."""
