//! What a message to a contact costs, in segments as phone companies count them.

use crate::commit::Tx;
use crate::domain::interaction::Interaction;
use crate::domain::notice::{Says, Segments};
use crate::domain::reply::{Part, Reply, ReplyState, add_link};
use crate::store::Result;

/// A message was just split into the parts that are sent: if it takes more segments than its queue lets pass
/// in silence, its writer is told. Links to files that stand below the text count like it. What goes as MMS
/// is not counted in segments, and a text of the desk's own has no writer.
pub(crate) async fn tell(tx: &mut Tx<'_>, interaction: &Interaction, reply: &Reply) -> Result<()> {
    let most = interaction.rules.warn_segments;
    let ReplyState::Parts { parts, .. } = &reply.state else { return Ok(()) };
    let is_counted = most > 0 && interaction.contact.number.rules().segmented;
    if !is_counted || reply.by == tx.settings.bot {
        return Ok(());
    }
    let is_text = |part: &&Part| reply.files_of(part).iter().all(|file| file.as_link);
    let with_links = |part: &Part| {
        let mut text = part.text.clone();
        for file in reply.files_of(part) {
            add_link(&mut text, &format!("{}{}", tx.settings.link_begins, file.name));
        }
        text
    };
    let texts: Vec<String> = parts.iter().filter(is_text).map(with_links).collect();
    let sent = Segments::of(&reply.whole(), texts.iter().map(String::as_str));
    if u64::from(sent.segments) <= most {
        return Ok(());
    }
    let says = Says::Segments { sent, most }.about(&interaction.id);
    tx.say(&reply.place(), says, Some(reply.event.clone())).await
}
