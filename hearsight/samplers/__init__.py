"""How noise becomes a picture, as functions without state."""
