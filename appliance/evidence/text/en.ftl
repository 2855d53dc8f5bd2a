# What records of evidence come to in English.

## Where packets went

not-kept = Nothing is written down: the room cannot write its evidence. Tell IT.
place-nowhere = Nothing went anywhere.
place-one-is = Everything stays in { $places }: { $servers }.
place-one-was = Everything stayed in { $places }: { $servers }.
place-several = Packets went to several jurisdictions, { $places }: { $servers }.
place-partly = Packets went to { $places }, and to places that no policy of this room knows: { $servers }.
place-unknown = Where packets went is not known: { $servers }.
listing-all = { $servers ->
    [one] 1 server, listed by the policy
   *[other] { $servers } servers, all listed by the policy
}
listing-not-all = { $servers ->
    [one] 1 server, not listed by the policy
   *[other] { $servers } servers, { $unlisted } of them not listed by the policy
}
listing-cut = { $servers ->
    [one] 1 server, and more that did not fit into the record
   *[other] { $servers } servers, and more that did not fit into the record
}
listing-no-policy = { $servers ->
    [one] 1 server; the room has no policy
   *[other] { $servers } servers; the room has no policy
}

## How it was protected

encryption-unknown = Nothing is recorded of end-to-end encryption.
encryption-part = It was encrypted from end to end only part of the time.
encryption-none = It was not encrypted from end to end.
encryption-shared-key = It was encrypted from end to end all the time, with a key that everybody with the link has.
encryption-group-key = It was encrypted from end to end all the time, with keys of the group.
refused = { $times ->
    [one] Once something was refused.
   *[other] { $times } times something was refused.
}
cut = Not everything fitted into the record.
recorded-recording = The platform recorded: { $since } to { $until }.
recorded-transcription = The platform transcribed: { $since } to { $until }.
verified = { $count ->
    [one] 1 identity verified by { $authority }
   *[other] { $count } identities verified by { $authority }
}

## Tables

column-purpose = Purpose
column-peer = Peer
column-where = Where
column-listed = Listed
column-sent = Sent
column-received = Received
column-protection = Protected by
yes = yes
no = no
unknown = unknown
open = no end
policy = Policy { $name }, version { $version }
no-policy = No policy
accepted = In the room it was accepted that the meeting crosses the border: { $transition }, read in { $language }
refused-row = Refused { $times }×: { $purpose } to { $peer } ({ $reason })
no-meetings = No meeting is recorded.

## Verifying

not-verified = Not verified: that needs --key.
good = Verified: records { $first } to { $last } of the room { $room }, written { $from } to { $to }.
last = The last record's SHA-256 is { $sha256 }. Keep it: with --known { $last }:{ $sha256 } a later verification shows whether anything until here is gone.
bad = Not to be believed from line { $line } on: { $why }.
bad-before = { $records ->
    [0] No record before it verifies.
    [one] The 1 record before it verifies.
   *[other] The { $records } records before it verify.
}
start-begun = The chain is there from its beginning.
start-pruned = Older records were deleted, as the room itself recorded.
start-excerpt = Records before { $first } are not here; nothing between { $first } and { $last } is missing.
remark-torn = Record { $number }: { $bytes } bytes before it were no whole record, and were kept aside (SHA-256 { $sha256 }).
remark-interrupted = Record { $number }: the room was switched off in the meeting { $meeting }.
remark-clock-went-back = Record { $number }: the room's clock had been set back by { $seconds } s.
remark-key-changed = Record { $number }: the device has a new key from here on, { $key }, which the old one names.
remark-key-replaced = Record { $number }: the device has another key from here on; the one before was { $key }.
why-age = too old
why-space = for lack of space
remark-pruned = Record { $number }: records before { $first } were deleted, the newest of { $until } ({ $why }).
remark-still-open = The meeting { $meeting } has no end yet, or its end was cut off.
exported = { $records ->
    [one] 1 record written to { $file }.
   *[other] { $records } records written to { $file }.
}

## Why something is not believed

why-empty = there is no record
why-line = { $detail }
why-key-not-given = it is signed with the key { $key }, which was not given
why-other-key = it is signed with the key { $found }; after the record before it that has to be { $expected }
why-bad-signature = its signature is not good: it was changed, or not written by this room
why-other-number = it is record { $found } where record { $expected } has to be: records are missing, or in another order
why-not-linked = it does not follow the record before it: that one is another one, or was changed
why-begun-late = it begins a chain, in which it cannot be record { $found }
why-not-begun = record 1 does not begin a chain
why-beginning-missing = the beginning is missing: no record says that the ones before were deleted
why-known-missing = record { $found }, which is known to have been there, is missing or another one

## What packets are for

purpose-signalling = signalling
purpose-media = media
purpose-turn = relay (TURN)
purpose-dns = names (DNS)
purpose-ntp = time (NTP)
purpose-updates = updates
purpose-other = other
