//! What would go of what colleagues wrote in conversations with others: for the question whether somebody is
//! to be erased.

use std::collections::HashSet;

use sqlx::AnyConnection;

use crate::domain::contact::Contact;
use crate::domain::erasure::Words;
use crate::domain::forget::Traces;
use crate::domain::ids::{ContactId, InteractionId};
use crate::store::search::lines;
use crate::store::transcript::LineKind;
use crate::store::{Result, agents, contacts};

/// How many of the lines are quoted.
pub const QUOTED: usize = 5;
/// How many lines are looked at that may hold a name.
const LOOKED_AT: usize = 1_000;

/// A line in a conversation with somebody else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The conversation.
    pub interaction: InteractionId,
    /// What a colleague wrote.
    pub text: String,
}

/// What colleagues wrote of somebody by name in conversations with others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OfOthers {
    /// How many lines.
    pub count: u32,
    /// Whether there may be more than that: no further was looked.
    pub more: bool,
    /// The newest of them, [`QUOTED`] at most.
    pub quoted: Vec<Said>,
}

/// The names that tell of a contact and of those who were merged into them: not what an agent or a queue is
/// called, nor what somebody else is, or was.
///
/// # Errors
/// [`crate::store::StoreError`].
pub async fn telling_names(conn: &mut AnyConnection, everyone: &[Contact]) -> Result<Vec<String>> {
    let mut others: Vec<String> =
        agents::all(&mut *conn).await?.into_iter().map(|agent| agent.who.name).collect();
    others.extend(agents::queues(&mut *conn).await?.into_iter().map(|queue| queue.to_string()));
    let mut traces = Traces::default();
    for contact in everyone {
        traces.extend(Traces::of(contact, &[], &others));
    }
    let names: Vec<String> = traces.names().map(str::to_owned).collect();
    let ids: Vec<ContactId> = everyone.iter().map(|contact| contact.id.clone()).collect();
    for borne in contacts::borne_by_others(conn, &names, &ids).await? {
        traces.spare(&borne);
    }
    Ok(traces.names().map(str::to_owned).collect())
}

/// Counts the lines that colleagues wrote in conversations with others and that hold one of these names.
///
/// # Errors
/// [`crate::store::StoreError`].
pub async fn of_others_by_name(
    conn: &mut AnyConnection,
    names: &[String],
    contacts: &[ContactId],
) -> Result<OfOthers> {
    let words = Words::new(names.iter().map(String::as_str));
    let (mut found, mut known, mut looked_at) = (OfOthers::default(), HashSet::new(), 0);
    for name in names {
        let mut before = Some(i64::MAX);
        while let Some(place) = before {
            if looked_at >= LOOKED_AT {
                found.more = true;
                return Ok(found);
            }
            let (hits, more) = lines::holding(conn, name, place).await?;
            looked_at += hits.len();
            for hit in hits {
                let is_colleagues = hit.line.kind != LineKind::Contact;
                if is_colleagues
                    && words.are_in_text(&hit.line.body)
                    && known.insert(hit.line.id)
                    && super::whose(conn, &hit.interaction).await?.is_some_and(|of| !contacts.contains(&of))
                {
                    found.count += 1;
                    if found.quoted.len() < QUOTED {
                        found.quoted.push(Said { interaction: hit.interaction, text: hit.line.body });
                    }
                }
            }
            before = more;
        }
    }
    Ok(found)
}
