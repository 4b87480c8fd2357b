//! A look at what stands in a file, without reading it: what another section may refer to, before that is
//! read.

use super::tree::{Node, Value};

/// A value of the file. Nothing that is looked at becomes known by it, or wrong.
#[derive(Clone, Copy)]
pub(crate) struct Glimpse<'r>(pub(super) &'r Node);

impl<'r> Glimpse<'r> {
    /// The items, if it is a list.
    pub(crate) fn items(self) -> Vec<Self> {
        match &self.0.value {
            Value::List(items) => items.iter().map(Self).collect(),
            Value::Empty | Value::Scalar { .. } | Value::Map(_) => vec![],
        }
    }

    /// The single values at a path of keys inside it, through all lists on the way, as they stand there.
    pub(crate) fn values(self, path: &[&str]) -> Vec<&'r str> {
        match (&self.0.value, path) {
            (Value::Scalar { text, .. }, []) => vec![text],
            (Value::List(items), _) => items.iter().flat_map(|item| Self(item).values(path)).collect(),
            (Value::Map(entries), [first, rest @ ..]) => {
                let inside = entries.iter().filter(|(key, _)| key.name == *first);
                inside.flat_map(|(_, node)| Self(node).values(rest)).collect()
            }
            (Value::Empty | Value::Scalar { .. } | Value::Map(_), _) => vec![],
        }
    }
}
