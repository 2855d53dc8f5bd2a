# Was der Raum auf Deutsch sagt: kurz, ruhig, genau.

language-name = Deutsch

## Datum

date = { $weekday }, { $day }. { $month }
weekday = { $weekday ->
    [0] Montag
    [1] Dienstag
    [2] Mittwoch
    [3] Donnerstag
    [4] Freitag
    [5] Samstag
   *[6] Sonntag
}
month = { $month ->
    [1] Januar
    [2] Februar
    [3] März
    [4] April
    [5] Mai
    [6] Juni
    [7] Juli
    [8] August
    [9] September
    [10] Oktober
    [11] November
   *[12] Dezember
}
from-to = { $start } – { $end } Uhr
now-until = Läuft bis { $end } Uhr
tomorrow-from-to = Morgen, { $start } – { $end } Uhr
weekday-from-to = { $weekday }, { $start } – { $end } Uhr
all-day = Ganztägig
tomorrow-all-day = Morgen, ganztägig
weekday-all-day = { $weekday }, ganztägig

## Start

next-meetings = Nächste Besprechungen
no-meetings = Keine Besprechung mehr geplant
no-meetings-hint = Treten Sie jeder Besprechung mit ihrem Code bei.
trouble-configuration = Die Einstellungen dieses Raums sind nicht lesbar
trouble-configuration-hint = Er tritt keiner Besprechung bei, bis die IT sie berichtigt hat.
trouble-state = Dieser Raum kann seinen Speicher nicht lesen
trouble-state-hint = Schalten Sie ihn einmal aus und wieder ein. Bleibt es dabei, bitten Sie die IT, ihn neu einzurichten.
untitled = Besprechung
reserved = Reserviert
calendar-old = Stand { $when }: Der Kalender antwortet nicht
calendar-unread = Der Kalender antwortet nicht
obstacle-platform = { $platform }: Dieser Raum kann nur Visio
obstacle-token-missing = Ein Token fehlt: Fragen Sie Ihre IT
obstacle-not-encrypted = Der Link ist unverschlüsselt
obstacle-link-rewritten = Link vom Mailschutz verändert: mit Code beitreten
obstacle-key-missing = Verschlüsselt: der Schlüssel im Link fehlt
join = Beitreten
join-by-code = Per Code beitreten
join-by-code-short = Per Code
audio-check = Ton prüfen
devices-ready = Kamera, Mikrofon und Lautsprecher bereit
laptop-ready = Laptop angeschlossen: Er kann in einer Besprechung geteilt werden

## Buchen, Einstellungen und was Techniker brauchen

