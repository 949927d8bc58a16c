// Correcting from a page: words selected + Ctrl+Enter (Cmd+Enter), a button beside the selection on touch, or the link. Without this script the link leads to a plain form.
"use strict";
(() => {
  const MOST = 256, AROUND = 40;
  const dialog = document.getElementById("correction");
  const beside = document.getElementById("correct-selection");
  const link = document.querySelector("[data-correct]");
  const points = (text) => Array.from(text).length;

  // --- the form, in a page of its own or in the dialog ---

  function enhance(form) {
    const radios = [...form.querySelectorAll("[name=category]")];
    const value = form.querySelector("[name=value]"), field = form.querySelector("[name=field]"), example = form.querySelector("#example");
    const show = () => {
      const chosen = radios.find((radio) => radio.checked)?.value;
      for (const part of form.querySelectorAll("[data-only]")) part.hidden = !chosen || !part.dataset.only.split(" ").includes(chosen);
      field.required = chosen === "misread";
      form.elements.reason.required = ["other", "missing", "article"].includes(chosen);
      form.querySelector("[data-need]").textContent = form.elements.reason.required ? "In a few words" : "(optional)";
    };
    const hint = () => {
      example.textContent = field.selectedOptions[0]?.dataset.example ? `For example: ${field.selectedOptions[0].dataset.example}` : "";
      if (field.value === "kind") value.setAttribute("list", "kinds"); else value.removeAttribute("list");
    };
    for (const radio of radios) {
      radio.addEventListener("change", show);
      radio.addEventListener("click", (event) => {  // chosen with a finger or the mouse: what is asked next comes into view
        if (event.detail && dialog) form.querySelector("[type=submit]").scrollIntoView({ block: "nearest" });
      });
    }
    field.addEventListener("change", hint);
    show();
    hint();
  }

  const plain = document.getElementById("correct");
  if (plain) enhance(plain);
  if (!dialog) return;

  // --- what is selected ---

  function selected() {
    const selection = document.getSelection();
    if (selection && !selection.isCollapsed && selection.rangeCount) return about(selection.getRangeAt(0));
    const mark = document.activeElement?.closest?.("mark, q, blockquote");  // where the keyboard stands
    if (!mark) return null;
    const range = document.createRange();
    range.selectNodeContents(mark);
    return about(range);
  }

  function about(range) {
    const inside = range.commonAncestorContainer.nodeType === 1 ? range.commonAncestorContainer : range.commonAncestorContainer.parentElement;
    if (!inside || !inside.closest("main")) return null;
    const words = range.toString().trim();
    if (!words) return null;
    const home = inside.closest("[data-document]") || inside.closest("main");
    const before = document.createRange(), after = document.createRange();
    before.selectNodeContents(home);
    before.setEnd(range.startContainer, range.startOffset);
    after.selectNodeContents(home);
    after.setStart(range.endContainer, range.endOffset);
    const [, lead, trail] = range.toString().match(/^(\s*)[^]*?(\s*)$/);
    const ahead = before.toString() + lead;
    const found = { words, start: points(ahead), prefix: ahead.slice(-AROUND), suffix: (trail + after.toString()).slice(0, AROUND) };
    if (home.dataset.document && !home.matches("main")) found.document = home.dataset.document;
    if (inside.closest("h1")) found.within = "title";
    const account = inside.closest("[data-account]")?.dataset.account;
    if (account) found.account = account;
    return found;
  }

  // --- the dialog ---

  let opener = null, range = null, key = "";

  async function open(found) {
    const item = new URLSearchParams(link.dataset.correct);
    const tooLong = found && points(found.words) > MOST ? points(found.words) : 0;
    if (found && !item.get("event")) delete found.account;
    key = `correction ${link.dataset.correct}`;
    opener = document.activeElement;
    range = document.getSelection()?.rangeCount ? document.getSelection().getRangeAt(0).cloneRange() : null;
    beside.hidden = true;
    item.set("part", "1");
    let answer;
    try {
      answer = await fetch(`/corrections/new?${item}`);
    } catch {
      answer = null;
    }
    if (!answer || !answer.ok) {
      location.href = `/corrections/new?${link.dataset.correct}`;
      return;
    }
    fill(await answer.text());
    if (found && !tooLong) quote(found);
    if (tooLong) complain(`You selected ${tooLong} characters; at most ${MOST} can be taken. Say below where it stands, or close this and select fewer.`);
    restore();
    dialog.showModal();
    document.getElementById("correct-title").focus();
  }

  function fill(html) {
    dialog.innerHTML = html;  // from our own server, which escapes what people wrote
    for (const button of dialog.querySelectorAll("[data-close]")) {
      button.hidden = false;
      button.addEventListener("click", () => dialog.close());
    }
    const form = dialog.querySelector("form");
    if (!form) return;
    enhance(form);
    form.addEventListener("input", keep);
    form.addEventListener("submit", send);
  }

  // Put in here and not in the address that is asked for: what somebody selects is to stand in no log of a server.
  function quote(found) {
    const form = dialog.querySelector("form");
    for (const [name, value] of Object.entries(found)) {
      const field = form.querySelector(`input[type=hidden][name=${name}]`) || document.createElement("input");
      field.type = "hidden";
      field.name = name;
      field.value = value;
      form.prepend(field);
    }
    const context = document.createElement("p");
    context.className = "context";
    context.dir = "auto";
    const parts = [["span", `…${found.prefix}`], ["mark", found.words], ["span", `${found.suffix}…`]];
    context.append(...parts.map(([tag, words]) => {
      const part = document.createElement(tag);
      part.textContent = words;
      if (tag === "span") part.className = "faint";
      return part;
    }));
    form.querySelector(".about").replaceWith(context);
  }

  function complain(words) {
    let line = dialog.querySelector(".wrong");
    if (!line) {
      line = document.createElement("p");
      line.className = "wrong";
      line.setAttribute("role", "alert");
      dialog.querySelector("#correct-title").after(line);
    }
    line.textContent = words;
  }

  async function send(event) {
    event.preventDefault();
    const button = event.target.querySelector("[type=submit]");
    button.disabled = true;
    try {
      const answer = await fetch("/corrections?part=1", { method: "POST", body: new URLSearchParams(new FormData(event.target)) });
      const text = await answer.text();
      if (!text.includes("correct-title")) throw new Error();
      if (answer.ok) forget();
      fill(text);
      (dialog.querySelector(".wrong") || document.getElementById("correct-title")).setAttribute("tabindex", "-1");
      (dialog.querySelector(".wrong") || document.getElementById("correct-title")).focus();
    } catch {
      button.disabled = false;
      complain("It could not be sent: no connection. What you wrote is kept; try again.");
    }
  }

  // The draft lives in this tab only, until it is sent.
  const FIELDS = ["category", "field", "value", "other", "reason", "link", "name"];

  function keep() {
    const form = dialog.querySelector("form");
    const draft = Object.fromEntries(FIELDS.map((name) => [name, form.elements[name]?.value || ""]));
    try { sessionStorage.setItem(key, JSON.stringify(draft)); } catch { /* storage is off */ }
  }

  function restore() {
    let draft = null;
    try { draft = JSON.parse(sessionStorage.getItem(key)); } catch { /* storage is off */ }
    const form = dialog.querySelector("form");
    if (!draft || !form || !Object.values(draft).some(Boolean)) return;
    for (const name of FIELDS) if (draft[name]) form.elements[name].value = draft[name];
    enhance(form);
    const note = document.createElement("p");
    note.className = "faint small";
    note.append("What you had written is here again. ");
    const drop = document.createElement("button");
    drop.type = "button";
    drop.className = "quiet slim";
    drop.textContent = "Start afresh";
    drop.addEventListener("click", () => { forget(); form.reset(); enhance(form); note.remove(); document.getElementById("correct-title").focus(); });
    note.append(drop);
    form.querySelector("fieldset").before(note);
  }

  function forget() {
    try { sessionStorage.removeItem(key); } catch { /* storage is off */ }
  }

  dialog.addEventListener("close", () => {
    dialog.replaceChildren();
    if (opener && opener !== document.body && opener.isConnected && !opener.hidden) opener.focus({ preventScroll: true });
    else document.getElementById("main").focus({ preventScroll: true });
    if (range) {
      const selection = document.getSelection();
      selection.removeAllRanges();
      selection.addRange(range);
    }
  });
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });  // beside the form; the draft is kept
  dialog.addEventListener("keydown", (event) => {
    if (event.key !== "Tab") return;
    const stops = [...dialog.querySelectorAll("a[href], button, input, select, textarea")].filter((one) => one.checkVisibility() && !one.disabled && one.tabIndex >= 0);
    const first = stops[0], last = stops[stops.length - 1];
    if (event.shiftKey && (document.activeElement === first || !stops.includes(document.activeElement))) { event.preventDefault(); last.focus(); }
    else if (!event.shiftKey && (document.activeElement === last || document.activeElement?.name === last?.name && last?.type === "radio")) { event.preventDefault(); first.focus(); }
  });

  // --- ways in ---

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.repeat) return;
    if (dialog.open) {
      dialog.querySelector("form")?.requestSubmit();
      event.preventDefault();
    } else if (!event.target.closest?.("input, textarea, select")) {
      event.preventDefault();
      open(selected());
    }
  });
  for (const way of document.querySelectorAll("[data-correct]")) {
    way.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      open(null);
    });
  }

  let touched = matchMedia("(pointer: coarse)").matches;
  addEventListener("pointerdown", (event) => { touched = event.pointerType === "touch"; }, { passive: true });
  const place = () => {
    const selection = document.getSelection();
    const found = touched && !dialog.open && selection && !selection.isCollapsed ? selected() : null;
    beside.hidden = !found;
    if (!found) return;
    const box = selection.getRangeAt(0).getBoundingClientRect();
    // Below the words: above them the telephone shows its own menu.
    beside.style.setProperty("top", `${Math.max(8, Math.min(box.bottom + 12, innerHeight - 56))}px`);
    beside.style.setProperty("left", `${Math.max(8, Math.min(box.left, innerWidth - beside.offsetWidth - 8))}px`);
  };
  document.addEventListener("selectionchange", place);
  addEventListener("scroll", place, { passive: true });
  beside.addEventListener("pointerdown", (event) => event.preventDefault());  // the selection must stay
  beside.addEventListener("click", () => open(selected()));
})();
