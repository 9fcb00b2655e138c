"""How sure a piece of evidence is, as a number from 0 to 1."""


def confidence(role: str, section: str, section_by: str, weak: bool) -> float:
    """A first estimate by role and by what gave the section."""
    sure = {"measured": 0.8, "finding": 0.85, "keyword": 0.95, "aim": 0.85, "background": 0.8, "recommendation": 0.75}[
        role
    ]
    if section_by == "model":
        sure -= 0.1
    return round(sure - (0.08 if weak else 0), 2)
