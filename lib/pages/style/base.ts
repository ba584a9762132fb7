/** Colours, type and what all pages share. Text colours have a contrast of 4.5 and more on both grounds. */
export const BASE_STYLE = `
:root{color-scheme:light dark;--ground:#f5f7f9;--panel:#fff;--sunk:#f5f7f9;--line:#dde3e9;--ink:#171d24;--quiet:#55606c;--link:#0b57c2;--on:#fff;
--running:#1259c9;--succeeded:#12703f;--failed:#be1f37;--timed_out:#8f4c00;--lost:#6539bd;--stopped:#55606c}
@media screen and (prefers-color-scheme:dark){:root{--ground:#0d1116;--panel:#141a21;--sunk:#0f141a;--line:#28313b;--ink:#e4e9ef;--quiet:#9aa6b2;--link:#7db7ff;--on:#141a21;
--running:#6cb0ff;--succeeded:#52cc8b;--failed:#ff7f89;--timed_out:#efb157;--lost:#bf9fff;--stopped:#9aa6b2}}
.c-running{--c:var(--running)}.c-succeeded{--c:var(--succeeded)}.c-failed{--c:var(--failed)}
.c-timed_out{--c:var(--timed_out)}.c-lost{--c:var(--lost)}.c-stopped,.c-waiting{--c:var(--stopped)}
*{box-sizing:border-box;margin:0;padding:0}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{background:var(--ground);color:var(--ink);border-top:4px solid var(--c);font:14px/1.5 ui-sans-serif,system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
code,pre,.id,.res,.axis{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.875em}
h1{font-size:1.375rem;line-height:1.3;font-weight:650;letter-spacing:-.01em}
h2{font-size:.75rem;font-weight:650;letter-spacing:.05em;text-transform:uppercase;color:var(--quiet);margin-bottom:.75rem}
h3{font-size:1em;font-weight:600}
b{font-weight:600}
.res{font-weight:400;color:var(--quiet)}
.quiet{color:var(--quiet)}
a{color:var(--link);text-underline-offset:2px}
:focus-visible{outline:2px solid var(--link);outline-offset:2px;border-radius:4px}
ol,ul{list-style:none}
button,input{font:inherit;color:inherit;background:var(--panel);border:1px solid var(--line);border-radius:6px;padding:.25rem .75rem}
button{cursor:pointer}
button:hover{border-color:var(--quiet)}
summary{cursor:pointer}
.sheet{position:absolute}
.icon{width:16px;height:16px;flex:none;color:var(--c);vertical-align:-3px}
.word,.state{color:var(--c);font-weight:600}
.trouble{color:var(--timed_out)}
.ago:not(:empty)::before{content:" · "}
.ago{color:var(--quiet);white-space:nowrap}
.arc{transform-origin:8px 8px;animation:turn 1.6s linear infinite}
@keyframes turn{to{transform:rotate(1turn)}}
@media (prefers-reduced-motion:reduce){*,*::before{animation:none!important;transition:none!important}}
.top,main{max-width:76rem;margin:0 auto;padding:0 1.25rem}
.top{display:flex;justify-content:space-between;gap:1rem;padding-top:.875rem;padding-bottom:.875rem;color:var(--quiet);min-height:3.1rem}
.top bdi{font-weight:600;color:var(--ink)}
.top span bdi{font-weight:400;color:inherit}
.top span::before{content:"/";margin:0 .35rem}
#live:not(:empty)::before{content:"";display:inline-block;width:7px;height:7px;border-radius:50%;background:var(--dot,var(--succeeded));margin-right:.4rem;vertical-align:1px}
#live.late{--dot:var(--timed_out)}
#live.ended{--dot:var(--stopped)}
main{padding-bottom:3rem}
.alone{max-width:34rem;padding-top:18vh}
.alone .icon{width:40px;height:40px;margin-bottom:1rem}
.alone p{margin-top:.75rem;color:var(--quiet)}
@media (max-width:40rem){.top,main{padding-left:1rem;padding-right:1rem}}
@media print{:root{--ground:#fff;--panel:#fff;--sunk:#fff}body{font-size:11px}button,#live{display:none!important}.icon,rect,line{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
`;
