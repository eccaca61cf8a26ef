"""How fast the whole program is, against floors that no program could beat; shown as ratios, never a test."""
