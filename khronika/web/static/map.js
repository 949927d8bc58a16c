// The map: base map, labels, and the marks that the server (or a static copy's file) gives for what it shows.
"use strict";
window.khronikaMap = (function () {
  const BLUE = "#0b5394", WARN = "#8a2b06";
  const shared = { start, get, join, last: null, now: null }; // `last`: the marks drawn; `now`: the map of this page
  const AREAS = new Set(["district", "region", "country"]);

  function get(address, done) {
    return fetch(address, { credentials: "same-origin" }).then((r) => (r.ok ? r.json() : Promise.reject(new Error(r.status)))).then(done).catch(() => null);
  }

  function start(element, hooks) {
    const data = element.dataset;
    const map = L.map(element, { preferCanvas: true, worldCopyJump: true, minZoom: 1, maxZoom: 16, zoomSnap: 0.5, attributionControl: Boolean(data.tiles) });
    map.setView([30, 25], 2);
    map.createPane("base").style.zIndex = 200;
    map.createPane("areas").style.zIndex = 390;
    if (data.tiles) L.tileLayer(data.tiles, { attribution: data.credit }).addTo(map);
    else get(data.world, (world) => drawWorld(map, world));
    if (data.boundaries) get(data.boundaries, (shapes) => L.geoJSON(shapes, { pane: "base", interactive: false, style: { color: "#555", weight: 1, fill: false, dashArray: "4 3" } }).addTo(map));
    const marks = L.layerGroup().addTo(map), labels = L.layerGroup().addTo(map);
    const areas = L.canvas({ pane: "areas" });
    let query = "", asked = 0, everything = null, quiet = false;

    function fitTo(bounds, options) {
      // Without an animation it has moved when it returns; that is no reader's move.
      quiet = true;
      map.fitBounds(bounds, { animate: false, ...options });
      quiet = false;
    }

    const box = () => {
      const b = map.getBounds().pad(0.1);
      return [b.getWest(), Math.max(-90, b.getSouth()), b.getEast(), Math.min(90, b.getNorth())].map((d) => d.toFixed(3)).join(",");
    };
    const zoom = () => Math.max(0, Math.round(map.getZoom()));

    function refresh() {
      const turn = ++asked;
      if (hooks.isCopy) {
        if (everything) draw(cluster(everything, map));
        else get(data.marks, (found) => { everything = found.marks; draw(cluster(everything, map)); });
        return;
      }
      get(data.marks + "?" + join(query, { view: box(), zoom: zoom() }), (found) => { if (turn === asked) draw(found.marks); });
      if (data.labels) get(data.labels + "?" + join("", { view: rounded(map), zoom: zoom() }), (found) => { if (turn === asked) drawLabels(found); });
    }

    function draw(found) {
      shared.last = { marks: found };
      marks.clearLayers();
      for (const mark of found) marks.addLayer(AREAS.has(mark.precision) ? area(mark) : mark.n > 1 ? several(mark) : place(mark));
    }

    function area(mark) {
      const shape = L.circle([mark.lat, mark.lon], { renderer: areas, radius: Math.max(mark.km || 50, 5) * 1000, color: mark.contested ? WARN : BLUE, weight: 1.5, dashArray: "5 5", fillOpacity: 0.07 });
      return open(shape, mark);
    }

    function place(mark) {
      const metres = (mark.km || 1) * 1000, least = 7;
      const pixels = metres / (40075016 * Math.cos((mark.lat * Math.PI) / 180) / (256 * Math.pow(2, map.getZoom())));
      const style = { color: mark.contested ? WARN : BLUE, weight: 2, dashArray: mark.contested ? "3 3" : null, fillOpacity: mark.precision === "site" ? 0.8 : 0.35 };
      const shape = pixels > least ? L.circle([mark.lat, mark.lon], { radius: metres, ...style }) : L.circleMarker([mark.lat, mark.lon], { radius: mark.precision === "site" ? 5 : least, ...style });
      return open(shape, mark);
    }

    function several(mark) {
      const size = Math.round(22 + 7 * Math.log10(mark.n));
      const icon = L.divIcon({ className: "map-count" + (mark.contested ? " disputed" : ""), iconSize: [size, size], html: String(mark.n) });
      const name = mark.n + " events" + (mark.name ? " at " + mark.name : "");
      return open(L.marker([mark.lat, mark.lon], { icon, keyboard: false, title: name, alt: name }), mark);
    }

    function open(shape, mark) {
      shape.on("click", () => {
        if (mark.box && map.getZoom() < map.getMaxZoom()) map.fitBounds([[mark.box[1], mark.box[0]], [mark.box[3], mark.box[2]]], { maxZoom: map.getZoom() + 4, padding: [30, 30] });
        else popup(mark);
      });
      shape.on("mouseover", () => hooks.light(mark.id || null));
      return shape;
    }

    function popup(mark) {
      const body = document.createElement("div"), title = document.createElement("strong");
      const spoken = (kind) => { const option = document.querySelector('select[name=kind] option[value="' + kind + '"]'); return option ? option.textContent : kind.replaceAll("_", " "); };
      title.textContent = (mark.name || "Here") + (AREAS.has(mark.precision) ? " (somewhere in this " + mark.precision + ")" : "");
      body.append(title);
      const list = document.createElement("ul");
      body.append(list);
      const add = (row) => {
        const item = document.createElement("li"), link = document.createElement("a");
        link.href = data.event.replace("KHR-ID", row.id);
        link.textContent = (row.start || "no day") + " " + spoken(row.kind);
        item.append(link);
        list.append(item);
      };
      const show = () => L.popup({ maxHeight: 240, minWidth: 230 }).setLatLng([mark.lat, mark.lon]).setContent(body).openOn(map);
      if (hooks.isCopy) { (mark.events || []).slice(0, 20).forEach(add); show(); return; }
      const d = 0.0002, near = [mark.lon - d, mark.lat - d, mark.lon + d, mark.lat + d].map((x) => x.toFixed(4)).join(",");
      get(data.events + "?" + join(query, { box: near, limit: 50 }), (found) => {
        const here = found.events.filter((row) => AREAS.has(mark.precision) ? row.place === mark.name : !AREAS.has(row.precision));
        here.slice(0, 20).forEach(add);
        if (mark.n > 20) { const more = document.createElement("li"); more.textContent = "and " + (mark.n - 20) + " more; the list has all"; list.append(more); }
        show();
      });
    }

    function drawLabels(found) {
      labels.clearLayers();
      const taken = [];
      for (const label of found) {
        const point = map.latLngToContainerPoint([label.lat, label.lon]), wide = label.name.length * 6 + 8;
        const spot = { left: point.x - (label.region ? wide / 2 : -6), top: point.y - 8 };
        spot.right = spot.left + wide; spot.bottom = spot.top + 16;
        if (taken.some((t) => t.left < spot.right && spot.left < t.right && t.top < spot.bottom && spot.top < t.bottom)) continue;
        taken.push(spot);
        const text = document.createElement("span");
        text.textContent = label.name;
        labels.addLayer(L.marker([label.lat, label.lon], { interactive: false, keyboard: false, icon: L.divIcon({ className: "map-label" + (label.region ? " region" : ""), iconSize: [wide, 16], iconAnchor: [label.region ? wide / 2 : -6, 8], html: text }) }));
      }
    }

    map.on("moveend", () => { refresh(); if (!quiet) hooks.moved(box()); });
    shared.now = {
      show(next, fit) {
        query = next;
        if (fit) fitTo([[fit[1], fit[0]], [fit[3], fit[2]]]);
        refresh();
      },
      fitMarks(found) {
        const spots = found.map((mark) => [mark.lat, mark.lon]);
        if (spots.length) fitTo(L.latLngBounds(spots).pad(0.15), { maxZoom: 7 });
      },
      box,
      light(at) {
        if (this.halo) { this.halo.remove(); this.halo = null; }
        if (at) this.halo = L.circleMarker(at, { radius: 14, color: "#b45309", weight: 4, fill: false, interactive: false }).addTo(map);
      },
      map,
    };
    return shared.now;
  }

  function drawWorld(map, world) {
    const land = topojson.feature(world, world.objects.countries);
    L.geoJSON(land, { pane: "base", interactive: false, renderer: L.canvas({ pane: "base", padding: 0.5 }), style: { color: "#9aa5ae", weight: 0.8, fillColor: "#fbfaf6", fillOpacity: 1 } }).addTo(map);
  }

  function join(query, more) {
    const parameters = new URLSearchParams(query);
    for (const [name, value] of Object.entries(more)) parameters.set(name, value);
    return parameters.toString();
  }

  function rounded(map) {
    // A box on a coarse grid, so that the browser's store has it again after a small move.
    const b = map.getBounds(), step = 360 / Math.pow(2, Math.max(0, Math.round(map.getZoom())) + 1);
    return [Math.floor(b.getWest() / step) * step, Math.max(-90, Math.floor(b.getSouth() / step) * step), Math.ceil(b.getEast() / step) * step, Math.min(90, Math.ceil(b.getNorth() / step) * step)].map((d) => d.toFixed(3)).join(",");
  }

  function cluster(all, map) {
    // The grid of web/marks.py for a copy without a server.
    const cells = new Map(), bounds = map.getBounds().pad(0.1), zoom = map.getZoom();
    for (const mark of all) {
      if (!bounds.contains([mark.lat, mark.lon]) && !AREAS.has(mark.precision)) continue;
      const p = map.project([mark.lat, mark.lon], zoom);
      const key = AREAS.has(mark.precision) ? "area " + mark.name : Math.floor(p.x / 56) + ":" + Math.floor(p.y / 56);
      if (!cells.has(key)) cells.set(key, []);
      cells.get(key).push(mark);
    }
    return [...cells.values()].map((group) => {
      const first = group[0], lats = group.map((m) => m.lat), lons = group.map((m) => m.lon);
      const one = Math.max(...lats) - Math.min(...lats) < 1e-4 && Math.max(...lons) - Math.min(...lons) < 1e-4;
      const sum = (values) => values.reduce((a, b) => a + b, 0);
      return { lat: sum(lats) / group.length, lon: sum(lons) / group.length, n: group.length, contested: group.filter((m) => m.contested).length, km: first.km, precision: one ? first.precision : "", name: one ? first.name : "",
        id: group.length === 1 ? first.id : null, events: group, box: one ? null : [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)] };
    });
  }

  return shared;
})();
