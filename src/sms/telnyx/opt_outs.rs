//! What Telnyx makes of STOP, START and HELP.
//!
//! Source: <https://developers.telnyx.com/docs/messaging/messages/advanced-opt-in-out>.

use crate::domain::consent::ProviderRules;
use crate::domain::text::keywords::Keyword;

/// Telnyx's own. After a word for opting out it lets nobody write, so that nobody can confirm it; to the
/// others it says nothing by itself.
pub(super) static OPT_OUTS: ProviderRules = ProviderRules {
    stop: &["STOP", "STOPALL", "STOP ALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT"],
    start: &["START", "UNSTOP"],
    help: &["HELP", "INFO"],
    handles: &[Keyword::Stop],
    codes: &[40300],
};
