//! Tables of settings: structs whose fields are declared together with their name, default, kind and help.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::kind::Kind;

/// One setting, as it is declared.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its name in the config. The part before a dot is its section, within that of its table.
    pub name: &'static str,
    /// The name under which it is kept.
    pub stored: &'static str,
    /// Of what kind it is.
    pub kind: Kind,
    /// Its help, in a sentence or two. See [`Self::help`].
    pub text: &'static str,
}

impl Field {
    /// The name that people type and read: its name in the config, or, if that is in a section, the one under
    /// which it is stored.
    #[must_use]
    pub fn word(&self) -> &'static str {
        if self.name.contains('.') { self.stored } else { self.name }
    }

    /// What it is for, in a sentence or two.
    #[must_use]
    pub fn help(&self) -> &'static str {
        self.text.trim()
    }
}

/// Something that is set, and its settings.
pub trait Table: Serialize + DeserializeOwned {
    /// All its settings.
    const FIELDS: &'static [Field];

    /// Its stored form, an object with a value for each of [`Self::FIELDS`].
    #[must_use]
    fn document(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    /// Checks all settings.
    ///
    /// # Errors
    /// The first that is wrong, and how to mend it.
    fn check(&self) -> Result<(), String> {
        let document = self.document();
        let is_there = |field: &&Field| document.get(field.stored).is_some();
        let mut fields = Self::FIELDS.iter().filter(is_there);
        fields.try_for_each(|field| field.kind.check(field.stored, &document[field.stored]))
    }

    /// A copy in which these settings, by their stored names, are as another has them.
    ///
    /// # Errors
    /// If one of them is not of its kind.
    fn with_those_of(&self, other: &Self, stored: &[String]) -> Result<Self, String> {
        let Value::Object(mut given) = other.document() else { return self.with_given(Map::new()) };
        given.retain(|name, _| stored.contains(name));
        self.with_given(given)
    }

    /// A copy with the given settings changed, by their stored names and in their stored form.
    ///
    /// # Errors
    /// If one of them is not of its kind.
    fn with_given(&self, given: Map<String, Value>) -> Result<Self, String> {
        let mut document = self.document();
        if let Value::Object(fields) = &mut document {
            fields.extend(given);
        }
        serde_json::from_value(document).map_err(|error| error.to_string())
    }
}

/// Makes a struct of settings, its `new`, and its [`Table`]. A setting is declared by its help, name in the
/// config, field, type, default and kind:
///
/// ```text
/// settings! {
///     /// What a queue is set to.
///     pub struct QueueSettings() {
///         /// How long an offer stands.
///         "offer_secs" => offer_ms: u64 = 60_000, Kind::Time { secs: 1..=3_600 };
///     }
/// }
/// ```
///
/// None of these can be forgotten. The help is the field's documentation; people read it too, in
/// `bridge-config.yaml` and `docs/SETTINGS.md`. Fields that are no settings follow `beside`, with their
/// first values, which may use the arguments of `new`. Settings that do not have a field of their own follow
/// `with`.
macro_rules! settings {
    (
        $(#[$doc:meta])*
        pub struct $name:ident($($arg:ident: $arg_type:ty),*) {
            $(
                $(#[doc = $help:literal])+
                $(#[serde($($serde:tt)*)])?
                $key:literal => $field:ident: $type:ty = $default:expr, $kind:expr;
            )+
        }
        $(beside {
            $(
                $(#[$beside_doc:meta])*
                $beside:ident: $beside_type:ty = $beside_value:expr;
            )+
        })?
        $(with [$($also:expr),+ $(,)?])?
    ) => {
        #[derive(Clone, Debug, PartialEq, Eq, ::serde::Serialize, ::serde::Deserialize)]
        $(#[$doc])*
        pub struct $name {
            $($(
                $(#[$beside_doc])*
                pub $beside: $beside_type,
            )+)?
            $(
                $(#[doc = $help])+
                $(#[serde($($serde)*)])?
                pub $field: $type,
            )+
        }

        impl $name {
            /// One of whose settings nothing is said.
            #[must_use]
            pub fn new($($arg: $arg_type),*) -> Self {
                Self {
                    $($($beside: $beside_value,)+)?
                    $($field: $default,)+
                }
            }
        }

        impl $crate::domain::settings::table::Table for $name {
            const FIELDS: &'static [$crate::domain::settings::table::Field] = &[
                $($($also,)+)?
                $($crate::domain::settings::table::Field {
                    name: $key,
                    stored: stringify!($field),
                    kind: $kind,
                    text: concat!($($help),+),
                },)+
            ];
        }
    };
}
pub(crate) use settings;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fmt::Debug;

    use super::*;
    use crate::domain::agent::{Agent, Permission, Role};
    use crate::domain::ids::QueueName;
    use crate::domain::interaction::{DispositionRule, Mode};
    use crate::domain::not_ready::Reason;
    use crate::domain::queue::{Mms, NumberSettings, QueueSettings, Routing, Target};
    use crate::domain::response::Response;
    use crate::domain::samples::agent_ref;
    use crate::domain::settings::DeskSettings;
    use crate::domain::settings::choice::Choice;
    use crate::domain::spelling::mode::Spelling;
    use crate::domain::talk::ImPresence;

    fn is_in_order<T: Table + PartialEq + Debug>(begun: &T) {
        begun.check().unwrap();
        let document = begun.document();
        let mut names = BTreeSet::new();
        for field in T::FIELDS {
            assert!(names.insert(field.word()), "{} twice", field.name);
            let is_half = matches!(field.kind, Kind::Queue | Kind::Route);
            assert!(is_half || document.get(field.stored).is_some(), "{} is not kept", field.name);
            assert!(!field.help().is_empty(), "{} has no help", field.name);
        }
        assert_eq!(begun.with_given(Map::new()).unwrap(), *begun);
    }

    #[test]
    fn every_table_is_in_order() {
        is_in_order(&DeskSettings::new());
        is_in_order(&QueueSettings::new());
        is_in_order(&NumberSettings::new(Target::Queue(QueueName::new("support"))));
        is_in_order(&Agent::new(agent_ref("alice")));
        is_in_order(&Reason::new("lunch".to_owned()));
        is_in_order(&Response::new("hello".to_owned(), "Hello".to_owned()));
    }

    fn words_are_those_of_serde<T: Choice + Serialize>() {
        let stored: Vec<Value> = T::ALL.iter().map(|value| serde_json::to_value(value).unwrap()).collect();
        let words: Vec<&str> = T::WORDS.iter().map(|word| word.word).collect();
        assert_eq!(stored, words);
    }

    #[test]
    fn words_are_stored_as_they_are_written() {
        words_are_those_of_serde::<Spelling>();
        words_are_those_of_serde::<ImPresence>();
        words_are_those_of_serde::<Role>();
        words_are_those_of_serde::<Permission>();
        words_are_those_of_serde::<Routing>();
        words_are_those_of_serde::<DispositionRule>();
        words_are_those_of_serde::<Mode>();
        words_are_those_of_serde::<Mms>();
    }
}
