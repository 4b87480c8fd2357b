//! What Twilio makes of STOP, START and HELP, and what others do that speak its wire.
//!
//! Sources: <https://help.twilio.com/articles/223134027>, <https://www.twilio.com/docs/api/errors/21610>.

use crate::domain::consent::ProviderRules;
use crate::domain::text::keywords::Keyword;

/// The contact has texted STOP.
const OPTED_OUT: u32 = 21610;

/// Twilio's own: it answers each of these words by itself, unless its support was asked to leave them alone.
pub(super) static OPT_OUTS: ProviderRules = ProviderRules {
    stop: &["STOP", "UNSUBSCRIBE", "END", "QUIT", "STOPALL", "REVOKE", "OPTOUT", "CANCEL"],
    start: &["START", "YES", "UNSTOP"],
    help: &["HELP", "INFO"],
    handles: &[Keyword::Stop, Keyword::Start, Keyword::Help],
    codes: &[OPTED_OUT],
};

/// SignalWire's. It publishes no list of its words; these are the ones that the carriers' association (CTIA)
/// names and every provider obeys. A word that it obeys beyond them is learnt from its refusal.
pub(super) static SIGNALWIRE_OPT_OUTS: ProviderRules = ProviderRules {
    stop: &["STOP", "UNSUBSCRIBE", "END", "QUIT", "STOPALL", "CANCEL"],
    start: &["START", "YES", "UNSTOP"],
    help: &["HELP", "INFO"],
    handles: &[Keyword::Stop, Keyword::Start, Keyword::Help],
    codes: &[OPTED_OUT],
};
