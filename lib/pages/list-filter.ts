import type { WatchState } from "../domain/job.ts";
import { type Html, html } from "./html.ts";
import { LIST_STATES, type ListedWatch, type ListFilter } from "./list-filter-state.ts";
import { carriedParameters, listLink } from "./list-link.ts";
import { faceOf } from "./state-presentation.ts";

/** One state holds jobs that run and jobs that no poll has seen yet. */
function stateWord(state: WatchState): string {
  return state === "watching" ? "Watching" : faceOf(state, true).word;
}

/** States as links with their counts on this page, and a field for words. Works without a script. */
export function filterForm(watches: readonly ListedWatch[], filter: ListFilter, self: string): Html {
  const count = (state: string) => watches.filter((watch) => watch.state === state).length;
  return html`<div class="filter"><nav aria-label="By state" id="states">${chip("All", watches.length, null)}${LIST_STATES.filter(
    (state) => count(state) > 0 || state === filter.state,
  ).map((state) => chip(stateWord(state), count(state), state))}</nav>
<form role="search" method="get">${carriedParameters(self).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`,
  )}${filter.state && html`<input type="hidden" name="state" value="${filter.state}">`}
<input type="search" name="text" value="${filter.text}" aria-label="Words to look for" placeholder="Type, resource or ID" maxlength="200" data-keep>
<button>Search</button></form></div>`;

  function chip(word: string, watched: number, state: string | null): Html {
    const current = state === filter.state;
    return html`<a href="${listLink(self, { state, text: filter.text })}"${current && html` aria-current="page"`}>${word} <span>${watched}</span></a>`;
  }
}
