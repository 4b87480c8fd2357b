//! A transaction of the homeserver: what is kept of it is read again as the same, and nothing of ours comes
//! back to us but what should.

use switchroom::domain::input::{Input, Membership, RoomAct};
use switchroom::matrix::events::parse_transaction;

const BOT: &str = "@switchroom:x.example";

pub(crate) fn run(body: &[u8]) {
    let Ok(parsed) = parse_transaction(body, |user| user == BOT) else { return };
    let mut users: Vec<_> = parsed.presences.iter().map(|(user, _)| user.as_str()).collect();
    let count = users.len();
    users.sort_unstable();
    users.dedup();
    assert_eq!((users.len(), users.contains(&BOT)), (count, false), "each is named once, and never the bot");
    for event in parsed.events {
        if event.sender == BOT {
            let is_out = |act: &RoomAct| match act {
                RoomAct::Member { user, membership, .. } => {
                    user == BOT && matches!(membership, Membership::Leave | Membership::Ban)
                }
                act => matches!(act, RoomAct::Marker { .. }),
            };
            assert!(is_out(&event.what), "{event:?}");
        }
        let input = Input::Room(event);
        let kept = serde_json::to_string(&input).expect("an input can be kept");
        let again: Input = serde_json::from_str(&kept).unwrap_or_else(|error| panic!("{error}: {kept}"));
        assert_eq!(again, input);
        assert_eq!(again.receipt(), input.receipt());
    }
}
