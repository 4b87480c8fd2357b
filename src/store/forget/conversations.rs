//! Forgetting conversations and talks: what was said in them, line by line, and then what else there is of
//! them.

use sqlx::AnyConnection;

use crate::clock::Millis;
use crate::domain::effect::{Effect, GhostMedia, Place};
use crate::domain::erasure::{ErasureId, Words};
use crate::domain::forget::Forgetting;
use crate::domain::ids::{ContactId, InteractionId};
use crate::domain::interaction::Interaction;
use crate::domain::lane::Lane;
use crate::domain::reply::Reply;
use crate::domain::talk::Talk;
use crate::store::left_behind::{self, What};
use crate::store::people::{self, BY_INTERACTION, BY_LANE};
use crate::store::transcript::LineKind;
use crate::store::{
    Result, StoreError, erasures, from_json, interactions, lists, search, talks as talk_store,
};

/// A piece of the lines of a conversation. Their words in the index go with them.
pub(super) const LINES: &str = "DELETE FROM transcript WHERE id IN
     (SELECT id FROM transcript WHERE interaction = $1 ORDER BY id LIMIT $2) RETURNING kind";

/// A piece of the messages by whose ids the provider knows them.
pub(super) const PROVIDER_TEXTS: &str = "DELETE FROM provider_texts WHERE sid IN
     (SELECT sid FROM provider_texts WHERE interaction = $1 LIMIT $2) RETURNING sid";

/// A piece of the messages to the contact.
pub(super) const MESSAGES: &str = "DELETE FROM replies WHERE id IN
     (SELECT id FROM replies WHERE interaction = $1 ORDER BY created_at LIMIT $2) RETURNING id, body";

/// A piece of the lines of talks, of one talk after the other. By `CROSS JOIN`, SQLite goes from talk to talk
/// instead of through the lines of all conversations.
pub(super) const LINES_OF_TALKS: &str =
    "SELECT t.id, l.id, t.room_id, t.body, l.body, COALESCE(l.event_id, '')
     FROM talks t CROSS JOIN transcript l
     WHERE l.interaction = t.id AND t.id >= $1 AND (t.id, l.id) > ($1, $2) ORDER BY t.id, l.id LIMIT $3";

/// How many talks, and how many of their lines, are looked at in one commit.
const TALKS: i64 = 200;
const TALK_LINES: i64 = 500;
/// What begins the place where it goes on once all lines of talks are looked at.
const BEGUN: &str = "begun:";

/// The next conversation with one of the contacts that is not emptied yet: its id, and the conversation, if
/// its row can be read.
///
/// # Errors
/// [`crate::store::StoreError`].
pub async fn next_conversation(
    conn: &mut AnyConnection,
    contact: &ContactId,
) -> Result<Option<(InteractionId, Option<Interaction>)>> {
    let row: Option<(String, String)> = sqlx::query_as(
        "SELECT id, body FROM interactions WHERE contact = $1 ORDER BY created_at, id LIMIT 1",
    )
    .bind(contact.as_str())
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|(id, body)| (InteractionId::new(id), from_json("interaction", &body).ok())))
}

/// What is known of a conversation elsewhere: rooms it had, and files that were shown in it; also of one that
/// is not kept any longer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traced {
    /// Ids of rooms.
    pub rooms: Vec<String>,
    /// Addresses of files in the homeserver's media repository.
    pub files: Vec<String>,
    /// Ids of rooms of talks about it in which something else was talked about too, or may have been.
    pub talks: Vec<String>,
    /// What the contact was called where talks were begun about it.
    pub names: Vec<String>,
}

/// The rooms of talks about a conversation, with the talk; and whether nothing else was ever talked about
/// there than conversations of the same contact, or of somebody who was erased.
const TALKS_ABOUT: &str = "SELECT t.room_id, t.body, CASE WHEN EXISTS
         (SELECT 1 FROM talks other LEFT JOIN interactions i ON i.id = other.parent
          WHERE other.first_talk = t.first_talk AND (i.id IS NULL OR i.contact NOT IN ('', of.contact)))
         THEN 0 ELSE 1 END
     FROM talks t JOIN interactions of ON of.id = t.parent WHERE t.parent = $1 ORDER BY t.id";

