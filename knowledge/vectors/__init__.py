"""The vectors in Chroma, and the Chroma server that this data folder owns."""
