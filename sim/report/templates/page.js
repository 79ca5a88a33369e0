
"use strict";
// Only comfort: the page is complete without it.
(function () {
  function button(text, act) {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = text;
    made.addEventListener("click", () => act(made));
    return made;
  }

  function tools(figure) {
    const found = figure.querySelector(".tools");
    if (found) return found;
    const made = document.createElement("p");
    made.className = "tools";
    figure.querySelector(".drawing").after(made);
    return made;
  }

  // Each figure can be taken away: as a drawing, as a picture, and its numbers.
  function give(name, kind, parts) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(parts instanceof Blob ? parts : new Blob([parts], { type: kind }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  }

  // As on paper whatever the page looks like: the drawing has its colours of its own.
  function drawn(figure) {
    const svg = figure.querySelector("svg").cloneNode(true);
    const [, , width, height] = svg.getAttribute("viewBox").split(" ").map(Number);
    svg.setAttribute("width", width);
    svg.setAttribute("height", height);
    svg.setAttribute("font-family", "DejaVu Sans, Verdana, sans-serif");
    return { text: new XMLSerializer().serializeToString(svg), width, height };
  }

  // Numbers in full; a cell with an interval fills three columns.
  function lines(table) {
    const cells = (row) => [...row.cells].map((cell) => {
      const numbers = [...cell.querySelectorAll("data")];
      return numbers.length ? numbers.map((one) => one.value) : [cell.textContent];
    });
    const rows = [...table.tBodies[0].rows].sort((a, b) => a.dataset.at - b.dataset.at).map(cells);
    const head = [...table.tHead.rows[0].cells].map((cell, place) => {
      const most = Math.max(...rows.map((row) => row[place].length));
      return [cell.textContent, "low", "high", ...Array(most).fill("")].slice(0, most)
        .map((name, at) => at ? `${cell.textContent} ${name}`.trim() : name);
    });
    return [head.flat(), ...rows.map((row) => row.flatMap((found, at) => [...found, ...Array(head[at].length - found.length).fill("")]))];
  }

  // What a spreadsheet would take for a formula is kept from being one, as in our tables.
  const inert = (text) => /^[=+\-@\t\r']/.test(text) && isNaN(text) ? "'" + text : text;
  const quoted = (text) => /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;

  function numbers(figure, between) {
    return [...figure.querySelectorAll("table")].map((table) =>
      [[table.caption.textContent], ...lines(table)].map((row) => row.map(inert).map((text) => between === "," ? quoted(text) : text).join(between)).join("\n")
    ).join("\n\n") + "\n";
  }

  for (const figure of document.querySelectorAll("figure")) {
    const title = figure.querySelector("h3").textContent;
    for (const table of figure.querySelectorAll("table")) [...table.tBodies[0].rows].forEach((row, at) => { row.dataset.at = at; });
    const ways = {
      SVG: () => give(`${figure.id}.svg`, "image/svg+xml", drawn(figure).text),
      PNG: () => {
        const { text, width, height } = drawn(figure), image = new Image(), canvas = document.createElement("canvas");
        canvas.width = 3 * width;
        canvas.height = 3 * height;
        image.onload = () => {
          canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
          canvas.toBlob((blob) => give(`${figure.id}.png`, "image/png", blob));
        };
        image.src = "data:image/svg+xml," + encodeURIComponent(text);
      },
      CSV: () => give(`${figure.id}.csv`, "text/csv", numbers(figure, ",")),
      Copy: (made) => {
        const said = [title, figure.querySelector("figcaption").textContent, numbers(figure, "\t") + document.querySelector("footer").textContent.trim()];
        navigator.clipboard.writeText(said.join("\n")).then(() => { made.textContent = "Copied"; }, () => { made.textContent = "Not allowed here"; });
        setTimeout(() => { made.textContent = "Copy"; }, 3000);
      },
    };
    for (const [way, act] of Object.entries(ways)) {
      const made = button(way, act);
      made.setAttribute("aria-label", `${way}: ${title}`);
      tools(figure).append(made);
    }
  }

  // Bands can be taken away, to see lines that they cover.
  for (const drawing of document.querySelectorAll("[data-bands]")) {
    tools(drawing.closest("figure")).append(button("Hide the bands", (made) => {
      const hidden = drawing.classList.toggle("no-bands");
      made.textContent = hidden ? "Show the bands" : "Hide the bands";
    }));
  }

  // The points of a sweep, each of which was simulated: a knob that is turned goes to the nearest that has its value.
  const given = document.getElementById("points");
  if (given) {
    const { knobs, points, outcomes, histories } = JSON.parse(given.textContent);
    const made = (tag, parent, text = "") => { const one = document.createElement(tag); one.textContent = text; parent.append(one); return one; };
    const box = given.parentElement;
    const sliders = knobs.map((knob) => {
      const label = made("label", box, knob.label);
      label.className = "knob";
      label.title = knob.path;
      const out = made("output", label), input = made("input", label);
      Object.assign(input, { type: "range", min: 0, max: knob.values.length - 1, step: 1 });
      return { input, out };
    });
    const scroll = made("div", box), table = made("table", scroll), caption = made("caption", table);
    scroll.className = "scroll";
    scroll.tabIndex = 0;
    scroll.setAttribute("role", "group");
    caption.id = "explored";
    scroll.setAttribute("aria-labelledby", caption.id);
    caption.setAttribute("aria-live", "polite");
    const head = made("tr", made("thead", table)), body = made("tbody", table);
    for (const name of ["outcome", "value (95 % interval)", "histories"]) made("th", head, name).scope = "col";
    made("td", head);
    const rows = outcomes.map((outcome) => {
      const row = made("tr", body);
      made("th", row, outcome.label).scope = "row";
      const cells = [made("td", row), made("td", row), made("td", row)];
      cells[2].className = "bars";
      return { cells, bar: made("span", cells[2]) };
    });
    const show = (point) => {
      sliders.forEach(({ input, out }, at) => {
        const value = knobs[at].values[points[point][at]];
        input.value = points[point][at];
        input.setAttribute("aria-valuetext", value);
        out.textContent = value;
      });
      outcomes.forEach((outcome, at) => {
        const [text, value, n] = outcome.cells[point], { cells, bar } = rows[at];
        cells[0].textContent = text;
        cells[1].textContent = n.toLocaleString("en");
        bar.className = outcome.share && value !== null ? "bar" : "";
        bar.style.width = outcome.share ? `${100 * (value ?? 0)}%` : "";
      });
      caption.textContent = `Point ${point + 1} of ${points.length}, ${histories.toLocaleString("en")} histories: ` +
        knobs.map((knob, at) => `${knob.label} ${knob.values[points[point][at]]}`).join("; ") + " (sweep.csv)";
    };
    let here = Math.floor(points.length / 2);
    sliders.forEach(({ input }, turned) => input.addEventListener("input", () => {
      const wanted = Number(input.value);
      const away = (point) => points[point].reduce((sum, place, at) => at === turned ? sum + 1e6 * Math.abs(place - wanted)
        : sum + (Math.abs(place - points[here][at]) / knobs[at].values.length) ** 2, 0);
      here = points.reduce((best, _, point) => away(point) < away(best) ? point : best, 0);
      show(here);
    }));
    show(here);
  }

  // The row of a date, read out where the pointer is.
  for (const figure of document.querySelectorAll("figure[data-left]")) {
    const drawing = figure.querySelector(".drawing");
    const rows = [...figure.querySelectorAll("tr[data-day]")];
    const out = document.createElement("p");
    out.className = "readout";
    out.setAttribute("aria-hidden", "true");
    drawing.after(out);
    drawing.addEventListener("pointermove", (event) => {
      const box = drawing.querySelector("svg").getBoundingClientRect();
      const left = Number(figure.dataset.left), right = Number(figure.dataset.right);
      const part = ((event.clientX - box.left) / box.width - left) / (right - left);
      const day = Math.min(1, Math.max(0, part)) * Number(figure.dataset.last);
      const nearest = Math.min(...rows.map((row) => Math.abs(Number(row.dataset.day) - day)));
      const told = [];
      for (const row of rows) {
        const here = Math.abs(Number(row.dataset.day) - day) === nearest;
        row.classList.toggle("here", here);
        if (!here) continue;
        const table = row.closest("table");
        const names = [...table.querySelectorAll("thead th")].map((head) => head.textContent);
        const cells = [...row.cells].map((cell, place) => place ? names[place] + " " + cell.textContent : cell.textContent);
        const several = figure.querySelectorAll("table").length > 1;
        told.push((several ? table.caption.textContent.split(":")[0] + ", " : "") + cells.join("; "));
      }
      out.textContent = told.join(" | ");
    });
  }

  // Tables can be sorted by a column.
  for (const table of document.querySelectorAll("table")) {
    const body = table.tBodies[0];
    if (body.rows.length < 3) continue;
    [...table.tHead.rows[0].cells].forEach((head, place) => {
      if (head.tagName !== "TH") return;
      const name = head.textContent;
      head.textContent = "";
      head.append(button(name, () => {
        const down = head.getAttribute("aria-sort") === "ascending";
        for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const key = (row) => {
          const number = row.cells[place].querySelector("data");
          const text = row.cells[place].textContent;
          return number ? Number(number.value) : text !== "" && !isNaN(text.replaceAll(",", "")) ? Number(text.replaceAll(",", "")) : text;
        };
        const order = (a, b) => typeof a === "number" && typeof b === "number" ? a - b
          : typeof a === "number" ? -1 : typeof b === "number" ? 1 : a.localeCompare(b);
        const rows = [...body.rows].sort((a, b) => (down ? -1 : 1) * order(key(a), key(b)));
        body.append(...rows);
      }));
    });
  }
})();
