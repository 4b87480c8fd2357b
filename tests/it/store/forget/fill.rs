//! Two people of whom something stands in every table.

use std::time::Duration;

use ruma::{EventId, OwnedRoomId};
use serde_json::json;
use sqlx::AnyConnection;
use switchroom::domain::address::Address;
use switchroom::domain::block::Block;
use switchroom::domain::callback::Callback;
use switchroom::domain::consent::{Change, Scope, Source, Wish};
use switchroom::domain::contact::{Contact, merge};
use switchroom::domain::dead_letter::DeadLetterKind;
use switchroom::domain::effect::{Effect, GhostMedia, GhostText, Notify, Place, Role, SendReply};
use switchroom::domain::ids::{AgentId, ContactId, GhostName, InteractionId, TokenId};
use switchroom::domain::input::{ContactText, Input, MediaPart};
use switchroom::domain::interaction::{ContactRef, Interaction, Phase};
use switchroom::domain::later::Later;
use switchroom::domain::notice::{Missed, Says};
use switchroom::domain::original::Original;
use switchroom::domain::picture::Picture;
use switchroom::domain::reply::Reply;
use switchroom::domain::report::Change as Changed;
use switchroom::domain::response::Asking;
use switchroom::domain::talk::{self, Talk};
use switchroom::domain::timer::{Due, Timer};
use switchroom::domain::when::Moment;
use switchroom::store::audit::{self, Entry};
use switchroom::store::contacts::merges;
use switchroom::store::left_behind::{self, What};
use switchroom::store::lists::Rows;
use switchroom::store::media_out::File;
use switchroom::store::missed::Missed as MissedText;
use switchroom::store::outbox::Wanted;
use switchroom::store::rooms::Posted;
use switchroom::store::search::lines::words_of_line;
use switchroom::store::transcript::{self, Line, LineKind};
use switchroom::store::{
    blocks, callbacks, consent, contacts, erase_asked, history, interactions, lists, media_out, messages,
    missed, originals, outbox, programs, provider_texts, replies, responses, retention, rooms, scheduled,
    search, shown_in, spelling, tags, talks, timers, upkeep,
};

use super::super::desk::written;
use super::super::talks::talk;
use super::super::{Database, NOW, OURS, active, agent_ref, done, interaction, later, queue, user};

/// Somebody of whom something stands in every table.
#[derive(Clone, Debug)]
pub(super) struct Person {
    /// What their ids end with.
    pub(super) tail: &'static str,
    pub(super) name: &'static str,
    pub(super) number: &'static str,
    pub(super) email: &'static str,
    /// A word that stands in everything they said and that was said of them.
    pub(super) word: &'static str,
}

pub(super) const JANE: Person = Person {
    tail: "jane",
    name: "Jane Dorothea",
    number: "+14155550100",
    email: "jane@dorothea.example",
    word: "zanzibar",
};
pub(super) const ROY: Person = Person {
    tail: "roy",
    name: "Roy Batterson",
    number: "+12125550188",
    email: "roy@batterson.example",
    word: "quixotic",
};

impl Person {
    pub(super) fn id(&self) -> ContactId {
        ContactId::new(format!("c-{}", self.tail))
    }

    pub(super) fn said(&self) -> String {
        format!("I am {} and say {}", self.name, self.word)
    }

    pub(super) fn address(&self) -> Address {
        Address::sms(self.number)
    }

    fn contact(&self) -> Contact {
        let mut contact = Contact::new(self.id(), self.name, NOW);
        for (field, value) in
            [("email", self.email), ("note", self.word), ("street", &format!("{} road", self.word))]
        {
            contact.set(field, value).unwrap();
        }
        contact
    }

    pub(super) fn interaction(&self, id: &str, phase: Phase) -> Interaction {
        let id = format!("i-{id}{}", self.tail);
        Interaction {
            contact: ContactRef { id: self.id(), name: self.name.to_owned(), number: self.address() },
            case: vec![("wants".to_owned(), self.word.to_owned())],
            tags: vec![self.word.to_owned()],
            first_text: self.said(),
            room: Some(room(&id)),
            phase,
            ..interaction(&id, self.number)
        }
    }

    /// What must not be found any more, in lower case.
    pub(super) fn needles(&self) -> Vec<String> {
        let digits = &self.number[1..];
        let national = &digits[1..];
        let backwards: String = digits.chars().rev().collect();
        let spelt = format!("({}) {}-{}", &national[..3], &national[3..6], &national[6..]);
        let mut needles = vec![
            digits.to_owned(),
            national.to_owned(),
            backwards,
            spelt,
            self.email.to_lowercase(),
            self.word.to_owned(),
            self.id().to_string(),
            format!("c-old{}", self.tail),
            format!("ghost{}", self.tail),
        ];
        needles.extend(Some(self.name.to_lowercase()).filter(|name| name.len() > 3));
        needles
    }
}