book = Buchen
booking-title = Diesen Raum buchen
booking-free = Dieser Raum ist frei
booking-until = bis { $time }
booking-for = Für wie lange, ab jetzt?
booking-extend = Den Raum länger behalten
booking-full = Bis zur nächsten Besprechung ist keine Zeit mehr.
booking-waiting = Der Kalender wird gefragt…
booking-minutes = { $minutes } Min.
booking-next = Zur nächsten
booking-release = Raum freigeben
booking-check-in = Wir sind da
booking-release-at = Der Raum wird um { $time } freigegeben, wenn sich niemand meldet.
booking-event = Am Raum gebucht
booking-booked = Der Raum ist bis { $time } gebucht.
booking-extended = Der Raum gehört Ihnen bis { $time }.
booking-released = Der Raum ist wieder frei.
booking-released-unused = Niemand kam: Der Raum wurde freigegeben.
booking-checked-in = Willkommen: Der Raum bleibt Ihrer.
booking-no-calendar = Dieser Raum hat keinen Kalender: Er kann hier nicht gebucht werden.
booking-read-only = Dieser Raum liest seinen Kalender nur: Buchen Sie in Ihrem eigenen.
booking-unsure = Nichts gebucht: Der Kalender ist zu alt, um zu wissen, ob der Raum frei ist.
booking-taken = Nichts gebucht: Der Raum ist dann vergeben.
booking-offline = Der Kalender antwortet nicht. Er wird zeigen, ob gebucht wurde.
booking-refused = Der Kalenderserver lässt diesen Raum nicht buchen. Bitte sagen Sie es der IT.
booking-changed = Nichts geändert: Jemand hat diese Besprechung eben geändert.
booking-not-ours = Nur wer diese Besprechung angelegt hat, kann sie beenden.
booking-server = Der Kalenderserver hat die Buchung nicht angenommen. Bitte sagen Sie es der IT.
settings = Einstellungen
settings-code-hint = Geben Sie den Code der Verwaltung ein und bestätigen Sie.
settings-code-wrong = Das ist nicht der Code.
settings-code-wait = { $minutes ->
    [one] Zu viele falsche Codes. Versuchen Sie es in einer Minute wieder.
   *[other] Zu viele falsche Codes. Versuchen Sie es in { $minutes } Minuten wieder.
}
settings-code-checking = Der Code wird geprüft…
settings-language = Sprache beim Start
settings-volume = Lautstärke beim Start
settings-name = Name in Besprechungen
settings-name-hint = Leer: der Name des Raums
settings-appearance = Aussehen beim Start
settings-contrast = Hoher Kontrast
settings-large = Große Schrift
settings-fixed = Von der IT festgelegt
settings-change = Ändern
settings-take = Fertig
restart = Neu starten
restart-title = Den Raum neu starten?
restart-words = Die Bildschirme werden dunkel, und niemand tritt von hier einer Besprechung bei, bis der Raum wieder gestartet ist. Die Einstellungen bleiben.
restart-meeting = Ab { $time } ist dieser Raum für eine Besprechung belegt, und die Leute sind vielleicht schon unterwegs. Bis er wieder gestartet ist, tritt von hier niemand bei.
restart-now = Jetzt neu starten
settings-room = Name des Raums
settings-calendar-booking = Wird gelesen und geschrieben: Buchen ist hier möglich
settings-calendar-reading = Wird nur gelesen: Buchen ist hier nicht möglich
facts-title = Für die Technik
facts-version = Version
facts-room = Raum
facts-network = Netz
facts-no-network = Keines
facts-calendar = Kalender
facts-meetings = { $count ->
    [0] nichts geplant
    [one] 1 Besprechung geplant
   *[other] { $count } Besprechungen geplant
}
facts-unread = nie gelesen
facts-camera = Kamera
facts-microphone = Mikrofone
facts-loudspeaker = Lautsprecher
facts-display = Bildschirme
facts-laptop = Laptop
facts-encoder = Encoder
facts-processor = Prozessor
facts-temperature = Temperatur
facts-failure = Letzter Fehler
facts-call = Besprechung
facts-certificate = Zertifikat
facts-certificate-own = ein eigenes
facts-certificate-by = bestätigt von { $by }
facts-certificate-unverified = gilt hier nicht
facts-certificate-ends = { $days ->
    [0] Das Zertifikat des Raums läuft heute ab
    [one] Das Zertifikat des Raums läuft in { $days } Tag ab
   *[other] Das Zertifikat des Raums läuft in { $days } Tagen ab
}
facts-certificate-over = Das Zertifikat des Raums ist abgelaufen
facts-certificate-unusable = der Schlüssel des Raums ist unbrauchbar
facts-works = geht
facts-missing = fehlt
facts-failed = gestört
facts-no-signal = kein Bild
facts-protected = schwarzes Bild
facts-figures = still { $freezes } × { $frozen } s, Ton { $sound } s, verloren { $frames }
facts-minutes = seit { $count } Min.
facts-hours = seit { $count } Std.
facts-days = seit { $count } T.
spoken-about = Über diesen Raum
spoken-enter = Übernehmen
spoken-start-softer = Leiser beim Start
spoken-start-louder = Lauter beim Start

## Code eingeben

code-title = Welche Besprechung?
code-example = Zum Beispiel abc-defg-hij
spoken-backspace = Löschen
spoken-shift = Großbuchstabe
spoken-volume-down = Leiser
spoken-volume-up = Lauter
key-space = Leertaste
cancel = Abbrechen

## Vor einer Besprechung

time-of-day = { $hours }:{ $minutes }
day-open = Ganzer Tag
day-today = Heute
day-tomorrow = Morgen
day-recent = Zuletzt hier
day-empty = Es ist nichts geplant.
day-free = Frei
day-free-until = Frei bis { $end } Uhr
day-more = { $count ->
    [one] und 1 weitere
   *[other] und { $count } weitere
}
recent-kept = Dieser Raum vergisst sie nach einem Tag.
recent-clear = Liste leeren
recent-today = Beigetreten um { $time } Uhr
recent-yesterday = Beigetreten gestern um { $time } Uhr
meet-now = Neue Besprechung
meet-now-short = Sitzung
step-entry = Einlass
step-connection = Verbindung
step-media = Ton und Bild
step-meeting = Besprechung
invitation-title = { $name } lädt Sie zu einer Besprechung ein
invitation-banner = { $name } lädt Sie ein: { $what }
accept = Beitreten
accept-and-leave = Wechseln
decline = Ablehnen
notice-meeting-gone = Diese Besprechung steht nicht mehr im Kalender. Bitte sehen Sie noch einmal nach.
notice-tell-link = Neue Besprechung. Andere treten bei unter { $link }
end-may-not-begin = Dieser Raum darf keine Besprechung beginnen
end-may-not-begin-advice = Legen Sie sie an Ihrem Computer an und treten Sie ihr hier mit dem Code bei.
spoken-earlier = Früher
spoken-later = Später
spoken-language = Sprache

