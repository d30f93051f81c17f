// What pages do beyond plain HTML. Every page works without it; nothing here decides anything.
"use strict";

// ---- A draft of a facility: changes saved as they are made, files sent one by one, the page beside what was read.

(() => {
  const saved = document.querySelector("[data-saved]");
  const here = location.pathname;
  const kept = "kofu-kept " + here;
  const token = () => document.querySelector('main input[name="form_token"]')?.value ?? "";

  for (const element of document.querySelectorAll("[data-no-script]")) element.hidden = true;
  for (const element of document.querySelectorAll("[data-script-only]")) element.hidden = false;

  const tell = (words, failed, link) => {
    if (!saved) return;
    saved.classList.toggle("failed", Boolean(failed));
    saved.textContent = words;
    if (link) {
      const anchor = document.createElement("a");
      anchor.href = link.href;
      anchor.textContent = link.words;
      saved.append(" ", anchor);
    }
  };

  const seen = (version) => {
    for (const field of document.querySelectorAll('input[name="version"]')) {
      if (Number(field.value) < version) field.value = String(version);
    }
  };

  const signIn = () => "/sign-in?next=" + encodeURIComponent(here);

  // One change at a time: each carries the version that the one before it made.
  let last = Promise.resolve();
  const send = (form) => {
    last = last.then(() => sent(form));
    return last;
  };

  const sent = async (form) => {
    tell(saved.dataset.wordsSaving);
    let answer;
    try {
      answer = await fetch(form.action, {
        method: "POST",
        body: new URLSearchParams(new FormData(form)),
        headers: { accept: "application/json" },
      });
    } catch {
      tell(saved.dataset.wordsFailed, true);
      return false;
    }
    const body = await answer.json().catch(() => ({}));
    if (answer.ok) {
      seen(body.version);
      tell(saved.dataset.wordsSaved);
      return true;
    }
    if (answer.status === 401) {
      keep();
      tell(saved.dataset.wordsSignedOut, true, { href: signIn(), words: saved.dataset.wordsSignIn });
    } else if (answer.status === 409) {
      keep();
      tell(saved.dataset.wordsConflict, true, { href: here, words: saved.dataset.wordsReload });
    } else {
      tell(body.detail ?? saved.dataset.wordsFailed, true);
    }
    return false;
  };

  // What could not be saved waits in this browser until the page is open again.
  const autosaved = () => [...document.querySelectorAll("form[data-autosave]")];
  const keep = () => {
    const values = autosaved().flatMap((form) =>
      [...form.elements].filter((one) => one.id).map((one) => [one.id, one.value]));
    sessionStorage.setItem(kept, JSON.stringify(values));
  };
  const restore = () => {
    const values = JSON.parse(sessionStorage.getItem(kept) ?? "[]");
    sessionStorage.removeItem(kept);
    const changed = new Set();
    for (const [id, value] of values) {
      const field = document.getElementById(id);
      if (field?.form && field.value !== value) {
        field.value = value;
        changed.add(field.form);
      }
    }
    for (const form of changed) saveAndShow(form);
  };

  // The parts of the page that follow from what was saved.
  const refresh = async () => {
    const answer = await fetch(here, { headers: { accept: "text/html" } }).catch(() => null);
    if (!answer?.ok || answer.redirected) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const focused = document.activeElement?.id;
    for (const id of ["documents", "preview"]) {
      const fresh = page.getElementById(id);
      if (fresh) document.getElementById(id)?.replaceWith(fresh);
    }
    for (const element of document.querySelectorAll("#documents [data-no-script]")) element.hidden = true;
    seen(Math.max(0, ...[...page.querySelectorAll('input[name="version"]')].map((field) => Number(field.value))));
    if (focused) document.getElementById(focused)?.focus();
    watchViewers();
  };

  const saveAndShow = async (form) => {
    if (await send(form)) await refresh();
  };

  document.addEventListener("change", (event) => {
    const form = event.target.form;
    if (form?.matches("form[data-autosave]")) saveAndShow(form);
    // What a document is, is said by choosing.
    if (form?.matches("form[data-quiet]") && event.target.matches("select") && event.target.value) saveAndShow(form);
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!saved || !form.matches("form[data-autosave], form[data-quiet]")) return;
    event.preventDefault();
    saveAndShow(form);
  });

  // Files
  const upload = document.querySelector("form[data-upload]");
  if (upload) {
    const words = upload.dataset;
    const list = upload.querySelector("[data-sending]");
    const drop = upload.querySelector("[data-drop]");
    const waiting = [];
    let busy = 0;

    const one = (file, bar, told) => new Promise((done) => {
      const fail = (text) => {
        bar.remove();
        told.textContent = text;
        told.classList.add("failed");
        done();
      };
      if (file.size > Number(words.most)) return fail(words.wordsLarge);
      if (file.size === 0) return fail(words.wordsEmpty);
      const form = new FormData();
      form.append("form_token", token());
      form.append("declared", upload.querySelector('input[name="declared"]:checked').value);
      form.append("file", file, file.name);
      const request = new XMLHttpRequest();
      request.open("POST", upload.action);
      request.setRequestHeader("accept", "application/json");
      request.responseType = "json";
      request.upload.addEventListener("progress", (event) => {
        if (event.lengthComputable) bar.value = event.loaded / event.total;
      });
      request.addEventListener("error", () => fail(words.wordsFailed));
      request.addEventListener("load", async () => {
        const answer = request.response ?? {};
        if (request.status === 401) return fail(words.wordsSignedOut);
        if (answer.refused?.length) return fail(answer.refused[0].text);
        if (request.status !== 200) return fail(answer.detail ?? words.wordsFailed);
        seen(answer.version);
        bar.value = 1;
        told.textContent = words.wordsReading;
        await refresh();
        for (const taken of answer.taken ?? []) {
          const read = await fetch(`${here}/documents/${taken.position}/read`, {
            method: "POST",
            body: new URLSearchParams({ form_token: token() }),
            headers: { accept: "application/json" },
          }).catch(() => null);
          if (!read?.ok) return fail((await read?.json().catch(() => null))?.detail ?? words.wordsFailed);
          seen((await read.json()).version);
        }
        await refresh();
        bar.remove();
        told.textContent = words.wordsDone;
        done();
      });
      told.textContent = words.wordsSending;
      request.send(form);
    });

    const next = async () => {
      // Two at a time: one is sent while another is read.
      while (busy < 2 && waiting.length) {
        const start = waiting.shift();
        busy += 1;
        start().finally(() => {
          busy -= 1;
          next();
        });
      }
    };

    const add = (files) => {
      for (const file of files) {
        const row = document.createElement("li");
        const name = document.createElement("span");
        const bar = document.createElement("progress");
        const told = document.createElement("span");
        name.textContent = file.name;
        bar.max = 1;
        bar.value = 0;
        bar.setAttribute("aria-label", file.name);
        told.textContent = words.wordsWaiting;
        row.append(name, bar, told);
        list.append(row);
        waiting.push(() => one(file, bar, told));
      }
      next();
    };

    // Where there is a camera to be held, it is offered.
    if (matchMedia("(pointer: coarse)").matches) upload.querySelector("[data-camera]").hidden = false;
    for (const input of upload.querySelectorAll('input[type="file"]')) {
      input.addEventListener("change", () => {
        add(input.files);
        input.value = "";
      });
    }
    for (const name of ["dragenter", "dragover"]) {
      drop.addEventListener(name, (event) => {
        event.preventDefault();
        drop.classList.add("over");
      });
    }
    for (const name of ["dragleave", "drop"]) drop.addEventListener(name, () => drop.classList.remove("over"));
    drop.addEventListener("drop", (event) => {
      event.preventDefault();
      add(event.dataTransfer.files);
    });
    upload.addEventListener("submit", (event) => event.preventDefault());
  }

  // The page of a document beside what was read from it: fetched when it comes into sight.
  const figures = new Map();
  const show = async (viewer, address) => {
    const path = address.split("#")[0];
    // What is read anew may have other boxes.
    const key = path + " " + viewer.closest("[data-document]").querySelectorAll(".marked").length;
    if (viewer.dataset.shown === key) return;
    viewer.dataset.shown = key;
    if (!figures.has(key)) {
      const answer = await fetch(path).catch(() => null);
      if (!answer?.ok || answer.redirected) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const figure = page.querySelector(".viewer-figure");
      if (!figure) return;
      for (const element of figure.querySelectorAll("[id]")) element.removeAttribute("id");
      figures.set(key, figure);
    }
    if (viewer.dataset.shown !== key) return;
    viewer.querySelector(".viewer-figure")?.remove();
    viewer.append(document.importNode(figures.get(key), true));
  };
  const sight = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      sight.unobserve(entry.target);
      show(entry.target, entry.target.querySelector("a").getAttribute("href"));
    }
  }, { rootMargin: "200px" });
  const watchViewers = () => {
    for (const viewer of document.querySelectorAll("[data-viewer]")) if (!viewer.dataset.shown) sight.observe(viewer);
  };
  watchViewers();

  const light = async (row, on) => {
    const scope = row.closest("[data-document]") ?? document;
    const viewer = scope.querySelector("[data-viewer]");
    const place = row.querySelector?.(".place");
    if (on && viewer && place) await show(viewer, place.getAttribute("href"));
    for (const one of scope.querySelectorAll(`[data-mark="${row.dataset.mark}"]`)) {
      one.classList.toggle("lit", on);
      if (on && viewer && one !== row && one.matches(".mark")) one.scrollIntoView({ block: "nearest", inline: "nearest" });
    }
  };
  for (const [name, on] of [["mouseover", true], ["mouseout", false], ["focusin", true], ["focusout", false]]) {
    document.addEventListener(name, (event) => {
      const row = event.target.closest?.("[data-mark]");
      if (row) light(row, on);
    });
  }
  document.addEventListener("click", (event) => {
    const place = event.target.closest?.("[data-document] .place");
    if (!place || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    light(place.closest("[data-mark]"), true);
  });

  if (saved) restore();
})();