/// Looks what is known of a conversation elsewhere. A consult about it is a part of it: its room goes whole,
/// whatever the contact was called in there.
///
/// # Errors
/// [`crate::store::StoreError`].
pub async fn traced(conn: &mut AnyConnection, of: &InteractionId) -> Result<Traced> {
    let mut rooms: Vec<String> = sqlx::query_scalar(
        "SELECT room_id FROM interactions WHERE id = $1 AND room_id IS NOT NULL
         UNION SELECT room_id FROM rooms WHERE lost_at IS NOT NULL AND kind = 'session' AND subject = $1
             AND room_id LIKE '!%'",
    )
    .bind(of.as_str())
    .fetch_all(&mut *conn)
    .await?;
    let (mut talks, mut names) = (Vec::new(), Vec::new());
    let about: Vec<(Option<String>, String, i64)> =
        sqlx::query_as(TALKS_ABOUT).bind(of.as_str()).fetch_all(&mut *conn).await?;
    for (room, body, is_all_theirs) in about {
        if is_all_theirs > 0 { &mut rooms } else { &mut talks }.extend(room);
        let talk = from_json::<Talk>("talk", &body).ok();
        names.extend(talk.and_then(|talk| talk.about).map(|about| about.name));
    }
    let shown: Vec<String> = sqlx::query_scalar("SELECT body FROM outbox WHERE lane = $1")
        .bind(Lane::Room(of.clone()).to_string())
        .fetch_all(&mut *conn)
        .await?;
    let mut files: Vec<String> =
        sqlx::query_scalar("SELECT uri FROM media_shown WHERE interaction = $1 ORDER BY uri")
            .bind(of.as_str())
            .fetch_all(&mut *conn)
            .await?;
    rooms.extend(left_behind::of(conn, of, What::Room).await?);
    talks.extend(left_behind::of(conn, of, What::Talk).await?);
    let left = left_behind::of(conn, of, What::File).await?;
    for shown in shown.iter().filter_map(|body| file(body)).chain(left) {
        if !files.contains(&shown) {
            files.push(shown);
        }
    }
    rooms.sort_unstable();
    rooms.dedup();
    Ok(Traced { rooms, files, talks, names })
}

/// Takes away messages that were sent in a conversation, at most so many. Returns how many, and by which ids
/// they are known: the desk's, and the provider's.
///
/// # Errors
/// [`crate::store::StoreError`].
pub async fn messages(conn: &mut AnyConnection, of: &InteractionId, most: i64) -> Result<(i64, Vec<String>)> {
    let gone: Vec<(String, String)> =
        sqlx::query_as(MESSAGES).bind(of.as_str()).bind(most).fetch_all(conn).await?;
    Ok((i64::try_from(gone.len()).unwrap_or(i64::MAX), ids_of(&gone)))
}

/// Forgets by which ids the provider knows what was said in a conversation, at most so many, and returns
/// these.
///
/// # Errors
/// [`crate::store::StoreError`].
pub async fn provider_texts(conn: &mut AnyConnection, of: &InteractionId, most: i64) -> Result<Vec<String>> {
    Ok(sqlx::query_scalar(PROVIDER_TEXTS).bind(of.as_str()).bind(most).fetch_all(conn).await?)
}

/// The ids of messages, the desk's and the provider's. Of one that cannot be read, only the desk's is known.
pub(super) fn ids_of(messages: &[(String, String)]) -> Vec<String> {
    let mut ids = Vec::new();
    for (id, body) in messages {
        ids.push(id.clone());
        if let Ok(reply) = from_json::<Reply>("reply", body) {
            ids.extend(reply.sids().map(str::to_owned));
        }
    }
    ids
}

/// What came of emptying a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Emptied {
    /// How many of the lines that may go are left; nothing while there may be more to go.
    pub left: Option<i64>,
    /// How many of the lines that went were texts of the contact.
    pub texts: i64,
}

/// Takes away what was said in a conversation, at most so many lines, and all else once no line is left. The
/// row stays with what reports count, if it can be read.
///
/// # Errors
/// [`crate::store::StoreError`].
pub async fn conversation(
    conn: &mut AnyConnection,
    (id, found): (&InteractionId, Option<&Interaction>),
    (by, now): (&ErasureId, Millis),
    most: i64,
) -> Result<Emptied> {
    let talks: Vec<String> = sqlx::query_scalar("SELECT id FROM talks WHERE parent = $1 ORDER BY id")
        .bind(id.as_str())
        .fetch_all(&mut *conn)
        .await?;
    let talks: Vec<InteractionId> = talks.into_iter().map(InteractionId::new).collect();
    let (mut left, mut texts) = (most, 0);
    for id in [id].into_iter().chain(&talks) {
        let gone: Vec<String> =
            sqlx::query_scalar(LINES).bind(id.as_str()).bind(left).fetch_all(&mut *conn).await?;
        left -= i64::try_from(gone.len()).unwrap_or(i64::MAX);
        let of_contact = gone.iter().filter(|kind| *kind == LineKind::Contact.as_str()).count();
        texts += i64::try_from(of_contact).unwrap_or(i64::MAX);
        if left <= 0 {
            return Ok(Emptied { left: None, texts });
        }
    }
    for talk in &talks {
        search::remove_all(conn, talk).await?;
        match talk_store::by_id(conn, talk).await {
            Ok(Some(talk)) => empty_talk(conn, talk).await?,
            Err(StoreError::Corrupt { .. }) => {
                sqlx::query("DELETE FROM talks WHERE id = $1")
                    .bind(talk.as_str())
                    .execute(&mut *conn)
                    .await?;
            }
            found => drop(found?),
        }
    }
    for sql in people::going(BY_INTERACTION) {
        sqlx::query(sql).bind(id.as_str()).execute(&mut *conn).await?;
    }
    for lane in [Lane::Room(id.clone()), Lane::Phone(id.clone())] {
        for sql in people::going(&[BY_LANE]) {
            sqlx::query(sql).bind(lane.to_string()).execute(&mut *conn).await?;
        }
    }
    lists::forget(conn, &Place::Session(id.clone())).await?;
    let Some(found) = found else {
        sqlx::query("DELETE FROM interactions WHERE id = $1").bind(id.as_str()).execute(conn).await?;
        return Ok(Emptied { left: Some(left), texts });
    };
    let emptied = found.erased(by, now);
    interactions::save(conn, &emptied).await?;
    sqlx::query("UPDATE interactions SET contact = $2, contact_number = $3 WHERE id = $1")
        .bind(id.as_str())
        .bind(emptied.contact.id.as_str())
        .bind(emptied.contact.number.to_string())
        .execute(conn)
        .await?;
    Ok(Emptied { left: Some(left), texts })
}

