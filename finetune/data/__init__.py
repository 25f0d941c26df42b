"""From a training file to examples, chat turns and tokens."""
