"""What Word, PowerPoint and Excel files have in common, and what the readers' libraries leave out of them."""
