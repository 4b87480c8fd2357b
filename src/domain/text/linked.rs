//! Links to users and rooms.

/// How links to users and rooms begin. A user's may also be a `matrix:u/` URI.
const PILL_LINKS: [&str; 2] = ["https://matrix.to/#/", "http://matrix.to/#/"];

/// The id which a link leads to, such as `@bob:example.org`, or nothing if it is another link.
pub(super) fn linked_id(link: &str) -> Option<String> {
    let plain = PILL_LINKS.into_iter().find_map(|start| link.strip_prefix(start)).map(str::to_owned);
    let target = plain.or_else(|| link.strip_prefix("matrix:u/").map(|user| format!("@{user}")))?;
    let id = target.split(['?', '/']).next()?.to_owned();
    let signs =
        [("%40", "@"), ("%3A", ":"), ("%3a", ":"), ("%23", "#"), ("%21", "!"), ("%2F", "/"), ("%2f", "/")];
    let id = signs.iter().fold(id, |id, (code, sign)| id.replace(code, sign));
    id.starts_with(['@', '#', '!']).then_some(id)
}
