// The timeline: bars of events by day, week or month; dragging over it picks a span of days.
"use strict";
window.khronikaTimeline = (function () {
  const DAY = 86400;
  let chart = null;

  const orNull = (count) => count || null; // no line along the axis where nothing happened
  const iso = (seconds) => new Date(seconds * 1000).toISOString().slice(0, 10);

  function draw(element, key, found, picked) {
    if (chart) { chart.destroy(); chart = null; }
    element.replaceChildren();
    const total = found.events.reduce((a, b) => a + b, 0);
    key.textContent = total ? "Events by " + found.step + ", contested ones darker; drag over the bars to pick days." + (found.without_day ? " " + found.without_day + " without a day " + (found.without_day === 1 ? "is" : "are") + " not drawn." : "") : "No event of this choice has a day.";
    if (!total) return;
    const days = found.days.map((day) => Date.parse(day + "T00:00:00Z") / 1000);
    const step = { day: DAY, week: 7 * DAY, month: 30.4 * DAY, year: 365.2 * DAY }[found.step];
    const bars = uPlot.paths.bars({ size: [0.9, 60], align: 1 });
    chart = new uPlot({
      width: element.clientWidth || 300, height: Math.max(120, element.clientHeight - 4), tzDate: (s) => uPlot.tzDate(new Date(s * 1000), "UTC"),
      legend: { show: false }, cursor: { y: false, drag: { x: true, y: false, setScale: false } },
      scales: { x: { time: true, range: [days[0] - step * 0.2, days[days.length - 1] + step * 1.2] }, y: { range: (u, low, high) => [0, Math.max(1, high * 1.1)] } },
      axes: [{ stroke: "#57606a", grid: { show: false } }, { stroke: "#57606a", size: 44, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000] }],
      series: [{}, { label: "events", fill: "#7fb0dc", stroke: "#0b5394", width: 1, paths: bars, points: { show: false } }, { label: "contested", fill: "#8a2b06", stroke: "#8a2b06", paths: bars, points: { show: false } }],
      hooks: { setSelect: [(u) => {
        if (u.select.width < 3) return;
        const from = u.posToVal(u.select.left, "x"), to = u.posToVal(u.select.left + u.select.width, "x");
        picked(iso(Math.max(from, days[0])), iso(Math.min(to, days[days.length - 1] + step - DAY)));
      }] },
    }, [days, found.events.map(orNull), found.contested.map(orNull)], element);
    chart.root.setAttribute("role", "img");
    chart.root.setAttribute("aria-label", total + " events from " + found.days[0] + " on, by " + found.step + "; the most in one " + found.step + ": " + Math.max(...found.events));
  }

  window.addEventListener("resize", () => {
    if (chart) { const element = chart.root.parentElement; chart.setSize({ width: element.clientWidth, height: chart.height }); }
  });
  return { draw };
})();