## Beitritt

joining = Verbindung
joining-asking = Wir bitten um Einlass…
joining-signalling = Verbindung zur Besprechung wird aufgebaut…
joining-media = Ton und Bild werden verbunden…
lobby-title = Wir warten auf Einlass
lobby-sentence = Jemand in der Besprechung muss uns einlassen.
lobby-waited = { $minutes ->
    [0] Wir haben gerade angefragt.
    [one] Wir warten seit einer Minute.
   *[other] Wir warten seit { $minutes } Minuten.
}

## In der Besprechung

microphone = Mikrofon
microphone-on = Ein: man hört Sie
microphone-off = Aus: niemand hört Sie
microphone-interrupted = Wird neu verbunden…
microphone-missing = Kein Mikrofon angeschlossen
microphone-failed = Mikrofon defekt
microphone-forbidden = Hier nicht erlaubt
camera = Kamera
camera-on = Ein: man sieht Sie
camera-off = Aus: niemand sieht Sie
camera-interrupted = Wird neu verbunden…
camera-missing = Keine Kamera angeschlossen
camera-failed = Kamera defekt
camera-forbidden = Hier nicht erlaubt
share = Laptop
share-offered = Zum Teilen berühren
share-off = Nicht geteilt
share-starting = Wird geteilt…
share-stopping = Wird beendet…
share-on = Geteilt: man sieht ihn
share-interrupted = Wird neu verbunden…
share-no-signal = Kein Bild: Kabel prüfen
share-protected = Sein Bild ist schwarz
share-forbidden = Hier nicht erlaubt
turning-on = Wird eingeschaltet…
turning-off = Wird ausgeschaltet…
volume = Lautstärke
volume-percent = { $percent } %
loudspeaker-missing = Kein Lautsprecher
loudspeaker-failed = Lautsprecher defekt
layout-button = Ansicht
layout-title = Ansicht
layout-strip = Sprecher und weitere
layout-speaker = Nur Sprecher
layout-grid = Raster
layout-content-speaker = Inhalt und Sprecher
layout-content = Nur Inhalt
self-view = Eigenes Bild
captions = Untertitel
people-button = { $count ->
    [0] Niemand
    [one] 1 Person
   *[other] { $count } Personen
}
hand-raise = Hand heben
hand-lower = Hand senken
leave = Verlassen
close = Schließen
recording = Aufnahme läuft
transcription = Mitschrift läuft
recording-and-transcription = Aufnahme und Mitschrift laufen
quality-poor = Schwache Verbindung
quality-lost = Keine Verbindung
encrypted = Ende-zu-Ende-verschlüsselt, gemeinsamer Schlüssel
encrypted-group = Ende-zu-Ende-verschlüsselt, eigene Schlüssel der Gruppe
authentication-code = Prüfcode
authentication-title = Prüfcode
authentication-sentence = Lesen Sie diesen Code laut vor; alle müssen denselben sehen.
verified-count = { $verified } von { $count } bestätigt
verified-by = bestätigt von { $by }
not-verified = nicht bestätigt
shared-key-only = nur gemeinsamer Schlüssel
unreadable-not-encrypted = Nicht verschlüsselt
unreadable-other-key = Mit anderem Schlüssel verschlüsselt
unreadable-encrypted = Verschlüsselt
unreadable-count = Anders verschlüsselt: { $count }
somebody-waiting = Jemand wartet auf Einlass
elapsed-minutes = { $minutes } min
elapsed-hours = { $hours } h { $minutes } min
reconnecting = Verbindung unterbrochen. Wird wiederhergestellt…
reconnecting-short = Wird neu verbunden…
alone = Es ist noch niemand sonst da.
speaking-one = { $name } spricht
speaking-two = { $first } und { $second } sprechen
speaking-many = Mehrere Personen sprechen
people-title = { $count ->
    [0] Noch niemand sonst da
    [one] 1 weitere Person
   *[other] { $count } weitere Personen
}
people-more = { $count ->
    [one] und 1 weitere
   *[other] und { $count } weitere
}
people-first = Zurück zum Anfang

## In der Besprechung: die anderen

