"""What Usher remembers: tables, transactions, the task queue, the ledger and the secret store."""
