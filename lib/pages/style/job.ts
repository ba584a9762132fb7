/** The status page of one job. */
export const JOB_STYLE = `
.headline{display:grid;grid-template-columns:auto minmax(0,1fr) auto;column-gap:1rem;align-items:center;padding:1.25rem 1.5rem;background:var(--panel);border:1px solid var(--line);border-radius:10px;margin-bottom:1rem}
.headline>.icon{width:44px;height:44px}
.headline .state{font-size:1rem;line-height:1.3}
.headline h1 .res{font-size:.85em}
.clock{font-size:1.375rem;font-weight:300;white-space:nowrap;color:var(--ink)}
.sum{grid-column:2/-1;color:var(--quiet);margin-top:.625rem;display:flex;flex-wrap:wrap;gap:.125rem 1.25rem}
.sum>p+p+p{flex-basis:100%}
.progress{flex-basis:100%;height:6px;width:100%;background:var(--line);border-radius:3px;overflow:hidden;margin-bottom:.375rem}
.progress rect{transition:x .6s,width .6s}
.f-succeeded{fill:var(--succeeded)}.f-failed{fill:var(--failed)}
.body{display:grid;grid-template-columns:minmax(0,1fr) 21rem;gap:1rem;align-items:start}
.main,.aside{display:grid;grid-template-columns:minmax(0,1fr);gap:1rem}
section{background:var(--panel);border:1px solid var(--line);border-radius:10px;padding:1.125rem 1.5rem}
.failures{border-left:4px solid var(--c)}
.failures li+li,.failures ol{margin-top:1.25rem}
.failures h2+ol{margin-top:0}
.path{display:flex;gap:.5rem;font-weight:400}
.path .icon{margin-top:3px}
.path i{color:var(--quiet);font-style:normal}
.reason{white-space:pre-wrap;background:var(--sunk);border:1px solid var(--line);border-radius:6px;padding:.625rem .75rem;margin-top:.5rem;line-height:1.5}
.reason.long{max-height:22rem;overflow:auto}
.hint{margin-top:.5rem;padding-left:.75rem;border-left:2px solid var(--running)}
.hint b{color:var(--running);margin-right:.25rem}
.facts dl>div{display:grid;grid-template-columns:6rem minmax(0,1fr);gap:.75rem;padding:.1875rem 0}
dt{color:var(--quiet)}
.facts dl+p,.facts p+p{margin-top:.375rem}
[data-copy]{font-size:.75rem;line-height:1;padding:.1875rem .4375rem;vertical-align:1px}
.told li+li{margin-top:.625rem;padding-top:.625rem;border-top:1px solid var(--line)}
.told .head{display:flex;gap:.5rem;align-items:center}
.told .word{margin-left:auto;white-space:nowrap}
.told li>:not(.head){margin-left:1.5rem}
.told details{margin-top:.125rem}
.answer{white-space:pre-wrap;color:var(--quiet);font-family:ui-monospace,monospace;font-size:.75rem}
.strip{width:100%;height:18px;display:block;margin-bottom:.5rem;stroke:var(--running);stroke-width:1.5}
.strip .base{stroke:var(--line)}
.strip circle{fill:var(--panel)}
.watch dl{columns:18rem;column-gap:2rem}.watch dl>div{break-inside:avoid}
.facts h3{margin-top:.75rem}
.warnings li{color:var(--timed_out);margin-top:.25rem}
@media (max-width:68rem){.body{grid-template-columns:minmax(0,1fr)}.main,.aside{display:contents}.watch{order:1}}
@media (max-width:40rem){
.headline,section{padding:1rem}
.headline{column-gap:.75rem}
.headline>.icon{width:32px;height:32px;align-self:start;margin-top:.25rem}
.clock{grid-column:2/-1;font-size:1.125rem;margin-top:.125rem}
.sum{grid-column:1/-1}
h1{font-size:1.1875rem}
.facts dl>div{grid-template-columns:5.5rem minmax(0,1fr)}
}
@media print{section,.headline{break-inside:avoid;border-color:#bbb}.reason.long{max-height:none}.steps{break-inside:auto}}
`;