more-button = Mehr
more-title = Mehr
chat = Chat
chat-empty = Noch hat niemand geschrieben.
chat-forbidden = Die Besprechung lässt diesen Raum nicht schreiben.
chat-us = Dieser Raum
chat-reply = Antworten
chat-unread = { $count } ungelesen
more-unread = Mehr ({ $count })
write-title = An alle schreiben
write-hint = Ihre Nachricht
send = Senden
microphone-heard-short = Man hört Sie
microphone-muted-short = Mikrofon aus
reply-on-our-way = Wir sind unterwegs.
reply-yes = Ja.
reply-no = Nein.
reply-repeat = Können Sie das bitte wiederholen?
reply-louder = Wir hören Sie schlecht.
reply-back-soon = Wir sind in fünf Minuten zurück.
reactions = Reaktionen
reaction-thumbs-up = Dafür
reaction-thumbs-down = Dagegen
reaction-clapping-hands = Applaus
reaction-red-heart = Herz
reaction-face-with-tears-of-joy = Lachen
reaction-face-with-open-mouth = Staunen
reaction-party-popper = Feiern
reaction-folded-hands = Danke
spoken-caption-size-large = Große Untertitel
connection = Verbindung
connection-unknown = Die Verbindung ist noch nicht bekannt
connection-unknown-advice = Die Besprechung hat sie noch nicht beurteilt.
evidence = Wohin Ton und Bild gehen
connection-good = Die Verbindung ist gut
connection-good-advice = Was schlecht klingt oder aussieht, kommt von anderswo.
connection-others = Die Verbindung der anderen ist schwach
connection-others-advice = Ihre ist gut. Betroffen: { $names }.
connection-busy = Der Rechner dieses Raums ist an seiner Grenze
connection-busy-advice = Die anderen sehen Sie kleiner oder seltener. Teilen Sie nur, was nötig ist; dauert es an, sagen Sie der IT Bescheid.
connection-still = Bilder stehen ab und zu still
connection-still-advice = Der Weg zum Server der Besprechung ist langsam. Der Ton geht vor. Dauert es an, sagen Sie der IT Bescheid.
connection-poor = Die Verbindung dieses Raums ist schwach
connection-poor-advice = Schalten Sie die Kamera aus: Der Ton bekommt den Rest. Dauert es an, sagen Sie der IT Bescheid.
connection-lost = Es gibt keine Verbindung
connection-lost-advice = Der Raum versucht es von selbst wieder. Prüfen Sie das Netzwerkkabel.
camera-turn = Kamera drehen
camera-places = Ansichten zum Wiederfinden
camera-keep-which = Diese Ansicht unter welcher Nummer merken?
notice-preset-kept = Unter Nummer { $number } gemerkt.
spoken-layout = Ansicht
spoken-participants = Personen
spoken-hand = Hand heben oder senken
spoken-more = Mehr
spoken-leave = Verlassen
spoken-chat-turn = Frühere Nachrichten
spoken-write = Nachricht schreiben
spoken-camera-up = Nach oben
spoken-camera-left = Nach links
spoken-camera-centre = Geradeaus
spoken-camera-right = Nach rechts
spoken-camera-down = Nach unten
spoken-camera-nearer = Näher
spoken-camera-farther = Weiter weg
spoken-camera-keep = Diese Ansicht merken
person-more = Möglichkeiten für { $name }
spoken-back = Zurück
end-for-all = Für alle beenden
person-pin = Immer zeigen
person-unpin = Nicht mehr anheften
person-mute = Mikrofon ausschalten
person-muted = Mikrofon aus
person-speaking = Mikrofon an
person-lower = Hand senken
person-remove = Entfernen …
hand-since = Hand { $place }, seit { $time }
hand-up = Hand gehoben
mute-all = Alle Mikrofone ausschalten
admit = Einlassen
deny = Abweisen
ask-remove = { $name } aus der Besprechung entfernen?
ask-remove-hint = Für die Rückkehr muss die Person anklopfen.
ask-mute-all = Alle Mikrofone ausschalten?
ask-mute-all-hint = Alle können ihres wieder einschalten.
ask-end = Die Besprechung für alle beenden?
ask-end-hint = Alle gehen sofort. Um nur selbst zu gehen, tippen Sie auf Verlassen.
confirm-remove = Entfernen
confirm-mute-all = Ausschalten
confirm-end = Beenden
notice-refused-not-allowed = Die Besprechung erlaubt das diesem Raum nicht.
notice-refused-gone = Die Person ist nicht mehr da.
notice-refused-failed = Der Server der Besprechung hat es nicht getan. Versuchen Sie es gleich noch einmal.
notice-may-not-write = Die Besprechung lässt diesen Raum nicht schreiben.
notice-asks-to-come-in = { $name } möchte herein: Öffnen Sie die Personenliste.
## Barrierefreiheit

