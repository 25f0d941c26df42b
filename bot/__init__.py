"""What people see: Discord, the command line, and the composition root."""
