//! German. Umlauts may be typed with an e.

use super::language::Language;

pub(super) static LANGUAGE: Language = Language {
    phrases: &[
        "^ bitte? stopp|stop|aufhoren|aufhoeren jetzt? bitte? $",
        "^ bitte? keine weiteren? sms|nachrichten|textnachrichten|werbung mehr? senden|schicken|schreiben? bitte|danke? $",
        "^ bitte? keine weiteren sms|nachrichten|textnachrichten|werbung",
        "^ bitte? nicht mehr schreiben|anschreiben|kontaktieren|melden|texten bitte|danke? $",
        "hort|horen|hoert|hoeren sie? jetzt|bitte? auf bitte? $",
        "hor|hoer jetzt|bitte auf $",
        "^ hor|hoer auf bitte $",
        "^ hor|hoer auf $$",
        "hor|hort|horen|hoer|hoert|hoeren sie? jetzt|bitte? auf mir|uns|mich? zu|sms|nachrichten|staendig|standig? zu? schreiben|schicken|senden|belastigen|belaestigen|texten|nerven",
        "hor|hort|horen|hoer|hoert|hoeren sie? jetzt|bitte? auf mit diesen|den|euren|ihren sms|nachrichten",
        "schreiben|schreib|schreibt|senden|sende|sendet|schicken|schick|schickt|kontaktieren|kontaktiert|kontaktiere|texten|textet sie? mir|uns|mich bitte? nicht|nie|nichts mehr bitte|danke? $",
        "senden|sende|sendet|schicken|schick|schickt|schreiben|schreib|schreibt sie? mir|uns bitte? keine weiteren? sms|nachrichten|textnachrichten|werbung mehr? bitte|danke? $",
        "mochte|moechte|mochten|moechten|will|wollen|wunsche|wuensche ich|wir? keine weiteren? sms|nachrichten|textnachrichten|werbung mehr",
        "mochte|moechte|mochten|moechten|will|wollen|wunsche|wuensche ich|wir? keine weiteren? sms|nachrichten|textnachrichten|werbung von|bekommen|erhalten",
        "mochte|moechte|will|mochten|moechten|wollen mich|uns abmelden",
        "loschen|losche|loscht|loeschen|loesche|loescht|entfernen|entferne|entfernt|streichen|streiche sie? bitte? meine|unsere nummer|handynummer|telefonnummer|mobilnummer",
        "nehmen|nehmt|nimm sie? mich|uns bitte? aus|von ihrer|der|dieser|eurer|deiner|dem|ihrem|eurem liste|verteiler",
        "nehmen|nehmt|nimm sie? bitte? meine nummer aus|von ihrer|der|dieser|eurer|deiner|dem|ihrem|eurem liste|verteiler",
        "nehmen|nehmt|nimm|streichen|streicht|streich|loschen|loescht|loscht|loeschen sie? mich|uns bitte? aus|von ihrer|der|dieser|eurer|deiner|dem|ihrem|eurem liste|verteiler",
        "^ bitte? abmelden|abmeldung|abbestellen|austragen bitte|danke? $",
        "^ bitte? mich|uns abmelden|austragen bitte|danke? $",
        "^ bitte? sms|nachrichten|werbung abbestellen bitte|danke? $",
        "melden|meldet|meld|tragen|tragt|trag sie? mich|uns bitte? ab|aus bitte? $",
        "schluss jetzt? mit den|diesen|euren|ihren|deinen|der? sms|nachrichten|textnachrichten|werbung",
        "^ jetzt|bitte? keine sms|nachrichten|textnachrichten|werbung mehr",
        "mochte|moechte|mochten|moechten|will|wollen ich|wir? nicht mehr von? ihnen|euch|dir? angeschrieben|kontaktiert|belastigt|belaestigt",
        "lassen|lasst|lass sie? mich|uns bitte? in ruhe",
    ],
    negations: &["nicht", "nie", "niemals"],
};
