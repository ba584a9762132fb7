/** The parameters the list itself sets; all others (the key) are carried along untouched. */
const OWN_PARAMETERS = ["state", "text", "before"];

/** What a link from the list carries along: everything of its own URL that is not a filter or a place in it. */
export function carriedParameters(self: string): readonly (readonly [string, string])[] {
  return [...queryOf(self)].filter(([name]) => !OWN_PARAMETERS.includes(name));
}

/** The list with other filters or from another place on, relative to itself. Empty values are left out. */
export function listLink(
  self: string,
  own: { readonly state?: string | null; readonly text?: string; readonly before?: string | null },
): string {
  const query = new URLSearchParams();
  for (const [name, value] of carriedParameters(self)) query.append(name, value);
  for (const name of ["state", "text", "before"] as const) {
    const value = own[name];
    if (value) query.set(name, value);
  }
  return `?${query.toString()}`;
}

function queryOf(self: string): URLSearchParams {
  const start = self.indexOf("?");
  return new URLSearchParams(start < 0 ? "" : self.slice(start));
}
