// The filter fields `since` and `to` contain dates in the time zone of the reader, because the page shows local times.
// The query contains times in UTC, so that a copied URL selects the same jobs in every time zone.

/** The local time of day that each date field of the filter stands for: the start or the end of the day. */
const TIMES_OF_DATE_FIELDS = { since: "T00:00:00.000", to: "T23:59:59.999" } as const;

/** Shows the time of a date field as a date in the time zone of the reader. */
export function showLocalDates(): void {
  for (const field of document.querySelectorAll<HTMLInputElement>("input[data-time]")) {
    const at = new Date(field.dataset.time ?? "");
    const localMs = at.getTime() - at.getTimezoneOffset() * 60_000;
    if (Number.isFinite(localMs)) field.value = new Date(localMs).toISOString().slice(0, 10);
  }
}

/** Replaces each date that a form sends with the start or the end of the day in the time zone of the reader. */
export function sendLocalDates({ formData }: FormDataEvent): void {
  for (const [name, time] of Object.entries(TIMES_OF_DATE_FIELDS)) {
    const at = new Date(`${formData.get(name)}${time}`);
    if (Number.isFinite(at.getTime())) formData.set(name, at.toISOString());
  }
}
