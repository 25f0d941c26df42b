"""The models on this machine: files that are fetched, verified by hash and turned into ordinary folders once."""
