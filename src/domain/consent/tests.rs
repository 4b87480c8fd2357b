use super::*;

static PROVIDER: ProviderRules = ProviderRules {
    stop: &["STOP", "STOP ALL", "END"],
    start: &["START", "YES"],
    help: &["HELP"],
    handles: &[Keyword::Stop, Keyword::Start],
    codes: &[21610],
};

fn rules() -> ConsentRules {
    ConsentRules::of(&PROVIDER)
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn heard(rules: &ConsentRules, text: &str) -> Heard {
    rules.hear(text, None, &Keywords::default(), Channel::Sms)
}

fn by_keyword(keyword: Keyword, answered_by_us: bool) -> Heard {
    Heard { said: Some((keyword, Source::Keyword)), uncounted: false, answered_by_us }
}

#[test]
fn the_providers_list_counts_by_default_and_the_provider_answers_what_it_handles() {
    let rules = rules();
    assert_eq!(heard(&rules, "Stop!"), by_keyword(Keyword::Stop, false));
    assert_eq!(heard(&rules, "yes"), by_keyword(Keyword::Start, false));
    assert_eq!(heard(&rules, "help"), by_keyword(Keyword::Help, true));
    assert_eq!(heard(&rules, "basta"), Heard::default());
}

#[test]
fn a_numbers_own_words_go_before_the_desks_and_these_before_the_providers() {
    let desk = Keywords { stop: words(&["BASTA"]), help: words(&["AYUDA"]), ..Keywords::default() };
    let rules = ConsentRules { keywords: desk, ..rules() };
    let own = Keywords { stop: words(&["No más", "STOP"]), ..Keywords::default() };
    let said = |text| rules.hear(text, None, &own, Channel::Sms);
    assert_eq!(said("NO  MÁS."), by_keyword(Keyword::Stop, true));
    // Written by the desk too, the provider deals with it all the same.
    assert_eq!(said("stop"), by_keyword(Keyword::Stop, false));
    assert_eq!(said("basta"), Heard::default());
    assert_eq!(said("ayuda"), by_keyword(Keyword::Help, true));
    assert_eq!(said("help"), Heard::default());
    assert_eq!(said("start"), by_keyword(Keyword::Start, false));
    assert_eq!(heard(&rules, "basta"), by_keyword(Keyword::Stop, true));
}

#[test]
fn where_only_the_provider_counts_a_word_is_only_pointed_out() {
    let rules = ConsentRules { counts: Counts::Provider, ..rules() };
    assert_eq!(heard(&rules, "STOP"), Heard { uncounted: true, ..Heard::default() });
    assert_eq!(heard(&rules, "START"), Heard::default());
    let said = rules.hear("whatever", Some(Keyword::Stop), &Keywords::default(), Channel::Sms);
    assert_eq!(said, Heard { said: Some((Keyword::Stop, Source::Provider)), ..Heard::default() });
}

#[test]
fn the_desk_answers_what_the_provider_was_told_to_leave_alone_and_what_it_does_not_carry() {
    let desk = ConsentRules { confirms: Confirms::Desk, ..rules() };
    assert_eq!(heard(&desk, "stop"), by_keyword(Keyword::Stop, true));
    let said = rules().hear("stop", None, &Keywords::default(), Channel::Whatsapp);
    assert_eq!(said, by_keyword(Keyword::Stop, true));
    // What the provider says it has dealt with is never answered twice.
    let said = desk.hear("stop", Some(Keyword::Stop), &Keywords::default(), Channel::Sms);
    assert!(!said.answered_by_us);
}

#[test]
fn a_wish_reaches_as_far_as_the_config_says() {
    let ours = Address::sms("+15005550006");
    let scope = |reach, sender| ConsentRules { reach, ..rules() }.scope(&ours, sender);
    for sender in [None, Some("MG1")] {
        assert_eq!(scope(Reach::Number, sender), Scope::Number(ours.clone()));
        assert_eq!(scope(Reach::Desk, sender), Scope::Desk);
    }
    assert_eq!(scope(Reach::Sender, Some("MG1")), Scope::Sender("MG1".to_owned()));
    assert_eq!(scope(Reach::Sender, None), Scope::Number(ours));
}

#[test]
fn scopes_wishes_and_sources_are_read_back_as_they_are_kept() {
    let number = Scope::Number(Address::read("whatsapp:+15005550006"));
    for scope in [number, Scope::Sender("a:b".to_owned()), Scope::Desk] {
        assert_eq!(Scope::read(&scope.key()), scope);
    }
    for wish in [Wish::In, Wish::Out] {
        assert_eq!(Wish::read(wish.as_str()), wish);
    }
    assert_eq!(Wish::read("?"), Wish::Out);
    for source in Source::ALL {
        assert_eq!(Source::read(source.as_str()), source);
        assert_eq!(serde_json::to_value(source).unwrap(), source.as_str());
    }
}

#[test]
fn of_all_that_is_known_the_newest_decides_and_in_doubt_nothing_is_sent() {
    let of = |known: &[(Scope, u64, Wish)], erased: &[(Scope, u64, Wish)]| {
        let at = |(scope, at, wish): &(Scope, u64, Wish)| {
            (scope.clone(), Millis(i64::try_from(*at).unwrap()), *wish)
        };
        Standing {
            known: known.iter().map(at).collect(),
            erased: erased.iter().map(at).collect(),
            sender: None,
        }
    };
    let number = Scope::Number(Address::sms("+15005550006"));
    assert!(!of(&[], &[]).is_out());
    assert!(of(&[(Scope::Desk, 1, Wish::Out)], &[]).is_out());
    assert!(!of(&[(Scope::Desk, 1, Wish::Out), (number.clone(), 2, Wish::In)], &[]).is_out());
    assert!(of(&[(Scope::Desk, 2, Wish::Out), (number.clone(), 2, Wish::In)], &[]).is_out());
    assert!(of(&[], &[(Scope::Desk, 1, Wish::Out)]).is_out());
    assert!(!of(&[(Scope::Desk, 2, Wish::In)], &[(Scope::Desk, 1, Wish::Out)]).is_out());

    let narrow = of(&[(number.clone(), 1, Wish::Out)], &[]);
    assert!(narrow.knows(&number, Wish::Out));
    assert!(!narrow.knows(&Scope::Desk, Wish::Out), "it reaches further now");
    assert!(!narrow.knows(&Scope::Desk, Wish::In));
    assert!(of(&[], &[]).knows(&number, Wish::In), "who never opted out need not opt in");
    assert!(!of(&[], &[(number.clone(), 1, Wish::Out)]).knows(&number, Wish::Out));
    let back = of(&[(number.clone(), 1, Wish::Out), (Scope::Desk, 2, Wish::In)], &[]);
    assert!(!back.knows(&number, Wish::Out), "it was taken back meanwhile");
}

#[test]
fn what_the_provider_blocks_nobody_at_the_desk_can_lift() {
    let held = |rules: &ConsentRules, source, words| rules.is_held_by_provider(source, words, Channel::Sms);
    for source in [Source::Provider, Source::Answer, Source::Callback] {
        assert!(held(&rules(), source, ""), "{source:?}");
    }
    for source in [Source::Agent, Source::Import, Source::Form, Source::Api, Source::Earlier] {
        assert!(!held(&rules(), source, "STOP"), "{source:?}");
    }
    // A word of the desk's own means nothing to the provider.
    let own = Keywords { stop: words(&["BASTA", "STOP"]), ..Keywords::default() };
    let desk = ConsentRules { keywords: own, ..rules() };
    assert!(held(&desk, Source::Keyword, "stop") && !held(&desk, Source::Keyword, "basta"));
    // Nor does any where it was told to leave them alone.
    let confirms = ConsentRules { confirms: Confirms::Desk, ..rules() };
    assert!(!held(&confirms, Source::Keyword, "STOP"));
}
