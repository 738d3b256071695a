"""Models: what a user names as one, and the contract that it keeps."""
