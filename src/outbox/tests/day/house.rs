//! A homeserver that does at once what it is asked, keeps what it was asked for, and can be away.

use std::collections::HashSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};
use url::Url;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use super::Arc;

/// What happened at the homeserver.
#[derive(Clone, Debug)]
pub(super) enum Seen {
    /// Something was said in a room.
    Said {
        /// The room.
        room: String,
        /// By whom: a ghost, or nobody for the bot.
        by: Option<String>,
        /// The content.
        content: Value,
    },
    /// Somebody was invited into a room.
    Invited {
        /// The room.
        room: String,
        /// Who.
        user: String,
    },
}

#[derive(Default)]
struct Kept {
    done: HashSet<String>,
    seen: Vec<Seen>,
    rooms: u64,
}

#[derive(Clone, Default)]
struct Answers {
    kept: Arc<Mutex<Kept>>,
    away: Arc<AtomicBool>,
}

/// The homeserver.
pub(super) struct House {
    server: MockServer,
    answers: Answers,
}

impl House {
    pub(super) async fn start() -> Self {
        let server = MockServer::builder().disable_request_recording().start().await;
        let answers = Answers::default();
        Mock::given(any()).respond_with(answers.clone()).mount(&server).await;
        Self { server, answers }
    }

    pub(super) fn url(&self) -> Url {
        self.server.uri().parse().unwrap()
    }

    /// Lets it be away or come back; whether that is a change.
    pub(super) fn set_away(&self, away: bool) -> bool {
        self.answers.away.swap(away, Ordering::SeqCst) != away
    }

    pub(super) fn is_away(&self) -> bool {
        self.answers.away.load(Ordering::SeqCst)
    }

    /// What happened since this was asked last.
    pub(super) fn take(&self) -> Vec<Seen> {
        std::mem::take(&mut self.answers.kept.lock().unwrap().seen)
    }
}

impl Respond for Answers {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        if self.away.load(Ordering::SeqCst) {
            return ResponseTemplate::new(502);
        }
        let path = request.url.path();
        let parts: Vec<&str> = path.split('/').collect();
        if path.contains("/directory/room/") {
            // Nothing is ever made half.
            let not_found = json!({"errcode": "M_NOT_FOUND", "error": "no such alias"});
            return ResponseTemplate::new(404).set_body_json(not_found);
        }
        if path.ends_with("/state") {
            return ResponseTemplate::new(200).set_body_json(json!([]));
        }
        let mut kept = self.kept.lock().unwrap();
        let by =
            request.url.query_pairs().find(|(key, _)| key == "user_id").map(|(_, user)| user.into_owned());
        let by = by.filter(|user| user.starts_with("@sms_"));
        let body: Value = request.body_json().unwrap_or_default();
        let room = parts.iter().position(|part| *part == "rooms").and_then(|at| parts.get(at + 1));
        let room = room.map(|room| room.replace("%21", "!").replace("%3A", ":")).unwrap_or_default();
        let mut made = format!("!r{}:desk.test", kept.rooms);
        if path.ends_with("/createRoom") {
            kept.rooms += 1;
            made = format!("!r{}:desk.test", kept.rooms);
            for user in body["invite"].as_array().into_iter().flatten() {
                let user = user.as_str().unwrap_or_default().to_owned();
                kept.seen.push(Seen::Invited { room: made.clone(), user });
            }
        } else if path.ends_with("/invite") {
            let user = body["user_id"].as_str().unwrap_or_default().to_owned();
            kept.seen.push(Seen::Invited { room, user });
        } else if path.contains("/send/m.room.message/") && kept.done.insert(path.to_owned()) {
            kept.seen.push(Seen::Said { room, by, content: body });
        }
        let id = parts.last().copied().unwrap_or_default().replace(':', "");
        ResponseTemplate::new(200).set_body_json(json!({
            "event_id": format!("$e{id}:desk.test"),
            "room_id": made,
            "user_id": "@sms_1:desk.test",
            "content_uri": "mxc://desk.test/1",
            "chunk": [],
            "start": "s",
        }))
    }
}
