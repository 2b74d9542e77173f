"""The kernel that turns one picture into another, by least squares in closed form."""
