//! Commands of admins: they change the desk, and see who changed it.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::{Call, Command, Who, targets};
use crate::clock::Millis;
use crate::desk::Tx;
use crate::domain::notice::ListRow;
use crate::store::{Result, audit};

/// How many lines of the audit log are shown.
const SHOWN: usize = 20;

/// The commands of this family.
pub(super) const COMMANDS: &[Command] = &[Command {
    name: "audit",
    aliases: &[],
    arguments: "[words]",
    does: "show who changed what, newest first",
    who: Who::Admins,
    changes: false,
    run: log,
}];

/// `!audit [words]`.
fn log<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        let words: Vec<String> = call.arguments.split_whitespace().map(str::to_owned).collect();
        let now = tx.now;
        let rows = audit::newest(tx.conn, &words, SHOWN).await?.into_iter().map(|entry| ListRow {
            key: entry.id,
            title: format!("{} {} {}", entry.who, entry.what, entry.detail),
            detail: entry.subject,
            secs: Some(now.since(Millis(entry.at)).as_secs()),
            room: None,
        });
        targets::show(tx, call, "Changes, newest first", rows.collect(), "audit".to_owned()).await
    }
    .boxed()
}
