"""Ways out that several causes offer: parts of fixes, without rows of their own."""
