"""The decision of a question's route: signals, the guidance, the policy and the explanation."""
