//! What the columns of a table hold, by their names.

use std::collections::HashSet;

use super::guard::Fault;
use super::shown::quoted;
use crate::domain::address::Channel;
use crate::domain::contact::channel_of_field;

/// The most columns.
const MOST: usize = 100;

/// What a column holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Name,
    /// An address; without the name of a channel in the cell, of this one.
    Number(Channel),
    Email,
    Language,
    Notes,
    /// Anything else, kept under the column's name.
    Attribute,
    /// A column without a name, as spreadsheets leave them behind the last one.
    Nameless,
}

/// A column of the table, as its first line names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) column: Column,
    pub(super) name: String,
}

/// Reads the first line of a table. `attribute` makes the name of an attribute of that of a column, or says
/// what is wrong with it.
pub(super) fn columns(
    cells: &[&str],
    attribute: impl Fn(&str) -> Result<String, String>,
) -> Result<Vec<Named>, Fault> {
    if cells.len() > MOST {
        return Err(Fault::TooManyColumns { count: cells.len(), most: MOST });
    }
    let mut seen = HashSet::new();
    let mut columns = Vec::with_capacity(cells.len());
    for cell in cells {
        let cell = cell.trim();
        let column = column(cell);
        let name = match column {
            Column::Attribute => {
                attribute(cell).map_err(|why| Fault::ColumnName { name: quoted(cell), why })?
            }
            Column::Nameless
            | Column::Name
            | Column::Number(_)
            | Column::Email
            | Column::Language
            | Column::Notes => cell.to_owned(),
        };
        // There is one name, and there are any number of numbers.
        let key = match column {
            Column::Name => "name".to_owned(),
            Column::Language => "language".to_owned(),
            Column::Notes => "notes".to_owned(),
            Column::Number(_) | Column::Email | Column::Attribute | Column::Nameless => name.to_lowercase(),
        };
        if column != Column::Nameless && !seen.insert(key.clone()) {
            return Err(Fault::TwoColumns { name: quoted(&key) });
        }
        columns.push(Named { column, name });
    }
    if !columns.iter().any(|named| matches!(named.column, Column::Number(_) | Column::Email)) {
        return Err(Fault::NoColumn);
    }
    Ok(columns)
}

/// What a column of a name holds: `Number`, `phone 2` and `E-Mail` are what they look like.
fn column(name: &str) -> Column {
    if name.is_empty() {
        return Column::Nameless;
    }
    if let Some(channel) = channel_of_field(name) {
        return Column::Number(channel);
    }
    let plain: String = name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    match plain.trim_end_matches(|c: char| c.is_ascii_digit()) {
        "email" | "emails" | "mail" => Column::Email,
        "name" | "fullname" if plain.ends_with("name") => Column::Name,
        "language" | "lang" if plain.starts_with("lang") && !plain.ends_with(char::is_numeric) => {
            Column::Language
        }
        "notes" | "note" if !plain.ends_with(char::is_numeric) => Column::Notes,
        _ => Column::Attribute,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Vec<Named>, Fault> {
        let cells: Vec<&str> = line.split(',').collect();
        columns(&cells, |name| Ok(name.to_owned()))
    }

    #[test]
    fn columns_are_known_by_their_names_in_any_order_and_spelling() {
        let columns =
            read("Customer No,E-Mail,WhatsApp,name, Phone 2 ,phone,lang,notes,note2,,emails").unwrap();
        let columns: Vec<Column> = columns.into_iter().map(|named| named.column).collect();
        let (sms, whatsapp) = (Column::Number(Channel::Sms), Column::Number(Channel::Whatsapp));
        let other = Column::Attribute;
        assert_eq!(
            columns,
            [
                other.clone(),
                Column::Email,
                whatsapp,
                Column::Name,
                sms.clone(),
                sms,
                Column::Language,
                Column::Notes,
                other,
                Column::Nameless,
                Column::Email,
            ]
        );
    }
}
