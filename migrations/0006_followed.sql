-- Deleting a row looks for whoever names it. Without these, each old message that goes reads every turn and every drawing:
-- a second for 200 messages of a month, while nobody else can write; with them, 30 ms.
CREATE INDEX turns_message ON turns (message);
CREATE INDEX drawings_message ON drawings (message);
CREATE INDEX replies_drawing ON replies (drawing);
