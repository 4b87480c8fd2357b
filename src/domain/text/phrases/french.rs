//! French.

use super::language::Language;

pub(super) static LANGUAGE: Language = Language {
    phrases: &[
        "^ sil? vous|te? plait|svp|stp? arretez|cessez|stop|stoppez maintenant? sil? vous|te? plait|svp|stp|merci? $",
        "^ sil vous|te plait arrete maintenant? $",
        "^ svp|stp arrete maintenant? $",
        "^ arrete maintenant? sil? vous|te? plait|svp|stp|merci $",
        "^ arrete maintenant? $$",
        "^ stop aux|au|les|ces|vos|a? sms|messages|textos|pub|publicites sil? vous|te? plait|svp|stp|merci? $",
        "arretez|arrete|cessez|cesse|stoppez de mecrire|menvoyer|mimportuner|mharceler|me nous? contacter|ecrire|texter|deranger|spammer|envoyer",
        "arretez|arrete|cessez|cesse|stoppez de mecrire|menvoyer|mimportuner|mharceler|spammer",
        "arretez|arrete|cessez|cesse|stoppez de? menvoyer|denvoyer|envoyer? ces|les|vos|tes|des sms|messages|textos",
        "^ plus de|aucun sms|messages|message|textos sil? vous|te? plait|svp|stp|merci? $",
        "^ pas de sms|messages|textos sil? vous|te? plait|svp|stp|merci $",
        "ne me contactez|contacte|derangez|derange|textez|texte plus jamais? sil? vous|te? plait|svp|stp|merci? $",
        "ne mecrivez|mecris|menvoyez|menvoie plus jamais? rien? sil? vous|te? plait|svp|stp|merci? $",
        "ne menvoyez|menvoie plus de|aucun|vos|ces|tes? sms|messages|message|textos|publicites",
        "ne veux|souhaite|desire plus recevoir de|vos|ces|tes|aucun? sms|messages|message|textos|publicites",
        "je veux|souhaite plus recevoir de|vos|ces|tes|aucun? sms|messages|message|textos|publicites",
        "ne veux|souhaite|desire plus en? recevoir de|vos|ces|tes|aucun|ca? sms|messages|message|textos|publicites? sil? vous|te? plait|svp|stp|merci? $",
        "ne? veux|souhaite|desire plus que? etre|vous|tu contacte|contactee|mecriviez|mecrives",
        "^ ne? plus me|nous contacter|ecrire|deranger sil? vous|te? plait|svp|stp|merci? $",
        "^ ne? plus menvoyer|mecrire de|rien|vos? sms|messages|textos? sil? vous|te? plait|svp|stp|merci? $",
        "^ merci de ne plus me|nous? contacter|ecrire|deranger|envoyer|mecrire|menvoyer|mimportuner",
        "ne plus recevoir de|vos|ces|aucun sms|messages|message|textos|publicites sil? vous|te? plait|svp|stp|merci? $",
        "desabonnez|desinscrivez|desabonne|desinscris moi|nous",
        "veux|voudrais|souhaite me desabonner|desinscrire",
        "^ me? desabonner|desinscrire|desabonnement|desinscription|desabonnez|desinscrivez sil? vous|te? plait|svp|stp|merci? $",
        "supprimez|supprime|retirez|retire|enlevez|enleve|effacez|efface mon numero|telephone",
        "supprimez|retirez|enlevez|effacez moi de votre|la|cette|vos liste|listes|base",
        "laissez|laisse moi|nous tranquille|tranquilles",
        "laissez|laisse|fichez|foutez moi|nous en|la paix",
    ],
    negations: &["ne", "pas", "jamais", "sans"],
};
