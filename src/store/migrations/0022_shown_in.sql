-- In which rooms of others a contact was shown: their card, a list with them, what was said with them. Whoever erases them has
-- those rooms searched too.
CREATE TABLE shown_in (
    contact TEXT NOT NULL,
    room_id TEXT NOT NULL,
    PRIMARY KEY (contact, room_id)
);

CREATE INDEX shown_in_room ON shown_in (room_id);
