use proptest::prelude::*;

use super::*;

/// Sentences in which people ask to be left alone, by language.
const WISHES: [&[&str]; 5] = [
    &[
        "please stop",
        "Stop please!",
        "Just stop already",
        "please stop texting me",
        "STOP TEXTING ME",
        "stop texting, ok?",
        "Hi, could you please quit messaging this number?",
        "Don't text me again",
        "don’t contact us anymore",
        "do not message me ever",
        "never text this number again",
        "Do not contact me",
        "please dont text me",
        "stop sending me these messages",
        "stop sending so many texts",
        "Stop all messages",
        "Remove me from your list",
        "take my number off the mailing list pls",
        "Thanks. Lose my number.",
        "unsubscribe me",
        "I want to unsubscribe",
        "I'd like to opt out",
        "opt me out",
        "no more texts",
        "I don't want any more texts",
        "I do not want to receive these messages anymore",
        "I no longer want to receive texts",
        "I don't want to be texted",
        "I don't want to hear from you",
        "Stop sending me these",
        "Please stop sending!",
        "stop the texts please",
        "Stop it",
        "stop it, please",
        "remove me",
        "Please remove me.",
        "Could you take me off please",
        "do not text",
        "Do not text this number",
        "Don't ever text me again",
        "unsub",
        "unsub me",
        "optout",
        "leave me alone",
    ],
    &[
        "no más",
        "No mas, gracias",
        "¡No más mensajes!",
        "por favor pare",
        "Basta ya",
        "por favor, no me escriban más",
        "No me manden mas",
        "no me envíe más mensajes",
        "Dejen de enviarme mensajes",
        "deje de molestarme por favor",
        "Hola, no quiero recibir más mensajes",
        "No deseo recibir publicidad",
        "quiero darme de baja",
        "Borren mi número",
        "sáquenme de su lista",
        "ya no me escriban",
        "Ya no me manden mensajes, gracias",
        "ya no quiero recibir mensajes",
        "No quiero que me escriban más",
        "dar de baja",
        "Me quiero dar de baja",
        "baja",
        "Baja por favor",
        "cancela",
        "cancelar la suscripción",
        "Cancelen los mensajes",
        "desuscribirme",
        "Déjenme en paz",
    ],
    &[
        "arrêtez",
        "Arrêtez s'il vous plaît",
        "S’il vous plaît, arrêtez !",
        "stop svp",
        "arretez de m'ecrire",
        "Arrêtez de m’envoyer des SMS",
        "arrêtez de me contacter",
        "arrêtez ces messages",
        "plus de SMS svp",
        "pas de messages merci",
        "Ne me contactez plus",
        "ne m'écrivez plus jamais",
        "Ne m'envoyez plus de messages",
        "Je ne veux plus recevoir vos messages",
        "Désabonnez-moi",
        "désabonner",
        "Me désinscrire svp",
        "désinscription",
        "Merci de ne plus m'écrire",
        "ne plus recevoir de messages svp",
        "stop aux sms",
        "STOP les messages",
        "Arrête",
        "Ne plus m'envoyer de SMS",
        "Je ne veux plus être contacté",
        "je souhaite me désabonner",
        "Supprimez mon numéro",
        "laissez-moi tranquille",
        "Fichez-moi la paix",
    ],
    &[
        "bitte keine SMS",
        "Bitte keine SMS mehr!",
        "Keine weiteren Nachrichten bitte",
        "Bitte nicht mehr schreiben",
        "Stopp",
        "bitte aufhören",
        "Hören Sie auf",
        "Hör bitte auf, mir zu schreiben",
        "Hören Sie auf mir SMS zu schicken",
        "Schreiben Sie mir nicht mehr",
        "schreibt mir bitte nie mehr",
        "Schicken Sie mir bitte keine Nachrichten mehr",
        "Ich möchte keine SMS mehr bekommen",
        "Ich moechte keine Werbung von Ihnen",
        "ich will mich abmelden",
        "Löschen Sie bitte meine Nummer",
        "Nehmen Sie mich aus dem Verteiler",
        "Lassen Sie mich in Ruhe",
        "Abmelden",
        "bitte abmelden",
        "Melden Sie mich bitte ab",
        "Nachrichten abbestellen",
        "Schluss mit den Nachrichten",
        "Schluss jetzt mit der Werbung!",
        "hört bitte auf zu schreiben",
        "Hören Sie auf zu texten",
        "Hör auf!",
        "Ich möchte nicht mehr angeschrieben werden",
        "Streichen Sie mich von der Liste",
    ],
    &[
        "por favor pare",
        "Parem por favor",
        "Chega!",
        "pare de me mandar mensagens",
        "Parem de enviar mensagens",
        "Não me mande mais mensagens",
        "nao me escrevam mais",
        "Não quero mais mensagens",
        "Não quero receber suas mensagens",
        "Remova meu número",
        "Tire o meu número, obrigado",
        "me tire da lista",
        "Quero sair dessa lista",
        "sair",
        "Quero sair",
        "parem de mandar mensagem",
        "Parem com essas mensagens",
        "chega de mensagens",
        "desinscrever",
        "descadastrar por favor",
        "cancelar inscrição",
        "quero cancelar a inscrição",
        "não quero mais receber isso",
        "me deixe em paz",
        "Deixem-me em paz",
    ],
];