accessibility = Barrierefreiheit
high-contrast = Hoher Kontrast
high-contrast-hint = Schwarz-weiß
large-text = Große Schrift
large-text-hint = Ein Viertel größer
screen-reader = Sprachausgabe
screen-reader-hint = Das Bedienfeld spricht
screen-reader-missing = Keine Stimme installiert
captions-hint = Größe und Farbe
captions-when = Wenn es welche gibt
back = Zurück
reader-on = Sprachausgabe an. Berühren, um zu hören, noch einmal, um auszulösen. Zweimal auf eine leere Stelle: die ganze Seite.
reader-off = Sprachausgabe aus.
reader-hint = Sprachausgabe: berühren, um zu hören, noch einmal, um auszulösen
notice-no-voice = In diesem Raum ist keine Stimme installiert. Fragen Sie die IT.
hand-is-raised = Hand gehoben
spoken-accessibility = Barrierefreiheit
spoken-button = { $what }, Taste
spoken-disabled = { $what }, nicht verfügbar
spoken-on = an
spoken-off = aus
spoken-selected = ausgewählt
spoken-share-next = Was jemand anderes teilt
spoken-pinned = angeheftet
spoken-speaking = spricht
spoken-muted = Mikrofon aus
spoken-sharing = teilt den Bildschirm
spoken-nothing-typed = nichts eingegeben
spoken-key-minus = Bindestrich
spoken-key-dot = Punkt
spoken-key-colon = Doppelpunkt
spoken-key-slash = Schrägstrich
spoken-caption-size-usual = Untertitel in normaler Größe
spoken-caption-size-largest = Sehr große Untertitel
spoken-caption-color-white = Weiße Untertitel auf Schwarz
spoken-caption-color-yellow = Gelbe Untertitel auf Schwarz
spoken-caption-color-black = Schwarze Untertitel auf Weiß

## Nach einem Fehler

retry = Erneut versuchen
home = Start
end-left = Sie haben die Besprechung verlassen
end-left-advice = Der Raum ist frei für die nächste Besprechung.
end-room-not-found = Diese Besprechung gibt es nicht
end-room-not-found-advice = Prüfen Sie den Code mit der Person, die Sie eingeladen hat.
end-lobby-denied = Die Besprechung hat uns nicht eingelassen
end-lobby-denied-advice = Bitten Sie jemanden in der Besprechung, diesen Raum einzulassen, und versuchen Sie es erneut.
end-lobby-timed-out = Niemand hat uns eingelassen
end-lobby-timed-out-advice = Wir haben zehn Minuten gewartet. Prüfen Sie, ob die Besprechung begonnen hat, und versuchen Sie es erneut.
end-token-refused = Die Besprechung hat unsere Einladung abgelehnt
end-token-refused-advice = Sie ist vielleicht abgelaufen. Bitten Sie um einen neuen Link oder nutzen Sie den Code der Besprechung.
end-certificate-invalid = Wir sind nicht sicher, mit wem wir sprechen
end-certificate-invalid-advice = Der Server konnte sich nicht ausweisen, daher haben wir uns nicht verbunden. Bitte informieren Sie Ihre IT.
end-server-unreachable = Der Server der Besprechung antwortet nicht
end-server-unreachable-advice = Prüfen Sie die Netzwerkverbindung des Raums und versuchen Sie es erneut.
end-captive-portal = Dieses Netz verlangt eine Anmeldung
end-captive-portal-advice = { $host ->
    [unknown] Es antwortet statt der Besprechung. Ihre IT kann diesen Raum davon befreien.
   *[other] Seine Seite: { $host }. Ihre IT kann diesen Raum davon befreien.
}
end-proxy-unreachable = Der Proxy dieses Netzes antwortet nicht
end-proxy-unreachable-advice = Ohne ihn kommt der Raum nicht aus dem Netz. Bitte informieren Sie Ihre IT.
end-proxy-refused = Der Proxy dieses Netzes weist diesen Raum ab
end-proxy-refused-advice = Konto oder Kennwort stimmen nicht: Ihre IT kann sie berichtigen.
end-proxy-forbids = Der Proxy dieses Netzes sperrt diese Besprechung
end-proxy-forbids-advice = Er lässt diesen Raum nicht zum Server. Bitte informieren Sie Ihre IT.
end-server-error = Der Server der Besprechung hat ein Problem
end-server-error-advice = Versuchen Sie es gleich noch einmal. Bleibt das Problem, informieren Sie Ihre IT.
end-too-many-requests = Zu viele Versuche
end-too-many-requests-advice = { $minutes ->
    [one] Bitte versuchen Sie es in einer Minute erneut.
   *[other] Bitte versuchen Sie es in { $minutes } Minuten erneut.
}
end-media-unreachable = Ton und Bild kommen nicht durch
end-media-unreachable-advice = Vielleicht blockiert sie eine Firewall. Bitte informieren Sie Ihre IT.
end-connection-lost = Die Verbindung ist abgebrochen
end-connection-lost-advice = Prüfen Sie die Netzwerkverbindung des Raums und versuchen Sie es erneut.
end-removed = Dieser Raum wurde aus der Besprechung entfernt
end-removed-advice = War das ein Versehen, bitten Sie die Moderation, Sie wieder einzulassen.
end-meeting-ended = Die Besprechung ist beendet
end-meeting-ended-advice = Die Moderation hat sie für alle beendet.
end-joined-elsewhere = Dieser Raum ist von anderswo beigetreten
end-joined-elsewhere-advice = Die Besprechung läuft dort weiter. Versuchen Sie es erneut, um sie hierher zurückzuholen.
end-server-shutdown = Der Server der Besprechung startet neu
end-server-shutdown-advice = Versuchen Sie es gleich noch einmal.
end-key-missing = Diese Besprechung ist Ende-zu-Ende-verschlüsselt
end-key-missing-advice = Nehmen Sie über den ganzen Link oder den Kalender teil: Der Code allein öffnet sie nicht.
end-key-unexpected = Diese Besprechung ist nicht verschlüsselt
end-key-unexpected-advice = Ihr Link sagt, sie sei es. Bitten Sie um den richtigen Link.
end-outside-policy = Die Richtlinie dieses Raums lässt die Server dieser Besprechung nicht zu
end-outside-policy-advice = Dorthin darf nichts gehen, oder die Zertifikate stimmen nicht. Bitte informieren Sie Ihre IT.
end-internal = In diesem Raum ist etwas schiefgegangen
end-internal-advice = Versuchen Sie es erneut. Passiert es wieder, informieren Sie bitte Ihre IT.