pub(super) fn room(id: &str) -> OwnedRoomId {
    OwnedRoomId::try_from(format!("!{id}:desk.test")).unwrap()
}

fn event(id: &str) -> ruma::OwnedEventId {
    EventId::parse(format!("${id}")).unwrap()
}

pub(super) fn wanted(effect: impl Into<Effect>, parked: bool) -> Wanted {
    Wanted { effect: effect.into(), due_at: NOW, said_at: NOW, txn_id: "txn".to_owned(), parked }
}

/// Leaves something of some people in every table.
pub(super) async fn leave(database: &Database, people: &[&Person]) {
    for who in people {
        database
            .commit(async |conn| {
                fill(conn, who).await;
                Ok(())
            })
            .await
            .unwrap();
    }
}

/// Leaves something of a person in every table.
pub(super) async fn fill(conn: &mut AnyConnection, who: &Person) {
    let contact = who.contact();
    let others = [Address::read(&format!("whatsapp:{}", who.number))];
    let mut old = Contact::new(ContactId::new(format!("c-old{}", who.tail)), who.name, NOW);
    old.set("email", &format!("old.{}", who.email)).unwrap();
    contacts::create(conn, &contact, &[who.address()], "US").await.unwrap();
    contacts::create(conn, &old, &others, "US").await.unwrap();
    for (number, address) in [who.address(), others[0].clone()].iter().enumerate() {
        let name = GhostName::new(format!("ghost{}{number}", who.tail));
        assert!(contacts::give_ghost(conn, address, &name, Some(who.name)).await.unwrap());
    }
    let moved = Interaction {
        contact: ContactRef { id: old.id.clone(), name: old.name.clone(), number: others[0].clone() },
        ..who.interaction("m", done("alice"))
    };
    interactions::add(conn, &moved).await.unwrap();
    let merge = merge::merge(&contact, &old, others.to_vec(), vec![]).unwrap();
    merges::merge(conn, (&format!("m-{}", who.tail), NOW), &merge, "US").await.unwrap();
    contacts::share(conn, &who.id(), &Address::sms("+13035550199")).await.unwrap();
    let room_of_others = room(&format!("shows-{}", who.tail));
    erase_asked::add(conn, &AgentId::new("ada"), &who.id(), (NOW, NOW)).await.unwrap();
    provider_texts::add(
        conn,
        &InteractionId::new(format!("i-o{}", who.tail)),
        &format!("SMheard-{}", who.word),
    )
    .await
    .unwrap();
    shown_in::add(conn, &room_of_others, &format!("{{\"contact_id\":\"{}\"}}", who.id())).await.unwrap();

    let block = Block {
        by: agent_ref("alice"),
        at: NOW,
        until: Some(later(1)),
        reason: who.word.to_owned(),
        number: who.address(),
    };
    blocks::add(conn, &who.id(), &block).await.unwrap();
    // What a contact writes who is blocked is not counted, but may have been before.
    sqlx::query("INSERT INTO floods (theirs, ours, since, texts, over_at, muted, untold) VALUES ($1, $2, $3, 1, 0, 0, 0)")
        .bind(who.address().to_string())
        .bind(Address::sms(OURS).to_string())
        .bind(NOW.0)
        .execute(&mut *conn)
        .await
        .unwrap();
    assert!(contacts::may_say(conn, &who.id(), "waiting", NOW, Duration::ZERO).await.unwrap());
    let change = Change {
        id: format!("0001{}", who.tail),
        address: who.address(),
        scope: Scope::Number(Address::sms(OURS)),
        ours: Some(Address::sms(OURS)),
        wish: Wish::Out,
        source: Source::Keyword,
        words: who.said(),
        who: String::new(),
        at: NOW,
    };
    consent::add(conn, &change).await.unwrap();
    let unseen = written(who.number, &format!("SM{}", who.tail));
    let unseen = ContactText { body: who.said(), fetched_late: Some(NOW), ..unseen };
    let waits = MissedText { text: unseen.clone(), written_at: NOW, place: 0 };
    missed::keep(conn, &[waits]).await.unwrap();

    for (kind, phase) in [("o", active("alice")), ("d", done("alice"))] {
        let of = who.interaction(kind, phase);
        interactions::add(conn, &of).await.unwrap();
        rooms::add(conn, of.room.as_ref().unwrap(), &Place::Session(of.id.clone())).await.unwrap();
        conversation(conn, who, &of).await;
    }
    elsewhere(conn, who, &unseen).await;
}

