"""Messages that change while work goes on, and the controls that stand under them."""
