// Puts list, map and timeline together: each filters the others, and the filter is the address.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const element = document.getElementById("map"), form = document.getElementById("filter"), follow = document.getElementById("follow");
  const line = document.getElementById("timeline"), key = document.getElementById("timeline-key"), box = document.getElementById("box");
  if (!element || !window.L || !window.uPlot) return;
  const isCopy = !form, { get, join } = window.khronikaMap;
  let held = null;

  const map = window.khronikaMap.start(element, {
    isCopy,
    moved(now) {
      if (!follow || !follow.checked) return;
      box.value = now;
      submit();
    },
    light(id) {
      for (const item of document.querySelectorAll(".event.lit")) item.classList.remove("lit");
      const item = id && document.querySelector('.event[data-event="' + id + '"]');
      if (item) { item.classList.add("lit"); item.scrollIntoView({ block: "nearest" }); }
    },
  });

  function submit() { if (form) form.requestSubmit(); }

  function refresh(fit) {
    const query = new URLSearchParams(location.search);
    query.delete("after");
    const asked = query.toString();
    if (asked === held) return;
    held = asked;
    const within = query.get("box");
    if (fit && within) map.show(asked, within.split(",").map(Number));
    else if (fit) get(element.dataset.marks + (isCopy ? "" : "?" + join(asked, { zoom: 3 })), (found) => { map.fitMarks(found.marks); map.show(asked); });
    else map.show(asked);
    get(line.dataset.timeline + (isCopy ? "" : "?" + asked), (found) => window.khronikaTimeline.draw(line, key, found, (since, until) => {
      if (!form) return;
      form.elements.since.value = since;
      form.elements.until.value = until;
      form.querySelector("details").open = true;
      submit();
    }));
  }

  if (form) {
    document.body.addEventListener("htmx:configRequest", (event) => {
      const sent = event.detail.parameters;
      for (const name of [...Object.keys(sent)]) if (sent[name] === "" || sent[name] === null) delete sent[name];
    });
    for (const name of ["htmx:responseError", "htmx:sendError"]) {
      document.body.addEventListener(name, (event) => {
        const note = document.createElement("p"), answer = event.detail.xhr && new DOMParser().parseFromString(event.detail.xhr.responseText || "", "text/html").querySelector("main p");
        note.className = "note";
        note.setAttribute("role", "alert");
        note.textContent = answer ? "Not understood: " + answer.textContent : "The server did not answer; try again.";
        document.getElementById("results").prepend(note);
      });
    }
    document.body.addEventListener("htmx:pushedIntoHistory", () => refresh(false));
    follow.addEventListener("change", () => { box.value = follow.checked ? map.box() : ""; submit(); });
  }
  const results = document.getElementById("results");
  const lit = (event) => {
    const item = event.target.closest(".event");
    map.light(item && item.dataset.lat ? [Number(item.dataset.lat), Number(item.dataset.lon)] : null);
  };
  results.addEventListener("mouseover", lit);
  results.addEventListener("focusin", lit);
  refresh(true);
});
