//! What the contact sent, as their ghost says it.

use serde_json::{Value, json};

use crate::clock::Millis;
use crate::domain::effect::{GhostMedia, GhostReact, GhostText, Noticed, Role, Said};
use crate::domain::input::Evidence;
use crate::outbox::said::{mentions, say};
use crate::outbox::target::spoken;
use crate::outbox::{Delivery, Detour, Ports};
use crate::store::outbox::Head;

/// Lets the contact's ghost say a text.
pub(super) async fn say_text(ports: &Ports, head: &Head, text: &GhostText) -> Result<Evidence, Detour> {
    let GhostText { interaction, body, mention, written_at } = text;
    let (room, ghost) = spoken(ports, interaction).await?;
    let mut content = json!({ "msgtype": "m.text", "body": body, "m.mentions": mentions(mention.as_ref()) });
    tell_when_written(&mut content, *written_at);
    Ok(Evidence::Said(Said { event: say(ports, head, &ghost, &room, content).await?, picture: None }))
}

/// Lets the contact's ghost show a part of an MMS, which was fetched before.
pub(super) async fn show_part(ports: &Ports, head: &Head, media: &GhostMedia) -> Result<Evidence, Detour> {
    let GhostMedia { picture, content, written_at } = media;
    let mut content = content.clone().ok_or_else(not_fetched)?;
    let (room, ghost) = spoken(ports, &picture.interaction).await?;
    content["m.mentions"] = mentions(picture.mention.as_ref());
    tell_when_written(&mut content, *written_at);
    let event = say(ports, head, &ghost, &room, content).await?;
    Ok(Evidence::Said(Said { event, picture: Some(picture.key()) }))
}

/// Lets the contact's ghost react to a message of ours.
pub(super) async fn react(ports: &Ports, head: &Head, react: &GhostReact) -> Result<Evidence, Detour> {
    let GhostReact { interaction, event, key } = react;
    let (room, ghost) = spoken(ports, interaction).await?;
    fail::fail_point!("before_tapback", |_| std::process::abort());
    let reaction = ports.matrix.react(&ghost, &room, event, key, &head.txn_id).await?;
    fail::fail_point!("after_tapback", |_| std::process::abort());
    let role = Role::Tapback { interaction: interaction.clone(), of: event.clone() };
    // The same reaction stands there already: it is known by its first event.
    Ok(reaction.map_or(Evidence::Nothing, |event| Evidence::Noticed(Noticed { event, role: Some(role) })))
}

fn not_fetched() -> Delivery {
    Delivery::Undeliverable("it was never fetched".to_owned())
}

fn tell_when_written(content: &mut Value, written_at: Option<Millis>) {
    if let Some(written_at) = written_at {
        content["org.switchroom.written_at"] = json!(written_at);
    }
}
