"""Does the design hold?"""
