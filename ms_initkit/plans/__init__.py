"""What every parameter will be: rules are matched, resolved and checked here. Pure: no value is drawn."""
