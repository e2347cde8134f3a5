"""From documents to evidence: cleaning, sentences, passages."""
