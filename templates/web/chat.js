// One phone: its conversation with the desk, and the line to write in.

import { arrange, avatar, clock, dayName, el, icon, linked, pretty } from "./dom.js";
import { encode, kindOf } from "./files.js";

const MAX_SHOWN = 400;
const GROUP_MS = 120_000;
const MARKS = { sending: "clock", sent: "check", delivered: "checks", failed: "alert" };

/** Whether a message is the one that was just written here: the simulator may tell before it answers. */
function isSame(message, local) {
  return message.own && message.seq > local.after && message.text === local.text && message.media.length === local.media.length;
}

export class Chat {
  /** `desk` has messagesOf(number), numbers, send(…), show(image), back(). */
  constructor(phone, desk) {
    this.phone = phone;
    this.desk = desk;
    this.ours = desk.messagesOf(phone.number).at(-1)?.ours ?? desk.numbers[0];
    this.nodes = new Map();
    this.pending = [];
    this.files = [];
    this.build();
  }

  build() {
    const { number } = this.phone;
    this.head = el("div", { className: "who" });
    this.log = el("ol", { className: "log", aria: { live: "polite" } });
    this.log.setAttribute("role", "log");
    this.scroller = el("div", { className: "scroller", tabIndex: 0, role: "region" }, this.log);
    this.scroller.setAttribute("aria-label", "Messages");
    this.text = el("textarea", { rows: 1, maxLength: 10_000, placeholder: "Text message", name: "text" });
    this.text.setAttribute("aria-label", "Text message");
    this.picker = el("input", { type: "file", multiple: true, hidden: true });
    this.picker.accept = "image/*,video/*,audio/*,application/pdf,text/vcard";
    this.tray = el("div", { className: "tray" });
    this.error = el("p", { className: "error" });
    this.error.setAttribute("role", "alert");
    const attach = this.button("clip", "Add a picture or file", "round quiet", () => this.picker.click());
    this.go = el("button", { type: "submit", className: "round primary", aria: { label: "Send" }, title: "Send" }, icon("send"));
    this.form = el("form", { className: "compose" }, this.tray, this.error,
      el("div", { className: "line" }, attach, this.picker, this.text, this.go));
    const back = this.button("back", "Back to all phones", "round quiet back", () => this.desk.back());
    const bar = el("div", { className: "status-bar", aria: { hidden: "true" } }, this.time = el("span"), el("i"), el("b"));
    this.call = el("div", { className: "call", hidden: true });
    this.call.setAttribute("role", "status");
    this.node = el("section", { className: "phone", data: { phone: number } }, bar,
      el("header", {}, back, this.head), this.call, this.scroller, this.form);
    this.listen();
    this.renderHead();
    this.renderCall();
    this.render();
  }

  /** The call that rings or goes on, with what can be done about it. */
  renderCall() {
    const call = this.desk.callOf(this.phone.number);
    this.call.hidden = !call;
    if (!call) {
      this.call.replaceChildren();
      return;
    }
    const rings = call.status === "ringing";
    const does = (takes, text, className) => el("button", {
      type: "button", className, textContent: text, data: { call: takes ? "answer" : "hang-up" },
      onclick: () => this.desk.takeCall(this.phone.number, takes).catch((problem) => { this.error.textContent = problem.message; }),
    });
    const ours = pretty(call.ours);
    const says = rings ? `📞 ${ours} is calling…` : call.on_hold ? `📞 On hold: ${ours} cannot hear you` : `📞 In a call with ${ours}`;
    this.call.replaceChildren(
      el("span", { textContent: says }),
      rings ? does(true, "Answer", "answer") : "",
      does(false, rings ? "Decline" : "Hang up", "hang-up"));
  }

  button(shape, label, className, onclick) {
    return el("button", { type: "button", className, title: label, aria: { label }, onclick }, icon(shape));
  }

