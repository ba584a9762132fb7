/** The style sheet of the docs page. */
export const DOCS_STYLE = `
:root{color-scheme:light dark;--ink:#1c2430;--soft:#5b6675;--line:#d9dee5;--ground:#fff;--raised:#f5f7f9;--link:#0b5cad}
@media(prefers-color-scheme:dark){:root{--ink:#e5e9ef;--soft:#a3adba;--line:#333c48;--ground:#12161c;--raised:#1b2129;--link:#7db7f2}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.55 system-ui,sans-serif}
main{max-width:56rem;margin:0 auto;padding:2rem 1.25rem 4rem}
h1{font-size:1.75rem;margin:0 0 .25rem}
h2{font-size:1.25rem;margin:2.5rem 0 .5rem;padding-top:1rem;border-top:1px solid var(--line)}
h3{font-size:1rem;margin:1.25rem 0 .25rem}
p{margin:.4rem 0}
a{color:var(--link)}
code,pre{font:.875rem/1.5 ui-monospace,monospace}
pre{background:var(--raised);border:1px solid var(--line);border-radius:6px;padding:.75rem;overflow:auto;max-height:28rem}
.method{display:inline-block;min-width:4.5rem;font-weight:600}
.soft{color:var(--soft)}
dl{display:grid;grid-template-columns:minmax(8rem,max-content) 1fr;gap:.25rem 1rem;margin:.5rem 0}
dt{font-family:ui-monospace,monospace;font-size:.875rem}
dd{margin:0}
nav ul{list-style:none;padding:0;margin:1rem 0}
summary{cursor:pointer;color:var(--link)}
@media(max-width:36rem){dl{grid-template-columns:1fr}dd{margin-bottom:.5rem}}
`;
