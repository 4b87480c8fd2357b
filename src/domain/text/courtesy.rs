//! Texts that are nothing but a courtesy: thanks, a greeting, emoji, or a reaction that a phone sent as a
//! text.
//!
//! What is not surely that is none: it is worse to leave a question alone than to open one room too many. So
//! every word must be among those of one language, one of them must say thanks or greet, and a question mark
//! asks for something.

use super::sanitize;
use super::tapback::Tapback;
use super::words::plain;

/// The longest courtesy, in words.
const MOST_WORDS: usize = 12;
/// The longest phrase, in words.
const PHRASE_WORDS: usize = 5;
/// Emoji that ask for something, or answer a list with a number.
const ASKS: [char; 8] = ['❓', '❔', '⁉', '‼', '❗', '❕', '🆘', '\u{20e3}'];

/// The words of a language, without accents and apostrophes, with commas between what belongs together.
struct Language {
    /// What thanks or greets.
    says: &'static str,
    /// What may stand beside that.
    beside: &'static str,
}

/// English, Spanish, French, German, Portuguese.
const LANGUAGES: [Language; 5] = [
    Language {
        says: "thanks, thank you, thank u, thankyou, thx, thnx, thnks, tx, ty, tysm, tyvm, cheers, \
               much appreciated, appreciate it, appreciate you, i appreciate it, i appreciate your \
               help, hi, hello, hey, good morning, good afternoon, good evening, good night, \
               goodnight, good day, bye, bye bye, goodbye, good bye, see you, see ya, see you later, \
               see you soon, see you then, see you tomorrow, take care, have a good one, have a good \
               day, have a great day, have a nice day, have a good night, have a good evening, have a \
               nice evening, have a great evening, have a good weekend, have a great weekend, have a \
               nice weekend, you too, same to you, youre welcome, you are welcome, no problem",
        beside: "ok, okay, k, great, perfect, awesome, wonderful, excellent, lovely, cool, nice, and, \
               so much, very much, a lot, a bunch, a million, many, again, once again, all, everyone, \
               guys, there, team, for your help, for the help, for all your help, for your time, for \
               everything, for the quick reply, for the quick response, for the info, for the \
               information, sir, maam, my friend, got it, oh",
    },
    Language {
        says: "gracias, muchas gracias, mil gracias, muchisimas gracias, te lo agradezco, se lo \
               agradezco, hola, buenas, buenos dias, buenas tardes, buenas noches, buen dia, que \
               tenga un buen dia, que tengas un buen dia, que tengan un buen dia, adios, hasta luego, \
               hasta pronto, hasta manana, nos vemos, saludos, un saludo, igualmente, de nada, feliz \
               dia",
        beside: "ok, vale, perfecto, genial, excelente, muy bien, bueno, y, por todo, por su ayuda, por \
               tu ayuda, por la ayuda, por la informacion, por responder, muy amable, de nuevo, otra \
               vez, a todos, entendido, de acuerdo",
    },
    Language {
        says: "merci, merci beaucoup, merci bien, mille mercis, grand merci, un grand merci, bonjour, \
               bonsoir, salut, coucou, bonne journee, bonne soiree, bonne nuit, bon weekend, bon week \
               end, au revoir, a bientot, a plus, a demain, a plus tard, cordialement, de rien, je \
               vous remercie, je te remercie, vous aussi, toi aussi, a vous aussi, a vous de meme",
        beside: "ok, daccord, parfait, super, genial, tres bien, et, a vous, a toi, a tous, pour tout, \
               pour votre aide, pour ton aide, pour laide, pour votre reponse, pour votre retour, \
               pour linformation, encore, infiniment, madame, monsieur, bien recu, entendu",
    },
    Language {
        says: "danke, danke schon, danke sehr, dankeschon, dankesehr, vielen dank, besten dank, \
               herzlichen dank, tausend dank, lieben dank, merci, hallo, hi, hey, guten morgen, guten \
               tag, guten abend, gute nacht, moin, servus, gruss gott, tschuss, tschuess, ciao, auf \
               wiedersehen, bis bald, bis dann, bis morgen, bis spater, schonen tag, schonen tag \
               noch, einen schonen tag, einen schonen tag noch, schonen abend, schonen abend noch, \
               schones wochenende, ein schones wochenende, liebe grusse, viele grusse, mit \
               freundlichen grussen, lg, vg, mfg, gleichfalls, ebenso, ihnen auch, dir auch, bitte schon",
        beside: "ok, okay, super, prima, perfekt, klasse, toll, gut, alles klar, und, nochmal, \
               nochmals, noch einmal, fur ihre hilfe, fur die hilfe, fur deine hilfe, fur alles, fur \
               die info, fur die auskunft, fur die schnelle antwort, wunsche ich, ich wunsche, ihnen, \
               euch, dir, sehr, verstanden",
    },
    Language {
        says: "obrigado, obrigada, muito obrigado, muito obrigada, obg, obgd, valeu, agradeco, grato, \
               grata, ola, oi, bom dia, boa tarde, boa noite, tchau, adeus, ate logo, ate breve, ate \
               amanha, ate mais, um abraco, abraco, abracos, igualmente, de nada, bom fim de semana, \
               tenha um bom dia, tenha uma boa tarde, tenha uma boa noite",
        beside: "ok, perfeito, otimo, excelente, legal, muito bem, ta bom, e, mesmo, por tudo, pela \
               ajuda, pela sua ajuda, pela atencao, pela informacao, pela resposta, de novo, \
               novamente, a todos, entendi, entendido, combinado",
    },
];

