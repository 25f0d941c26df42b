"""The heart: signals, the guidance, the policy and the explanation."""