## Die Tonprüfung

audio-title = Tonprüfung
audio-title-microphone = Tonprüfung: Mikrofon { $number }
audio-running = Der Ton wird geprüft
audio-running-sentence = Der Raum spielt einen steigenden Ton und hört zu. Bitte sechs Sekunden lang still sein.
audio-display = Das Ergebnis steht auf dem Bedienfeld.
audio-again = Erneut prüfen
audio-noise = Geräusch im stillen Raum
audio-loss = Echo leiser als der Ton um
audio-delay = Vom Lautsprecher zum Mikrofon
audio-reverberation = Nachhall
audio-response = So kommt der Ton zurück
audio-decibels = { $value } dB
audio-milliseconds = { $value } ms
audio-good = Der Ton funktioniert
audio-good-advice = Das Mikrofon hört den Lautsprecher gut, und der Raum ist leise genug.
audio-no-loudspeaker = Es gibt keinen Lautsprecher
audio-no-loudspeaker-advice = Prüfen Sie Kabel und Stromversorgung und dann den Ton erneut.
audio-no-microphone = Es gibt kein Mikrofon
audio-no-microphone-advice = Prüfen Sie sein Kabel und dann den Ton erneut.
audio-silent = Das Mikrofon liefert nur Stille
audio-silent-advice = Wahrscheinlich ist seine eigene Stummtaste gedrückt. Drücken Sie sie oder probieren Sie ein anderes Kabel.
audio-not-heard = Das Mikrofon hört den Lautsprecher nicht
audio-not-heard-advice = Prüfen Sie, ob der Lautsprecher an und laut genug ist und beide in diesem Raum stehen.
audio-clipped = Das Mikrofon ist übersteuert
audio-clipped-advice = Stellen Sie den Lautsprecher leiser, das Mikrofon weiter weg oder seine Verstärkung niedriger.
audio-echo-loud = Der Lautsprecher ist zu laut für das Mikrofon
audio-echo-loud-advice = Stellen Sie ihn leiser oder das Mikrofon weiter weg: sonst wird abgeschnitten, wer gleichzeitig spricht.
audio-echo-faint = Das Mikrofon hört den Lautsprecher kaum
audio-echo-faint-advice = Stellen Sie den Lautsprecher lauter. Ist er im Raum laut, ist die Verstärkung des Mikrofons zu niedrig.
audio-late = Der Ton ist zu lange unterwegs
audio-late-advice = Eine Funkstrecke oder ein Fernseher verzögert ihn. Schließen Sie den Lautsprecher per Kabel an.
audio-noisy = Der Raum ist laut
audio-noisy-advice = Suchen Sie eine Lüftung oder einen Projektor nahe dem Mikrofon und stellen Sie sie auseinander.
audio-reverberant = Der Raum hallt
audio-reverberant-advice = Vorhänge, Teppich oder Paneele helfen. Bis dahin: das Mikrofon näher zu den Personen.

## Refusals: what the panel never offers, and the API may be asked for