  listen() {
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    this.text.addEventListener("keydown", (event) => {
      const touch = matchMedia("(pointer: coarse)").matches;
      if (event.key !== "Enter" || event.shiftKey || event.isComposing || touch) return;
      event.preventDefault();
      this.submit();
    });
    this.text.addEventListener("input", () => this.grow());
    this.picker.addEventListener("change", () => {
      this.addFiles([...this.picker.files]);
      this.picker.value = "";
    });
    this.text.addEventListener("paste", (event) => {
      const files = [...event.clipboardData.files];
      if (files.length) event.preventDefault();
      this.addFiles(files);
    });
    this.node.addEventListener("dragover", (event) => event.preventDefault());
    this.node.addEventListener("drop", (event) => {
      event.preventDefault();
      this.addFiles([...event.dataTransfer.files]);
    });
  }

  grow() {
    this.text.style.height = "auto";
    this.text.style.height = `${Math.min(this.text.scrollHeight, 140)}px`;
    this.go.disabled = !this.text.value.trim() && !this.files.length;
  }

  renderHead() {
    const { phone } = this;
    this.node.setAttribute("aria-label", `Phone of ${phone.name}`);
    this.node.classList.toggle("off", Boolean(phone.note));
    const number = el("p", { textContent: pretty(phone.number) });
    if (phone.note) number.append(" · ", el("span", { className: "chip", textContent: phone.note }));
    const parts = [avatar(phone), el("div", { className: "names" }, el("h2", { textContent: phone.name }), number)];
    if (this.desk.numbers.length > 1) {
      const options = this.desk.numbers.map((ours) => el("option", { value: ours, textContent: pretty(ours) }));
      const select = this.select = el("select", { title: "Number of the desk", aria: { label: "Number of the desk" } }, ...options);
      select.value = this.ours;
      select.onchange = () => (this.ours = select.value);
      parts.push(select);
    }
    this.head.replaceChildren(...parts);
    this.tick();
  }

  tick() {
    this.time.textContent = clock(Date.now());
  }

  render() {
    const stick = this.atEnd();
    const all = this.desk.messagesOf(this.phone.number);
    this.follow(all.at(-1));
    const shown = all.slice(-MAX_SHOWN).concat(this.pending.filter((local) => !all.some((message) => isSame(message, local))));
    const nodes = [];
    let before = null;
    for (const [at, message] of shown.entries()) {
      const day = dayName(message.at);
      if (!before || dayName(before.at) !== day) nodes.push(this.dayNode(day));
      const several = this.desk.numbers.length > 1;
      if (several && before?.ours !== message.ours) nodes.push(this.dayNode(`with ${pretty(message.ours)}`, message.sid));
      const near = (other) => other && other.ours === message.ours && other.own === message.own && Math.abs(other.at - message.at) < GROUP_MS
        && dayName(other.at) === day && other.mark !== "failed" && message.mark !== "failed";
      nodes.push(this.bubble(message, near(before), near(shown[at + 1])));
      before = message;
    }
    if (!shown.length) nodes.push(this.hint ??= el("li", { className: "hint", textContent: "Write to the desk: an agent will see it in their Matrix client." }));
    arrange(this.log, nodes);
    const keep = new Set(nodes);
    for (const [key, { node }] of this.nodes) if (!keep.has(node)) this.nodes.delete(key);
    this.rendered = true;
    this.tick();
    if (stick) this.toEnd();
    this.grow();
  }

  /** The next text goes to the number that was used last, unless one is being written. */
  follow(last) {
    if (!last || last.sid === this.followed || this.text.value || this.files.length) return;
    this.followed = last.sid;
    this.ours = last.ours;
    if (this.select) this.select.value = this.ours;
  }

  dayNode(day, key = "") {
    return this.keyed(`day ${day} ${key}`, "", () => el("li", { className: "day" }, el("span", { textContent: day })));
  }

  /** The node of a key, made anew only when what it shows has changed. */
  keyed(key, version, make) {
    const known = this.nodes.get(key);
    if (known?.version === version) return known.node;
    const node = make();
    this.nodes.set(key, { version, node });
    return node;
  }

