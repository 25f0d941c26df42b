"""What measures how good a tuned model is, and how fast it is trained."""
