"""What measures how well and how fast passages are found."""
