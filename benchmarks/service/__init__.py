"""What measures the running bot: its start, its speed under load, and what it survives."""