refusal-in-no-meeting = Der Raum ist in keiner Besprechung.
refusal-no-such-meeting = Diese Besprechung steht nicht oder nicht mehr im Kalender.
refusal-already-checking = Der Ton wird bereits geprüft.
refusal-already-invited = In diesem Raum wird schon eine andere Einladung gezeigt.
refusal-already-asking = Das Bedienfeld bittet hier gerade um eine andere Zustimmung.
refusal-only-at-the-panel = Dem kann nur zustimmen, wer es am Bedienfeld liest.
refusal-already-there = Der Raum ist bereits in dieser Besprechung.
refusal-camera-fixed = Die Kamera dieses Raums lässt sich nicht drehen.
refusal-no-such-preset = Unter dieser Nummer ist keine Einstellung gemerkt.
refusal-in-meeting = Der Raum ist in einer Besprechung oder auf dem Weg dorthin.
refusal-no-power-service = Auf diesem Gerät gibt es nichts, was es für den Raum neu startet oder ausschaltet.

## Was die Richtlinie des Raums nicht erlaubt

forbidden-unreadable = Die Richtlinie dieses Raums ist nicht lesbar, er nimmt an nichts teil. Bitte sagen Sie es der IT.
forbidden-over = Die Richtlinie dieses Raums ist abgelaufen, er nimmt an nichts teil. Bitte sagen Sie es der IT.
forbidden-host = Die Richtlinie dieses Raums erlaubt keine Besprechungen auf { $host }.
forbidden-not-end-to-end = Dort verlangt die Richtlinie Ende-zu-Ende-Verschlüsselung. Bitten Sie um den ganzen Link einer solchen Besprechung.
forbidden-end-to-end = Diese Besprechung ist Ende-zu-Ende-verschlüsselt. Das erlaubt die Richtlinie dieses Raums dort nicht.
forbidden-transition-over = Die Richtlinie dieses Raums erlaubt dort keine Besprechungen mehr: Die Frist ist vorbei.
forbidden-acceptance = Dafür muss zuerst jemand zustimmen, und die Richtlinie dieses Raums erlaubt das am Bedienfeld niemandem.
forbidden-join = Die Richtlinie dieses Raums lässt am Bedienfeld niemanden an Besprechungen teilnehmen.
forbidden-begin = Die Richtlinie dieses Raums lässt niemanden eine Besprechung beginnen. Nehmen Sie an einer vorbereiteten teil.
forbidden-share = Die Richtlinie dieses Raums erlaubt nicht, einen Laptop zu teilen.
forbidden-chat = Die Richtlinie dieses Raums erlaubt den Chat nicht.
forbidden-captions = Die Richtlinie dieses Raums erlaubt keine Untertitel.
forbidden-recorded = Hier wird aufgezeichnet oder mitgeschrieben. Das erlaubt die Richtlinie nicht: Der Raum ist gegangen.
forbidden-radios = Ein Funkgerät dieses Raums ist an, er nimmt an nichts teil. Bitte sagen Sie es der IT.
forbidden-usb = Ein angestecktes USB-Gerät steht nicht auf der Liste. Solange es da ist, nimmt der Raum an nichts teil.
forbidden-remote-view = Die Bildschirme dieses Raums sind anderswo zu sehen, er nimmt an nichts teil. Bitte sagen Sie es der IT.
forbidden-relay = Nichts trennt das Mikrofon dieses Raums ab, er nimmt an nichts teil. Bitte sagen Sie es der IT.
forbidden-classified = Dieser Raum ist eingestuft und tut nichts dergleichen.

## Bevor eine Besprechung die Grenze überschreitet

acceptance-title = Bitte vor dem Beitreten lesen
acceptance-where = Ziel: { $host }
acceptance-accept = Zustimmen und beitreten
acceptance-decline = Nicht beitreten
acceptance-display = Auf dem Bedienfeld steht ein Satz, dem zuerst jemand hier zustimmen muss.

## Hinweise

