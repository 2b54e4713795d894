"""What comments command, carried out one by one. No model is asked: it works while models and budgets are out."""
