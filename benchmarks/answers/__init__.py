"""What measures routes, answers, and how true the stated probabilities are."""
