# Was von Zertifikaten gesagt wird, auf Deutsch.

standing-own = Der Raum hat ein eigenes Zertifikat; niemand bürgt für ihn.
standing-verified = Bestätigt von { $by }, bis { $day }.
standing-unverified = Nicht bestätigt: { $reason }
expiry-days = { $days ->
    [0] Das Zertifikat des Raums läuft heute ab.
    [one] Das Zertifikat des Raums läuft in { $days } Tag ab.
   *[other] Das Zertifikat des Raums läuft in { $days } Tagen ab.
}
expiry-over = Das Zertifikat des Raums ist abgelaufen.
show-room = Raum: { $room }
show-key = Schlüssel: { $key }
show-certificate = Zertifikat: { $name }, von { $by }, bis { $day }
show-nobody = ohne Namen
installed = Installiert: { $name }, von { $by }, bis { $day }. Der Raum nutzt es binnen einer Stunde oder beim Start.
other-key = Dieses Zertifikat ist für einen anderen Schlüssel als den dieses Raums.
ended = Dieses Zertifikat ist abgelaufen.

unverified-self-signed = niemand außer ihm selbst bürgt für das Zertifikat.
unverified-unknown-authority = seine Zertifizierungsstelle ist hier nicht bekannt.
unverified-expired = das Zertifikat ist abgelaufen, oder eines zwischen ihm und seiner Zertifizierungsstelle.
unverified-not-yet-valid = das Zertifikat gilt noch nicht, oder eines zwischen ihm und seiner Zertifizierungsstelle.
unverified-authority-expired = das Zertifikat der Zertifizierungsstelle selbst gilt zurzeit nicht.
unverified-revoked = seine Zertifizierungsstelle hat das Zertifikat widerrufen.
unverified-list-stale = die Sperrliste der Zertifizierungsstelle ist zu alt.
unverified-list-missing = keine Sperrliste deckt das Zertifikat ab.
unverified-list-forged = die Sperrliste ist nicht von der Zertifizierungsstelle.
unverified-wrong-usage = das Zertifikat ist für etwas anderes da, als zu sagen, wer ein Raum ist.
unverified-out-of-bounds = eine Zertifizierungsstelle hat für mehr gebürgt, als sie darf.
unverified-algorithm = eine Unterschrift ist von einer Art, der nicht geglaubt wird.
unverified-forged = eine Unterschrift ist falsch.
unverified-nameless = das Zertifikat nennt niemanden.
unverified-unreadable = das Zertifikat ist nicht lesbar.
