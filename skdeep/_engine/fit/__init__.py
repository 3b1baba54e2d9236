"""One fit: its epochs, what it watches, whom it calls, and how it ends."""
