// The script of the copy buttons of an HTML page. A copy button copies the text in its attribute `data-copy`. If the
// attribute `data-copy` is empty, the button copies the text of the HTML element before the button.

/** Shows the copy buttons of a page, which are hidden in a browser without scripts. */
export function showCopyButtons(page: ParentNode): void {
  for (const button of page.querySelectorAll<HTMLElement>("[data-copy]")) button.hidden = false;
}

async function copy(button: HTMLElement): Promise<void> {
  const source = button.previousElementSibling;
  try {
    await navigator.clipboard.writeText(button.dataset.copy || (source?.textContent ?? ""));
  } catch {
    // The browser does not allow the script to copy the text, so the script selects the text for the reader.
    if (source !== null) getSelection()?.selectAllChildren(source);
    return;
  }
  button.textContent = "Copied";
  setTimeout(() => {
    button.textContent = "Copy";
  }, 1500);
}

document.addEventListener("click", ({ target }) => {
  const button = target instanceof Element ? target.closest<HTMLElement>("[data-copy]") : null;
  if (button !== null) void copy(button);
});
showCopyButtons(document);
