"""One loop trains every network: a task says what the loss is, batches say what is learnt from, a recipe says how."""
