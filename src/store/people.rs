//! The tables that hold something of a person: how that is read for an export ([`super::kept`]), and how it
//! is taken away ([`super::forget`]). A new table fails a test until somebody has said here what of it is a
//! person's, or in that test that nothing is.

use self::Goes::{By, Otherwise};

/// A table in which rows are found by a key.
#[derive(Clone, Copy, Debug)]
pub(super) struct Of {
    /// Which.
    pub(super) table: &'static str,
    /// How its rows are read, where they are exported by this key; `$1` is the key.
    pub(super) read: Option<&'static str>,
    /// How they go.
    pub(super) goes: Goes,
}

/// How something of a person goes when they are erased.
#[derive(Clone, Copy, Debug)]
pub(super) enum Goes {
    /// By this statement; `$1` is the key.
    By(&'static str),
    /// In another way, or not: how, or why.
    Otherwise(#[cfg_attr(not(test), expect(dead_code, reason = "people read it"))] &'static str),
}

/// By the id of the contact. They are read in this order and go in the opposite one: the contact goes last.
pub(super) const BY_CONTACT: &[Of] = &[
    Of {
        table: "contacts",
        read: Some("SELECT * FROM contacts WHERE id = $1"),
        goes: By("DELETE FROM contacts WHERE id = $1"),
    },
    Of {
        table: "contact_numbers",
        read: Some("SELECT * FROM contact_numbers WHERE contact = $1 ORDER BY number"),
        goes: Otherwise("taken away by the address, or passed on to whoever uses it too"),
    },
    Of {
        table: "contact_shares",
        read: Some("SELECT * FROM contact_shares WHERE contact = $1 ORDER BY number"),
        goes: By("DELETE FROM contact_shares WHERE contact = $1"),
    },
    Of {
        table: "contact_merges",
        read: Some("SELECT * FROM contact_merges WHERE survivor = $1 ORDER BY at, id"),
        goes: By("DELETE FROM contact_merges WHERE survivor = $1 OR merged = $1"),
    },
    Of {
        table: "contact_moves",
        read: None,
        goes: By("DELETE FROM contact_moves WHERE merge_id IN
                  (SELECT id FROM contact_merges WHERE survivor = $1 OR merged = $1)"),
    },
    Of {
        table: "shown_in",
        read: None,
        goes: Otherwise("taken away when the rooms in it are to be searched, by shown_in::take"),
    },
    Of {
        table: "blocks",
        read: Some("SELECT * FROM blocks WHERE contact = $1"),
        goes: By("DELETE FROM blocks WHERE contact = $1"),
    },
    Of { table: "erase_asked", read: None, goes: By("DELETE FROM erase_asked WHERE contact = $1") },
    Of {
        table: "auto_replies",
        read: Some("SELECT * FROM auto_replies WHERE contact = $1 ORDER BY kind"),
        goes: By("DELETE FROM auto_replies WHERE contact = $1"),
    },
];

/// By an address; they go where it is nobody else's, in the opposite order: the address goes last.
pub(super) const BY_ADDRESS: &[Of] = &[
    Of { table: "contact_numbers", read: None, goes: By("DELETE FROM contact_numbers WHERE number = $1") },
    Of {
        table: "ghosts",
        read: Some("SELECT * FROM ghosts WHERE number = $1 ORDER BY name"),
        goes: By("DELETE FROM ghosts WHERE number = $1"),
    },
    Of {
        table: "consent",
        read: Some("SELECT * FROM consent WHERE address = $1 ORDER BY scope"),
        goes: Otherwise("taken away, and remembered by a salted hash, by consent::forget"),
    },
    Of {
        table: "consent_changes",
        read: Some("SELECT * FROM consent_changes WHERE address = $1 ORDER BY id"),
        goes: Otherwise("taken away by consent::forget"),
    },
    Of {
        table: "floods",
        read: Some("SELECT * FROM floods WHERE theirs = $1 ORDER BY ours"),
        goes: By("DELETE FROM floods WHERE theirs = $1"),
    },
    Of {
        table: "missed",
        read: Some("SELECT * FROM missed WHERE theirs = $1 ORDER BY written_at, sid"),
        goes: By("DELETE FROM missed WHERE theirs = $1"),
    },
];

/// By the id of a conversation with them.
pub(super) const BY_INTERACTION: &[Of] = &[
    Of {
        table: "transcript",
        read: Some("SELECT * FROM transcript WHERE interaction = $1 ORDER BY id"),
        goes: Otherwise("taken away line by line"),
    },
    Of {
        table: "blanks",
        read: Some("SELECT * FROM blanks WHERE interaction = $1 ORDER BY agent"),
        goes: By("DELETE FROM blanks WHERE interaction = $1"),
    },
    Of {
        table: "callbacks",
        read: Some("SELECT * FROM callbacks WHERE interaction = $1 ORDER BY due_at, event_id"),
        goes: By("DELETE FROM callbacks WHERE interaction = $1"),
    },
    Of {
        table: "scheduled",
        read: Some("SELECT * FROM scheduled WHERE interaction = $1 ORDER BY due_at, event_id"),
        goes: By("DELETE FROM scheduled WHERE interaction = $1"),
    },
    Of {
        table: "replies",
        read: Some("SELECT * FROM replies WHERE interaction = $1 ORDER BY created_at, id"),
        goes: Otherwise("taken away a piece at a time, by forget::messages"),
    },
    Of {
        table: "provider_texts",
        read: Some("SELECT * FROM provider_texts WHERE interaction = $1 ORDER BY sid"),
        goes: Otherwise("taken away a piece at a time, by forget::provider_texts"),
    },
    Of {
        table: "changes",
        read: Some("SELECT * FROM changes WHERE interaction = $1 ORDER BY id"),
        goes: Otherwise("stays: when a conversation was whose in which queue, which reports count"),
    },
    Of {
        table: "talks",
        read: Some("SELECT * FROM talks WHERE parent = $1 ORDER BY created_at, id"),
        goes: Otherwise("emptied: who spoke with whom stays"),
    },
    Of {
        table: "program_texts",
        read: Some("SELECT * FROM program_texts WHERE interaction = $1"),
        goes: By("DELETE FROM program_texts WHERE interaction = $1"),
    },
    Of {
        table: "tags",
        read: Some("SELECT * FROM tags WHERE interaction = $1 ORDER BY tag"),
        goes: By("DELETE FROM tags WHERE interaction = $1"),
    },
    Of {
        table: "ignored_words",
        read: Some("SELECT * FROM ignored_words WHERE interaction = $1 ORDER BY word"),
        goes: By("DELETE FROM ignored_words WHERE interaction = $1"),
    },
    Of {
        table: "media_shown",
        read: Some("SELECT * FROM media_shown WHERE interaction = $1 ORDER BY uri"),
        goes: By("DELETE FROM media_shown WHERE interaction = $1"),
    },
    Of {
        table: "originals",
        read: Some("SELECT * FROM originals WHERE interaction = $1 ORDER BY sent_at, number"),
        goes: By("DELETE FROM originals WHERE interaction = $1"),
    },
    Of {
        table: "media_out",
        read: Some("SELECT * FROM media_out WHERE interaction = $1 ORDER BY made_at, id"),
        goes: By("DELETE FROM media_out WHERE interaction = $1"),
    },
    Of {
        table: "media_out_pieces",
        read: Some(
            "SELECT p.media, p.number, CAST(LENGTH(p.bytes) AS BIGINT) AS bytes FROM media_out m
             JOIN media_out_pieces p ON p.media = m.id WHERE m.interaction = $1 ORDER BY p.media, p.number",
        ),
        goes: By(
            "DELETE FROM media_out_pieces WHERE media IN (SELECT id FROM media_out WHERE interaction = $1)",
        ),
    },
    Of {
        table: "left_behind",
        read: Some("SELECT * FROM left_behind WHERE interaction = $1 ORDER BY at"),
        goes: By("DELETE FROM left_behind WHERE interaction = $1"),
    },
    Of {
        table: "offers",
        read: Some("SELECT * FROM offers WHERE interaction = $1 ORDER BY agent"),
        goes: By("DELETE FROM offers WHERE interaction = $1"),
    },
];

/// By the name of a lane of a conversation: what is on its way, or was delivered not long ago.
pub(super) const BY_LANE: Of = Of {
    table: "outbox",
    read: Some("SELECT * FROM outbox WHERE lane = $1 ORDER BY seq"),
    goes: By("DELETE FROM outbox WHERE lane = $1"),
};

/// The conversations themselves, which are read and emptied a piece at a time.
pub(super) const INTERACTIONS: Of =
    Of { table: "interactions", read: None, goes: Otherwise("emptied: what reports count stays") };

/// All of them.
pub(super) fn all() -> impl Iterator<Item = &'static Of> {
    [BY_CONTACT, BY_ADDRESS, BY_INTERACTION].into_iter().flatten().chain([&BY_LANE, &INTERACTIONS])
}

/// The statements by which rows go, in their order.
pub(super) fn going(of: &'static [Of]) -> impl Iterator<Item = &'static str> {
    of.iter().rev().filter_map(|of| match of.goes {
        By(sql) => Some(sql),
        Otherwise(_) => None,
    })
}
