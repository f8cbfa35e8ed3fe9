"""Sound, picture or text in, embedding out: one network per file."""
