"""Commands about syncs that send."""
