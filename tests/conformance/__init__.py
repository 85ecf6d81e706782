"""What eGain's authentication guide says, as data, and the program held against it."""
