"""Answers that moderators wrote: added, edited, removed and imported from files."""
