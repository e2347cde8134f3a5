"""One prompt asked of several contestants: drafted, asked, streamed, kept, found again."""
