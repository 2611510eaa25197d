"""Arrays and the numerical rules that several engines share: each stands here once."""
