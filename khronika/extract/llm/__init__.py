"""A text in, a Reading out, by a language model behind an address of the user's own: asked, checked against our types, and held to the words of the text."""
