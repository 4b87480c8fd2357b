//! English.

use super::language::Language;

pub(super) static LANGUAGE: Language = Language {
    phrases: &[
        "^ please|pls|plz|just? stop|quit now|please|pls|plz|already? $",
        "^ stop|quit it|this please|now? $",
        "stop|quit texting|messaging|contacting|smsing|spamming|bothering me|us|this",
        "stop|quit texting|messaging|contacting|smsing|spamming|bothering please|now? $",
        "stop|quit sending me|us|these|this|any|your? the|these|this|your|any|more|so? many? text|texts|messages|msgs|sms|spam",
        "stop all? text|texts|messages|msgs|sms",
        "dont|never text|message|contact|sms|write me|us|this? number? again|anymore|ever",
        "dont|never text|message|contact|sms me|us any more",
        "^ please|pls|plz? dont text|message|contact|sms me|us please|pls? $",
        "do not text|message|contact|sms me|us again|anymore|ever",
        "^ please|pls|plz? do not text|message|contact|sms me|us please|pls? $",
        "remove|take|delete me|us|my|this number|phone? from|off your|the|this|all? texting|mailing|contact|sms|message? list|lists|system|database",
        "delete|remove|lose my number",
        "unsubscribe me|us|from|please|pls",
        "want|like|wish|need to unsubscribe",
        "opt me|us? out",
        "no more texts|messages|msgs|sms",
        "leave me|us alone",
    ],
    negations: &["dont", "not", "never", "didnt", "wont", "cant", "cannot", "doesnt"],
};
