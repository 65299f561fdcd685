// Shows the rows of a table that contain what is typed. Without this file each page shows all of its rows.
"use strict";
for (const form of document.querySelectorAll("form.filter")) {
  const rows = [...document.querySelectorAll("#" + form.dataset.table + " tbody tr")];
  const texts = rows.map((row) => row.textContent.toLowerCase());
  const [input, output] = [form.querySelector("input"), form.querySelector("output")];
  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  input.addEventListener("input", () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    rows.forEach((row, index) => {
      row.hidden = !words.every((word) => texts[index].includes(word));
      shown += row.hidden ? 0 : 1;
    });
    output.textContent = words.length ? shown + " of " + rows.length : "";
  });
}
