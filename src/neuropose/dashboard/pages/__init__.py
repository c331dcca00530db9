"""The pages and answers, a module for each concern; ``ROUTES`` in each is what it serves."""
