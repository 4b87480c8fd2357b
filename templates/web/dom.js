// Small helpers for building the page. Text from phones and agents only ever becomes textContent, never markup.

/** An element with properties, data and children. */
export function el(tag, { data = {}, aria = {}, ...properties } = {}, ...children) {
  const node = document.createElement(tag);
  Object.assign(node, properties);
  Object.assign(node.dataset, data);
  for (const [name, value] of Object.entries(aria)) node.setAttribute(`aria-${name}`, value);
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

const LINK = /https?:\/\/[^\s<>"]+/gi;

/** A text as nodes: what is a web address in it can be followed, all else stays text. */
export function linked(text) {
  const nodes = [];
  let end = 0;
  for (const { 0: found, index } of text.matchAll(LINK)) {
    // What closes the sentence around an address is none of it.
    const href = found.replace(/[.,;:!?'’”)\]]+$/, "");
    if (!URL.canParse(href)) continue;
    nodes.push(text.slice(end, index), el("a", { href, target: "_blank", rel: "noopener noreferrer", textContent: href }));
    end = index + href.length;
  }
  return [...nodes, text.slice(end)];
}

const SHAPES = {
  plus: ["M12 5v14M5 12h14"],
  back: ["M15 5l-7 7 7 7"],
  send: ["M5 12h13M12 5l7 7-7 7"],
  clip: ["M20 11.500l-8.200 8.200a5 5 0 0 1-7.100-7.100l8.600-8.600a3.400 3.400 0 0 1 4.800 4.800l-8.500 8.500a1.700 1.700 0 0 1-2.400-2.400l7.800-7.800"],
  close: ["M6 6l12 12M18 6L6 18"],
  clock: ["M12 7v5l3 2", "M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18"],
  check: ["M5 12.500l4.500 4.500L19 7.500"],
  checks: ["M2 12.500l4.500 4.500L16 7.500", "M11.500 16l1 1L22 7.500"],
  alert: ["M12 7v6", "M12 16.500v.5", "M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18"],
  file: ["M7 3h7l5 5v13H7z", "M14 3v5h5"],
};

/** A line icon; decoration unless `label` says what it means. */
export function icon(name, label) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", `icon icon-${name}`);
  if (label) {
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", label);
  } else {
    svg.setAttribute("aria-hidden", "true");
  }
  for (const d of SHAPES[name]) {
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("d", d);
    svg.append(path);
  }
  return svg;
}

/** Makes the children of `parent` exactly `nodes`, moving as little as possible so that nothing is read out twice. */
export function arrange(parent, nodes) {
  const wanted = new Set(nodes);
  for (const child of [...parent.childNodes]) if (!wanted.has(child)) child.remove();
  nodes.forEach((node, at) => {
    if (parent.childNodes[at] !== node) parent.insertBefore(node, parent.childNodes[at] ?? null);
  });
}

/** A round picture with the initials of a name. */
export function avatar(phone) {
  const words = phone.name.split(/\s+/).filter((word) => /^\p{L}/u.test(word));
  const initials = words.length ? words.slice(0, 2).map((word) => [...word][0].toUpperCase()).join("") : "#";
  let sum = 0;
  for (const char of phone.number) sum = (sum * 31 + char.codePointAt(0)) % 997;
  return el("span", { className: `avatar hue-${sum % 6}`, aria: { hidden: "true" }, textContent: initials });
}

/** A number as people write it. */
export function pretty(number) {
  const us = /^\+1(\d{3})(\d{3})(\d{4})$/.exec(number);
  return us ? `+1 ${us[1]} ${us[2]} ${us[3]}` : number;
}

const time = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });

export const clock = (ms) => time.format(ms);

export function dayName(ms) {
  const start = (date) => new Date(date).setHours(0, 0, 0, 0);
  const days = Math.round((start(Date.now()) - start(ms)) / 86_400_000);
  return days === 0 ? "Today" : days === 1 ? "Yesterday" : day.format(ms);
}
