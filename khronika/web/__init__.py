"""A record and an address in, pages, an API, a feed and a static copy out; everything passes the policy (`web/context.py`)."""
