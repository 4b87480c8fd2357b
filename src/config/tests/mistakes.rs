//! What is said about a file that is wrong.

use super::*;

pub(super) fn mistakes(text: &str) -> Vec<String> {
    match parse(text) {
        Err(ConfigError::Invalid(mistakes)) => mistakes.iter().map(ToString::to_string).collect(),
        other => panic!("expected mistakes, got {other:?}"),
    }
}

#[test]
fn all_mistakes_are_reported_at_once_in_the_order_of_the_file() {
    let text = "\
homeserver: {url: matrix.example.org, domain: desk.test}
appservice:
  listen: localhost
  lisden: 127.0.0.1:1
sms:
  numbers:
    - {number: \"555\", queue: suport}
desk:
  queues: [{name: support, offer_secs: 0}]
timer: {}
";
    assert_eq!(
        mistakes(text),
        [
            "c.yaml:1:19: homeserver.url: \"matrix.example.org\" is not a URL (relative URL without a base); \
             write it like https://example.org",
            "c.yaml:3:11: appservice.listen: \"localhost\" is not an address with a port; write it like \
             127.0.0.1:29300",
            "c.yaml:4:3: appservice.lisden: unknown key; did you mean listen?",
            "c.yaml:7:16: sms.numbers[0].number: \"555\" is not an E.164 number; write it like +15005550006",
            "c.yaml:7:30: sms.numbers[0].queue: \"suport\" is not a queue of desk.queues; did you mean support?",
            "c.yaml:9:40: desk.queues[0].offer_secs: \"0\" is not a whole number from 1 to 3600",
            "c.yaml:10:1: timer: unknown key; did you mean timers?",
        ]
    );
}

/// What is written after the minimal homeserver, which is line 1, and what is said about it.
const MISTAKES: &[(&str, &str)] = &[
    // Shapes.
    (
        "extra: 1",
        "2:1: extra: unknown key; known here: appservice, commands, database, desk, homeserver, sms, templates, timers",
    ),
    ("timers: 5", "2:9: timers: must be a map of keys, not a single value"),
    ("desk: {agents: {}}", "2:16: desk.agents: must be a list, not a map of keys"),
    ("desk: {locale: [en]}", "2:16: desk.locale: must be text, not a list"),
    ("desk:\n  locale:", "3:9: desk.locale: has no value: give it one or remove the key"),
    (
        "desk: {recent_days: {}}",
        "2:21: desk.recent_days: must be a whole number from 0 to 3650, not a map of keys",
    ),
    ("timers: {late_secs: soon}", "2:21: timers.late_secs: \"soon\" is not a whole number from 1 to 2592000"),
    (
        "timers: {late_secs: '5'}",
        "2:21: timers.late_secs: \"5\" is not a whole number from 1 to 2592000; write it without quotation marks",
    ),
    ("timers: {late_secs: -1}", "2:21: timers.late_secs: \"-1\" is not a whole number from 1 to 2592000"),
    ("timers: {late_secs: 1.5}", "2:21: timers.late_secs: \"1.5\" is not a whole number from 1 to 2592000"),
    (
        "timers: {late_secs: 99999999999999999999}",
        "2:21: timers.late_secs: \"99999999999999999999\" is not a whole number from 1 to 2592000",
    ),
    (
        "desk: {voice_link: '{{ room }}'}",
        "2:20: desk.voice_link: \"{{ room }}\" makes no link (relative URL without a base); write it like \
         https://call.example.org/{{ room }}",
    ),
    (
        "desk: {voice_link: 'javascript:{{ room }}'}",
        "2:20: desk.voice_link: \"javascript:{{ room }}\" must make a link that begins with https:// or http:// and \
         holds no blanks",
    ),
    (
        "desk: {voice_link: 'https://a.example/{{ name }}'}",
        "2:20: desk.voice_link: \"https://a.example/{{ name }}\" names {{ name }}; what can be filled in is {{ room }}",
    ),
    (
        "desk: {voice_link: 'https://a.example/room'}",
        "2:20: desk.voice_link: \"https://a.example/room\" must hold {{ room }}, by which nobody can guess the link",
    ),
    ("appservice: {act_for_agents: yes}", "2:30: appservice.act_for_agents: \"yes\" is not true or false"),
    (
        "desk: {im_retention_days: 7}",
        "2:27: desk.im_retention_days: is called desk.retention.im_days now; write it like retention: {im_days: 90}",
    ),
    (
        "desk: {retention: {sms_days: 3651}}",
        "2:30: desk.retention.sms_days: \"3651\" is not a whole number from 0 to 3650",
    ),
    (
        "desk: {retention: {audit_days: -1}}",
        "2:32: desk.retention.audit_days: \"-1\" is not a whole number from 0 to 3650",
    ),
    (
        "desk: {retention: {media_days: for ever}}",
        "2:32: desk.retention.media_days: \"for ever\" is not a whole number from 0 to 3650",
    ),
    ("desk: {retention: 30}", "2:19: desk.retention: must be a map of keys, not a single value"),
    ("desk: {retention: {sms: 30}}", "2:20: desk.retention.sms: unknown key; did you mean sms_days?"),
    (
        "desk: {queues: [{name: q, retention: {im_days: 7}}]}",
        "2:39: desk.queues[0].retention.im_days: unknown key; did you mean sms_days?",
    ),
    (
        "desk: {queues: [{name: q, retention: {sms_days: 1.5}}]}",
        "2:49: desk.queues[0].retention.sms_days: \"1.5\" is not a whole number from 0 to 3650",
    ),
    // Variables and files.
    (
        "desk: {locale: '${NOPE}'}",
        "2:16: desk.locale: the environment variable NOPE is not set; write $${ for a literal ${",
    ),
    (
        "desk: {locale: '${no such'}",
        "2:16: desk.locale: holds ${ without the name of a variable and }; write $${ for a literal ${",
    ),
    (
        "desk: {locale: '${SECRET}'}",
        "2:16: desk.locale: the value of \"${SECRET}\" is not a language; write it like en or pt-BR",
    ),
    (
        "database: {url_file: /nonexistent/secret}",
        "2:22: database.url_file: \"/nonexistent/secret\" cannot be read: No such file or directory (os error 2)",
    ),
    ("database: {url_file: /dev/null}", "2:22: database.url_file: \"/dev/null\" is an empty file"),
    (
        "database: {url_file: /dev/zero}",
        "2:22: database.url_file: \"/dev/zero\" is larger than 64 KiB, which no secret is",
    ),
    (
        "database: {url: sqlite://x, url_file: /x}",
        "2:39: database.url_file: is given as well as url: keep one of the two",
    ),
    // Values.
    ("appservice: {url: 'ftp://x'}", "2:19: appservice.url: \"ftp://x\" must begin with http:// or https://"),
    (
        "appservice: {url: 'http://u:p@x'}",
        "2:19: appservice.url: this URL must not hold a user name or password",
    ),
    (
        "appservice: {url: 'http://x?a'}",
        "2:19: appservice.url: \"http://x?a\" must end with its path, without ? or #",
    ),
    (
        "appservice: {bot: Switchroom}",
        "2:19: appservice.bot: \"Switchroom\" must be 1 to 64 of the characters a-z 0-9 . _ = - / +",
    ),
    (
        "appservice: {bot: sms_bot}",
        "2:19: appservice.bot: must not begin with the ghost_prefix sms_, which is for contacts",
    ),
    (
        "appservice: {bot: sms}",
        "2:19: appservice.bot: makes the user sms_appservice, who begins with the ghost_prefix sms_, which is for contacts",
    ),
    ("appservice: {registration: ' '}", "2:28: appservice.registration: \" \" is empty"),
    (
        "database: {url: 'mysql://u:hunter2@h'}",
        "2:17: database.url: must begin with sqlite:// or postgres://",
    ),
    (
        "database: {url: 'sqlite://'}",
        "2:17: database.url: names no file; write it like sqlite://switchroom.db",
    ),
    (
        "database: {url: 'postgres://u:hunter2@:x/n'}",
        "2:17: database.url: is not a PostgreSQL URL; write it like postgres://user:password@host/name",
    ),
    (
        "sms: {provider: twillio}",
        "2:17: sms.provider: \"twillio\" is not one of simulator, twilio, signalwire, telnyx; did you mean twilio?",
    ),
    ("sms: {opt_out: carrier}", "2:16: sms.opt_out: \"carrier\" is not one of keywords, provider"),
    (
        "sms: {opt_out_scope: service}",
        "2:22: sms.opt_out_scope: \"service\" is not one of number, sender, desk",
    ),
    ("sms: {confirms: nobody}", "2:17: sms.confirms: \"nobody\" is not one of provider, desk"),
    (
        "sms: {keywords: {stop: ['!!']}}",
        "2:25: sms.keywords.stop[0]: \"!!\" is not a keyword; write 1 to 40 characters, like STOP",
    ),
    (
        "sms: {keywords: {start: [stop]}}",
        "2:25: sms.keywords.start: \"stop\" stands in two of stop, start and help: keep it in one",
    ),
    (
        "sms: {keywords: {stop: [Halt], start: [Ja, 'halt.']}}",
        "2:39: sms.keywords.start: \"halt.\" stands in two of stop, start and help: keep it in one",
    ),
    ("sms: {keywords: {halt: [X]}}", "2:18: sms.keywords.halt: unknown key; known here: help, start, stop"),
    (
        "sms: {keyword_texts: {stop: '{{ agent.name }} is silent'}}",
        "2:29: sms.keyword_texts.stop: \"{{ agent.name }} is silent\" names {{ agent.name }}; what can be filled in is {{ contact.name }}, {{ contact.number }}",
    ),
    (
        "sms: {numbers: [{number: '+15005550006', route: r, keywords: {help: [Stop]}}]}",
        "2:62: sms.numbers[0].keywords: \"Stop\" stands in two of stop, start and help: keep it in one",
    ),
    (
        "sms: {numbers: [{number: '+15005550006', route: r, messaging_service: 'a b'}]}",
        "2:71: sms.numbers[0].messaging_service: \"a b\" must be 1 to 64 letters, digits and signs without blanks, like a service's id",
    ),
    ("sms: {twilio: {acount_sid: x}}", "2:16: sms.twilio.acount_sid: unknown key; did you mean account_sid?"),
    (
        "sms: {numbers: [{number: '+15005550006'}]}",
        "2:17: sms.numbers[0].queue: is missing; name a queue of desk.queues, or a route with route",
    ),
    (
        "sms: {numbers: [{number: '+15005550006', route: r}, {number: '+15005550006', route: r}]}",
        "2:62: sms.numbers[1].number: \"+15005550006\" is already used by sms.numbers[0]",
    ),
    (
        "sms: {media: {hosts: ['https://x']}}",
        "2:23: sms.media.hosts[0]: \"https://x\" is not a host; write it like media.example.org or *.example.org",
    ),
    (
        "commands: {prefix: a}",
        "2:20: commands.prefix: \"a\" must be one to three characters that are neither letters, digits nor spaces",
    ),
    (
        "commands: {prefix: /}",
        "2:20: commands.prefix: \"/\" must not begin with / or #, which have a meaning of their own",
    ),
    (
        "desk: {time_zone: Mars/Olympus}",
        "2:19: desk.time_zone: \"Mars/Olympus\" is not a time zone of the IANA database; write it like Europe/Berlin",
    ),
    (
        "desk: {country: UK}",
        "2:17: desk.country: \"UK\" is not a country; write its two letters of ISO 3166, like US or DE",
    ),
    (
        "desk: {country: us}",
        "2:17: desk.country: \"us\" is not a country; write its two letters of ISO 3166, like US or DE",
    ),
    ("desk: {spelling: on}", "2:18: desk.spelling: \"on\" is not one of off, hint, confirm"),
    (
        "desk: {admins: [alice]}",
        "2:17: desk.admins[0]: \"alice\" is not a Matrix user id; write it like @alice:example.org",
    ),
    (
        "desk: {admins: ['@switchroom:desk.test']}",
        "2:17: desk.admins[0]: \"@switchroom:desk.test\" is the bridge's own user",
    ),
    ("desk: {agents: [{user: '@a:b'}]}", "2:17: desk.agents[0].id: is missing"),
    (
        "desk: {agents: [{id: Bob, user: '@a:b'}]}",
        "2:22: desk.agents[0].id: \"Bob\" must be 1 to 64 of the characters a-z 0-9 . _ -",
    ),
    (
        "desk: {agents: [{id: 7, user: '@a:b'}]}",
        "2:22: desk.agents[0].id: \"7\" must not be a number alone, which people type for a row of a list",
    ),
    (
        "desk: {agents: [{id: a, user: '@a:b'}, {id: b, user: '@a:b'}]}",
        "2:54: desk.agents[1].user: \"@a:b\" is already used by desk.agents[0]",
    ),
    (
        "desk: {agents: [{id: a, user: '@a:b', roles: [superviser]}]}",
        "2:47: desk.agents[0].roles[0]: \"superviser\" is not one of agent, supervisor, admin; did you mean supervisor?",
    ),
    (
        "desk: {agents: [{id: a, user: '@a:b', queues: [q]}]}",
        "2:48: desk.agents[0].queues[0]: \"q\" is not a queue of desk.queues",
    ),
    ("desk: {responses: [{shortcut: a}]}", "2:20: desk.responses[0].text: is missing"),
    (
        "desk: {responses: [{shortcut: a, text: '{{ x'}]}",
        "2:40: desk.responses[0].text: has {{ and no }} after it",
    ),
    (
        "desk: {responses: [{shortcut: a, text: '{{ contact.nmae }}'}]}",
        "2:40: desk.responses[0].text: names {{ contact.nmae }}; did you mean {{ contact.name }}?",
    ),
    (
        "desk: {responses: [{shortcut: a, text: '{{ order }}', ask: [ordre]}]}",
        "2:40: desk.responses[0].text: names {{ order }}; did you mean {{ ordre }}? To \
         have the agent asked for order, name it in ask first",
    ),
    (
        "desk: {responses: [{shortcut: a, text: b, then: [doen]}]}",
        "2:49: desk.responses[0].then: “doen” is no command that a response may run; did you mean done?",
    ),
    (
        "desk: {queues: [{name: q}], responses: [{shortcut: a, text: b, queues: [p]}]}",
        "2:73: desk.responses[0].queues[0]: \"p\" is not a queue of desk.queues",
    ),
    (
        "desk: {responses: [{shortcut: a, text: b, media: [c.png]}]}",
        "2:51: desk.responses[0].media[0]: \"c.png\" is no file at the homeserver; write a file like \
         mxc://example.org/AbCdEf, or reply to the picture or file with media this",
    ),
    (
        "desk: {responses: [{shortcut: a, text: b, media: [{url: 'mxc://a/b', nmae: c.png}]}]}",
        "2:70: desk.responses[0].media[0].nmae: unknown key; did you mean name?",
    ),
    (
        "desk: {responses: [{shortcut: a, text: b, media: [{name: c.png}]}]}",
        "2:51: desk.responses[0].media[0].url: is missing",
    ),
    (
        "desk: {responses: [{shortcut: a, text: b, media: ['mxc://a/b', 'mxc://a/b']}]}",
        "2:50: desk.responses[0].media: has “mxc://a/b” twice",
    ),
    (
        "desk: {responses: [{shortcut: a, text: b, lang: klingon1}]}",
        "2:49: desk.responses[0].lang: \"klingon1\" is not a language tag; write it like en, de or pt-BR",
    ),
    (
        "desk: {queues: [{name: a, signature: '{{ agent.nmae }}'}]}",
        "2:38: desk.queues[0].signature: \"{{ agent.nmae }}\" names {{ agent.nmae }}; what can be filled in is \
         {{ contact.name }}, {{ contact.number }}, {{ agent.name }}, {{ agent.first_name }}",
    ),
    (
        "desk: {queues: [{name: a, waiting_text: '{{ agent.name }}'}]}",
        "2:41: desk.queues[0].waiting_text: \"{{ agent.name }}\" names {{ agent.name }}; what can be filled in is \
         {{ contact.name }}, {{ contact.number }}, {{ position }}, {{ eta }}, {{ opens_at }}",
    ),
    (
        "desk: {queues: [{name: a, closed_text: 'Bye {{ agent.name }}'}]}",
        "2:40: desk.queues[0].closed_text: \"Bye {{ agent.name }}\" names {{ agent.name }}; what can be filled in is \
         {{ contact.name }}, {{ contact.number }}, {{ position }}, {{ eta }}, {{ opens_at }}",
    ),
    (
        "desk: {queues: [{name: a, voice_text: '{% if x %}'}]}",
        "2:39: desk.queues[0].voice_text: \"{% if x %}\" has {%; there are only names, like {{ contact.name }}",
    ),
    (
        "desk: {dispositions: [{code: a}, {code: a}]}",
        "2:41: desk.dispositions[1].code: \"a\" is already used by desk.dispositions[0]",
    ),
    (
        "desk: {not_ready: [{code: a}, {code: a}]}",
        "2:38: desk.not_ready[1].code: \"a\" is already used by desk.not_ready[0]",
    ),
    ("desk: {not_ready: [{label: Lunch}]}", "2:20: desk.not_ready[0].code: is missing"),
    (
        "desk: {not_ready: [{code: a, max_secs: 0}]}",
        "2:40: desk.not_ready[0].max_secs: \"0\" is not a whole number from 1 to 86400",
    ),
    (
        "desk: {not_ready: [{code: a, lable: Lunch}]}",
        "2:30: desk.not_ready[0].lable: unknown key; did you mean label?",
    ),
    // YAML.
    ("desk: {}\ndesk: {}", "3:1: desk: is given twice"),
    (
        "desk: *x",
        "2:7: desk: YAML anchors and aliases are not used here; put text that begins with & or * in quotation marks",
    ),
    (
        "commands: {prefix: !}",
        "2:21: commands.prefix: YAML tags are not used here; put text that begins with ! in quotation marks",
    ),
    ("---\na: b", "3:1: the file holds more than one document"),
    ("? [a]\n: b", "2:3: a key must be a plain word"),
];

#[test]
fn each_mistake_has_its_message() {
    let (found, expected): (Vec<_>, Vec<_>) = MISTAKES
        .iter()
        .map(|(more, message)| {
            (mistakes(&format!("{MINIMAL}{more}\n")).join("\n"), format!("c.yaml:{message}"))
        })
        .filter(|(found, expected)| found != expected)
        .unzip();
    assert_eq!(found, expected);
}

#[test]
fn twilio_needs_its_account_and_where_it_reaches_us() {
    assert_eq!(
        mistakes(&format!("{MINIMAL}sms:\n  provider: twilio\n  twilio: {{account_sid: AC12}}\n")),
        [
            "c.yaml:3:3: sms.public_url: is missing",
            "c.yaml:4:11: sms.twilio.auth_token: is missing; give auth_token, or auth_token_file with the path of a \
             file that holds it",
            "c.yaml:4:25: sms.twilio.account_sid: \"AC12\" is not an account SID; it is AC and 32 hexadecimal digits",
        ]
    );
}

#[test]
fn every_provider_reports_all_mistakes_of_its_own_section() {
    let signalwire = "sms:\n  provider: signalwire\n  public_url: https://desk.test\n  \
                      signalwire: {project_id: AC1, api_tokn: x, signing_key: k}\n";
    assert_eq!(
        mistakes(&format!("{MINIMAL}{signalwire}")),
        [
            "c.yaml:5:15: sms.signalwire.api_url: is missing",
            "c.yaml:5:15: sms.signalwire.api_token: is missing; give api_token, or api_token_file with the path of a \
             file that holds it",
            "c.yaml:5:28: sms.signalwire.project_id: \"AC1\" is not a project id; it is a UUID, like \
             01234567-89ab-cdef-0123-456789abcdef",
            "c.yaml:5:33: sms.signalwire.api_tokn: unknown key; did you mean api_token?",
        ]
    );
    let telnyx = "sms:\n  provider: telnyx\n  telnyx: {public_key: AAAA, api_url: 'ftp://x'}\n";
    assert_eq!(
        mistakes(&format!("{MINIMAL}{telnyx}")),
        [
            "c.yaml:3:3: sms.public_url: is missing",
            "c.yaml:4:11: sms.telnyx.api_key: is missing; give api_key, or api_key_file with the path of a file that \
             holds it",
            "c.yaml:4:24: sms.telnyx.public_key: \"AAAA\" is not a public key; it is 32 bytes in base64, and stands on \
             the page of your API keys",
            "c.yaml:4:39: sms.telnyx.api_url: \"ftp://x\" must begin with http:// or https://",
        ]
    );
    let whatsapp = "sms:\n  provider: telnyx\n  telnyx: {public_key: AAAA, api_url: 'ftp://x'}\n  \
                    numbers: [{number: 'whatsapp:+15005550006', route: main}]\n";
    let found = mistakes(&format!("{MINIMAL}{whatsapp}"));
    let wrong = "c.yaml:5:22: sms.numbers[0].number: is of a channel that Telnyx does not carry";
    assert!(found.iter().any(|mistake| mistake == wrong), "{found:?}");
}
