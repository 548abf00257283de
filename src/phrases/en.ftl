# What the house says in English. Keys and variables are the same as in ru.ftl; a test holds that.

## Meeting people
welcome = Hello! Everything stays on this computer. Ask in your own words, or type /help.
welcome-answers = I answer questions and write what you ask for.
welcome-draws = I draw, too: tell me what, for example “draw a red apple”.
greeting = Hello! Ask me something, or tell me what to draw.
thanks = You are welcome!
stranger = This is a private assistant. Ask its owner to let you in.
help-intro = I understand your own words. For example:
help-outro = Inside a request for a picture: --no WHAT, --seed NUMBER, --size WIDTHxHEIGHT, --steps NUMBER.
help-commands = Commands:
about-answer = a question or a request for text
about-draw = draw a picture
about-redo = the last answer or picture again, or changed
about-help = what I can do
about-queue = the line of drawings, and cancelling
about-cancel = cancel your drawing
about-new = begin a fresh conversation
about-forget = delete everything that is kept about this chat and you
about-stop = stop the running answer
about-persona = the character I answer in
about-settings = language, size, steps, seed

## Drawing
what-to-draw = What shall I draw?
drawing-now = I am drawing “{ $subject }”.
queued = “{ $subject }”: number { $place } in line.
request-changed = Changed: I will draw “{ $subject }”.
edit-too-late = That drawing is begun or done already. Send the changed request as a new message.
picture-caption = { $prompt } · seed { $seed } · { $steps ->
        [one] { $steps } step
       *[other] { $steps } steps
    }
sketch-caption = A small sketch model drew this: it knows single things, not scenes.
unknown-subject = I cannot draw “{ $subject }” yet: the sketch model here knows { $count ->
        [one] { $count } thing
       *[other] { $count } things
    }, for example: { $nearest }.
limit-drawings = You already have { $limit ->
        [one] { $limit } drawing
       *[other] { $limit } drawings
    } waiting. Let them finish, or cancel one with /cancel.
drawing-cancelled = Cancelled: “{ $subject }”.
cancelled = Cancelled: “{ $subject }”.
cancelling = I am stopping “{ $subject }”.
nothing-to-cancel = There is no drawing of yours to cancel.
not-yours = That drawing belongs to somebody else.
drawing-gave-up = I tried to draw { $subject } and failed each time. Please try a different request.
drawing-failed = I could not draw { $subject }: something went wrong here, and it is in the log.
drawing-out-of-memory = There is not enough memory to draw { $subject }. A smaller --size may help.
drawing-model-broken = I cannot draw { $subject }: the picture model does not start. The owner can look with: aisaac doctor
prompt-cut = The request was too long for the picture model; it did not read: “{ $cut }”.
size-not-multiple = A size of { $value } does not work: both sides must be multiples of { $bound }.
size-out-of-range = A size of { $value } does not work here: the picture model draws { $bound }.
size-bad = I cannot read the size “{ $value }”. Write it like --size { $bound }.
steps-out-of-range = { $value } steps do not work: choose { $bound }.
seed-bad = “{ $value }” is not a seed: choose a whole number from 0 to { $bound }.
guidance-out-of-range = Guidance { $value } does not work: choose { $bound }.
option-unknown = I do not know the option { $value }. There are { $bound }.
queue-empty = The line is empty.
queue-head = In line:
queue-row-running = now: { $subject }
queue-row = { $place }. { $subject }
queue-row-other = { $place }. somebody else's drawing
queue-row-running-other = now: somebody else's drawing

## Answering
stopped-mark = (stopped)
nothing-to-stop = Nothing is running.
stopping = Stopped.
draw-instead = Shall I draw this instead? Say “yes”.
answer-model-missing = I cannot answer in words yet: no answer model is installed. I can draw: tell me what.
nothing-installed = There are no models here yet, so I can neither answer nor draw. The owner can run: aisaac models pull starter
understand-model-missing = I cannot read requests in your own words yet: the understanding model is missing or damaged. The owner can run: aisaac models pull starter. Slash commands work: /help
draw-model-missing = There is no picture model here yet. The owner can bring one with: aisaac models pull starter
language-unsupported = The answer model here ({ $model }) speaks only: { $languages }. I understand your language and can draw, show the line and change settings in it. For answers in it the owner can run: aisaac models pull answer-ru (about { $size } MB).
language-unsupported-short = I cannot answer in this language yet (aisaac models pull answer-ru, about { $size } MB), but I can draw.
language-foreign = The answer model here ({ $model }) speaks only: { $languages }. Drawings can be asked for in English and in Russian.
nothing-to-redo = There is nothing to do again yet.
new-conversation = A fresh conversation: what was said before no longer counts. To delete everything that is kept: /forget
forgot = Deleted: { $messages ->
        [one] { $messages } message
       *[other] { $messages } messages
    } and { $pictures ->
        [one] { $pictures } picture
       *[other] { $pictures } pictures
    }, and the settings of this chat.
persona-set = From now on I answer as: { $persona }
persona-cleared = I answer in my own character again.
persona-shown = I answer as: { $persona }
persona-none = I answer in my own character. Change it with /persona and a description.
persona-foreign = The answer model here reads a persona only in: { $languages }. Please describe it in one of them.

## Settings
settings-shown = Language: { $language }. Size: { $size }. Steps: { $steps }. Seed: { $seed }.
settings-changed = Done. Language: { $language }. Size: { $size }. Steps: { $steps }. Seed: { $seed }.
setting-default = the model's own
setting-auto = as you write
setting-random = a new one each time
language-ru = Russian
language-en = English

## Trouble
no-messenger = No messenger is configured, so there is nobody to listen to. The messenger that needs none is this terminal: aisaac chat
empty = The message is empty. Ask me something, or tell me what to draw.
too-long = The message is too long: at most { $limit ->
        [one] { $limit } character
       *[other] { $limit } characters
    }.
unknown-command = I do not know { $command }. Did you mean { $nearest }? /help lists everything.
unsupported-body = I cannot read this kind of message yet, only text.
broken-text = The message is not readable text (UTF-8).
message-too-long = The message is too long for the answer model: { $value } tokens, at most { $bound }.
gave-up = I failed over this message three times and set it aside. Please say it differently.
busy = I am busy; please try again in a moment.
out-of-memory = There is not enough memory for this right now.
our-fault = Something went wrong here. It is in the log; please try again.
model-broken = A model does not start. The owner can look with: aisaac doctor
disk-full = The disk is full. Please try again when there is room.
disk-low = Less than { $needed } of disk is free, so I take no drawings now. Please ask again when there is room.

## Console
console-position = { $place ->
        [0] being painted
       *[other] number { $place } in line
    }
console-leave = Press Ctrl-C once more, or Ctrl-D, to leave.
console-saved = saved: { $file }
console-left = { $seconds } s left

## As it stands
raw = { $text }
