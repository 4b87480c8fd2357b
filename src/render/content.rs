//! The content of the events the bot's messages are sent as.
//! <https://spec.matrix.org/v1.16/client-server-api/#mroommessage>

use ruma::{EventId, UserId};
use serde_json::{Value, json};

use super::{Rendered, Templates};
use crate::domain::effect::Place;
use crate::domain::notice::{Notice, Says};
use crate::domain::original::Original;

/// How large a content may become, in bytes of JSON: an event has at most 64 KiB, with its envelope.
/// <https://spec.matrix.org/v1.16/client-server-api/#size-limits>
pub(super) const CONTENT_LIMIT_BYTES: usize = 60 * 1024;
/// How large the part for programs may become, in bytes of JSON.
pub(super) const NOTICE_LIMIT_BYTES: usize = 8 * 1024;
/// How much of a body is left, in bytes, where the whole content would be too large.
const BRIEF_BODY_BYTES: usize = 8 * 1024;
/// How long a string, in bytes, or a list may be in a notice for programs that would else be too large.
const BRIEF_STRING_BYTES: usize = 200;
const BRIEF_LIST: usize = 10;
/// How long the address, name or type of a file may be, in bytes.
const FILE_BYTES: usize = 255;

impl Templates {
    /// The content of the `m.room.message` event for a notice, said in `to`. One that wakes its reader is
    /// `m.text` and mentions `wake`, everything else is `m.notice` and mentions nobody, whatever its words
    /// are.
    #[must_use]
    pub fn content(
        &self,
        notice: &Notice,
        to: &Place,
        reply_to: Option<&EventId>,
        wake: Option<&UserId>,
    ) -> Value {
        let said = Said::new(self, notice, to);
        let finish = |mut content: Value| {
            if let Some(user) = wake.filter(|_| notice.says.wakes()) {
                content["m.mentions"] = json!({ "user_ids": [user] });
            }
            if let Some(event) = reply_to {
                content["m.relates_to"] = json!({ "m.in_reply_to": { "event_id": event } });
            }
            content
        };
        bounded(finish(said.whole()), || finish(said.brief()))
    }

    /// The content of the event that replaces what the bot said in `to`, in the event `of`, by this notice.
    /// It mentions nobody: an edit makes no phone ring anyway.
    /// <https://spec.matrix.org/v1.16/client-server-api/#event-replacements>
    #[must_use]
    pub fn edit(&self, notice: &Notice, to: &Place, of: &EventId) -> Value {
        let said = Said::new(self, notice, to);
        let finish = |new: Value| {
            let body = new["body"].as_str().map(|body| format!("* {body}"));
            json!({
                "msgtype": new["msgtype"], "body": body, "m.mentions": {},
                "org.switchroom.notice": new["org.switchroom.notice"],
                "m.relates_to": { "rel_type": "m.replace", "event_id": of },
                "m.new_content": new,
            })
        };
        bounded(finish(said.whole()), || finish(said.brief()))
    }
}

/// A notice in words and for programs, and the file it comes with.
struct Said<'n> {
    words: Rendered,
    data: Value,
    msgtype: &'static str,
    file: Option<&'n Original>,
}

impl<'n> Said<'n> {
    fn new(templates: &Templates, notice: &'n Notice, to: &Place) -> Self {
        let file = match &notice.says {
            Says::Saved { file, .. } => file.as_ref().filter(|file| fits(file)),
            Says::ResponseFile { file, .. } => Some(file).filter(|file| fits(file)),
            _ => None,
        };
        let words = if notice.says.wakes() { "m.text" } else { "m.notice" };
        let msgtype = file.map_or(words, Original::msgtype);
        let listed = templates.as_list(templates.fallback(), notice);
        let data = for_programs(listed.as_deref().unwrap_or(notice));
        Self { words: templates.words(notice, to), data, msgtype, file }
    }

    fn whole(&self) -> Value {
        let mut content = self.plain(&self.words.plain);
        content["format"] = "org.matrix.custom.html".into();
        content["formatted_body"] = self.words.html.as_str().into();
        content
    }

    fn brief(&self) -> Value {
        let end = self.words.plain.floor_char_boundary(BRIEF_BODY_BYTES);
        self.plain(&format!("{}…", &self.words.plain[..end]))
    }

    fn plain(&self, body: &str) -> Value {
        let mut content = json!({
            "msgtype": self.msgtype, "body": body, "m.mentions": {}, "org.switchroom.notice": self.data,
        });
        // What stands in the body is its caption.
        // https://spec.matrix.org/v1.16/client-server-api/#media-captions
        if let Some(Original { url, file, mime, bytes }) = self.file {
            content["url"] = json!(url);
            content["filename"] = json!(file);
            content["info"] = json!({});
            // Of a file that was named by its address alone nobody knows more.
            if !mime.is_empty() {
                content["info"]["mimetype"] = json!(mime);
            }
            if *bytes > 0 {
                content["info"]["size"] = json!(bytes);
            }
        }
        content
    }
}

/// Whether what names a file is as short as such names are.
fn fits(file: &Original) -> bool {
    let url = file.url.as_ref().map_or(0, |url| url.as_str().len());
    [url, file.file.len(), file.mime.len()].into_iter().all(|bytes| bytes <= FILE_BYTES)
}

fn bounded(whole: Value, brief: impl FnOnce() -> Value) -> Value {
    if size(&whole) <= CONTENT_LIMIT_BYTES { whole } else { brief() }
}

/// The notice for programs: whole, or with its long texts and lists cut, or no more than its code and
/// interaction.
fn for_programs(notice: &Notice) -> Value {
    let mut data = serde_json::to_value(notice).unwrap_or_default();
    if size(&data) > NOTICE_LIMIT_BYTES {
        cut(&mut data);
    }
    if size(&data) > NOTICE_LIMIT_BYTES {
        data = json!({ "code": data["code"], "interaction": data["interaction"] });
    }
    data
}

fn cut(value: &mut Value) {
    match value {
        Value::Object(fields) => fields.values_mut().for_each(cut),
        Value::Array(items) => {
            items.truncate(BRIEF_LIST);
            items.iter_mut().for_each(cut);
        }
        Value::String(text) if text.len() > BRIEF_STRING_BYTES => {
            text.truncate(text.floor_char_boundary(BRIEF_STRING_BYTES));
            text.push('…');
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn size(value: &Value) -> usize {
    serde_json::to_vec(value).map_or(usize::MAX, |json| json.len())
}
