/**
 * The page's only script, run by the browser as it stands. It counts clocks on, copies IDs, and while the page is
 * live asks for the page again with its ETag: every 2 s in the first minute, then ever more calmly. An answer is not
 * put in place of the page but compared with it node by node, so that only what changed is touched, and what the
 * reader unfolded, selected or typed stays. Elements marked `data-keep` are the script's and the reader's own.
 */
export const LIVE_SCRIPT = `
(() => {
  "use strict";
  const root = document.documentElement;
  const all = (selector) => document.querySelectorAll(selector);
  const unfolded = new WeakSet();
  const opened = Date.now();
  let live = root.dataset.live === "live";
  let skew = 0;
  let etag = null;
  let timer = 0;
  let misses = 0;

  const two = (value) => String(value).padStart(2, "0");
  const length = (ms) => {
    const s = Math.max(0, Math.floor(ms / 1000)), m = Math.floor(s / 60), h = Math.floor(m / 60);
    if (s < 60) return s + " s";
    if (m < 60) return m + " min " + two(s % 60) + " s";
    return h < 24 ? h + " h " + two(m % 60) + " min" : Math.floor(h / 24) + " d " + two(h % 24) + " h";
  };
  const coarse = (ms) => (ms < 60000 ? length(ms) : length(ms).split(" ").slice(0, 2).join(" "));
  const set = (node, text) => { if (node.textContent !== text) node.textContent = text; };
  const tick = () => {
    const now = Date.now() + skew;
    for (const node of all("[data-since]")) set(node, length(now - Date.parse(node.dataset.since)));
    for (const node of all("[data-ago]")) set(node, coarse(now - Date.parse(node.dataset.ago)) + " ago");
    for (const node of all("[data-until]")) {
      const left = Date.parse(node.dataset.until) - now;
      set(node, left < 1000 ? "now" : "in " + length(left));
    }
  };
  const dress = () => {
    for (const node of all("time:not([title])")) node.title = new Date(node.dateTime).toLocaleString() + " here";
    for (const node of all("[data-copy][hidden]")) node.hidden = false;
    tick();
  };

  const fits = (old, next) => old && old.nodeName === next.nodeName && old.id === next.id &&
    (old.nodeType !== 1 || old.dataset?.key === next.dataset?.key);
  const morph = (old, next) => {
    if (old.nodeType !== 1) return set(old, next.textContent);
    if ("keep" in (old.dataset ?? {})) return;
    for (const { name } of [...old.attributes])
      if (!next.hasAttribute(name) && !(name === "open" && unfolded.has(old))) old.removeAttribute(name);
    for (const { name, value } of next.attributes)
      if (old.getAttribute(name) !== value && !(name === "open" && unfolded.has(old))) old.setAttribute(name, value);
    let at = old.firstChild;
    for (const child of [...next.childNodes]) {
      let match = at;
      while (match && !fits(match, child)) match = match.nextSibling;
      if (!match) { old.insertBefore(child, at); continue; }
      if (match !== at) { while (at !== match) { const gone = at; at = at.nextSibling; gone.remove(); } }
      morph(match, child);
      at = match.nextSibling;
    }
    while (at) { const gone = at; at = at.nextSibling; gone.remove(); }
  };

  const say = (text, poll) => {
    const node = document.getElementById("live");
    if (node) { set(node, text); node.className = poll; }
  };
  const show = (text) => {
    const next = new DOMParser().parseFromString(text, "text/html");
    document.title = next.title;
    const icon = next.querySelector("link[rel=icon]"), own = document.querySelector("link[rel=icon]");
    if (icon && own.href !== icon.href) own.href = icon.href;
    for (const script of next.querySelectorAll("script")) script.remove();
    for (const script of all("body > script")) script.remove();
    morph(document.body, next.body);
    live = next.documentElement.dataset.live === "live";
    root.dataset.live = next.documentElement.dataset.live;
    dress();
  };
  const ask = async () => {
    try {
      const answer = await fetch(location.href, {
        headers: etag ? { "if-none-match": etag } : {}, cache: "no-store", signal: AbortSignal.timeout(15000),
      });
      const date = Date.parse(answer.headers.get("date") ?? "");
      if (Math.abs(date - Date.now()) > 2500) skew = date - Date.now();
      if (answer.status === 404) { live = false; return say("This link has expired", "ended"); }
      if (answer.status !== 304) {
        if (!answer.ok) throw new Error(String(answer.status));
        show(await answer.text());
        etag = answer.headers.get("etag");
      }
      misses = 0;
      say(live ? "Live" : "Over", live ? "" : "ended");
    } catch {
      misses += 1;
      if (misses > 1) say("Cannot reach the notifier, trying again", "late");
    }
  };
  const pause = () => {
    const age = Date.now() - opened;
    const calm = age < 60000 ? 2000 : age < 300000 ? 5000 : age < 1800000 ? 10000 : 30000;
    return Math.min(60000, calm * 2 ** Math.min(misses, 5));
  };
  const next = () => {
    clearTimeout(timer);
    if (live && !document.hidden) timer = setTimeout(() => ask().then(next), pause());
  };

  document.addEventListener("click", (event) => {
    const summary = event.target.closest?.("summary");
    if (summary) unfolded.add(summary.parentElement);
    const button = event.target.closest?.("[data-copy]");
    if (button) navigator.clipboard?.writeText(button.dataset.copy).then(() => {
      set(button, "Copied");
      setTimeout(() => set(button, "Copy"), 1500);
    }, () => getSelection().selectAllChildren(button.previousElementSibling));
  });
  document.addEventListener("visibilitychange", () => {
    clearTimeout(timer);
    if (live && !document.hidden) ask().then(next);
  });
  setInterval(() => { if (!document.hidden) tick(); }, 1000);
  dress();
  if (live) say("Live", "");
  next();
})();
`;
