"""What users read: sentences and tables as data, and how they are shown in two languages."""
