//! Makes the pictures and files of a message ready for the phone, one at a time: fetched from the homeserver
//! as the agent posted them, made as small as the provider takes them, and handed to the desk to be kept for
//! the provider. Until then nothing was submitted, so that whatever happens here can happen again; but a file
//! over which the program ended is read once more, alone, and no more if the program ends over it then too.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::desk::{Applied, Making};
use crate::domain::input::{Claim, Input, Made};
use crate::domain::notice::HeldBack;
use crate::domain::picture::MAY_COME;
use crate::domain::sent_file::SentFile;
use crate::matrix::error::{MatrixError, Verdict};
use crate::media::outgoing::{self, For, LARGEST};
use crate::outbox::record::apply_surely;
use crate::outbox::{Delivery, Ports};
use crate::store::outbox::Head;

/// Makes a file ready and hands it to the desk; returns what that decides to do next. So many files are held
/// at once as the workshop has places.
pub(super) async fn make(
    ports: &Ports,
    (head, claim, reply): (&Head, &Claim, &str),
    making: Making,
) -> Result<Applied, Delivery> {
    fail::fail_point!("before_files", |_| std::process::abort());
    let _place = ports.workshop.place().await;
    let Making { event, file, rules, links, share, alone } = making;
    let made = match fetched(ports, head, &file).await? {
        Ok(bytes) => {
            let _reading = ports.workshop.reading(alone).await;
            let reading = |is_over| {
                let (claim, reply) = (claim.clone(), reply.to_owned());
                Input::FileRead { claim, reply, event: event.clone(), file: file.clone(), is_over }
            };
            match apply(ports, reading(false)).await? {
                Applied::Done => {
                    let wanted = For { rules, links, share };
                    let made = outgoing::make(&ports.workshop, bytes.into(), &file.mime, wanted).await;
                    fail::fail_point!("while_file_is_read", |_| std::process::abort());
                    // Until this is known, the file counts as one over which the program ended.
                    apply_surely(ports, &CancellationToken::new(), reading(true)).await;
                    made
                }
                // It was changed or taken back meanwhile, so that it does not matter why it does not go.
                Applied::Foreign => Made::Nothing { why: HeldBack::MediaGone },
                lost => return Ok(lost),
            }
        }
        Err(why) => Made::Nothing { why },
    };
    fail::fail_point!("files_made", |_| std::process::abort());
    let (claim, reply) = (claim.clone(), reply.to_owned());
    apply(ports, Input::FileReady { claim, reply, event, file, made }).await
}

async fn apply(ports: &Ports, input: Input) -> Result<Applied, Delivery> {
    let retry = |why: String| Delivery::Retry { after: None, counts: false, why };
    ports.desk.apply(input).await.map_err(|error| retry(error.to_string()))
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