/// Sentences that say something else, in words that are much like it.
const OTHERS: [&[&str]; 5] = [
    &[
        "",
        "stop by the shop",
        "I'll stop by the shop to pick it up",
        "please stop by tomorrow",
        "bus stop",
        "which bus stop",
        "please don't stop",
        "Please don't stop texting me",
        "never stop messaging me",
        "don't text me before nine, call instead",
        "please do not contact my neighbour",
        "can you stop the delivery",
        "please stop the payment",
        "stop sending me to the wrong address",
        "stop bothering my neighbours",
        "remove the item from my order",
        "take me off hold",
        "there are no more tickets",
        "text me again tomorrow",
        "Stop it, I like this one",
        "Stop it! That is so funny",
        "I don't want any more fries",
        "I don't want to miss your texts",
        "I don't need your text about the delivery, just the invoice",
        "I didn't receive these messages",
        "I do not want to be late",
        "remove me from the order of my wife",
        "Could you remove the second item?",
        "stop sending it to my old address",
        "do not text my wife, text me",
        "no texts came through",
        "unsubstantiated",
        "the non-stop flight",
    ],
    &[
        "parada",
        "la parada de autobús",
        "para mañana, por favor",
        "¿Para cuándo?",
        "no más tarde de las nueve",
        "no más de cinco personas",
        "No dejen de enviarme mensajes",
        "nunca dejes de escribirme",
        "no me mande la factura todavía",
        "no me escriba antes de las diez",
        "quiero más información",
        "quite el artículo de mi pedido",
        "la temporada baja",
        "¿Pueden dar de baja mi tarjeta?",
        "cancela mi cita del martes",
        "cancelen el pedido",
        "ya no me mande la factura",
        "Basta, me haces reír",
        "ya no quiero el producto",
        "el precio para dos",
    ],
    &[
        "arrêt de bus",
        "À quel arrêt de bus ?",
        "Le bus s'arrête ici",
        "N'arrêtez pas de m'écrire",
        "je n'ai plus de messages à vous envoyer",
        "envoyez-moi un SMS",
        "il n'y a plus de place",
        "arrêtez la livraison",
        "ne m'envoyez pas la facture",
        "supprimez l'article de ma commande",
        "laissez-moi un message",
        "Arrête, je rigole",
        "arrête, c'est trop drôle",
        "Je ne veux plus le produit",
        "comment me désabonner du journal que vous m'avez vendu",
        "stop aux travaux rue de la Paix",
    ],
    &[
        "Stopp die Lieferung bitte nicht",
        "Bitte stoppen Sie die Lieferung",
        "Hören Sie bitte nicht auf",
        "hör auf deine Mutter",
        "Ich habe keine SMS bekommen",
        "schreiben Sie mir bitte",
        "Schreiben Sie mir nicht mehr als zwei Zeilen",
        "Schicken Sie mir keine Rechnung",
        "ich will keine Nachricht verpassen",
        "Löschen Sie die Bestellung",
        "Bitte keine Nüsse",
        "Lassen Sie mich wissen",
        "Hör auf, das ist ja lustig",
        "Schluss mit lustig",
        "Wo kann ich mein Auto abmelden",
        "Melden Sie sich bitte",
        "Ich möchte nicht mehr warten",
        "Die Haltestelle ist weit weg",
    ],
    &[
        "parada de ônibus",
        "para amanhã, por favor",
        "Pare na esquina",
        "não pare de me escrever",
        "Não me mande a fatura ainda",
        "mande mais mensagens",
        "quero mais informações",
        "deixe na portaria",
        "me deixe saber",
        "tire o item do pedido",
        "não quero mais o produto",
        "Chega, você me faz rir",
        "vou sair agora",
        "sair de casa",
        "cancelar o pedido",
        "parem com a obra",
    ],
];

