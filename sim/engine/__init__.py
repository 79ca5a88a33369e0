"""The engine: time, luck, fields, delays and recording for a batch of replications. It knows no war."""
