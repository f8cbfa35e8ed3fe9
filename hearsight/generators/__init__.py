"""From noise and a condition to a picture: one network per file."""
