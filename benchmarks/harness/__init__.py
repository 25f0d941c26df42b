"""What benchmarks share: scores, statistics, kept results, and the bot in a browser."""
