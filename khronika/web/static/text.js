// Says what was made of marked words when they are pointed at or reached by the tab key.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const note = document.getElementById("note"), article = document.getElementById("article");
  if (!note || !article) return;
  const tell = (event) => {
    const mark = event.target.closest(".mark");
    if (!mark) return;
    note.textContent = "“" + mark.textContent.trim().slice(0, 120) + "”\n" + mark.dataset.note;
  };
  for (const mark of article.querySelectorAll(".mark")) mark.removeAttribute("title");
  article.addEventListener("mouseover", tell);
  article.addEventListener("focusin", tell);
  article.addEventListener("click", tell);
});
