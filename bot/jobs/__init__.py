"""Work that survives a restart: durable jobs, and the uploads that they need."""
