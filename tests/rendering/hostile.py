"""What a tenant could call things to fool whoever reads about them."""

from __future__ import annotations

from hypothesis import strategies as st

CORPUS = (
    "\x1b[31mred\x1b[0m",
    "\x1b]8;;https://evil.test\x07click\x1b]8;;\x07",
    "\x9b2J\x90q\x9c",
    "over\rwritten",
    "two\nlines",
    "next\x85line\u2028and\u2029paragraph",
    "\u202egnp.exe\u2066\u2069",
    "zero\u200bwidth\ufeff\u2060",
    "\ud800 lone",
    "tag\U000e0041",
    "::error::pwned",
    "  ::add-mask::x",
    "text ##[error]pwned",
    "##vso[task.setvariable variable=x]y",
    "</details></summary></code><img src=x onerror=alert(1)>",
    "a | b | c",
    "```\n# out\n```",
    "````",
    "`x` **bold** ~~gone~~",
    "[link](https://evil.test) ![image](https://evil.test/i.png)",
    "@octocat #1 maria@example.test www.evil.test https://evil.test",
    "&lt;b&gt; &#60;",
    "# heading",
    "- item",
    "| --- |",
    "<!-- comment -->",
    "%0A::error::x",
    "a:b,c=d::e",
    "",
    " ",
)
TEXTS = st.one_of(
    st.sampled_from(CORPUS),
    st.lists(st.sampled_from(CORPUS), max_size=3).map("".join),
    st.text(st.characters(), max_size=40),
    st.text("`~|<>&:#[]()!*_-+=@\\\n\r\t \u202e\x1b%,.", max_size=25),
)
