// The page shows local times. The fields `since` and `to` therefore contain dates in the reader's time zone. The URL
// contains times in UTC, so that a copied URL selects the same jobs in every time zone.

/** The date in `since` means the start of the local day, and the date in `to` means its end. */
const TIMES_OF_DATE_FIELDS = { since: "T00:00:00.000", to: "T23:59:59.999" } as const;

/** Shows the time of a date field as a local date. */
export function fillDateFieldsWithLocalDates(): void {
  for (const field of document.querySelectorAll<HTMLInputElement>("input[data-time]")) {
    const at = new Date(field.dataset.time ?? "");
    const localMs = at.getTime() - at.getTimezoneOffset() * 60_000;
    if (Number.isFinite(localMs)) field.value = new Date(localMs).toISOString().slice(0, 10);
  }
}

/** Replaces each date of a form by a time in UTC: the start or the end of the local day. */
export function replaceLocalDatesByUtcTimes({ formData }: FormDataEvent): void {
  for (const [name, time] of Object.entries(TIMES_OF_DATE_FIELDS)) {
    const at = new Date(`${formData.get(name)}${time}`);
    if (Number.isFinite(at.getTime())) formData.set(name, at.toISOString());
  }
}