/// The file that an effect shows, by its address in the homeserver's media repository.
pub(super) fn file(body: &str) -> Option<String> {
    match from_json::<Effect>("effect", body).ok()? {
        Effect::GhostMedia(GhostMedia { content: Some(content), .. }) => {
            content["url"].as_str().map(str::to_owned)
        }
        _ => None,
    }
}

/// What a talk says of a contact: whom it is about, and what it began with.
async fn empty_talk(conn: &mut AnyConnection, talk: Talk) -> Result<()> {
    let emptied = Talk { about: None, text: String::new(), ..talk };
    talk_store::save(conn, &emptied).await
}

/// A piece of the talks. First the lines that tell of the person go, of whatever talk; then it is forgotten
/// of those begun about them, or with words that tell of them, whom they are about and what they began with.
/// Returns where it goes on, and the rooms of those talks; nothing behind the last.
///
/// # Errors
/// [`crate::store::StoreError`].
pub async fn talks(
    conn: &mut AnyConnection,
    forgetting: &Forgetting,
) -> Result<(Option<String>, Vec<String>)> {
    let words = forgetting.traces.words();
    match forgetting.behind.strip_prefix(BEGUN) {
        None => lines_of_talks(conn, forgetting, &words).await,
        Some(behind) => begun_about(conn, (forgetting, behind), &words).await,
    }
}

/// Whether a talk was begun about the person.
fn is_about(talk: &Talk, forgetting: &Forgetting) -> bool {
    talk.about.as_ref().is_some_and(|about| forgetting.contacts.contains(&about.id))
}

async fn lines_of_talks(
    conn: &mut AnyConnection,
    forgetting: &Forgetting,
    words: &Words,
) -> Result<(Option<String>, Vec<String>)> {
    let (talk, line) = forgetting.behind.split_once('\n').unwrap_or_default();
    let rows: Vec<(String, String, Option<String>, String, String, String)> =
        sqlx::query_as(LINES_OF_TALKS).bind(talk).bind(line).bind(TALK_LINES).fetch_all(&mut *conn).await?;
    let behind = rows.last().map_or_else(|| BEGUN.to_owned(), |(talk, line, ..)| format!("{talk}\n{line}"));
    let (mut rooms, mut events) = (Vec::new(), Vec::new());
    for (id, line, room, begun, said, event) in rows {
        let tells = words.are_in_text(&said);
        // What it began with is a line too.
        let is_first = || {
            from_json::<Talk>("talk", &begun)
                .is_ok_and(|talk| talk.text == said && is_about(&talk, forgetting))
        };
        if tells || is_first() {
            search::remove(conn, &InteractionId::new(id), &line).await?;
            sqlx::query("DELETE FROM transcript WHERE id = $1").bind(line).execute(&mut *conn).await?;
            rooms.extend(room);
            events.extend(Some(event).filter(|event| !event.is_empty()));
        }
    }
    erasures::see(conn, &forgetting.id, &events).await?;
    Ok((Some(behind), rooms))
}

async fn begun_about(
    conn: &mut AnyConnection,
    (forgetting, behind): (&Forgetting, &str),
    words: &Words,
) -> Result<(Option<String>, Vec<String>)> {
    let rows: Vec<(String, Option<String>, String)> =
        sqlx::query_as("SELECT id, room_id, body FROM talks WHERE id > $1 ORDER BY id LIMIT $2")
            .bind(behind)
            .bind(TALKS)
            .fetch_all(&mut *conn)
            .await?;
    let behind = rows.last().map(|(id, ..)| format!("{BEGUN}{id}"));
    let mut rooms = Vec::new();
    for (id, room, body) in rows {
        let Ok(talk) = from_json::<Talk>("talk", &body) else {
            // Nobody can read it; what tells of them in it must go all the same.
            if words.are_in_text(&body) {
                search::remove_all(conn, &InteractionId::new(&id)).await?;
                for sql in
                    ["DELETE FROM transcript WHERE interaction = $1", "DELETE FROM talks WHERE id = $1"]
                {
                    sqlx::query(sql).bind(id.as_str()).execute(&mut *conn).await?;
                }
                rooms.extend(room);
            }
            continue;
        };
        if is_about(&talk, forgetting) || words.are_in_text(&body) {
            rooms.extend(room);
            empty_talk(conn, talk).await?;
        }
    }
    Ok((behind, rooms))
}
