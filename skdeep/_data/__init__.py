"""What rows are: columns of inputs and targets, the order in which they are visited, and what is held out."""
