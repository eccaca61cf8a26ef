"""What needs Chromium: the documents of the real job as a person sees them."""
