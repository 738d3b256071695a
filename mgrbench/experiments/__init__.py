"""What is built from several evaluations, one experiment a file."""
