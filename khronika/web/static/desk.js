// Keys of the editors' desk: whatever carries data-key is pressed, opened or focused by it. They can be switched off, and rest while somebody types.
"use strict";
(() => {
  const box = document.getElementById("keys");
  try { if (box) box.checked = localStorage.getItem("keys") !== "off"; } catch { /* storage is off */ }
  box?.addEventListener("change", () => { try { localStorage.setItem("keys", box.checked ? "on" : "off"); } catch { /* storage is off */ } });

  const ticks = [...document.querySelectorAll("[type=checkbox][name=account]")];
  const step = (by) => {
    const now = ticks.indexOf(document.activeElement);
    const next = ticks[Math.max(0, Math.min(ticks.length - 1, now + by))] || ticks[0];
    next?.focus();
    next?.closest(".decide").scrollIntoView({ block: "nearest" });
  };

  document.addEventListener("keydown", (event) => {
    const at = event.target;
    if (event.key === "Escape" && at.closest?.("details[open]")) {
      const details = at.closest("details");
      details.open = false;
      details.querySelector("summary").focus();
      return;
    }
    const typing = at.closest?.("textarea, select, input:not([type=checkbox])");
    if (!box?.checked || typing || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (event.key === "j" || event.key === "k") { step(event.key === "j" ? 1 : -1); return; }
    if (event.key === "x" && ticks.includes(at)) { at.checked = !at.checked; return; }
    const target = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (!target) return;
    event.preventDefault();
    if (target.matches("summary")) {
      target.parentElement.open = true;
      target.parentElement.querySelector("[name=value]").focus();
    } else if (target.matches("input")) target.focus();
    else target.click();
  });

  const text = document.querySelector(".source-text");
  const words = text && (text.querySelector(".said") || text.querySelector("mark"));
  if (words) text.scrollTop = words.getBoundingClientRect().top - text.getBoundingClientRect().top - text.clientHeight / 3;
  const item = document.getElementById("hand");
  if (item && /[?&](at|done)=/.test(location.search)) item.focus({ preventScroll: true });
})();