notice-not-a-destination = Das ist kein Besprechungscode. Ein Code sieht so aus: abc-defg-hij.
notice-no-link = Diese Besprechung hat keinen Link. Fragen Sie nach ihrem Code.
notice-no-platform = Für neue Besprechungen ist keine Plattform eingerichtet. Fragen Sie Ihre IT.
notice-token-missing = Das ist die Adresse eines Servers. Dazu gehört ein Token: Fragen Sie Ihre IT.
notice-has-credentials = Dieser Link enthält einen Benutzernamen oder ein Passwort. Bitten Sie um einen ohne.
notice-no-instance = Dieser Raum braucht den ganzen Link, nicht nur den Code.
notice-not-encrypted = Dieser Link ist unverschlüsselt. Bitten Sie um einen Link mit https.
notice-key-damaged = Dieser Link ist unvollständig: Sein Schlüssel, hinter dem #, hat 48 Zeichen.
notice-already-in-call = Sie sind bereits in einer Besprechung. Verlassen Sie diese zuerst.
notice-muted-by-host = Die Moderation hat Ihr Mikrofon ausgeschaltet.
notice-camera-stopped-by-host = Die Moderation hat Ihre Kamera ausgeschaltet.
notice-camera-unplugged = Die Kamera wurde ausgesteckt. Niemand sieht Sie.
notice-camera-failed = Die Kamera funktioniert nicht. Niemand sieht Sie.
notice-camera-back = Die Kamera ist wieder da.
notice-microphone-unplugged = Das Mikrofon wurde ausgesteckt. Niemand hört Sie.
notice-microphone-failed = Das Mikrofon funktioniert nicht. Niemand hört Sie.
notice-microphone-back = Das Mikrofon ist wieder da.
notice-loudspeaker-unplugged = Der Lautsprecher wurde ausgesteckt. Sie hören niemanden.
notice-loudspeaker-failed = Der Lautsprecher funktioniert nicht. Sie hören niemanden.
notice-loudspeaker-back = Der Lautsprecher ist wieder da.
notice-howling = Rückkopplung: Ein anderes Gerät im Raum ist in der Besprechung. Schalten Sie seinen Ton aus.
notice-cannot-decode = Ein Bild oder Ton dieser Besprechung kommt in einem Format, das dieser Raum nicht kennt.
notice-may-not-speak = Hier dürfen Sie nicht sprechen. Heben Sie die Hand, um darum zu bitten.
notice-may-not-show-camera = Hier dürfen Sie Ihre Kamera nicht zeigen.
notice-may-not-share = In dieser Besprechung dürfen Sie keinen Laptop teilen.
notice-content-unplugged = Der Laptop wurde ausgesteckt. Er wird nicht mehr geteilt.
notice-content-no-signal = Der Laptop gibt kein Bild und wird nicht mehr geteilt. Prüfen Sie sein Kabel.
notice-content-protected = Das Bild des Laptops ist schwarz. Geschützte Filme lassen sich nicht teilen.
notice-no-content = Es ist kein Laptop zum Teilen da. Schließen Sie einen an und wecken Sie ihn auf.
notice-share-stopped-by-host = Die Moderation hat beendet, was Sie geteilt haben.
notice-share-refused = Die Besprechung hat nicht angenommen, was Sie teilen. Versuchen Sie es erneut.
notice-group-keys-lost = Wer den Link hat, kann diese Besprechung jetzt hören und sehen: Sie hat nur noch den gemeinsamen Schlüssel.
notice-withheld = Von hier wird nichts gesendet: Nicht alle in der Besprechung sind geprüft.
notice-everybody-verified = Alle sind geprüft. Sie können Mikrofon und Kamera einschalten.
notice-meeting-near = Ab { $time } ist dieser Raum für eine Besprechung belegt: Er wird jetzt nicht neu gestartet.
notice-restarting = Der Raum startet neu.
notice-switching-off = Der Raum schaltet sich aus.
notice-power-failed = Das hat nicht funktioniert. Bitte informieren Sie Ihre IT.
notice-came-back = Nach einer Unterbrechung ist der Raum wieder in der Besprechung.
notice-recording-started = Diese Besprechung wird jetzt aufgenommen.
notice-chat = { $name }: { $text }
notice-reaction = { $emoji ->
    [thumbs-up] { $name } stimmt zu: Daumen hoch
    [thumbs-down] { $name } stimmt nicht zu: Daumen runter
    [clapping-hands] { $name } applaudiert
    [red-heart] { $name } schickt ein Herz
    [face-with-tears-of-joy] { $name } lacht
    [face-with-open-mouth] { $name } staunt
    [party-popper] { $name } feiert
    [folded-hands] { $name } sagt danke
   *[other] { $name } reagiert
}
somebody = Jemand

## Der Bildschirm des Raums

display-sharing = { $name } teilt den Bildschirm
display-still = Bild steht
display-hint = Tippen Sie am Bedienfeld auf „Beitreten“.
display-hint-code = Treten Sie am Bedienfeld mit einem Code bei.
display-others = Andere treten mit dem Code bei
display-support = Hilfe nötig?
display-in-call = In der Besprechung
display-retry-hint = Sie können es am Bedienfeld erneut versuchen.

## Ein eingestufter Raum

classified = Eingestuft
classified-ready = Gesendet wird nur, wenn alle geprüft sind.
classified-withheld = Wartet, bis alle geprüft sind. Nichts wird gesendet.
classified-verified = Alle in der Besprechung sind geprüft.
classified-radios = Nimmt an nichts teil: Ein Funkgerät ist an.
classified-usb = Nimmt an nichts teil: Ein USB-Gerät steht nicht auf der Liste.
classified-remote-view = Nimmt an nichts teil: Die Bildschirme sind anderswo zu sehen.
classified-relay = Nimmt an nichts teil: Nichts trennt das Mikrofon ab.
withheld = Erst wenn alle geprüft sind