#[test]
fn a_wish_to_be_left_alone_is_noticed_in_each_language() {
    for text in WISHES.iter().copied().flatten() {
        assert!(wants_to_be_left_alone(text), "{text:?}");
    }
}

#[test]
fn an_ordinary_sentence_is_not_taken_for_it() {
    for text in OTHERS.iter().copied().flatten() {
        assert!(!wants_to_be_left_alone(text), "{text:?}");
    }
}

#[test]
fn it_is_noticed_whatever_stands_before_it_how_it_is_spelt_and_written() {
    for wish in WISHES.iter().copied().flatten() {
        assert!(wants_to_be_left_alone(&format!("Hello Alice. {wish}")), "{wish:?}");
        assert!(wants_to_be_left_alone(&wish.to_uppercase()), "{wish:?}");
        let plain = words(wish).join(" ");
        let pieces = wish.split([',', '.', '!', '?']).filter(|piece| !piece.trim().is_empty()).count();
        assert!(pieces > 1 || wants_to_be_left_alone(&plain), "{wish:?} as {plain:?}");
    }
}

#[test]
fn phrases_are_written_as_words_are_compared() {
    for language in LANGUAGES {
        for phrase in language.phrases {
            for token in phrase.split(' ') {
                let choices = token.trim_end_matches('?');
                assert!(
                    !token.is_empty() && (["^", "$", "$$"].contains(&token) || !choices.is_empty()),
                    "{phrase:?}"
                );
                for choice in choices.split('|').filter(|choice| !["^", "$", "$$"].contains(choice)) {
                    assert_eq!(words(choice), [choice], "{phrase:?}");
                }
            }
        }
        for negation in language.negations {
            assert_eq!(words(negation), [*negation]);
        }
    }
}

/// A sentence that a phrase stands for: of each word one of its choices, and what may be missing or not.
fn spoken(phrase: &str, picks: &[usize]) -> String {
    let tokens = phrase.split(' ').filter(|token| !["^", "$", "$$"].contains(token));
    let said = tokens.zip(picks.iter().cycle()).filter_map(|(token, pick)| {
        let (choices, optional) = token.strip_suffix('?').map_or((token, false), |choices| (choices, true));
        let choices: Vec<&str> = choices.split('|').collect();
        (!(optional && pick % 2 == 0)).then(|| choices[(pick / 2) % choices.len()])
    });
    said.collect::<Vec<_>>().join(" ")
}

proptest! {
    #[test]
    fn any_text_may_come(text in any::<String>()) {
        let _ = wants_to_be_left_alone(&text);
    }

    #[test]
    fn everything_that_a_phrase_stands_for_is_noticed(
        language in 0..LANGUAGES.len(),
        phrase in 0..1_000_usize,
        picks in prop::collection::vec(0..200_usize, 1..12),
    ) {
        let phrases = LANGUAGES[language].phrases;
        let said = spoken(phrases[phrase % phrases.len()], &picks);
        prop_assert!(wants_to_be_left_alone(&said), "{:?}", said);
    }
}
