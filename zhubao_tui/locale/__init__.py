"""English catalogue; Chinese is the source language."""
