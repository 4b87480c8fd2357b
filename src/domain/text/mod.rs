//! What is done to text between a phone and a room.
