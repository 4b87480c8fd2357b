// Files on their way out: made small enough for a message, and into base64.

const MAX_BYTES = 5 * 1024 * 1024;
const MAX_FILES = 10;
const MAX_EDGE = 2048;

const NAMES = [
  [/^image\//, "Picture"], [/^video\//, "Video"], [/^audio\//, "Sound"], [/^text\/(x-)?vcard$/, "Contact card"],
  [/^text\/(x-v)?calendar$/, "Calendar entry"], [/^application\/pdf$/, "PDF"], [/^text\//, "Text"],
];

/** What a file of this type is to a person, and the element that shows it, if any does. */
export function kindOf(content_type) {
  const known = NAMES.find(([type]) => type.test(content_type));
  const shows = /^image\/(png|apng|jpeg|gif|webp|avif|bmp)$/.test(content_type) ? "image" : content_type.match(/^(audio|video)\//)?.[1];
  return { name: known ? known[1] : "File", shows };
}

/** A file ready to be sent: { name, content_type, data, preview, bytes }. Throws a sentence for the person. */
export async function encode(file, others) {
  if (others.length >= MAX_FILES) throw new Error(`At most ${MAX_FILES} files in one message.`);
  const room = MAX_BYTES - others.reduce((sum, other) => sum + other.bytes, 0);
  const blob = file.size > room && file.type.startsWith("image/") ? await reduce(file) : file;
  if (blob.size > room) throw new Error("All files of a message together can have 5 MB.");
  const content_type = blob.type || "application/octet-stream";
  const data = await base64(blob);
  return { name: file.name || "picture", content_type, data, preview: URL.createObjectURL(blob), bytes: blob.size };
}

async function reduce(file) {
  try {
    const bitmap = await createImageBitmap(file);
    const scale = Math.min(1, MAX_EDGE / Math.max(bitmap.width, bitmap.height));
    const canvas = new OffscreenCanvas(Math.round(bitmap.width * scale), Math.round(bitmap.height * scale));
    canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    return await canvas.convertToBlob({ type: "image/jpeg", quality: 0.85 });
  } catch {
    return file;
  }
}

function base64(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = () => reject(new Error("The file could not be read."));
    reader.readAsDataURL(blob);
  });
}
