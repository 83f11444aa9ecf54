"""What every feature stands on: settings, database, events, jobs, errors, values."""
