{
  const shelf = document.getElementById("shelf");
  const rows = [...shelf.querySelectorAll("table.shelf tbody tr")];
  const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const text = new Map(rows.map((row) => [row, plain(`${row.closest("section").querySelector("h2").textContent} ${row.textContent}`)]));
  const line = document.createElement("p");
  const label = document.createElement("label");
  const input = document.createElement("input");
  const said = document.createElement("output");
  line.className = "filter";
  input.type = "search";
  label.append(shelf.dataset.filter, input);
  line.append(label, said);
  shelf.prepend(line);
  input.addEventListener("input", () => {
    const words = plain(input.value).split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      row.hidden = !words.every((word) => text.get(row).includes(word));
      if (!row.hidden) shown += 1;
    }
    for (const part of shelf.querySelectorAll("section, .earlier")) {
      part.hidden = words.length > 0 && !part.querySelector("tbody tr:not([hidden])");
    }
    for (const part of shelf.querySelectorAll(".earlier")) part.open = words.length > 0;
    said.textContent = words.length === 0 ? "" : `${shown} / ${rows.length} ${shelf.dataset.shown}`;
  });
}
