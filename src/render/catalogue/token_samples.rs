//! A sample of what an admin reads who makes a token.

use crate::domain::ids::TokenId;
use crate::domain::notice::{Says, TokenCard};

pub(super) fn token() -> Says {
    Says::Token(TokenCard {
        name: "web-shop".to_owned(),
        detail: "queue support, rate 60, scope send,read".to_owned(),
        id: TokenId::new("7f3k2m9qax"),
        random: String::new(),
        token: Some("swr_7f3k2m9qax_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".to_owned()),
        secs: 600,
    })
}
