//! Makes the pictures and files of a message ready for the phone, one at a time: fetched from the homeserver
//! as the agent posted them, made as small as the provider takes them, and handed to the desk to be kept for
//! the provider. Until then nothing was submitted, so that whatever happens here can happen again.

use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;

use crate::desk::Making;
use crate::domain::input::{Claim, Input, Made};
use crate::domain::notice::HeldBack;
use crate::domain::picture::MAY_COME;
use crate::domain::sent_file::SentFile;
use crate::matrix::error::{MatrixError, Verdict};
use crate::media::outgoing::{self, For, LARGEST};
use crate::outbox::{Delivery, Ports};
use crate::store::outbox::Head;

/// Makes a file ready. Returns what the desk is to keep, with the place that it has among those that are held
/// until then.
pub(super) async fn make(
    ports: &Ports,
    (head, claim, reply): (&Head, &Claim, &str),
    making: Making,
) -> Result<(Input, Option<OwnedSemaphorePermit>), Delivery> {
    fail::fail_point!("before_files", |_| std::process::abort());
    let place = ports.workshop.place().await;
    let Making { event, file, rules, links, share } = making;
    let made = match fetched(ports, head, &file).await? {
        Ok(bytes) => {
            let wanted = For { rules, links, share };
            outgoing::make(&ports.workshop, bytes.into(), &file.mime, wanted).await
        }
        Err(why) => Made::Nothing { why },
    };
    fail::fail_point!("files_made", |_| std::process::abort());
    let (claim, reply) = (claim.clone(), reply.to_owned());
    Ok((Input::FileReady { claim, reply, event, file, made }, place))
}

/// The file, from the homeserver; or why it can never be had.
async fn fetched(ports: &Ports, head: &Head, file: &SentFile) -> Result<Result<Vec<u8>, HeldBack>, Delivery> {
    let error = match ports.matrix.download_up_to(&file.uri, LARGEST).await {
        Ok(bytes) => return Ok(Ok(bytes)),
        Err(error) => error,
    };
    match (&error, error.verdict()) {
        (MatrixError::TooLong { .. }, _) => Ok(Err(HeldBack::MediaTooLarge)),
        (_, Verdict::Rejected { .. }) if error.is_of_account() => Err(error.into()),
        (_, Verdict::Rejected { .. }) => Ok(Err(HeldBack::MediaGone)),
        // It may lie at another server that does not give it.
        (_, Verdict::ServerError { .. }) if ports.clock.now().since(head.created_at) >= MAY_COME => {
            Ok(Err(HeldBack::MediaGone))
        }
        (_, Verdict::ServerError { after }) => {
            let (after, why) = (Some(after.unwrap_or(Duration::ZERO)), error.to_string());
            Err(Delivery::Retry { after, counts: false, why })
        }
        (_, Verdict::Retry { .. }) => Err(error.into()),
    }
}
