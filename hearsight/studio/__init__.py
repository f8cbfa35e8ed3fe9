"""What artists want: pictures of many sounds at once."""
