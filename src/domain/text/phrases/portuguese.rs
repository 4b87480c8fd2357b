//! Portuguese, of Brazil and Portugal.

use super::language::Language;

pub(super) static LANGUAGE: Language = Language {
    phrases: &[
        "^ por? favor? pare|parem ja|agora? por? favor? obrigado|obrigada? $",
        "^ por favor chega|basta ja|agora? $",
        "^ chega|basta ja|agora? por favor $",
        "^ chega|basta ja|agora? $$",
        "^ por favor para|parar $",
        "pare|parem|para|deixe|deixem|chega|basta de me enviar|mandar|escrever|incomodar|contatar|contactar|perturbar|importunar",
        "pare|parem|para|deixe|deixem|chega|basta de enviar|mandar|escrever? estas|essas|tantas|as|me? mensagem|mensagens|sms|torpedos",
        "pare|parem|chega|basta de|com estas|essas|tantas|as|suas|tuas? mensagem|mensagens|sms|torpedos",
        "pare|parem com as|essas|estas|suas|tuas? mensagem|mensagens|sms|torpedos",
        "nao me mande|mandem|manda|envie|enviem|escreva|escrevam|contate|contatem|contacte|contactem|incomode|incomodem|perturbe|perturbem mais|nunca mais? por? favor? $",
        "nao me mande|mandem|envie|enviem mais mensagens|mensagem|sms",
        "nao mande|mandem|envie|enviem mais mensagens|mensagem|sms",
        "^ por? favor? sem|nao|nenhuma mais mensagens|mensagem|sms",
        "nao quero mais receber? mensagens|mensagem|sms|publicidade|propaganda",
        "nao quero receber mais? suas|estas|essas|tuas? mensagens|mensagem|sms|publicidade|propaganda",
        "remova|removam|tire|tirem|retire|retirem|apague|apaguem|exclua|excluam|elimine|eliminem o? meu numero|telefone|contato|contacto",
        "me tire|tirem|remova|removam|retire|retirem|exclua|excluam da|dessa|desta|de sua|esta? lista",
        "tire|tirem|remova|removam|retire|retirem me da|dessa|desta|de sua|esta? lista",
        "nao quero mais receber isso|isto|nada por? favor|obrigado|obrigada? $",
        "^ por? favor? eu? quero? sair por? favor|obrigado|obrigada? $",
        "quero sair da|desta|dessa lista",
        "quero me descadastrar|descadastre|desinscrever",
        "^ por? favor? quero? me? descadastrar|desinscrever|descadastro|desinscricao|descadastre|descadastrem|desinscreva|desinscrevam por? favor|obrigado|obrigada? $",
        "^ por? favor? cancelar|cancele|cancelem a|minha|esta|essa? inscricao|assinatura|mensagens|sms por? favor|obrigado|obrigada? $",
        "quero cancelar a|minha|esta|essa? inscricao|assinatura",
        "me descadastre|descadastrem",
        "me deixe|deixem|deixa em paz",
        "deixe|deixem|deixa me em paz",
    ],
    negations: &["nao", "nunca", "jamais", "sem"],
};
