//! German. Umlauts may be typed with an e.

use super::language::Language;

pub(super) static LANGUAGE: Language = Language {
    phrases: &[
        "^ bitte? stopp|stop|aufhoren|aufhoeren jetzt? bitte? $",
        "^ bitte? keine weiteren? sms|nachrichten|textnachrichten|werbung mehr? senden|schicken|schreiben? bitte|danke? $",
        "^ bitte? keine weiteren sms|nachrichten|textnachrichten|werbung",
        "^ bitte? nicht mehr schreiben|anschreiben|kontaktieren|melden|texten bitte|danke? $",
        "hor|hort|horen|hoer|hoert|hoeren sie? jetzt|bitte? auf bitte? $",
        "hor|hort|horen|hoer|hoert|hoeren sie? jetzt|bitte? auf mir|uns|mich zu|sms|nachrichten|staendig|standig? zu? schreiben|schicken|senden|belastigen|belaestigen|texten|nerven",
        "hor|hort|horen|hoer|hoert|hoeren sie? jetzt|bitte? auf mit diesen|den|euren|ihren sms|nachrichten",
        "schreiben|schreib|schreibt|senden|sende|sendet|schicken|schick|schickt|kontaktieren|kontaktiert|kontaktiere|texten|textet sie? mir|uns|mich bitte? nicht|nie|nichts mehr bitte|danke? $",
        "senden|sende|sendet|schicken|schick|schickt|schreiben|schreib|schreibt sie? mir|uns bitte? keine weiteren? sms|nachrichten|textnachrichten|werbung mehr? bitte|danke? $",
        "mochte|moechte|mochten|moechten|will|wollen|wunsche|wuensche ich|wir? keine weiteren? sms|nachrichten|textnachrichten|werbung mehr",
        "mochte|moechte|mochten|moechten|will|wollen|wunsche|wuensche ich|wir? keine weiteren? sms|nachrichten|textnachrichten|werbung von|bekommen|erhalten",
        "mochte|moechte|will|mochten|moechten|wollen mich|uns abmelden",
        "loschen|losche|loscht|loeschen|loesche|loescht|entfernen|entferne|entfernt|streichen|streiche sie? bitte? meine|unsere nummer|handynummer|telefonnummer|mobilnummer",
        "nehmen|nehmt|nimm sie? mich|uns bitte? aus|von ihrer|der|dieser|eurer|deiner|dem|ihrem|eurem liste|verteiler",
        "nehmen|nehmt|nimm sie? bitte? meine nummer aus|von ihrer|der|dieser|eurer|deiner|dem|ihrem|eurem liste|verteiler",
        "lassen|lasst|lass sie? mich|uns bitte? in ruhe",
    ],
    negations: &["nicht", "nie", "niemals"],
};
