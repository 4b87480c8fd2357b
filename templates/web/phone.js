// The page: which phones there are, which are open, and what the simulator tells.

import { Chat } from "./chat.js";
import { arrange, avatar, clock, el, icon, pretty } from "./dom.js";
import { kindOf } from "./files.js";

const phones = new Map();
const messages = new Map();
const byPhone = new Map();
const chats = new Map();
const entries = new Map();
/** Numbers of the open phones, the one opened last first. */
let open = [];
let slots = 1;
const seen = new Map(Object.entries(recall()));

const $ = (id) => document.getElementById(id);
/** Calls that ring or go on, by their ids. */
const calls = new Map();
/** The calls that this connection has told of: it knows them better than a state that was asked for before. */
const toldOf = new Set();
const callOf = (number) => [...calls.values()].find((call) => call.phone === number && (call.status === "ringing" || call.status === "in-progress"));
const desk = { numbers: [], messagesOf: (number) => byPhone.get(number) ?? [], callOf, takeCall, send, show, back };

// ---- what the simulator tells ----

function takeMessage(message) {
  const known = messages.get(message.sid);
  if (known && known.rev >= message.rev) return;
  messages.set(message.sid, message);
  const list = byPhone.get(message.phone) ?? [];
  const at = list.findIndex((other) => other.sid === message.sid);
  if (at >= 0) list[at] = message;
  else list.push(message);
  if (list.length > 1 && list.at(-1).seq < list.at(-2).seq) list.sort((a, b) => a.seq - b.seq);
  byPhone.set(message.phone, list);
}

function takePhone(phone) {
  phones.set(phone.number, phone);
  const chat = chats.get(phone.number);
  if (chat) {
    chat.phone = phone;
    chat.renderHead();
  }
}

function takeChange(call) {
  if (call.over) calls.delete(call.sid);
  else calls.set(call.sid, call);
  chats.get(call.phone)?.renderCall();
}

async function readAll() {
  const answer = await fetch("/phone/api/state");
  if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
  const state = await answer.json();
  desk.numbers = state.numbers;
  $("desk").textContent = state.numbers.length === 1 ? `Desk at ${pretty(state.numbers[0])}` : `Desk with ${state.numbers.length} numbers`;
  state.phones.forEach(takePhone);
  state.messages.forEach(takeMessage);
  for (const sid of calls.keys()) if (!toldOf.has(sid)) calls.delete(sid);
  state.calls.filter((call) => !toldOf.has(call.sid)).forEach(takeChange);
  layout();
  for (const chat of chats.values()) {
    chat.render();
    chat.renderCall();
  }
  renderList();
}

let source;
let retry;

/** Listens first and reads after, so that nothing falls between; an older state never replaces a newer one. */
function connect() {
  clearTimeout(retry);
  source?.close();
  toldOf.clear();
  source = new EventSource("/phone/api/events");
  source.onopen = () => readAll().then(() => say(""), () => again());
  source.addEventListener("reload", () => {
    toldOf.clear();
    readAll().catch(again);
  });
  source.onerror = () => {
    say("Connection lost. Trying again…");
    if (source.readyState === EventSource.CLOSED) again();
  };
  source.onmessage = (event) => {
    const { phone, message, call } = JSON.parse(event.data);
    if (phone) takePhone(phone);
    if (message) takeMessage(message);
    if (call) {
      toldOf.add(call.sid);
      takeChange(call);
    }
    layout();
    chats.get(message?.phone)?.render();
    renderList();
  };
}

function again() {
  say("Connection lost. Trying again…");
  clearTimeout(retry);
  retry = setTimeout(connect, 1500);
}

function say(text) {
  $("link").textContent = text;
}

async function post(path, body) {
  let answer;
  try {
    answer = await fetch(path, {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
    });
  } catch {
    throw new Error("The simulator cannot be reached.");
  }
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(sentence(told.error ?? `HTTP ${answer.status}`));
  return told;
}

const sentence = (text) => `${text[0].toUpperCase()}${text.slice(1)}.`;

async function send(phone, to, text, files) {
  const media = files.map(({ content_type, data }) => ({ content_type, data }));
  const { message } = await post("/phone/api/messages", { phone, to, text, media });
  takeMessage(message);
  renderList();
}

async function takeCall(phone, takes) {
  await post("/phone/api/calls", { phone, takes });
}

// ---- the list and the open phones ----

function renderList() {
  const last = (number) => byPhone.get(number)?.at(-1);
  // By the latest message; those without one keep the order they were made in.
  const sorted = [...phones.values()].sort((a, b) => (last(b.number)?.seq ?? 0) - (last(a.number)?.seq ?? 0));
  markSeen();
  arrange($("phones"), sorted.map((phone) => entry(phone, last(phone.number))));
  const unread = [...phones.keys()].reduce((sum, number) => sum + unreadOf(number), 0);
  document.title = `${unread ? `(${unread}) ` : ""}Phones · Switchroom`;
}

