# What is said of certificates in English.

standing-own = The room has a certificate of its own; nobody vouches for it.
standing-verified = Verified by { $by }, until { $day }.
standing-unverified = Not verified: { $reason }
expiry-days = { $days ->
    [0] The room’s certificate ends today.
    [one] The room’s certificate ends in { $days } day.
   *[other] The room’s certificate ends in { $days } days.
}
expiry-over = The room’s certificate has ended.
show-room = Room: { $room }
show-key = Key: { $key }
show-certificate = Certificate: { $name }, of { $by }, until { $day }
show-nobody = nobody named
installed = Installed: { $name }, of { $by }, until { $day }. The room uses it within an hour, or when it starts.
other-key = This certificate is for another key than this room’s.
ended = This certificate has ended.

unverified-self-signed = nobody but itself vouches for the certificate.
unverified-unknown-authority = its authority is not known here.
unverified-expired = the certificate has ended, or one between it and its authority.
unverified-not-yet-valid = the certificate has not begun, or one between it and its authority.
unverified-authority-expired = the authority’s own certificate is not good now.
unverified-revoked = its authority has revoked the certificate.
unverified-list-stale = the authority’s revocation list is too old.
unverified-list-missing = no revocation list covers the certificate.
unverified-list-forged = the revocation list is not the authority’s.
unverified-wrong-usage = the certificate is for something else than saying who a room is.
unverified-out-of-bounds = an authority has vouched for more than it may.
unverified-algorithm = a signature is of a kind that is not believed.
unverified-forged = a signature is wrong.
unverified-nameless = the certificate names nobody.
unverified-unreadable = the certificate cannot be read.
