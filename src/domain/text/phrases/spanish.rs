//! Spanish.

use super::language::Language;

pub(super) static LANGUAGE: Language = Language {
    phrases: &[
        "^ por? favor? ya? no mas por? favor? gracias? $",
        "^ por? favor? ya? no mas mensajes|mensaje|textos|sms",
        "^ por? favor? ya? basta|pare|paren|detengase|detenganse ya? por? favor? $",
        "^ por favor para|parad|parar ya? $",
        "^ para|parad ya? por favor $",
        "basta|deje|dejen|deja|dejad|pare|paren|para de enviarme|mandarme|escribirme|molestarme|contactarme|textearme",
        "deje|dejen|deja|dejad|pare|paren|para|basta de enviar|mandar|escribir? estos|esos|tantos|sus|los? mensajes|textos|sms",
        "no me escriba|escriban|escribas|mande|manden|mandes|envie|envien|envies|moleste|molesten|molestes|contacte|contacten|contactes nunca? mas por? favor? $",
        "no me mande|manden|mandes|envie|envien|envies mas mensajes|textos|sms",
        "no quiero recibir? mas mensajes|textos|sms|publicidad",
        "no quiero recibir sus|estos|tus? mensajes|textos|sms",
        "no deseo recibir mas? mensajes|textos|sms|publicidad",
        "quiero|quisiera|deseo|puedo|puede|pueden darme|darnos de baja",
        "deme|denme|dame|demen de baja",
        "borre|borren|borra|elimine|eliminen|elimina|quite|quiten|quita|saque|saquen mi numero|telefono",
        "borreme|borrenme|eliminenme|eliminame|quiteme|quitenme|saqueme|saquenme de su|la|esta|tu lista|base",
        "dejeme|dejenme|dejame|dejadme en paz",
    ],
    negations: &["no", "nunca", "jamas", "sin"],
};
