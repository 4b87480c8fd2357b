//! Portuguese, of Brazil and Portugal.

use super::language::Language;

pub(super) static LANGUAGE: Language = Language {
    phrases: &[
        "^ por? favor? pare|parem|chega|basta ja|agora? por? favor? obrigado|obrigada? $",
        "^ por favor para|parar $",
        "pare|parem|para|deixe|deixem|chega|basta de me enviar|mandar|escrever|incomodar|contatar|contactar|perturbar|importunar",
        "pare|parem|para|deixe|deixem|chega|basta de enviar|mandar|escrever? estas|essas|tantas|as? mensagens|sms|torpedos",
        "nao me mande|mandem|manda|envie|enviem|escreva|escrevam|contate|contatem|contacte|contactem|incomode|incomodem|perturbe|perturbem mais|nunca mais? por? favor? $",
        "nao me mande|mandem|envie|enviem mais mensagens|mensagem|sms",
        "nao mande|mandem|envie|enviem mais mensagens|mensagem|sms",
        "^ por? favor? sem|nao|nenhuma mais mensagens|mensagem|sms",
        "nao quero mais receber? mensagens|mensagem|sms|publicidade|propaganda",
        "nao quero receber mais? suas|estas|essas|tuas? mensagens|mensagem|sms|publicidade|propaganda",
        "remova|removam|tire|tirem|retire|retirem|apague|apaguem|exclua|excluam|elimine|eliminem o? meu numero|telefone|contato|contacto",
        "me tire|tirem|remova|removam|retire|retirem|exclua|excluam da|dessa|desta|de sua|esta? lista",
        "tire|tirem|remova|removam|retire|retirem me da|dessa|desta|de sua|esta? lista",
        "quero sair da|desta|dessa lista",
        "quero me descadastrar|descadastre",
        "me descadastre|descadastrem",
        "me deixe|deixem|deixa em paz",
        "deixe|deixem|deixa me em paz",
    ],
    negations: &["nao", "nunca", "jamais", "sem"],
};
