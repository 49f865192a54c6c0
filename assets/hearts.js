// Picks: hearts in the grid and in the lightbox, kept in this browser for each album. What
// the bar does, the server does: it is told the choice by an address.
(() => {
  "use strict";
  const dialog = document.getElementById("lightbox");
  const say = document.querySelector("[data-picks]").dataset; // texts, and the album's address
  const key = `picks ${say.picks}`;
  const most = 1000;
  const find = (selector) => document.querySelector(selector);

  let own = {}; // ID -> note
  const load = () => {
    try {
      own = JSON.parse(localStorage.getItem(key)) ?? {};
    } catch {
      // Nothing can be kept: what is picked lasts as long as the page.
    }
  };
  const save = () => {
    try {
      localStorage.setItem(key, JSON.stringify(own));
    } catch {
      // As above.
    }
  };

  // A page that shows a choice begins with that one, whosever it is.
  const given = new URLSearchParams(location.search).getAll("picks").join("");
  const shown = given ? new Set(given.match(/.{6}/g)) : null;
  const has = (id) => (shown ? shown.has(id) : id in own);
  const ids = () => (shown ? [...shown] : Object.keys(own)).sort();

  // As picks.ID has it: FNV-1a of the name's bytes.
  const idOf = (address) => {
    let h = 0xcbf29ce484222325n;
    for (const [, hex, char] of address.split("/").at(-2).matchAll(/%(..)|(.)/g)) {
      h = BigInt.asUintN(64, (h ^ BigInt(hex ? parseInt(hex, 16) : char.charCodeAt())) * 0x100000001b3n);
    }
    return (h % 36n ** 6n).toString(36).padStart(6, "0");
  };

  const heart = dialog?.querySelector("[data-do=pick]");
  const note = dialog?.querySelector(".remark");
  const seen = () => idOf(location.pathname); // the photo in the lightbox

  const update = () => {
    for (const box of document.querySelectorAll(".heart")) box.checked = has(box.value);
    const count = find("#picks output");
    const n = ids().length;
    const text = n > most ? say.full : say.picked.replace("%s", n);
    if (count && count.value !== text) count.value = text;
    find("#picks")?.classList.toggle("none", !n);
    if (!dialog?.open) return;
    const on = has(seen());
    heart.ariaPressed = on;
    note.hidden = !on;
    note.value = own[seen()] ?? "";
  };

  const pick = (id, on) => {
    load();
    if (!on) delete own[id];
    else if (ids().length < most) own[id] ??= "";
    else return find("#picks output")?.replaceChildren(say.full);
    if (on) shown?.add(id);
    else shown?.delete(id);
    save();
    update();
  };

  const remark = (id, text) => {
    load();
    own[id] = text;
    save();
  };

  document.addEventListener("change", ({ target }) => target.matches(".heart") && pick(target.value, target.checked));
  document.addEventListener("submit", (event) => {
    if (event.target.id !== "picks") return;
    event.preventDefault();
    const what = event.submitter?.name;
    location.assign(`${say.picks}?picks=${ids().join("")}${what ? `&${what}` : ""}`);
  });
  document.addEventListener("keydown", (event) => {
    if (!dialog?.open || event.key.toLowerCase() !== "h" || event.altKey || event.ctrlKey || event.metaKey || event.target.matches("input, textarea")) return;
    pick(seen(), !has(seen()));
  });
  if (dialog) {
    heart.onclick = () => pick(seen(), !has(seen()));
    note.oninput = () => remark(seen(), note.value);
  }

  // The page of names and notes.
  for (const copy of document.querySelectorAll(".copy")) {
    copy.hidden = false;
    copy.onclick = async () => {
      const field = copy.parentElement.querySelector("textarea");
      field.select();
      await navigator.clipboard?.writeText(field.value).catch(() => {});
      document.execCommand("copy"); // without HTTPS there is no other way
      copy.textContent = say.copied;
    };
  }
  load();
  for (const field of document.querySelectorAll("[name^=note-]")) {
    const id = field.name.slice(5);
    field.value ||= own[id] ?? "";
    field.oninput = () => id in own && remark(id, field.value);
  }

  // Cells come and go, and the lightbox turns.
  new MutationObserver(update).observe(document.body, { childList: true, subtree: true });
  addEventListener("pageshow", () => { load(); update(); });
  addEventListener("storage", () => { load(); update(); });
  update();
})();
