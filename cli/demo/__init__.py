"""`gridenroll demo`: journeys of example customers, played through the public API alone."""
