(() => {
  const box = document.getElementById("find");
  const query = document.getElementById("query");
  const selects = [...box.querySelectorAll("select")];
  const count = document.getElementById("count");
  const items = [...document.querySelectorAll("#list > li")];
  const fold = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  const texts = items.map((item) => fold(item.textContent));
  const elsewhere = [...document.querySelectorAll("a.same-words")].map((link) => [link, link.href]);
  const show = () => {
    const asked = query.value ? `#q=${encodeURIComponent(query.value)}` : "";
    elsewhere.forEach(([link, address]) => (link.href = address + asked));
    const words = fold(query.value).split(/\s+/).filter(Boolean);
    let shown = 0;
    items.forEach((item, place) => {
      const fits =
        words.every((word) => texts[place].includes(word)) &&
        selects.every((one) => !one.value || item.dataset[one.name].split(" ").includes(one.value));
      item.hidden = !fits;
      shown += fits;
    });
    count.textContent =
      shown === items.length
        ? `All ${shown} reports are shown.`
        : shown
          ? `${shown} of ${items.length} reports are shown.`
          : "No report fits. Use fewer words or choose Any.";
  };
  query.addEventListener("input", show);
  selects.forEach((one) => one.addEventListener("change", show));
  document.getElementById("reset").addEventListener("click", () => {
    query.value = "";
    selects.forEach((one) => (one.value = ""));
    show();
    query.focus();
  });
  if (location.hash.startsWith("#q=")) query.value = decodeURIComponent(location.hash.slice(3));
  box.hidden = false;
  show();
})();
