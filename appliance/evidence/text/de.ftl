# Was Nachweise auf Deutsch sagen.

## Wohin Pakete gingen

not-kept = Nichts wird festgehalten: Der Raum kann seine Nachweise nicht schreiben. Sagen Sie der IT Bescheid.
place-nowhere = Es wurde nichts gesendet.
place-one-is = Alles bleibt im Rechtsraum „{ $places }“: { $servers }.
place-one-was = Alles blieb im Rechtsraum „{ $places }“: { $servers }.
place-several = Pakete gingen in mehrere Rechtsräume, { $places }: { $servers }.
place-partly = Pakete gingen nach { $places } und an Orte, die keine Richtlinie dieses Raums kennt: { $servers }.
place-unknown = Wohin Pakete gingen, ist nicht bekannt: { $servers }.
listing-all = { $servers ->
    [one] 1 Server, in der Richtlinie genannt
   *[other] { $servers } Server, alle in der Richtlinie genannt
}
listing-not-all = { $servers ->
    [one] 1 Server, nicht in der Richtlinie genannt
   *[other] { $servers } Server, davon { $unlisted } nicht in der Richtlinie genannt
}
listing-cut = { $servers ->
    [one] 1 Server und weitere, die nicht in den Eintrag passten
   *[other] { $servers } Server und weitere, die nicht in den Eintrag passten
}
listing-no-policy = { $servers ->
    [one] 1 Server; der Raum hat keine Richtlinie
   *[other] { $servers } Server; der Raum hat keine Richtlinie
}

## Wie es geschützt war

encryption-unknown = Über Ende-zu-Ende-Verschlüsselung ist nichts festgehalten.
encryption-part = Die Besprechung war nur zeitweise Ende-zu-Ende-verschlüsselt.
encryption-none = Die Besprechung war nicht Ende-zu-Ende-verschlüsselt.
encryption-shared-key = Die Besprechung war durchgehend Ende-zu-Ende-verschlüsselt, mit einem Schlüssel, den alle mit dem Link haben.
encryption-group-key = Die Besprechung war durchgehend Ende-zu-Ende-verschlüsselt, mit Schlüsseln der Gruppe.
refused = { $times ->
    [one] Einmal wurde etwas abgelehnt.
   *[other] { $times }-mal wurde etwas abgelehnt.
}
cut = Nicht alles passte in den Eintrag.
recorded-recording = Die Plattform zeichnete auf: { $since } bis { $until }.
recorded-transcription = Die Plattform schrieb mit: { $since } bis { $until }.
verified = { $count ->
    [one] 1 Identität geprüft durch { $authority }
   *[other] { $count } Identitäten geprüft durch { $authority }
}

## Tabellen

column-purpose = Zweck
column-peer = Gegenstelle
column-where = Wo
column-listed = Genannt
column-sent = Gesendet
column-received = Empfangen
column-protection = Geschützt durch
yes = ja
no = nein
unknown = unbekannt
open = kein Ende
policy = Richtlinie { $name }, Version { $version }
no-policy = Keine Richtlinie
accepted = Im Raum wurde zugestimmt, dass die Besprechung die Grenze überschreitet: { $transition }, gelesen auf { $language }
refused-row = Abgelehnt { $times }×: { $purpose } zu { $peer } ({ $reason })
no-meetings = Keine Besprechung ist festgehalten.

## Prüfen

not-verified = Nicht geprüft: dazu braucht es --key.
good = Geprüft: Einträge { $first } bis { $last } des Raums { $room }, geschrieben { $from } bis { $to }.
last = Der SHA-256 des letzten Eintrags ist { $sha256 }. Bewahren Sie ihn auf: mit --known { $last }:{ $sha256 } zeigt eine spätere Prüfung, ob etwas bis hierher fehlt.
bad = Ab Zeile { $line } nicht zu glauben: { $why }.
bad-before = { $records ->
    [0] Kein Eintrag davor ist geprüft.
    [one] Der eine Eintrag davor ist in Ordnung.
   *[other] Die { $records } Einträge davor sind in Ordnung.
}
start-begun = Die Kette ist von ihrem Anfang an da.
start-pruned = Ältere Einträge wurden gelöscht, wie der Raum selbst festgehalten hat.
start-excerpt = Einträge vor { $first } sind nicht hier; zwischen { $first } und { $last } fehlt nichts.
remark-torn = Eintrag { $number }: { $bytes } Bytes davor waren kein ganzer Eintrag und wurden beiseitegelegt (SHA-256 { $sha256 }).
remark-interrupted = Eintrag { $number }: Der Raum wurde in der Besprechung { $meeting } ausgeschaltet.
remark-clock-went-back = Eintrag { $number }: Die Uhr des Raums war um { $seconds } s zurückgestellt worden.
remark-key-changed = Eintrag { $number }: Das Gerät hat von hier an einen neuen Schlüssel, { $key }, den der alte nennt.
remark-key-replaced = Eintrag { $number }: Das Gerät hat von hier an einen anderen Schlüssel; der vorige war { $key }.
why-age = zu alt
why-space = aus Platzmangel
remark-pruned = Eintrag { $number }: Einträge vor { $first } wurden gelöscht, der neueste vom { $until } ({ $why }).
remark-still-open = Die Besprechung { $meeting } hat noch kein Ende, oder es wurde abgeschnitten.
exported = { $records ->
    [one] 1 Eintrag nach { $file } geschrieben.
   *[other] { $records } Einträge nach { $file } geschrieben.
}

## Warum etwas nicht geglaubt wird

why-empty = es gibt keinen Eintrag
why-line = { $detail }
why-key-not-given = er ist mit dem Schlüssel { $key } signiert, der nicht angegeben wurde
why-other-key = er ist mit dem Schlüssel { $found } signiert; nach dem Eintrag davor muss es { $expected } sein
why-bad-signature = seine Signatur stimmt nicht: er wurde geändert oder ist nicht von diesem Raum
why-other-number = es ist Eintrag { $found }, wo { $expected } sein muss: Einträge fehlen oder stehen in anderer Folge
why-not-linked = er folgt nicht auf den Eintrag davor: der ist ein anderer oder wurde geändert
why-begun-late = er beginnt eine Kette, in der er nicht Eintrag { $found } sein kann
why-not-begun = Eintrag 1 beginnt keine Kette
why-beginning-missing = der Anfang fehlt: kein Eintrag sagt, dass die davor gelöscht wurden
why-known-missing = Eintrag { $found }, den es bekanntlich gab, fehlt oder ist ein anderer

## Wozu Pakete dienen

purpose-signalling = Signalisierung
purpose-media = Medien
purpose-turn = Relais (TURN)
purpose-dns = Namen (DNS)
purpose-ntp = Zeit (NTP)
purpose-updates = Aktualisierungen
purpose-other = anderes
