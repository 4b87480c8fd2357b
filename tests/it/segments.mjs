// 10,000 texts, and how Twilio's own calculator counts each: a JSON object a line.
//
// Run in a folder that has npm's `sms-segments-calculator`. The same seed makes the same texts.

import { createRequire } from "node:module";
import { join } from "node:path";

const { SegmentedMessage } = createRequire(join(process.cwd(), "x.js"))("sms-segments-calculator");
const TEXTS = 10_000;
const BASIC = "@£$¥èéùìòÇ\nØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡AZÄÖÑÜ§¿azäöñüà";
const EXTENSION = "^{}\\[~]|€\f";
const ODD = "çÇ`‘’“”–…\u00a0\tжЖшабвअंक中文字ありがとうمرحبا";
const EMOJI = ["😀", "🎉", "👍", "🚚", "𝄞", "𠀀"];
const CLUSTERS = ["👩‍👩‍👧", "👍🏽", "🇩🇪", "❤️", "e\u0301", "\r\n"];

let state = 12;
// mulberry32: https://gist.github.com/tommyettinger/46a874533244883189143505d203312c
function random() {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}

const below = (most) => Math.floor(random() * most);
const one = (of) => of[below(of.length)];

function text() {
    const plain = [...BASIC];
    const kind = below(5);
    // Around the bounds of one segment and of several there is most to get wrong.
    const bound = one(kind < 2 ? [160, 153, 306, 459] : [70, 67, 134, 201]);
    const length = random() < 0.6 ? Math.max(1, bound + below(9) - 4) : 1 + below(500);
    const rare = one([0.002, 0.05, 0.5]);
    let made = "";
    for (let at = 0; at < length; at++) {
        if (random() >= rare || kind === 0) {
            made += one(plain);
        } else if (kind === 1) {
            made += one([...EXTENSION]);
        } else if (kind === 2) {
            made += one([...ODD]);
        } else {
            made += one(kind === 3 ? EMOJI : CLUSTERS);
        }
    }
    return made;
}

for (let turn = 0; turn < TEXTS; turn++) {
    const made = text();
    const counted = new SegmentedMessage(made);
    const line = {
        text: made,
        encoding: counted.encodingName,
        segments: counted.segmentsCount,
        units: counted.encodedChars.reduce((sum, one) => sum + one.codeUnits.length, 0),
        clusters: counted.graphemes.some((one) => [...one].length > 1),
    };
    process.stdout.write(JSON.stringify(line) + "\n");
}
