# Что дом говорит по-русски. Ключи и переменные те же, что в en.ftl; за этим следит тест.

## Знакомство
welcome = Здравствуйте! Всё остаётся на этом компьютере. Просите своими словами; /help покажет, что я умею.
welcome-answers = Я отвечаю на вопросы и пишу, что попросите.
welcome-draws = Ещё я рисую: скажите что, например «нарисуй рыжего кота».
greeting = Привет! Спросите меня о чём-нибудь или скажите, что нарисовать.
thanks = Пожалуйста!
stranger = Это личный помощник. Попросите хозяина впустить вас.
help-intro = Я понимаю обычные слова. Например:
help-outro = Внутри просьбы о картинке: --no ЧЕГО_НЕ_НАДО, --seed ЧИСЛО, --size ШИРИНАxВЫСОТА, --steps ЧИСЛО.
help-commands = Команды:
about-answer = вопрос или просьба о тексте
about-draw = нарисовать картинку
about-redo = последний ответ или картинка ещё раз или иначе
about-help = что я умею
about-queue = очередь рисунков и отмена
about-cancel = отменить свой рисунок
about-new = начать разговор заново
about-forget = удалить всё, что хранится об этом чате и о вас
about-stop = остановить ответ
about-persona = характер, в котором я отвечаю
about-settings = язык, размер, шаги, сид

## Рисование
what-to-draw = Что нарисовать?
drawing-now = Рисую: «{ $subject }».
queued = «{ $subject }»: место в очереди — { $place }.
request-changed = Поменял: нарисую «{ $subject }».
edit-too-late = Этот рисунок уже начат или готов. Пришлите изменённую просьбу новым сообщением.
picture-caption = { $prompt } · сид { $seed } · { $steps ->
        [one] { $steps } шаг
        [few] { $steps } шага
       *[other] { $steps } шагов
    }
sketch-caption = Это набросок маленькой модели: она знает отдельные вещи, а не сцены.
unknown-subject = «{ $subject }» я пока нарисовать не могу: модель набросков знает { $count ->
        [one] { $count } вещь
        [few] { $count } вещи
       *[other] { $count } вещей
    }, например: { $nearest }.
limit-drawings = У вас уже ждёт { $limit ->
        [one] { $limit } рисунок
        [few] { $limit } рисунка
       *[other] { $limit } рисунков
    }. Дождитесь их или отмените один: /cancel.
drawing-cancelled = Отменено: «{ $subject }».
cancelled = Отменено: «{ $subject }».
cancelling = Останавливаю: «{ $subject }».
nothing-to-cancel = Отменять нечего: ваших рисунков в очереди нет.
not-yours = Это чужой рисунок.
drawing-gave-up = Я пробовал нарисовать { $subject }, и каждый раз не вышло. Попробуйте попросить иначе.
drawing-failed = Не получилось нарисовать { $subject }: у меня что-то сломалось, подробности в журнале.
drawing-out-of-memory = Не хватает памяти, чтобы нарисовать { $subject }. Может помочь меньший --size.
drawing-model-broken = Не могу нарисовать { $subject }: модель рисования не запускается. Хозяин может посмотреть: aisaac doctor
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
nothing-to-stop = Останавливать нечего.
stopping = Остановлено.
draw-instead = Нарисовать это? Скажите «да».
answer-model-missing = Отвечать словами я пока не могу: модель для ответов не установлена. Могу нарисовать: скажите что.
nothing-installed = Моделей здесь пока нет, поэтому я не умею ни отвечать, ни рисовать. Хозяин может выполнить: aisaac models pull starter
understand-model-missing = Я пока не понимаю просьб своими словами: модель понимания не установлена или повреждена. Хозяин может выполнить: aisaac models pull starter. Команды с косой чертой работают: /help
draw-model-missing = Модели рисования здесь пока нет. Хозяин может поставить её: aisaac models pull starter
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
persona-set = Теперь я отвечаю так: { $persona }
persona-cleared = Снова отвечаю в своём характере.
persona-shown = Я отвечаю так: { $persona }
persona-none = Я отвечаю в своём характере. Поменять: /persona и описание.
persona-foreign = Модель ответов здесь читает характер только на языках: { $languages }. Опишите его на одном из них.

## Настройки
settings-shown = Язык: { $language }. Размер: { $size }. Шаги: { $steps }. Сид: { $seed }.
settings-changed = Готово. Язык: { $language }. Размер: { $size }. Шаги: { $steps }. Сид: { $seed }.
setting-default = как у модели
setting-auto = как вы пишете
setting-random = каждый раз новый
language-ru = русский
language-en = английский

## Неполадки
no-messenger = Ни один мессенджер не настроен, слушать некого. Без настройки можно поговорить прямо в терминале: aisaac chat
empty = Сообщение пустое. Спросите о чём-нибудь или скажите, что нарисовать.
too-long = Сообщение слишком длинное: не больше { $limit ->
        [one] { $limit } знака
        [few] { $limit } знаков
       *[other] { $limit } знаков
    }.
unknown-command = Не знаю команды { $command }. Может быть, { $nearest }? Весь список: /help.
unsupported-body = Такие сообщения я пока читать не умею, только текст.
broken-text = Сообщение — нечитаемый текст (не UTF-8).
message-too-long = Сообщение слишком длинное для модели ответов: { $value } токенов, помещается { $bound }.
gave-up = Это сообщение трижды не получилось обработать, я его отложил. Скажите, пожалуйста, иначе.
busy = Я занят; попробуйте чуть позже.
out-of-memory = Сейчас на это не хватает памяти.
our-fault = У меня что-то сломалось. Подробности в журнале; попробуйте ещё раз.
model-broken = Модель не запускается. Хозяин может посмотреть: aisaac doctor
disk-full = Диск полон. Попробуйте снова, когда место освободится.
disk-low = На диске свободно меньше { $needed }, поэтому рисунки я пока не беру. Попросите снова, когда место освободится.

## Консоль
console-position = { $place ->
        [0] рисуется
       *[other] место в очереди — { $place }
    }
console-leave = Чтобы выйти, нажмите Ctrl-C ещё раз или Ctrl-D.
console-saved = сохранено: { $file }
console-left = осталось { $seconds } с

## Как есть
raw = { $text }
