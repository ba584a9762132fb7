/** The tree of subjobs with its bars: a grid of equal columns on wide pages, two lines a row on narrow ones. */
export const CHART_STYLE = `
.chart{position:relative;--bars:39%;--word:6rem;--took:5.25rem}
.row{display:grid;grid-template-columns:minmax(0,1fr) var(--bars) var(--word) var(--took);align-items:center;min-height:2rem;position:relative;padding:.125rem 0}
.name{display:flex;gap:.5rem;align-items:flex-start;padding-right:1rem;line-height:1.35}
.name .icon{margin-top:1px}
.tree{border-top:1px solid var(--line)}
.tree li{border-bottom:1px solid var(--line)}
.tree li li:last-child{border-bottom:0}
.tree details>ol{border-top:1px solid var(--line)}
.tree .name{margin-left:1.25rem}
.tree ol .name,.tree ol .note{margin-left:2.5rem}
.tree ol ol .name,.tree ol ol .note{margin-left:3.75rem}
.tree ol ol ol .name,.tree ol ol ol .note{margin-left:5rem}
.tree summary{display:block;position:relative;list-style:none}
.tree summary::-webkit-details-marker{display:none}
.tree summary .name::before{content:"";position:absolute;margin:.42rem 0 0 -1.1rem;width:6px;height:6px;border:solid var(--quiet);border-width:0 1.5px 1.5px 0;transform:rotate(-45deg);transition:transform .12s}
.tree details[open]>summary .name::before{transform:rotate(45deg)}
.row:hover{background:color-mix(in srgb,var(--c,var(--quiet)) 6%,transparent)}
.tree .res{display:inline-block}
.fold .name{color:var(--quiet)}
.tree .fold>ol .name{margin-left:3.75rem}
.row .word{padding-left:1rem;font-weight:500}
.took{text-align:right;white-space:nowrap}
.row .took{color:var(--quiet)}
.note{margin:-.125rem 0 .5rem 1.25rem;padding-left:1.5rem;color:var(--quiet);white-space:pre-line}
.axis,.grid{right:calc(var(--word) + var(--took));width:var(--bars);overflow:visible}
.axis{display:block;position:relative;margin-left:auto;height:1.25rem;fill:var(--quiet);font-size:11px}
.axis text:not([x="0%"]){text-anchor:middle}
.grid{position:absolute;top:1.25rem;height:calc(100% - 1.25rem);stroke:var(--line)}
.bar{width:100%;height:14px;display:block;position:relative}
.bar rect{fill:var(--c);transition:x .6s,width .6s}
.bar .open{fill-opacity:.45;animation:breathe 2.4s ease-in-out infinite}
.bar .outside{fill-opacity:.25;stroke:var(--c);stroke-dasharray:2 2}
@keyframes breathe{50%{fill-opacity:.75}}
.times{margin-top:.75rem}
.times summary,.told summary{color:var(--link)}
.wide{overflow-x:auto;margin-top:.5rem}
table{border-collapse:collapse;font-size:.8125rem;width:100%}
th,td{text-align:left;font-weight:400;padding:.25rem .75rem .25rem 0;border-bottom:1px solid var(--line);vertical-align:top}
thead th{color:var(--quiet);font-weight:600;white-space:nowrap}
td{white-space:nowrap}
.d1{padding-left:.75rem}.d2{padding-left:1.5rem}.d3{padding-left:2.25rem}.d4{padding-left:3rem}
@media (max-width:46rem){
.chart{--took:auto}
.row{grid-template-columns:minmax(0,1fr) auto;padding:.375rem 0;column-gap:.5rem}
.row .name{padding-right:0;grid-row:1/3}
.row .word{padding:0;font-size:.8125rem;line-height:1.3;text-align:right;max-width:9rem}
.row .took{font-size:.8125rem;line-height:1.3;grid-area:2/2}
.row.c-succeeded .word{clip-path:inset(50%);position:absolute}
.row.c-succeeded .took{grid-row:1/3}
.row .bar{grid-column:1/-1;grid-row:3;height:10px;margin-top:.25rem}
.bar rect{y:1px}
.tree .bar{margin-left:1.25rem;width:calc(100% - 1.25rem)}
.axis,.grid{display:none}
.tree ol .name,.tree ol .note{margin-left:2rem}.tree ol ol .name,.tree ol ol .note,.tree .fold>ol .name{margin-left:2.75rem}.tree ol ol ol .name,.tree ol ol ol .note{margin-left:3.5rem}
}
@media print{details::details-content{content-visibility:visible;display:block}.times{display:none}}
`;
