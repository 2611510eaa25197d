"""Tables of a whole evaluation, before disclosure control: money, value, chances, editions."""