// ---- A claim under review: its documents beside what was read, places that light up, keys, and who else has it open.

(() => {
  const page = document.querySelector("[data-review]");
  if (!page) return;
  const viewer = page.querySelector("[data-viewer]");
  const words = viewer.dataset;
  const rows = [...page.querySelectorAll("[data-document] .marked")];
  let shown = "";
  let zoom = 0;
  let at = -1;

  const tools = document.createElement("div");
  tools.className = "viewer-tools";
  const picture = document.createElement("div");
  const zoomTo = (to) => {
    zoom = Math.max(0, Math.min(3, to));
    viewer.className = "viewer zoom-" + zoom;
  };
  for (const [name, sign, by] of [[words.zoomIn, "+", 1], [words.zoomOut, "-", -1]]) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "quiet";
    button.textContent = name + " " + sign;
    button.addEventListener("click", () => zoomTo(zoom + by));
    tools.append(button);
  }
  viewer.append(tools, picture);

  // The page about a document has the picture, its boxes and the ways to its other pages.
  const open = async (address) => {
    if (shown === address) return true;
    shown = address;
    picture.textContent = words.waiting;
    const answer = await fetch(address).catch(() => null);
    if (shown !== address) return false;
    if (!answer?.ok || answer.redirected) {
      picture.textContent = words.failed;
      return false;
    }
    const other = new DOMParser().parseFromString(await answer.text(), "text/html");
    const parts = [...other.querySelectorAll("main nav .pages, .viewer-figure")].map((part) => document.importNode(part, true));
    picture.replaceChildren(...parts);
    for (const link of picture.querySelectorAll(".pages a")) {
      link.addEventListener("click", (event) => {
        event.preventDefault();
        open(link.getAttribute("href"));
      });
    }
    for (const mark of picture.querySelectorAll("[data-mark]")) {
      mark.addEventListener("click", () => {
        const base = address.split("?")[0];
        const row = rows.findIndex((one) =>
          one.dataset.mark === mark.dataset.mark && one.closest("[data-document]").dataset.document === base);
        if (row >= 0) light(row);
      });
    }
    for (const link of page.querySelectorAll("[data-open]")) {
      if (link.dataset.open === address.split("?")[0]) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
    return true;
  };

  const light = async (to) => {
    at = Math.max(0, Math.min(rows.length - 1, to));
    for (const row of rows) row.classList.remove("lit");
    const row = rows[at];
    if (!row) return;
    row.classList.add("lit");
    row.scrollIntoView({ block: "nearest" });
    const link = row.querySelector("a.place");
    link?.focus({ preventScroll: true });
    const address = link ? link.getAttribute("href").split("#")[0] : row.closest("[data-document]").dataset.document;
    if (!(await open(address))) return;
    for (const mark of picture.querySelectorAll("[data-mark]")) {
      const lit = mark.dataset.mark === row.dataset.mark;
      mark.classList.toggle("lit", lit);
      if (lit) mark.scrollIntoView({ block: "nearest", inline: "nearest" });
    }
  };

  rows.forEach((row, place) => row.addEventListener("click", (event) => {
    event.preventDefault();
    light(place);
  }));
  for (const link of page.querySelectorAll("[data-open]")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      open(link.dataset.open);
    });
  }
  const first = page.querySelector("[data-open]");
  if (first) open(first.dataset.open);

  for (const button of page.querySelectorAll("[data-insert]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      const field = document.getElementById(button.dataset.insert);
      field.value = (field.value.trim() ? field.value.trimEnd() + "\n" : "") + button.dataset.text;
      field.focus();
    });
  }

  const typing = (element) => element.matches("input:not([type=radio]):not([type=checkbox]), textarea, select");
  document.addEventListener("keydown", (event) => {
    const target = event.target;
    if (event.key === "Escape" && typing(target)) return target.blur();
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && target.id === "reason") {
      return target.form.requestSubmit();
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || typing(target)) return;
    const choose = page.querySelector(`[data-key-choose="${CSS.escape(event.key)}"]`);
    const go = page.querySelector(`[data-key-go="${CSS.escape(event.key)}"]`);
    if (choose) {
      choose.checked = true;
      document.getElementById("reason").focus();
    } else if (go) go.click();
    else if (event.key === "j") light(at + 1);
    else if (event.key === "k") light(at - 1);
    else if (event.key === "+") zoomTo(zoom + 1);
    else if (event.key === "-") zoomTo(zoom - 1);
    else return;
    event.preventDefault();
  });

  // Who else has it open, and whether it is still as it was.
  const looking = page.querySelector("[data-looking]");
  if (page.dataset.look) {
    setInterval(async () => {
      if (document.hidden) return;
      const answer = await fetch(page.dataset.look, {
        method: "POST",
        body: new URLSearchParams({ form_token: page.dataset.token }),
        headers: { accept: "application/json" },
      }).catch(() => null);
      const told = answer?.ok ? await answer.json() : null;
      if (!told) return;
      const changed = String(told.version) !== page.dataset.version ? page.dataset.changed : "";
      const text = [changed, told.text].filter(Boolean).join(" ");
      if (looking.textContent === text) return;
      looking.textContent = text;
      looking.classList.toggle("none", !text);
    }, 30000);
  }
})();
