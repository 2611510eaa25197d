"""Values that try to run, to load, to break out of where they stand, or to mislead a reader."""

RUNS = [
    "<script>alert(1)</script>", "<SCRIPT SRC=//x.org/x.js></SCRIPT>", "</p><script>alert(1)//",
    "<img src=x onerror=alert(1)>", "<img src='x' ONERROR='alert(1)'>", "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>", "<svg><a xlink:href='javascript:alert(1)'>a</a></svg>",
    "<math><mtext><script>alert(1)</script></mtext></math>", "<iframe src=javascript:alert(1)>",
    "<iframe srcdoc='<script>alert(1)</script>'>", "<object data=javascript:alert(1)>",
    "<embed src=data:text/html,x>", "<base href=//x.org/>", "<form action=//x.org><input></form>",
    "<button formaction=javascript:alert(1)>a</button>", "<details ontoggle=alert(1) open>",
    "<body onload=alert(1)>", "<a href=javascript:alert(1)>a</a>",
    "<a href='java\tscript:alert(1)'>a</a>", "<a href='&#106;avascript:alert(1)'>a</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>a</a>", "<video onerror=alert(1)><source>",
    "<p style='background:url(//x.org)'>a</p>", "<style>*{background:url(//x.org)}</style>",
    "<link rel=stylesheet href=//x.org/x.css>", "<meta http-equiv=refresh content='0;url=//x.org'>",
    "<template><script>alert(1)</script></template>",
    "<noscript><p title='</noscript><img src=x>'>",
    "<table background=//x.org>", "<isindex action=javascript:alert(1)>", "<x onclick=alert(1)>a",
    "<!--<img src='--><img src=x onerror=alert(1)>'>", "<![CDATA[<script>alert(1)</script>]]>",
    "<?xml version='1.0'?><script/>", "<script>alert(1)", "<<script>script>alert(1)</script>",
    "<audio src=//x.org/a>", "<marquee onstart=alert(1)>", "<portal src=//x.org>",
]  # fmt: skip
BREAKS = [
    '"><script>alert(1)</script>', "' onmouseover='alert(1)", '" autofocus onfocus="alert(1)',
    "</title><script>alert(1)</script>", "</style><script>alert(1)</script>", "-->", "]]>",
    "{{ 7 * 7 }}", "{% raw %}", "{{ config.__class__ }}", "${7*7}", "#{7*7}", "%s%n%x", "{0}",
    "&lt;script&gt;", "&#60;script&#62;", "\\u003cscript\\u003e", "$\\frac{1}{", "$x^{$", "_a_{b",
    "<", ">", "&", '"', "'", "\\",
]  # fmt: skip
FORMULAS = [
    "=1+1", "=HYPERLINK(0)", "+1+1", "-1+1", "@SUM(A1)", "=cmd|' /C calc'!A0", "|calc", "%0A=1+1",
]  # fmt: skip
LONG = ["long" * 300, "very " * 200 + "long"]
REORDERS = [
    "a\u202eb",
    "a\u2066b",
    "a\u202db\u202c",
    "a\x00b",
    "a\x1b[31mb",
    "a\u200fb",
    "a\u200eb",
]
VALUES = [*RUNS, *BREAKS, *FORMULAS, *LONG, *REORDERS]
LINKS = [
    "javascript:alert(1)", " javascript:alert(1)", "java\nscript:alert(1)", "JaVaScRiPt:alert(1)",
    "&#106;avascript:alert(1)", "data:text/html,x", " data:text/html,x", "\tdata:text/html,x",
    "DATA:text/html;base64,AA", "vbscript:x", "file:///etc/passwd", "//x.org", "http://x.org",
    "../../../x", "/x", "downloads/../../x", "downloads/x.csv", "https://x.org",
    "mailto:a@b.c", "#a",
]  # fmt: skip
