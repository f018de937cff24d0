"""Takes texts apart into the claims they make; whether those are true is judged in `analysis`."""
