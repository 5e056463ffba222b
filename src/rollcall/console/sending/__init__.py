"""The pages of syncs that send: figures, documents, jobs."""
