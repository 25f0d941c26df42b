"""What is measured and fitted. Not part of the product, and not of its tests."""