/// What was said in a conversation, and all that hangs on it.
async fn conversation(conn: &mut AnyConnection, who: &Person, of: &Interaction) {
    let line = |number: u32, kind, author: &str| Line {
        id: format!("{}{number:04}", of.id),
        at: NOW,
        kind,
        author: author.to_owned(),
        body: who.said(),
        event_id: Some(format!("${}{number}", of.id)),
    };
    let lines = [
        line(1, LineKind::Contact, who.number),
        line(2, LineKind::Owner, "@alice:desk.test"),
        line(3, LineKind::Note, "@alice:desk.test"),
    ];
    let words: Vec<(String, String)> = lines
        .iter()
        .filter_map(|line| Some((line.id.clone(), words_of_line(&who.address(), &line.body)?)))
        .collect();
    let lines: Vec<_> = lines.into_iter().map(|line| (of.id.clone(), line)).collect();
    transcript::add_lines(conn, &lines).await.unwrap();
    search::lines::add(conn, &words).await.unwrap();
    let (id, said) = (format!("r{}", of.id), event(&format!("{}2", of.id)));
    let reply = Reply::new(id, of.id.clone(), said, user("alice"), who.said());
    replies::add(conn, &[reply], NOW).await.unwrap();
    let file = File {
        id: format!("m{}", of.id),
        interaction: of.id.to_string(),
        name: format!("{}.jpg", who.word),
        mime: "image/jpeg".to_owned(),
        bytes: 10,
        until: later(1).0,
    };
    media_out::add(conn, &file, who.said().as_bytes(), NOW).await.unwrap();
    tags::set(conn, of).await.unwrap();
    programs::begun(conn, &of.id, &TokenId::new(who.word)).await.unwrap();
    spelling::ignore(conn, &of.id, who.word).await.unwrap();
    interactions::set_offered(conn, &of.id, [AgentId::new("bob")].iter()).await.unwrap();
    for (number, state) in ["queued", "active", of.state()].into_iter().enumerate() {
        let change = Changed {
            interaction: of.id.clone(),
            at: NOW,
            queue: queue(),
            owner: Some(AgentId::new("alice")),
            state: state.to_owned(),
        };
        history::add_change(conn, &format!("{}{number}", of.id), &change).await.unwrap();
    }
    talked_about(conn, who, of).await;
    on_its_way(conn, who, of).await;
    told(conn, who, of).await;
}

/// A consult and an IM about a conversation.
async fn talked_about(conn: &mut AnyConnection, who: &Person, of: &Interaction) {
    let consult = Talk {
        parent: Some(of.id.clone()),
        about: Some(of.contact.clone()),
        text: who.said(),
        room: Some(room(&format!("consult{}", of.id))),
        phase: talk::Phase::Done,
        ..talk(&format!("{}t", of.id), "alice", "bob", 0)
    };
    let im = Talk {
        parent: None,
        room: Some(room(&format!("im{}", of.id))),
        ..Talk {
            phase: talk::Phase::Done,
            about: Some(of.contact.clone()),
            text: who.said(),
            ..talk(&format!("{}u", of.id), "alice", "bob", 0)
        }
    };
    for talk in [consult, im] {
        talks::add(conn, &talk).await.unwrap();
        let line = Line {
            id: format!("{}l", talk.id),
            at: NOW,
            kind: LineKind::Internal,
            author: "@alice:desk.test".to_owned(),
            body: who.said(),
            event_id: None,
        };
        search::add(conn, &talk, &line.id, &line.body).await.unwrap();
        transcript::add_lines(conn, &[(talk.id.clone(), line)]).await.unwrap();
    }
}

/// What waits, is parked, or was said in a console.
async fn on_its_way(conn: &mut AnyConnection, who: &Person, of: &Interaction) {
    let picture = Picture {
        interaction: of.id.clone(),
        part: MediaPart {
            url: format!("https://provider.test/{}", who.word),
            content_type: "image/jpeg".into(),
            number: None,
        },
        number: 1,
        sent_at: NOW,
        beside: who.said(),
        mention: None,
        wait_until: NOW,
    };
    let original = Original {
        url: Some(format!("mxc://desk.test/original{}", of.id).into()),
        file: format!("{}.jpg", who.word),
        mime: "image/jpeg".to_owned(),
        bytes: 1,
    };
    originals::add(conn, &picture, &original).await.unwrap();
    retention::add_original(conn, &format!("mxc://desk.test/original{}", of.id), of).await.unwrap();
    let content = json!({ "url": format!("mxc://desk.test/{}", of.id), "body": who.word });
    let console = Place::Console(AgentId::new("alice"));
    let effects = [
        wanted(
            GhostText { interaction: of.id.clone(), body: who.said(), mention: None, written_at: None },
            false,
        ),
        wanted(GhostMedia { picture, content: Some(content), written_at: None }, true),
        wanted(SendReply { interaction: of.id.clone(), reply: format!("r{}", of.id) }, false),
        wanted(
            Notify {
                to: console.clone(),
                notice: Says::OfferRejected { contact: who.name.to_owned() }.about(&of.id),
                reply_to: None,
                role: None,
            },
            false,
        ),
    ];
    outbox::append(conn, &effects, NOW).await.unwrap();
}

