"""What a run changes: compared with the records, counted, limited and left out in part."""
