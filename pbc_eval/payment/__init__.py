"""What the contract pays, and why."""