/// What the bot and agents said of it elsewhere.
async fn told(conn: &mut AnyConnection, who: &Person, of: &Interaction) {
    let role = Role::DeskText { interaction: of.id.clone(), text: who.said(), confirms_until: None };
    retention::add_media(conn, &format!("mxc://desk.test/{}{}", who.word, of.id), of).await.unwrap();
    let left = [(of.id.to_string(), format!("mxc://desk.test/left{}{}", who.word, of.id))];
    left_behind::add(conn, What::File, &left).await.unwrap();
    let posted = [(
        event(&format!("desk{}", of.id)),
        Place::Session(of.id.clone()).lane(),
        Posted::Notice(Some(role)),
    )];
    rooms::add_posted(conn, &posted).await.unwrap();
    for place in [Place::Session(of.id.clone()), Place::Console(AgentId::new(format!("at{}", of.id)))] {
        let rows =
            Rows { run: "contact {}".to_owned(), keys: vec![who.id().to_string(), who.name.to_owned()] };
        lists::show(conn, (&place, Some(&AgentId::new("alice"))), &rows, NOW).await.unwrap();
    }
    let asking = Asking {
        id: format!("{:0>32}", who.tail),
        interaction: of.id.clone(),
        agent: AgentId::new("alice"),
        event: event(&format!("asked{}", of.id)),
        in_reply_to: None,
        shortcut: "refund".to_owned(),
        ask: vec!["reason".to_owned(), "order".to_owned()],
        answers: vec![who.said()],
        later: None,
    };
    responses::ask(conn, &asking).await.unwrap();
    let goes_later = Later {
        event: event(&format!("later{}", of.id)),
        interaction: of.id.clone(),
        by: user("alice"),
        text: who.said(),
        response: None,
        files: vec![],
        when: Moment { at: NOW, said: "2h".to_owned(), clocks: None },
        since: NOW,
        heard: 1,
        asks: None,
    };
    scheduled::keep(conn, &goes_later, &AgentId::new("alice")).await.unwrap();
    let callback = Callback {
        event: event(&format!("callback{}", of.id)),
        interaction: of.id.clone(),
        by: agent_ref("alice"),
        personal: true,
        queue: queue(),
        when: Moment { at: NOW, said: "2h".to_owned(), clocks: None },
        due_at: NOW,
        note: Some(who.word.to_owned()),
    };
    callbacks::keep(conn, &callback).await.unwrap();
    let entry = Entry {
        id: format!("a{}", of.id),
        at: NOW.0,
        who: "@alice:desk.test".to_owned(),
        what: "note".to_owned(),
        subject: of.id.to_string(),
        detail: who.said(),
    };
    audit::add(conn, &entry).await.unwrap();
    let contact = who.name.to_owned();
    messages::add(
        conn,
        &format!("w{}", of.id),
        &AgentId::new("alice"),
        NOW,
        of.id.as_str(),
        &Missed::Offer { contact, callback: false },
    )
    .await
    .unwrap();
}

/// What stands in rows that may speak of anyone.
async fn elsewhere(conn: &mut AnyConnection, who: &Person, unseen: &ContactText) {
    let tail = who.tail;
    for (id, subject, detail) in [
        ("by_id", who.id().to_string(), "exported".to_owned()),
        ("by_name", String::new(), format!("im: bob, {} is back", who.name)),
        ("by_number", String::new(), format!("searched {}", who.number)),
        ("by_mail", String::new(), format!("searched {}", who.email)),
    ] {
        let entry = Entry {
            id: format!("{id}{tail}"),
            at: NOW.0,
            who: "@sue:desk.test".to_owned(),
            what: "contact".to_owned(),
            subject,
            detail,
        };
        audit::add(conn, &entry).await.unwrap();
    }
    let body = serde_json::to_string(unseen).unwrap();
    upkeep::add_dead_letter(conn, &format!("s-{tail}"), NOW, &DeadLetterKind::Text, "why", &body)
        .await
        .unwrap();
    let input = serde_json::to_string(&Input::Text(unseen.clone())).unwrap();
    timers::set(conn, &Timer { due_at: NOW, what: Due::Retry { input } }).await.unwrap();
}
