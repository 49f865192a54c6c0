// Adding photos: a list of what was chosen or dropped, sent file by file so
// that each has its progress and its own answer.
(() => {
  const box = document.querySelector(".add");
  const form = box && box.querySelector("form");
  if (!form || !window.XMLHttpRequest) return;
  const say = form.dataset;
  const list = form.querySelector(".files");
  const button = form.querySelector(".send button");
  const album = form.elements.album;
  const atOnce = 2;
  let waiting = [];
  let sending = 0;
  let shown = ""; // address of the album that the photos went to
  let refused = 0;

  box.classList.add("live");
  form.querySelector(".drop").hidden = false;

  const make = (tag, text) => {
    const e = document.createElement(tag);
    if (text) e.textContent = text;
    return e;
  };

  const update = () => {
    button.disabled = sending > 0 || waiting.length === 0;
    album.readOnly = sending > 0;
  };

  const refuse = (item, reason) => {
    refused++;
    item.row.classList.add("refused");
    item.state.textContent = reason;
    if (item.bar) item.bar.remove();
  };

  const add = (files) => {
    for (const file of files) {
      const item = { file, row: make("li"), state: make("span") };
      item.row.append(make("b", file.name), item.state);
      list.append(item.row);
      // What calls itself HEIC may be a JPEG; the gallery tells, and helps.
      if (!/^image\/(jpeg|png|gif|webp|hei[cf])$/.test(file.type) && !/\.hei[cf]$/i.test(file.name)) {
        refuse(item, say.nophoto);
        continue;
      }
      if (file.size > Number(say.max)) {
        refuse(item, say.large);
        continue;
      }
      const drop = make("button", "✕");
      drop.type = "button";
      drop.setAttribute("aria-label", say.remove + ": " + file.name);
      drop.onclick = () => {
        waiting = waiting.filter((other) => other !== item);
        item.row.remove();
        update();
      };
      item.state.append(drop);
      waiting.push(item);
    }
    box.open = true;
    update();
  };

  // What a request that has ended says of the file: where it is now, or why not.
  const settle = (item, request) => {
    let answer = null;
    try {
      answer = JSON.parse(request.responseText);
    } catch {
      // Not the gallery's own answer; the status must do.
    }
    if (answer && answer.stored.length) {
      shown = answer.album;
      item.bar.remove();
      const link = make("a", say.added);
      link.href = answer.stored[0].href;
      item.state.replaceChildren(link);
    } else if (answer && answer.there.length) {
      refused++;
      item.bar.remove();
      const link = make("a", `${say.there}: ${answer.there[0].name}`);
      link.href = answer.there[0].href;
      item.state.replaceChildren(link);
    } else if (answer && answer.refused.length) {
      refuse(item, answer.refused[0].reason);
    } else {
      refuse(item, { 0: say.broke, 401: say.signin, 413: say.large }[request.status] || say.failed);
    }
  };

  const send = (item) => {
    const body = new FormData();
    body.append("album", album.value);
    body.append("photo", item.file);
    item.bar = make("progress");
    item.bar.max = 1;
    item.bar.value = 0;
    item.bar.setAttribute("aria-label", item.file.name);
    item.row.append(item.bar);
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.setRequestHeader("Accept", "application/json");
    request.upload.onprogress = (e) => {
      if (e.lengthComputable) item.bar.value = e.loaded / e.total;
    };
    request.upload.onload = () => {
      item.bar.removeAttribute("value");
      item.state.textContent = say.checking;
    };
    request.onloadend = () => {
      settle(item, request);
      sending--;
      next();
    };
    request.send(body);
  };

  const next = () => {
    while (sending < atOnce && waiting.length) {
      sending++;
      send(waiting.shift());
    }
    update();
    if (sending || !shown) return;
    if (!refused) {
      location.assign(shown);
      return;
    }
    // What was refused stays to be read; the rest is behind the link.
    const link = make("a", say.show);
    link.href = shown;
    const row = make("li");
    row.append(link);
    list.append(row);
    shown = "";
  };

  for (const field of form.querySelectorAll("input[type=file]")) {
    field.addEventListener("change", () => {
      add(field.files);
      field.value = ""; // so that the same file can be chosen anew
    });
  }

  form.addEventListener("submit", (e) => {
    e.preventDefault();
    if (sending) return;
    for (const item of waiting) item.state.textContent = say.waiting;
    next();
  });

  // Files may be dropped anywhere on the page.
  const bringsFiles = (e) => e.dataTransfer && e.dataTransfer.types.includes("Files");
  addEventListener("dragover", (e) => {
    if (!bringsFiles(e)) return;
    e.preventDefault();
    box.open = true;
    box.classList.add("over");
  });
  addEventListener("dragleave", (e) => {
    if (!e.relatedTarget) box.classList.remove("over");
  });
  addEventListener("drop", (e) => {
    if (!bringsFiles(e)) return;
    e.preventDefault();
    box.classList.remove("over");
    add(e.dataTransfer.files);
  });

  addEventListener("beforeunload", (e) => {
    if (sending) e.preventDefault();
  });
  update();
})();
