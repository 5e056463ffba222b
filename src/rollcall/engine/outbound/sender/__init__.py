"""The sender of a sync: what is due is taken, sent, and its answer written down."""