function entry(phone, message) {
  const unread = unreadOf(phone.number);
  const isOpen = visible().includes(phone.number);
  const call = callOf(phone.number);
  const version = [phone.name, phone.note, message?.rev, unread, isOpen, call?.status, call?.on_hold].join();
  const known = entries.get(phone.number);
  if (known?.version === version) return known.node;
  const text = message ? (message.text || message.media.map((part) => kindOf(part.content_type).name).join(", ")) : pretty(phone.number);
  const preview = el("span", { className: "preview", dir: "auto" });
  if (call) preview.append(call.status === "ringing" ? "📞 Rings…" : call.on_hold ? "📞 On hold" : "📞 In a call");
  else {
    if (message?.own) preview.append("You: ");
    preview.append(text);
  }
  // The button itself stays, so that neither focus nor a click under way is lost.
  const button = known?.button ?? el("button", { type: "button", data: { open: phone.number }, onclick: () => openPhone(phone.number) });
  const item = known?.node ?? el("li", {}, button);
  button.replaceChildren(
    avatar(phone),
    el("span", { className: "lines" },
      el("span", { className: "name", textContent: phone.name }),
      el("time", { textContent: message ? clock(message.at) : "" }),
      preview,
      unread ? el("span", { className: "badge", textContent: unread, aria: { label: `${unread} unread` } }) : null));
  button.ariaCurrent = isOpen ? "true" : null;
  entries.set(phone.number, { version, node: item, button });
  return item;
}

function visible() {
  return $("app").dataset.view === "list" && slots === 0 ? [] : open.slice(0, Math.max(slots, 1));
}

/** How many phones fit beside the list; 0 where list and chat take turns. */
function countSlots() {
  const { innerWidth: width } = window;
  if (width < 700) return 0;
  return Math.max(1, Math.min(3, Math.floor((width - 290) / 300)));
}

function layout() {
  slots = countSlots();
  for (const number of phones.keys()) {
    if (open.length >= Math.max(slots, 1)) break;
    if (!open.includes(number)) open.push(number);
  }
  const shown = open.slice(0, Math.max(slots, 1));
  for (const number of shown) if (!chats.has(number)) chats.set(number, new Chat(phones.get(number), desk));
  // Open phones keep their places: by the order they were made in, not by the order they were opened in.
  const order = [...phones.keys()];
  const sorted = [...shown].sort((a, b) => order.indexOf(a) - order.indexOf(b));
  const before = new Set($("stage").children);
  arrange($("stage"), sorted.map((number) => chats.get(number).node));
  for (const number of sorted) {
    const chat = chats.get(number);
    if (!before.has(chat.node)) {
      chat.render();
      chat.toEnd();
    }
  }
}

function openPhone(number) {
  const shown = visible();
  if (!shown.includes(number)) open = [number, ...open.filter((other) => other !== number)];
  $("app").dataset.view = "chat";
  layout();
  renderList();
  const chat = chats.get(number);
  chat.render();
  chat.toEnd();
  chat.text.focus({ preventScroll: true });
}

function back() {
  const [number] = open;
  $("app").dataset.view = "list";
  renderList();
  document.querySelector(`[data-open="${CSS.escape(number)}"]`)?.focus();
}

// ---- unread ----

function recall() {
  try {
    return JSON.parse(localStorage.getItem("switchroom.seen")) ?? {};
  } catch {
    return {};
  }
}

function unreadOf(number) {
  const from = seen.get(number) ?? 0;
  return desk.messagesOf(number).filter((message) => !message.own && message.mark !== "failed" && message.seq > from).length;
}

function markSeen() {
  if (document.hidden) return;
  for (const number of visible()) {
    const last = desk.messagesOf(number).at(-1);
    if (last) seen.set(number, last.seq);
  }
  try {
    localStorage.setItem("switchroom.seen", JSON.stringify(Object.fromEntries(seen)));
  } catch {
    // Without storage, texts are new again after a reload.
  }
}

// ---- dialogs ----

function show(src) {
  const viewer = $("viewer");
  viewer.querySelector("img").src = src;
  viewer.showModal();
}

function setUpDialogs() {
  $("add").append(icon("plus"));
  $("viewer").querySelector("[data-close]").append(icon("close"));
  for (const dialog of document.querySelectorAll("dialog")) {
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog || event.target.closest("[data-close]")) dialog.close();
    });
  }
  const dialog = $("new-phone");
  const form = dialog.querySelector("form");
  const error = form.querySelector(".error");
  $("add").onclick = () => {
    form.reset();
    error.textContent = "";
    dialog.showModal();
  };
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const number = form.elements.number.value.replace(/[\s().-]/g, "").replace(/^00/, "+");
    const name = form.elements.name.value.trim();
    try {
      const { phone } = await post("/phone/api/phones", { name, number });
      takePhone(phone);
      dialog.close();
      openPhone(number);
    } catch (problem) {
      error.textContent = problem.message;
    }
  });
}

setUpDialogs();
connect();
addEventListener("resize", () => {
  layout();
  renderList();
});
addEventListener("keydown", (event) => {
  if (event.key === "Escape" && slots === 0 && $("app").dataset.view === "chat" && !document.querySelector("dialog[open]")) back();
});
document.addEventListener("visibilitychange", renderList);
setInterval(() => chats.forEach((chat) => chat.tick()), 10_000);