/// Whether a text is nothing but a courtesy.
#[must_use]
pub fn is_courtesy(text: &str) -> bool {
    if Tapback::read(text).is_some() {
        return true;
    }
    if text.contains(['?', '¿', '？']) || text.contains(ASKS) {
        return false;
    }
    let has_emoji = text.chars().any(|c| !c.is_ascii() && sanitize::is_of_emoji(c));
    let Some(words) = words(text) else { return false };
    match words.as_slice() {
        [] => has_emoji,
        words => LANGUAGES.iter().any(|language| language.says_only(words)),
    }
}

/// The words of a text in lower case, without accents, apostrophes, emoji and the marks of sentences; nothing
/// if it holds anything else, or too many of them.
fn words(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    for word in text.split(|c: char| c.is_whitespace() || ".,;:!¡-–—~()\"“”«»…".contains(c)) {
        let kept: String = word
            .chars()
            .filter(|c| !"'’`´".contains(*c) && (c.is_ascii() || !sanitize::is_of_emoji(*c)))
            .collect();
        if kept.is_empty() {
            continue;
        }
        if !kept.chars().all(char::is_alphabetic) || words.len() == MOST_WORDS {
            return None;
        }
        let lower = kept.to_lowercase().replace('ß', "ss");
        words.push(plain(&lower).unwrap_or(lower));
    }
    Some(words)
}

impl Language {
    /// Whether words are nothing but courtesies of this language, at least one of which thanks or greets.
    fn says_only(&self, words: &[String]) -> bool {
        // Up to each word: whether all of it can be read, and so that something in it thanks or greets.
        let mut read = vec![None; words.len() + 1];
        read[0] = Some(false);
        for from in 0..words.len() {
            let Some(says) = read[from] else { continue };
            for to in from + 1..=words.len().min(from + PHRASE_WORDS) {
                let phrase = words[from..to].join(" ");
                let now = if is_among(self.says, &phrase) {
                    true
                } else if is_among(self.beside, &phrase) {
                    says
                } else {
                    continue;
                };
                read[to] = Some(read[to].unwrap_or(false) || now);
            }
        }
        read[words.len()] == Some(true)
    }
}

fn is_among(phrases: &str, phrase: &str) -> bool {
    phrases.split(", ").any(|known| known == phrase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thanks_greetings_emoji_and_reactions_are_courtesies() {
        for text in [
            "Thanks",
            "thank you so much!!",
            "Ok great, thanks 👍",
            "THX",
            "Perfect. Thank you, have a great day!",
            "You’re welcome",
            "Hello",
            "good night 😴",
            "👍",
            "❤️❤️",
            "🇩🇪 🙏🏽",
            "👨‍👩‍👧",
            "Liked “Your order is on its way”",
            "Removed a heart from “Your order is on its way”",
            "Muchas gracias, muy amable",
            "¡Gracias!",
            "Buenos días",
            "Hasta mañana",
            "Merci beaucoup, bonne soirée",
            "D'accord, merci",
            "À bientôt !",
            "Vielen Dank und schönen Tag noch",
            "Danke schön :)",
            "Alles klar, danke",
            "Liebe Grüße",
            "Muito obrigada pela ajuda",
            "Valeu, até amanhã",
        ] {
            assert!(is_courtesy(text), "{text}");
        }
    }

    #[test]
    fn whatever_may_ask_for_something_is_none() {
        for text in [
            "",
            " ",
            "!",
            "?",
            "…",
            "thanks but it still fails",
            "Thanks, when will it come",
            "thanks?",
            "Hello?",
            "Hello, is anyone there",
            "hi there my order is late",
            "no thanks",
            "Thanks for nothing",
            "thanks 4711",
            "Thank you. Call me",
            "great",
            "ok",
            "yes",
            "yes thanks",
            "ok 👍",
            "❓",
            "👍❓",
            "🆘",
            "1️⃣",
            "2",
            "STOP",
            "stop thanks",
            "arrêt merci",
            "Gracias, pero no funciona",
            "¿Hola?",
            "Merci de me rappeler",
            "bonjour je voudrais annuler",
            "Danke, aber es geht nicht",
            "Danke nein",
            "Obrigado, mas não chegou",
            "oi quero cancelar",
            "thanks gracias",
            "https://example.org thanks",
            "help",
            "thanks thanks thanks thanks thanks thanks thanks thanks thanks thanks thanks thanks thanks",
        ] {
            assert!(!is_courtesy(text), "{text}");
        }
    }

    #[test]
    fn every_phrase_is_written_as_it_is_compared() {
        for phrase in LANGUAGES.iter().flat_map(|of| of.says.split(", ").chain(of.beside.split(", "))) {
            let words = words(phrase).unwrap();
            assert!(words.len() <= PHRASE_WORDS && words.join(" ") == phrase, "{phrase}");
        }
    }
}
