//! Spanish.

use super::language::Language;

pub(super) static LANGUAGE: Language = Language {
    phrases: &[
        "^ por? favor? ya? no mas por? favor? gracias? $",
        "^ por? favor? ya? no mas mensajes|mensaje|textos|sms",
        "^ por? favor? ya? pare|paren|detengase|detenganse ya? por? favor? $",
        "^ por favor ya? basta ya? $",
        "^ ya? basta ya? por favor $",
        "^ ya? basta ya? $$",
        "^ por favor para|parad|parar ya? $",
        "^ para|parad ya? por favor $",
        "basta|deje|dejen|deja|dejad|dejar|pare|paren|para de enviarme|mandarme|escribirme|molestarme|contactarme|textearme",
        "deje|dejen|deja|dejad|pare|paren|para|basta de enviar|mandar|escribir? estos|esos|tantos|sus|los? mensaje|mensajes|textos|sms",
        "no me escriba|escriban|escribas|mande|manden|mandes|envie|envien|envies|moleste|molesten|molestes|contacte|contacten|contactes nunca? mas por? favor? $",
        "no me mande|manden|mandes|envie|envien|envies mas mensajes|textos|sms",
        "ya no me escriba|escriban|escribas|mande|manden|mandes|envie|envien|envies|moleste|molesten|molestes|contacte|contacten|contactes mas|nada|mensajes|textos|sms? por? favor|gracias? $",
        "ya no quiero|deseo recibir? mas|sus|estos|tus? mensajes|textos|sms|publicidad",
        "no quiero|deseo que me escriban|escriba|manden|mande|envien|envie|contacten|contacte mas|nada|mensajes|textos|sms? por? favor|gracias? $",
        "no quiero recibir? mas mensajes|textos|sms|publicidad",
        "no quiero recibir sus|estos|tus? mensajes|textos|sms",
        "no deseo recibir mas? mensajes|textos|sms|publicidad",
        "quiero|quisiera|deseo|puedo|puede|pueden darme|darnos de baja",
        "^ por? favor? me? quiero|quisiera|deseo|puedo|puede|pueden? dar|darse|darme de baja por? favor|gracias? $",
        "deme|denme|dame|demen de baja",
        "^ por? favor? de? baja|bajas por? favor|gracias? $",
        "^ por? favor? cancela|cancele|cancelen|cancelar la|mi|esta? suscripcion? por? favor|gracias? $",
        "^ cancelar|cancela|cancele|cancelen los|estos|sus? mensajes|textos|sms",
        "desuscribir|desuscribirme|desuscribanme|desuscribame|desuscribeme por? favor|gracias? $",
        "borre|borren|borra|elimine|eliminen|elimina|quite|quiten|quita|saque|saquen mi numero|telefono",
        "borreme|borrenme|eliminenme|eliminame|quiteme|quitenme|saqueme|saquenme de su|la|esta|tu lista|base",
        "dejeme|dejenme|dejame|dejadme en paz",
    ],
    negations: &["no", "nunca", "jamas", "sin"],
};
