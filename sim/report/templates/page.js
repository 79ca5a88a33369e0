
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

  // Bands can be taken away, to see lines that they cover.
  for (const drawing of document.querySelectorAll("[data-bands]")) {
    const tools = document.createElement("p");
    tools.className = "tools";
    tools.append(button("Hide the bands", (made) => {
      const hidden = drawing.classList.toggle("no-bands");
      made.textContent = hidden ? "Show the bands" : "Hide the bands";
    }));
    drawing.after(tools);
  }

  // The row of a date, read out where the pointer is.
  for (const figure of document.querySelectorAll("figure[data-left]")) {
    const drawing = figure.querySelector(".drawing");
    const rows = [...figure.querySelectorAll("tr[data-day]")];
    const out = document.createElement("p");
    out.className = "readout";
    out.setAttribute("aria-hidden", "true");
    out.textContent = "Point at the figure to read its values.";
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

  // Paper cannot unfold.
  addEventListener("beforeprint", () => { for (const one of document.querySelectorAll("details")) one.open = true; });
})();
