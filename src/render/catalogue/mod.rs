//! The list of templates: each notice with its two files and a sample of everything it can say.
//!
//! A new variant of [`Says`] does not compile until it stands in this list, a new code of a reason until it
//! stands in [`codes`], and the program does not start until its files are there and render.

#[macro_use]
mod names;
mod overflow_samples;

mod call_samples;
mod callback_samples;
pub(super) mod card_samples;
pub mod codes;
mod email_samples;
mod later_samples;
mod response_samples;
pub(super) mod samples;
pub(in crate::render) mod shift_samples;
mod sms_samples;
mod spelling_samples;
mod status_samples;
mod token_samples;

use self::call_samples::{calls, calls_refused};
use self::callback_samples::{callbacks, callbacks_due, called_back};
use self::card_samples::{
    bare_case_card, bare_contact_card, bare_erase_card, bare_erase_receipt, bare_merge_card, bare_preview,
    blocked_items, case_card, changed_case_cards, changed_contact_cards, common_erase_card, consent_card,
    contact_card, erase_card, erase_receipt, merge_card, past, past_emptied, past_found, past_lines,
    past_said, preview, second_case_card, shared_number, talk_preview,
};
use self::codes::{
    held_backs, link_risks, losses, missed, missing, not_resent, not_shown, problems, refusals, story_lines,
    unavailable, unsent, withdrawn,
};
use self::email_samples::emails;
use self::later_samples::{scheduled, scheduled_dropped};
pub(super) use self::names::MISSED;
use self::names::PARTS;
pub use self::names::{Names, TOPIC, WORDS};
use self::response_samples::{held_back_responses, response_file, response_report, responses, use_lines};
use self::samples::{
    NOW, actions, attachment, confirm_erasing, contact_cards, dispositions, flood, interaction_id, jane,
    missed_item, odd_link, original, others, past_change, quoted, room, segments, voice,
};
pub use self::samples::{held_back, sample_interactions};
use self::shift_samples::{
    bare_hand_card, hand_card, next_steps, open_works, states_set, time_lines, time_report, too_long,
    works_moved,
};
use self::sms_samples::{sms_card, sms_question, sms_refusals};
use self::spelling_samples::{WORD_CHANGES, misspelt, spelling_card};
use self::status_samples::{
    agent_lines, channel_up, help, queue_lines, rows, status, status_signed_off, status_with_channels,
    status_without_queue, tag_lines, whole_help,
};
use crate::domain::agent::{Permission, Role, WorkChannel};
use crate::domain::channel::Channel as Side;
use crate::domain::consent::Source;
use crate::domain::ids::ErasureId;
use crate::domain::input::Loss;
use crate::domain::notice::{
    AutoReply, ClosedFor, ConsentCard, HandCard, HandRaised, HeldBack, Missing, Needs, NotShown, Notice,
    PastItem, Question, Requeued, Says, TalkPreview,
};
use crate::domain::session::Counts;
use crate::domain::settings::choice::Choice as _;
use crate::domain::spelling::mode::Spelling;
use crate::domain::talk::Kind;
use crate::domain::text::links::LinkRisk;