  bubble(message, joinsBefore, joinsAfter) {
    const version = [message.rev, message.mark, joinsBefore, joinsAfter].join();
    // What was just written or has just come moves in; what only changes its mark stays still.
    const isNew = this.rendered && !this.nodes.has(message.sid) && (!message.own || message.rev === 0);
    return this.keyed(message.sid, version, () => {
      const side = message.own ? "own" : "desk";
      const classes = ["message", side, message.mark, joinsBefore && "joins-before", joinsAfter && "joins-after", isNew && "new"];
      const body = el("div", { className: "bubble" }, ...message.media.map((part) => this.media(message, part)));
      if (message.text) body.append(el("p", { className: "text", dir: "auto" }, ...linked(message.text)));
      const item = el("li", { className: classes.filter(Boolean).join(" "), data: { sid: message.sid, mark: message.mark } }, body);
      const last = !joinsAfter || message.mark !== "delivered";
      if (last) item.append(this.meta(message));
      return item;
    });
  }

  meta(message) {
    const said = { sending: "on its way", sent: "sent", delivered: "delivered", failed: "failed" }[message.mark];
    const meta = el("div", { className: "meta" }, el("time", { textContent: clock(message.at) }));
    meta.append(icon(MARKS[message.mark], said));
    if (message.mark === "failed") {
      const why = message.own ? message.note : `never arrived: ${message.note ?? "no reason given"}`;
      meta.append(el("span", { className: "why", textContent: [message.code, why].filter(Boolean).join(" · ") }));
    }
    return meta;
  }

  media(message, part) {
    const src = part.preview ?? `/phone/api/media/${message.sid}/${part.sid}`;
    const { shows, name } = kindOf(part.content_type);
    const file = () => el("a", { className: "file", href: src, download: "" }, icon("file"),
      el("span", {}, el("b", { textContent: name }), el("small", { textContent: part.content_type })));
    // What the browser cannot show or play can still be saved.
    const onerror = ({ currentTarget }) => (currentTarget.closest(".picture, .sound") ?? currentTarget).replaceWith(file());
    const end = () => this.stuck && this.toEnd();
    if (shows === "image") {
      const img = el("img", { src, alt: name, loading: "lazy", onload: end, onerror });
      return el("button", { type: "button", className: "picture", aria: { label: "Open picture" }, onclick: () => this.desk.show(src) }, img);
    }
    if (shows === "video") return el("video", { src, controls: true, preload: "metadata", onloadedmetadata: end, onerror });
    if (shows === "audio") return el("div", { className: "sound" }, el("audio", { src, controls: true, preload: "metadata", onerror }));
    return file();
  }

  atEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.scroller;
    return (this.stuck = scrollHeight - scrollTop - clientHeight < 80);
  }

  toEnd() {
    this.stuck = true;
    this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  async addFiles(files) {
    for (const file of files) {
      try {
        this.files.push(await encode(file, this.files));
        this.error.textContent = "";
      } catch (error) {
        this.error.textContent = error.message;
      }
    }
    this.renderTray();
    if (files.length) this.text.focus();
  }

  renderTray() {
    this.tray.replaceChildren(...this.files.map((file) => {
      const image = kindOf(file.content_type).shows === "image";
      const shown = image ? el("img", { src: file.preview, alt: file.name }) : el("span", {}, icon("file"), file.name);
      const remove = () => {
        this.files = this.files.filter((other) => other !== file);
        URL.revokeObjectURL(file.preview);
        this.renderTray();
      };
      return el("div", { className: "thumb" }, shown, this.button("close", `Remove ${file.name}`, "round", remove));
    }));
    this.grow();
  }

  async submit() {
    const text = this.text.value;
    if (!text.trim() && !this.files.length) return;
    const files = this.files;
    const local = {
      sid: `local ${Date.now()} ${Math.random()}`, rev: 0, own: true, text, mark: "sending", at: Date.now(), ours: this.ours,
      after: this.desk.messagesOf(this.phone.number).at(-1)?.seq ?? 0,
      media: files.map(({ content_type, preview }) => ({ content_type, preview })),
    };
    this.pending.push(local);
    this.files = [];
    this.text.value = "";
    this.error.textContent = "";
    this.renderTray();
    this.render();
    this.toEnd();
    try {
      await this.desk.send(this.phone.number, this.ours, text, files);
    } catch (error) {
      // What was written comes back to the line, unless something new stands there.
      this.error.textContent = error.message;
      if (!this.text.value && !this.files.length) {
        this.text.value = text;
        this.files = files;
        this.renderTray();
      }
    }
    this.pending = this.pending.filter((other) => other !== local);
    this.render();
  }
}
