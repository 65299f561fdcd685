"""What the programs of this image stand on: the files that they pass on, documents, chunks, vectors, stores."""
