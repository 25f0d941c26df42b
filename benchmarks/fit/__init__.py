"""What fits the artefacts that the product ships, each judged on data that it was not fitted on."""
