# Was eine Richtlinie auf Deutsch antwortet.

## Urteile

verdict-allowed = Ja: Dieser Raum darf an der Besprechung auf { $host } teilnehmen.
verdict-allowed-after-acceptance = Ja, sobald jemand am Bedienfeld dem Folgenden zugestimmt hat: Dieser Raum darf an der Besprechung auf { $host } teilnehmen.
verdict-refused = Nein: Dieser Raum darf nicht an der Besprechung auf { $host } teilnehmen.
because-platform = Die Richtlinie { $policy }, Version { $version }, nennt { $host } als { $kind }.
because-transition = Die Richtlinie { $policy }, Version { $version }, nennt { $host } als { $kind } für einen Übergang, dessen letzter Tag der { $day } ist.

## Bedingungen

condition-must-be-encrypted = Die Besprechung muss durchgehend Ende-zu-Ende-verschlüsselt sein; sonst verlässt der Raum sie.
condition-encrypted-if-offered = Die Besprechung ist Ende-zu-Ende-verschlüsselt, wenn die Plattform das anbietet; sonst ist das zu sehen.
condition-shown-as-not-encrypted = Die Besprechung ist nicht Ende-zu-Ende-verschlüsselt, und das ist zu sehen.
condition-pinned-certificate = Der Server muss ein Zertifikat vorweisen, das die Richtlinie nennt.
condition-everybody-verified = Alle in der Besprechung sind geprüft; vorher, und sobald jemand es nicht ist, wird aus dem Raum nichts gesendet.
condition-nothing-kept = Es ist ein eingestufter Raum: Von der Besprechung behält er nichts, weder Verlauf noch Chat noch Untertitel.
condition-nothing-around = Kein Funkgerät des Raums ist an, nur USB-Geräte von der Liste sind angesteckt, und seine Bildschirme sind anderswo nicht zu sehen.

## Ablehnungen

refusal-policy-over = Der letzte Tag der Richtlinie war der { $day }; es braucht eine neuere.
refusal-host-not-listed = Die Richtlinie nennt { $host } nicht, und was sie nicht nennt, ist abgelehnt.
refusal-other-kind = Die Richtlinie nennt { $host } als { $listed }, für diese Besprechung braucht es: { $asked }.
refusal-not-encrypted = Besprechungen müssen dort Ende-zu-Ende-verschlüsselt sein, und diese ist es nicht.
refusal-must-not-be-encrypted = Besprechungen dürfen dort nicht Ende-zu-Ende-verschlüsselt sein, und diese ist es.
refusal-transition-over = Der letzte Tag des Übergangs { $name } war der { $day }.
refusal-role-may-not = Die Richtlinie erlaubt der Rolle „{ $role }“ nicht: { $action }.
refusal-not-permitted = Die Richtlinie erlaubt niemandem: { $permission }.
refusal-address = Verbindungen zu { $address } sind nicht erlaubt. { $why }

## Adressen

address-in = { $address } liegt in: { $jurisdiction }.
address-unknown = { $address } liegt in keinem Rechtsraum, den die Richtlinie kennt.
contact-allowed = { $purpose }: erlaubt durch { $range }.
contact-nothing-listed = { $purpose }: abgelehnt, die Richtlinie nennt dafür keine Adresse.
contact-other-jurisdiction = { $purpose }: abgelehnt, { $jurisdiction } ist dafür nicht genannt.
contact-not-listed = { $purpose }: abgelehnt, die Adresse liegt in keinem dafür genannten Bereich.
contact-outside-platform = { $purpose }: abgelehnt, die Adresse ist keine der für { $host } genannten.

## Erlaubnisse

permission-yes = { $permission }: erlaubt.
permission-no = { $permission }: nicht erlaubt.
permission-recording = Aufzeichnung
permission-transcription = Niederschrift
permission-captions = Untertitel
permission-chat = Chat
permission-sharing = Zeigen vom Laptop
permission-people_counting = Zählen der Personen im Raum

## Namen

kind-visio = Visio-Plattform (La Suite Meet)
kind-livekit = LiveKit-Server
kind-sip = SIP-Gateway
purpose-media = Ton und Bild
purpose-signalling = Signalisierung
purpose-turn = Relais (TURN)
purpose-dns = Namen (DNS)
purpose-ntp = Zeit (NTP)
purpose-updates = Aktualisierungen
purpose-calendar = Kalender
purpose-control = Steuerungs-API
role-participant = Teilnehmende
role-room_user = Person im Raum
role-facilities = Haustechnik
role-it = IT
role-security_officer = Sicherheitsbeauftragte
role-auditor = Revision
action-join = an Besprechungen teilnehmen
action-start = eine Besprechung beginnen
action-share = vom Laptop zeigen
action-chat = der Chat
action-captions = Untertitel
action-record = aufzeichnen
action-transcribe = eine Besprechung niederschreiben lassen
action-moderate = moderieren
action-book = den Raum buchen
action-accept-transition = zustimmen, dass eine Besprechung die Grenze überschreitet
action-settings = Einstellungen ändern
action-diagnostics = die Diagnose
action-screenshots = Bilder der Bildschirme
action-restart = den Raum neu starten
action-enrol = den Raum anmelden
action-update = Aktualisierungen einspielen
action-install-policy = eine Richtlinie einspielen
action-read-log = das Protokoll lesen
action-read-evidence = lesen, welchen Weg Besprechungen nahmen

## Überschriften

heading-conditions = Unter diesen Bedingungen:
heading-acceptance = Zuvor am Bedienfeld zu bestätigen:
heading-permissions = In Besprechungen:
enforced-so-far = So steht es in der Datei. Räume halten sich daran, wo sie teilnehmen, bei jeder Adresse und jedem Zertifikat einer Besprechung, und wo sie teilen, chatten und untertiteln. Wo jemand zustimmen muss, fragt ihr Bedienfeld vor jeder Teilnahme danach.
