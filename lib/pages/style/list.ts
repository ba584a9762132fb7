/** The list of a project's jobs. */
export const LIST_STYLE = `
.jobs h1{margin-bottom:1rem}
.filter{display:flex;flex-wrap:wrap;gap:.75rem 1.5rem;justify-content:space-between;margin-bottom:1rem}
.filter nav{display:flex;flex-wrap:wrap;gap:.375rem}
.filter nav a{display:block;padding:.25rem .75rem;border:1px solid var(--line);border-radius:99px;background:var(--panel);color:var(--ink);text-decoration:none}
.filter nav a:hover{border-color:var(--quiet)}
.filter nav span{color:var(--quiet);margin-left:.25rem}
.filter nav [aria-current]{background:var(--ink);border-color:var(--ink);color:var(--panel)}
.filter nav [aria-current] span{color:inherit}
.filter form{display:flex;gap:.375rem;min-width:0}
.filter input{min-width:0;width:16rem}
#list>ol{background:var(--panel);border:1px solid var(--line);border-radius:10px;overflow:hidden}
#list li+li{border-top:1px solid var(--line)}
#list li>a{display:grid;grid-template-columns:11rem minmax(0,1fr) 18.5rem 10rem;gap:0 1rem;align-items:center;padding:.625rem 1.25rem;color:inherit;text-decoration:none}
#list li>a:hover{background:var(--sunk)}
#list li>a:focus-visible{outline-offset:-2px}
#list .state{display:flex;gap:.5rem;align-items:center}
.id{display:block;color:var(--quiet);font-size:.75rem}
.news{display:block;font-size:.8125rem}
.news:not(.trouble),.since,.watched{color:var(--quiet)}
.watched{text-align:right;white-space:nowrap}
.nothing{color:var(--quiet);background:var(--panel);border:1px dashed var(--line);border-radius:10px;padding:2.5rem 1.25rem;text-align:center}
.pages{margin-top:1rem;text-align:right}
@media (max-width:64rem){
#list li>a{grid-template-columns:minmax(0,1fr) auto;padding:.75rem 1rem;gap:.125rem 1rem}
#list .watched{grid-area:1/2}
#list .name,#list .since{grid-column:1/-1}
.since{font-size:.8125rem}
}
@media (max-width:40rem){
#list .state,#list .watched{grid-area:auto/1/auto/-1}
#list .watched{font-size:.8125rem;text-align:left}
.filter form{width:100%}.filter input{flex:1}
}
@media print{.filter,.pages{display:none}}
`;
