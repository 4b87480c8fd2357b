//! Contacts and what was said with them earlier, written as the desk writes it.

use std::time::{Duration, Instant};

use ruma::UserId;
use sqlx::{AnyConnection, Executor as _};
use switchroom::clock::Millis;
use switchroom::domain::address::Address;
use switchroom::domain::agent::AgentRef;
use switchroom::domain::ids::{AgentId, ContactId, InteractionId, QueueName};
use switchroom::domain::interaction::begin::Beginning;
use switchroom::domain::interaction::{ContactRef, Interaction, Mode, Phase, Rules};
use switchroom::domain::report::Change;
use switchroom::store::search::lines;
use switchroom::store::transcript::{self, Line, LineKind};
use switchroom::store::{Store, contacts, history, interactions};

use crate::said::{COMMIT, Dice, NOW};

/// How many interactions of a contact there are, how many lines each has, and how many more lines the last
/// one has.
const INTERACTIONS: u64 = 2;
const LINES: u64 = 2;
const MORE_LINES: u64 = 1;
/// Every so many contacts one has written a hundred times as often.
pub(crate) const BUSY_EVERY: u64 = 10_000;
const OURS: &str = "+15005550006";

/// The contact of a number.
pub(crate) fn contact(number: u64) -> ContactRef {
    let name = format!("Contact {number}");
    let address = Address::sms(format!("+1415{:07}", number % 10_000_000));
    ContactRef { id: ContactId::new(format!("c-{number:07}")), name, number: address }
}

fn alice() -> anyhow::Result<AgentRef> {
    let user = UserId::parse("@alice:desk.test")?;
    Ok(AgentRef { id: AgentId::new("alice"), user, name: "Alice".to_owned() })
}

fn interaction(id: String, contact: ContactRef, at: Millis) -> anyhow::Result<Interaction> {
    let begun = Interaction::begin(Beginning {
        alias: format!("switchroom_{id}"),
        id: InteractionId::new(id),
        mode: Mode::Session,
        contact,
        our_number: Address::sms(OURS),
        queue: QueueName::new("support"),
        rules: Rules::default(),
        case: vec![],
        first_text: "Where is my order?".to_owned(),
        last_agent: None,
        at,
    });
    Ok(Interaction { phase: Phase::Done { by: alice()?, at }, ..begun })
}

/// Writes what there was with a contact, as the desk does; how many lines that were.
async fn write(conn: &mut AnyConnection, number: u64, dice: &mut Dice) -> anyhow::Result<u64> {
    let contact = contact(number);
    contacts::add(conn, &contact, NOW).await?;
    let times = if number.is_multiple_of(BUSY_EVERY) { 100 } else { 1 };
    let (mut all, mut words) = (vec![], vec![]);
    for place in 0..INTERACTIONS * times {
        let at = NOW + Duration::from_secs(number * 1_000 + place);
        let one = interaction(format!("i-{number}x{place}"), contact.clone(), at)?;
        interactions::add(conn, &one).await?;
        let change = Change {
            interaction: one.id.clone(),
            at,
            queue: one.queue.clone(),
            owner: Some(AgentId::new("alice")),
            state: "active".to_owned(),
        };
        history::add_change(conn, one.id.as_str(), &change).await?;
        let is_last = place + 1 == INTERACTIONS * times;
        for line in 0..LINES + if is_last { MORE_LINES } else { 0 } {
            let line = Line {
                id: format!("{:012x}{number:07}{place:05}{line:02}", at.0),
                at,
                kind: LineKind::Contact,
                author: contact.number.to_string(),
                body: dice.line(),
                event_id: None,
            };
            words.extend(
                lines::words_of_line(&contact.number, &line.body).map(|words| (line.id.clone(), words)),
            );
            all.push((one.id.clone(), line));
        }
    }
    transcript::add_lines(conn, &all).await?;
    lines::add(conn, &words).await?;
    Ok(u64::try_from(all.len())?)
}

/// Writes so many contacts and what there was with them, and tells how long that took.
///
/// # Errors
/// If the database refuses anything.
pub(crate) async fn fill(name: &str, store: &Store, count: u64) -> anyhow::Result<()> {
    let begun = Instant::now();
    let mut dice = Dice::new(0x9e37_79b9_7f4a_7c15);
    let mut written = 0;
    let conn = &mut *store.connection().await?;
    conn.execute("BEGIN").await?;
    for number in 0..count {
        written += write(conn, number, &mut dice).await?;
        if number % COMMIT == COMMIT - 1 {
            conn.execute("COMMIT").await?;
            conn.execute("BEGIN").await?;
        }
    }
    conn.execute("COMMIT").await?;
    if name == "PostgreSQL" {
        conn.execute("VACUUM ANALYZE").await?;
    }
    let secs = begun.elapsed().as_secs_f64();
    eprintln!("{name}: {count} contacts with {written} lines written in {secs:.1} s");
    Ok(())
}
