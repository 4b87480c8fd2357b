-- The local part of the alias of an agent's space, made when they first come into their console.
ALTER TABLE agents ADD COLUMN space TEXT;