catalogue! {
    Says::Offer(_) => "offer": [
        Says::Offer(Question::Session(preview())),
        Says::Offer(Question::Session(bare_preview())),
        Says::Offer(Question::Session(called_back(preview()))),
        Says::Offer(Question::Talk(talk_preview(Kind::Consult, "May she return it?"))),
        Says::Offer(Question::Talk(TalkPreview { contact: None, number: None, ..talk_preview(Kind::Im, "") })),
    ];
    Says::OfferAccepted { .. } => "offer_accepted": [
        Says::OfferAccepted { contact: jane(), room: room(), others: others(), join_secs: None },
        Says::OfferAccepted { contact: jane(), room: room(), others: Counts::default(), join_secs: Some(60) },
        Says::OfferAccepted { contact: jane(), room: None, others: Counts::default(), join_secs: None },
    ];
    Says::OfferRejected { .. } => "offer_rejected": [Says::OfferRejected { contact: jane() }];
    Says::OfferTimedOut { .. } => "offer_timed_out": [
        Says::OfferTimedOut { contact: jane(), callback: false, not_ready: true },
        Says::OfferTimedOut { contact: jane(), callback: true, not_ready: false },
    ];
    Says::OfferRing { .. } => "offer_ring": [
        Says::OfferRing { contact: jane(), secs: 40, expires_at: NOW },
    ];
    Says::OfferWithdrawn { .. } => "offer_withdrawn":
        withdrawn().into_iter().map(|why| Says::OfferWithdrawn { contact: jane(), why });
    Says::RoomReplaced { .. } => "room_replaced":
        losses().into_iter().map(|why| Says::RoomReplaced { why, lines: vec![], more: false }).chain([
            Says::RoomReplaced { why: Loss::Gone, lines: past_lines(), more: true },
        ]);
    Says::RoomLost { .. } => "room_lost":
        losses()
            .into_iter()
            .map(Some)
            .chain([None])
            .map(|why| Says::RoomLost { what: jane(), why });
    Says::RoomMissing { .. } => "room_missing": [Says::RoomMissing { what: jane() }];
    Says::WriteElsewhere { .. } => "write_elsewhere": [
        Says::WriteElsewhere { contact: jane(), room: room(), owner: None },
        Says::WriteElsewhere { contact: jane(), room: None, owner: Some("Bob Roe".into()) },
        Says::WriteElsewhere { contact: jane(), room: None, owner: None },
    ];
    Says::Requeued { .. } => "requeued": [
        Says::Requeued { contact: jane(), why: Requeued::DidNotCome, not_ready: true, by: None },
        Says::Requeued { contact: jane(), why: Requeued::NoAgent, not_ready: false, by: None },
        Says::Requeued { contact: jane(), why: Requeued::NotTaken, not_ready: false, by: None },
        Says::Requeued { contact: jane(), why: Requeued::Supervisor, not_ready: false, by: Some("Sue Visor".into()) },
    ];
    Says::TransferRequested { .. } => "transfer_requested": [
        Says::TransferRequested { contact: jane(), to: "Bob Roe".into(), note: "She speaks French".into() },
        Says::TransferRequested { contact: jane(), to: "Bob Roe".into(), note: String::new() },
    ];
    Says::Transferred { .. } => "transferred": [
        Says::Transferred { contact: jane(), from: "Alice Doe".into(), to: "Bob Roe".into() },
    ];
    Says::TransferRejected { .. } => "transfer_rejected": [
        Says::TransferRejected { contact: jane(), by: "Bob Roe".into(), reason: "lunch".into() },
        Says::TransferRejected { contact: jane(), by: "Bob Roe".into(), reason: String::new() },
    ];
    Says::TransferTimedOut { .. } => "transfer_timed_out": [
        Says::TransferTimedOut { contact: jane(), by: "Bob Roe".into() },
    ];
    Says::TransferCancelled { .. } => "transfer_cancelled": [Says::TransferCancelled { contact: jane() }];
    Says::Assigned { .. } => "assigned": [
        Says::Assigned { contact: jane(), by: "Sue Visor".into(), room: room() },
        Says::Assigned { contact: jane(), by: "Sue Visor".into(), room: None },
    ];
    Says::Given { .. } => "given": [Says::Given { contact: jane(), to: "Bob Roe".into() }];
    Says::Refused { .. } => "refused": refusals().into_iter().map(|why| Says::Refused { why });
    Says::OwnerLost { .. } => "owner_lost": [Says::OwnerLost { contact: jane(), owner: "Alice Doe".into() }];
    Says::Overflowed(_) => "overflowed": overflow_samples::overflowed();
    Says::Token(_) => "token": [token_samples::token()];
    Says::Note { .. } => "note": [Says::Note { by: "Alice Doe".into(), text: "She speaks French".into() }];
    Says::Joined { .. } => "joined": [
        Says::Joined { by: "Sue Visor".into(), barged: false },
        Says::Joined { by: "Sue Visor".into(), barged: true },
    ];
    Says::Left { .. } => "left": [Says::Left { by: "Sue Visor".into() }];
    Says::Whisper { .. } => "whisper": [
        Says::Whisper { contact: jane(), by: "Sue Visor".into(), text: "Offer her a refund".into() },
    ];
    Says::Hand(_) => "hand": [
        Says::Hand(hand_card()),
        Says::Hand(bare_hand_card()),
        Says::Hand(HandCard { taken_by: Some("Sue Visor".into()), ..bare_hand_card() }),
        Says::Hand(HandCard { is_over: true, ..bare_hand_card() }),
    ];
    Says::HandRaised(_) => "hand_raised": [
        Says::HandRaised(HandRaised { told: vec!["Sue Visor".into(), "Tom Tell".into()] }),
    ];
    Says::OpenWork(_) => "open_work": open_works().into_iter().map(Says::OpenWork);
    Says::WorkMoved(_) => "work_moved": works_moved().into_iter().map(Says::WorkMoved);
    Says::Closed(_) => "closed": [
        Says::Closed(ClosedFor { contact: jane(), owner: Some("Alice Doe".into()), disposition: Some("Solved".into()) }),
        Says::Closed(ClosedFor { contact: jane(), owner: None, disposition: None }),
    ];
    Says::StateSet(_) => "state_set": states_set().into_iter().map(Says::StateSet);
    Says::NotReadyTooLong(_) => "not_ready_too_long":
        [true, false].map(|is_you| Says::NotReadyTooLong(too_long(is_you)));
    Says::NextSteps(_) => "next_steps": [Says::NextSteps(next_steps())];
    Says::Report { .. } => "report": [
        Says::Report { first: NOW, last: NOW, queues: queue_lines(), agents: agent_lines(), tags: tag_lines(), responses: None, times: None },
        Says::Report {
            first: NOW,
            last: NOW + std::time::Duration::from_hours(48),
            queues: vec![],
            agents: vec![],
            tags: vec![],
            responses: None,
            times: None,
        },
        time_report(time_lines()),
        time_report(vec![]),
        response_report(use_lines()),
        response_report(vec![]),
    ];
    Says::LeftAsItWas => "left_as_it_was": [Says::LeftAsItWas];
    Says::Changed { .. } => "changed": [(false, false), (true, true)].map(|(in_config, only_new)| Says::Changed {
        what: "queue support".into(),
        before: "offer_secs 60".into(),
        after: "offer_secs 30".into(),
        in_config,
        only_new,
    });
    Says::Case(_) => "case": [
        Says::Case(case_card()),
        Says::Case(second_case_card()),
        Says::Case(bare_case_card()),
        Says::Case(changed_case_cards()[0].clone()),
        Says::Case(changed_case_cards()[1].clone()),
    ];
    Says::Contact(_) => "contact": [
        Says::Contact(contact_card()),
        Says::Contact(bare_contact_card()),
        Says::Contact(changed_contact_cards()[0].clone()),
        Says::Contact(changed_contact_cards()[1].clone()),
    ];
    Says::ContactAssigned { .. } => "contact_assigned": [true, false].map(|whole| Says::ContactAssigned {
        contact: jane(),
        old_name: "+14155550100".into(),
        number: "+14155550100".into(),
        whole,
    });
    Says::ContactMerge(_) => "contact_merge": [
        Says::ContactMerge(merge_card()),
        Says::ContactMerge(bare_merge_card()),
    ];
    Says::ContactMerged { .. } => "contact_merged": [Says::ContactMerged {
        contact: jane(),
        merged: "J. Doe".into(),
        numbers: vec!["+14155550100".into(), "+14155550101".into()],
        conversations: 2,
        until: NOW,
    }];
    Says::ContactSplit { .. } => "contact_split": [
        Says::ContactSplit { contact: jane(), merged: "J. Doe".into(), numbers: vec!["+14155550101".into()] },
        Says::ContactSplit { contact: jane(), merged: "+14155550101".into(), numbers: vec!["+14155550101".into()] },
    ];
    Says::History { .. } => "history": [
        Says::History { contact: Some(jane()), typed: String::new(), items: past(), more: true, unreadable: 0, indexing: false },
        Says::History { contact: Some(jane()), typed: String::new(), items: past(), more: false, unreadable: 1, indexing: false },
        Says::History { contact: Some(jane()), typed: String::new(), items: vec![], more: false, unreadable: 0, indexing: false },
        Says::History { contact: Some(jane()), typed: String::new(), items: vec![], more: false, unreadable: 12, indexing: false },
        Says::History { contact: None, typed: "order 4711".into(), items: past_found(), more: false, unreadable: 0, indexing: false },
        Says::History { contact: Some(jane()), typed: "lamp".into(), items: vec![], more: true, unreadable: 0, indexing: false },
        Says::History { contact: Some(jane()), typed: "lamp".into(), items: vec![], more: false, unreadable: 0, indexing: true },
        Says::History { contact: Some(jane()), typed: String::new(), items: vec![past_emptied()], more: false, unreadable: 0, indexing: false },
    ];
    Says::Earlier { .. } => "earlier": [
        Says::Earlier { of: past().remove(1), lines: past_said() },
        Says::Earlier { of: past().remove(0), lines: vec![] },
    ];
    Says::NoLongerKept { .. } => "no_longer_kept": [
        Says::NoLongerKept { of: past_emptied(), with: Some(jane()), days: Some(30) },
        Says::NoLongerKept { of: PastItem { by: None, disposition: None, ..past_emptied() }, with: Some(jane()), days: None },
        Says::NoLongerKept { of: past_emptied(), with: None, days: None },
    ];
    Says::ConfirmErasing { .. } => "confirm_erasing": confirm_erasing();
    Says::Transcript { .. } => "transcript": [
        Says::Transcript { contact: jane(), lines: past_lines(), page: 1, more: false },
        Says::Transcript { contact: jane(), lines: past_lines(), page: 2, more: true },
    ]
    .into_iter()
    .chain(story_lines().chunks(40).map(|lines| Says::Transcript {
        contact: jane(),
        lines: lines.iter().cloned().map(past_change).collect(),
        page: 1,
        more: false,
    }).collect::<Vec<_>>());
    Says::Blocked { .. } => "blocked": [
        Says::Blocked {
            contact: jane(),
            by: "Alice Doe".into(),
            until: Some(NOW),
            reason: "spam".into(),
            shared: None,
        },
        Says::Blocked {
            contact: jane(),
            by: "Alice Doe".into(),
            until: None,
            reason: String::new(),
            shared: Some(shared_number()),
        },
    ];
    Says::Unmuted { .. } => "unmuted": [Says::Unmuted { contact: jane(), by: "Alice Doe".into() }];
    Says::Unblocked { .. } => "unblocked": [Says::Unblocked { contact: jane(), by: "Alice Doe".into() }];
    Says::Blocks { .. } => "blocks": [
        Says::Blocks { items: blocked_items(), more: true },
        Says::Blocks { items: blocked_items(), more: false },
        Says::Blocks { items: vec![], more: false },
    ];
    Says::EraseContact(_) => "erase_contact": [
        Says::EraseContact(erase_card()),
        Says::EraseContact(bare_erase_card()),
        Says::EraseContact(common_erase_card()),
    ];
    Says::Erasing { .. } => "erasing": [
        Says::Erasing { id: ErasureId::new("e-7f3k2"), closed: 0 },
        Says::Erasing { id: ErasureId::new("e-7f3k2"), closed: 2 },
    ];
    Says::ConversationErased { .. } => "conversation_erased": [
        Says::ConversationErased { by: "Ada Min".into() },
    ];
    Says::Flood { .. } => "flood": [
        flood(1, true, false),
        flood(1, true, true),
        flood(212, false, false),
        flood(1, false, true),
        Says::Flood {
            contact: jane(),
            count: 3,
            text: String::new(),
            mute_secs: 3_600,
            begins: false,
            only_kept: false,
            contact_id: "c-9x2m4k7q".into(),
        },
    ];
    Says::Held => "held": [Says::Held];
    Says::Snoozed { .. } => "snoozed": [Says::Snoozed { until: NOW }];
    Says::ReplyDue { .. } => "reply_due": [Says::ReplyDue { secs: 300 }];
    Says::ReplyOverdue { .. } => "reply_overdue": [
        Says::ReplyOverdue { contact: jane(), owner: "Alice Doe".into(), secs: 600 },
    ];
    Says::Courtesy { .. } => "courtesy": [
        Says::Courtesy { contact: jane(), text: "Thanks a lot 👍".into() },
    ];
    Says::SnoozeOver => "snooze_over": [Says::SnoozeOver];
    Says::Expiring { .. } => "expiring": [Says::Expiring { secs: 300, expires_at: NOW }];
    Says::Expired { .. } => "expired": [Says::Expired { contact: jane() }];
    Says::DispositionRequired { .. } => "disposition_required": [
        Says::DispositionRequired { items: dispositions() },
        Says::DispositionRequired { items: vec![] },
    ];
    Says::Done { .. } => "done": [
        Says::Done { contact: jane(), by: "Alice Doe".into(), took_secs: 3900, disposition: None },
        Says::Done { contact: jane(), by: "Alice Doe".into(), took_secs: 65, disposition: Some("Solved".into()) },
    ];
    Says::TalkOpened { .. } => "talk_opened": [
        Says::TalkOpened {
            kind: Kind::Consult,
            by: "Alice Doe".into(),
            to: "Bob Roe".into(),
            contact: Some(jane()),
            number: Some("+14155550100".to_owned()),
            text: "May she return it?".into(),
            not_ready: Some("lunch".into()),
        },
        Says::TalkOpened {
            kind: Kind::Im,
            by: "Alice Doe".into(),
            to: "Bob Roe".into(),
            contact: None,
            number: None,
            text: String::new(),
            not_ready: None,
        },
    ];
    Says::TalkText { .. } => "talk_text": [
        Says::TalkText { by: "Alice Doe".into(), text: "And may she keep the box?".into() },
    ];
    Says::ImAccepted { .. } => "im_accepted": [Says::ImAccepted { by: "Bob Roe".into() }];
    Says::ImRejected { .. } => "im_rejected": [
        Says::ImRejected { by: "Bob Roe".into(), reason: "lunch".into() },
        Says::ImRejected { by: "Bob Roe".into(), reason: String::new() },
    ];
    Says::ImTimedOut { .. } => "im_timed_out": [Says::ImTimedOut { by: "Bob Roe".into() }];
    Says::ImEnded { .. } => "im_ended": [
        Says::ImEnded { kind: Kind::Im, by: Some("Bob Roe".into()), gone: false },
        Says::ImEnded { kind: Kind::Im, by: Some("Bob Roe".into()), gone: true },
        Says::ImEnded { kind: Kind::Consult, by: None, gone: false },
    ];
    Says::ImUnavailable { .. } => "im_unavailable":
        unavailable().into_iter().map(|why| Says::ImUnavailable { who: "Bob Roe".into(), why });
    Says::ConsultAccepted { .. } => "consult_accepted": [
        Says::ConsultAccepted {
            by: "Bob Roe".into(),
            contact: jane(),
            case: vec![("order".into(), "4711".into())],
            case_more: 3,
        },
        Says::ConsultAccepted { by: "Bob Roe".into(), contact: jane(), case: vec![], case_more: 0 },
    ];
    Says::ConsultRejected { .. } => "consult_rejected": [
        Says::ConsultRejected { by: "Bob Roe".into(), contact: jane(), reason: "lunch".into() },
        Says::ConsultRejected { by: "Bob Roe".into(), contact: jane(), reason: String::new() },
    ];
    Says::ConsultTimedOut { .. } => "consult_timed_out": [
        Says::ConsultTimedOut { by: "Bob Roe".into(), contact: jane() },
    ];
    Says::Voice { .. } => "voice": [voice(Some(jane()), true), voice(Some(jane()), false), voice(None, false)];
    Says::Resumed { .. } => "resumed": [Says::Resumed { contact: jane() }];
    Says::DispositionSet { .. } => "disposition_set": [Says::DispositionSet { label: "Solved".into() }];
    Says::Reopened { .. } => "reopened": [
        Says::Reopened { contact: jane(), room: room() },
        Says::Reopened { contact: jane(), room: None },
    ];
    Says::DoneRefused { .. } => "done_refused": [
        Says::DoneRefused { on_its_way: false, again: String::new() },
        Says::DoneRefused { on_its_way: true, again: String::new() },
        Says::DoneRefused { on_its_way: false, again: "close i-7f3k2 solved".into() },
        Says::DoneRefused { on_its_way: true, again: "close i-7f3k2".into() },
    ];
    Says::MessageFailed { .. } => "message_failed": [
        Says::MessageFailed { error: None, meaning: "the number does not exist".into(), unsent: vec![], of: None },
        Says::MessageFailed {
            error: Some(21623),
            meaning: "the message has too many pictures".into(),
            unsent: vec![],
            of: None,
        },
        Says::MessageFailed {
            error: Some(21610),
            meaning: "the contact has opted out (STOP) and must text START first".into(),
            unsent: vec![],
            of: None,
        },
        Says::MessageFailed {
            error: Some(30003),
            meaning: "the phone is off or out of reach".into(),
            unsent: vec!["Your parcel left on Monday.".into(), "Anything else?".into()],
            of: None,
        },
        Says::MessageFailed {
            error: None,
            meaning: "the number does not exist".into(),
            unsent: vec![],
            of: Some(quoted()),
        },
    ];
    Says::MessageUnconfirmed { .. } => "message_unconfirmed": [
        Says::MessageUnconfirmed { of: None },
        Says::MessageUnconfirmed { of: Some(quoted()) },
    ];
    Says::Resent { .. } => "resent": [Says::Resent { of: quoted() }];
    Says::ResendRefused { .. } => "resend_refused": not_resent().into_iter().map(|why| Says::ResendRefused { why });
    Says::MessageHeldBack { .. } => "message_held_back":
        held_backs()
            .into_iter()
            .map(held_back)
            .chain(held_back(HeldBack::NotActive).elsewhere(quoted()))
            .chain(held_back_responses());
    Says::Response { .. } => "response": responses();
    Says::ResponseFile { .. } => "response_file": [response_file()];
    Says::ResponseBlank { .. } => "response_blank": [
        Says::ResponseBlank { shortcut: "refund".into(), blank: "order".into(), number: 1, count: 2 },
        Says::ResponseBlank { shortcut: "refund".into(), blank: "order".into(), number: 1, count: 1 },
    ];
    Says::ResponseDropped { .. } => "response_dropped": [
        Says::ResponseDropped { shortcut: "refund".into(), changed: false },
        Says::ResponseDropped { shortcut: "refund".into(), changed: true },
    ];
    Says::Call(_) => "call": calls();
    Says::CallRefused(_) => "call_refused": calls_refused();
    Says::Callback(_) => "callback": callbacks();
    Says::Email(_) => "email": emails();
    Says::CallbackDue(_) => "callback_due": callbacks_due();
    Says::Scheduled(_) => "scheduled": scheduled();
    Says::ScheduledDropped(_) => "scheduled_dropped": scheduled_dropped();
    Says::NotSent { .. } => "not_sent":
        unsent().into_iter().map(|why| Says::NotSent {
            contact: jane(),
            texts: vec!["Your parcel left on Monday.".into(), "Anything else?".into()],
            why,
        });
    Says::OptedOut { .. } => "opted_out": [
        Says::OptedOut { by: "STOP".into(), source: Source::Keyword, provider_blocks: true, again: false },
        Says::OptedOut { by: "Alice Doe".into(), source: Source::Agent, provider_blocks: false, again: false },
        Says::OptedOut { by: "Alice Doe".into(), source: Source::Agent, provider_blocks: false, again: true },
        Says::OptedOut { by: String::new(), source: Source::Callback, provider_blocks: true, again: false },
        Says::OptedOut { by: String::new(), source: Source::Earlier, provider_blocks: false, again: false },
    ];
    Says::OptedIn { .. } => "opted_in": [
        Says::OptedIn { by: "START".into(), source: Source::Keyword, provider_blocks: false, again: false },
        Says::OptedIn { by: "Alice Doe".into(), source: Source::Agent, provider_blocks: true, again: false },
        Says::OptedIn { by: "Alice Doe".into(), source: Source::Agent, provider_blocks: false, again: true },
    ];
    Says::Consent(_) => "consent": [
        Says::Consent(consent_card()),
        Says::Consent(ConsentCard { changes: vec![], current: vec![], erased: true, ..consent_card() }),
        Says::Consent(ConsentCard { changes: vec![], current: vec![], more: false, ..consent_card() }),
    ];
    Says::OptOutHint => "opt_out_hint": [Says::OptOutHint];
    Says::Unanswerable { .. } => "unanswerable": [Says::Unanswerable { sender: "ACME".into() }];
    Says::LinkWarning { .. } => "link_warning": [
        Says::LinkWarning { links: vec![odd_link(LinkRisk::Punycode)] },
        Says::LinkWarning { links: link_risks().into_iter().map(odd_link).collect() },
    ];
    Says::Actions { .. } => "actions": [Says::Actions { items: actions() }];
    Says::Late { .. } => "late": [Says::Late { written_at: NOW }];
    Says::LateAttachment { .. } => "late_attachment": [
        Says::LateAttachment { of: attachment("Look at this") },
        Says::LateAttachment { of: attachment("") },
    ];
    Says::DeskText { .. } => "desk_text": [
        Says::DeskText { because: AutoReply::Waiting, text: "We answer soon.".into() },
        Says::DeskText { because: AutoReply::Closed, text: "We are back at nine.".into() },
        Says::DeskText { because: AutoReply::Overflow, text: "We are sorry to keep you waiting.".into() },
        Says::DeskText { because: AutoReply::Voice, text: "One moment, I ask a colleague.".into() },
        Says::DeskText { because: AutoReply::Stopped, text: "You get no more texts from us.".into() },
        Says::DeskText { because: AutoReply::Started, text: "Welcome back.".into() },
        Says::DeskText { because: AutoReply::Help, text: "This is the shop. Reply STOP to end.".into() },
    ];
    Says::Usage { .. } => "usage":
        problems().into_iter().map(|problem| Says::Usage { usage: "notready [reason]".into(), problem });
    Says::UnknownCommand { .. } => "unknown_command": [
        Says::UnknownCommand { typed: "!dnoe".into(), nearest: Some("done".into()) },
        Says::UnknownCommand { typed: "!xyzzy".into(), nearest: None },
    ];
    Says::NotAllowed { .. } => "not_allowed": [
        Says::NotAllowed { command: None, needs: None },
        Says::NotAllowed { command: Some("case".into()), needs: None },
        Says::NotAllowed {
            command: Some("save".into()),
            needs: Some(Needs::Permission { permission: Permission::MediaSave }),
        },
        Says::NotAllowed { command: Some("who".into()), needs: Some(Needs::Role { role: Role::Supervisor }) },
        Says::NotAllowed { command: Some("agent".into()), needs: Some(Needs::Role { role: Role::Admin }) },
    ];
    Says::NotOwner => "not_owner": [Says::NotOwner];
    Says::NoSuchTarget { .. } => "no_such_target":
        missing()
            .into_iter()
            .map(|what| Says::no_such(what, "mine"))
            .chain([Says::no_such(Missing::OfferOver, "")]);
    Says::Welcome { .. } => "welcome": [Says::Welcome { agent: "Alice Doe".into() }];
    Says::Help { .. } => "help": [
        Says::Help {
            title: Some("In your console".into()),
            commands: help(),
            groups: vec!["You and your day".into(), "Colleagues: handing over, asking, talking".into()],
        },
        Says::Help { title: Some("You and your day".into()), commands: help(), groups: vec![] },
        Says::Help { title: None, commands: whole_help(), groups: vec![] },
    ];
    Says::List { .. } | Says::Messages { .. } => "list": [
        Says::List { title: "Your open conversations".into(), rows: rows() },
        Says::List { title: "Your open conversations".into(), rows: vec![] },
        Says::Messages { items: missed().into_iter().map(missed_item).collect() },
        Says::Messages { items: vec![] },
    ];
    Says::TargetUnavailable { .. } => "target_unavailable":
        unavailable().into_iter().map(|why| Says::TargetUnavailable { who: "Bob Roe".into(), why });
    Says::Status { .. } => "status": [
        status("", &[]),
        status("lunch", &[]),
        status("lunch", &[WorkChannel::Sms]),
        status("lunch", &[WorkChannel::Im]),
        status("", &WorkChannel::ALL),
        status_signed_off(),
        status_without_queue(),
        status_with_channels(),
    ];
    Says::ChannelDown { .. } => "channel_down": [
        Says::ChannelDown { channel: Side::Sms, name: "SMS (Twilio)".into(), since: NOW },
        Says::ChannelDown { channel: Side::Matrix, name: "Matrix".into(), since: NOW },
    ];
    Says::ChannelUp { .. } => "channel_up": Side::ALL.map(channel_up);
    Says::Sms(_) => "sms": [sms_card(Some("This is ACME. STOP ends this.")), sms_card(None)];
    Says::SmsConfirm(_) => "sms_confirm": [sms_question()];
    Says::SmsRefused(_) => "sms_refused": sms_refusals();
    Says::Count(_) => "count": [
        Says::Count(segments(&["A text of plain letters."])),
        Says::Count(segments(&["It’s “odd”, isn’t it?"])),
        Says::Count(segments(&["1/2 a\u{200b}b 👩‍👩‍👧", "2/2 – … « ж"])),
    ];
    Says::Segments { .. } => "segments": [
        Says::Segments { sent: segments(&["word ".repeat(70).trim()]), most: 2 },
        Says::Segments { sent: segments(&["Don’t ".repeat(30).trim(), "do it"]), most: 1 },
    ];
    Says::Spelling(_) => "spelling": [
        Says::Spelling(misspelt(true, &[("recieve", &["receive", "relieve"]), ("Tehre", &["There"]), ("qqq", &[])])),
        Says::Spelling(misspelt(false, &[("recieve", &["receive"])])),
        Says::Spelling(misspelt(true, &[("eins", &[] as &[&str]); 12])),
    ];
    Says::SpellingSet(_) => "spelling_set":
        Spelling::ALL
            .iter()
            .map(|mode| spelling_card(*mode, None))
            .chain(WORD_CHANGES.map(|what| spelling_card(Spelling::Hint, Some(what))))
            .map(Says::SpellingSet);
    Says::EmptyText => "empty_text": [Says::EmptyText];
    Says::MediaLeftOut { .. } => "media_left_out": [
        Says::MediaLeftOut { count: 1 },
        Says::MediaLeftOut { count: 3 },
    ];
    Says::MediaFailed { .. } => "media_failed":
        not_shown()
            .into_iter()
            .map(|why| Says::MediaFailed { of: attachment("Look at this"), why, can_be_saved: false })
            .chain([
                Says::MediaFailed { of: attachment(""), why: NotShown::Empty, can_be_saved: false },
                Says::MediaFailed { of: attachment(""), why: NotShown::TookTooLong, can_be_saved: true },
            ]);
    Says::NoPreview { .. } => "no_preview": [
        Says::NoPreview { of: attachment("Look at this"), mime: "image/heic".into() },
        Says::NoPreview { of: attachment(""), mime: "image/avif".into() },
    ];
    Says::Card { .. } => "card": [
        Says::Card { of: attachment("My new number"), cards: contact_cards(1), more: 0 },
        Says::Card { of: attachment(""), cards: contact_cards(2), more: 3 },
    ];
    Says::Saved { .. } => "saved": [
        Says::Saved { of: attachment("Look at this"), contact: jane(), file: None },
        Says::Saved { of: attachment("Look at this"), contact: jane(), file: Some(original()) },
        Says::Saved { of: attachment(""), contact: jane(), file: Some(original()) },
    ];
    Says::CatchingUp { .. } => "catching_up": [
        Says::CatchingUp { number: "+15005550006".to_owned(), read: 5_000 },
    ];
    Says::Erased(_) => "erased": [Says::Erased(erase_receipt()), Says::Erased(bare_erase_receipt())];
    Says::SetAside { .. } => "set_aside": [
        Says::SetAside { what: "a text of a contact".into(), error: "no queue is called nigth".into(), more: 0 },
        Says::SetAside {
            what: "something for the room of i-7f3k2".into(),
            error: "the homeserver refused it".into(),
            more: 2,
        },
    ];
    Says::InternalError { .. } => "internal_error": [
        Says::InternalError { what: "!done solved".into() },
    ];
}

/// The names of all template files.
pub fn file_names() -> impl Iterator<Item = &'static str> {
    let of_notices = NAMES.iter().flat_map(|names| [names.plain, names.html]);
    of_notices.chain([TOPIC]).chain(WORDS.iter().copied()).chain(PARTS.iter().copied())
}

/// Everything the bot can say, with and without what is optional.
#[must_use]
pub fn samples() -> Vec<Notice> {
    let mut all: Vec<_> = sample_says().into_iter().map(|says| says.about(&interaction_id())).collect();
    all.push(Says::Offer(Question::Session(preview())).plainly());
    all.push(held_back(HeldBack::NotActive).plainly());
    all
}
