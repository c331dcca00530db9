"""Who may do what: roles, passwords and tokens, sessions, the guard at the door, the audit log."""
