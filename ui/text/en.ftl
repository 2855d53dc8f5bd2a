# What the room says in English: short, calm, specific.

language-name = English

## Dates

date = { $weekday } { $day } { $month }
weekday = { $weekday ->
    [0] Monday
    [1] Tuesday
    [2] Wednesday
    [3] Thursday
    [4] Friday
    [5] Saturday
   *[6] Sunday
}
month = { $month ->
    [1] January
    [2] February
    [3] March
    [4] April
    [5] May
    [6] June
    [7] July
    [8] August
    [9] September
    [10] October
    [11] November
   *[12] December
}
from-to = { $start } – { $end }
now-until = Now, until { $end }
tomorrow-from-to = Tomorrow, { $start } – { $end }
weekday-from-to = { $weekday }, { $start } – { $end }
all-day = All day
tomorrow-all-day = Tomorrow, all day
weekday-all-day = { $weekday }, all day

## Home

next-meetings = Next meetings
no-meetings = No more meetings planned
no-meetings-hint = Join any meeting with its code.
trouble-configuration = This room’s settings cannot be read
trouble-configuration-hint = It joins no meeting until IT has mended them.
trouble-state = This room cannot read its memory
trouble-state-hint = Switch it off and on once. If this stays, ask IT to set it up again.
untitled = Meeting
reserved = Reserved
calendar-old = Agenda of { $when }: the calendar does not answer
calendar-unread = The calendar does not answer
obstacle-platform = { $platform } meeting: this room joins Visio only
obstacle-token-missing = A token is missing: ask your IT team
obstacle-not-encrypted = The link is not encrypted
obstacle-link-rewritten = Link changed by mail protection: join with the code
obstacle-key-missing = Encrypted: the key of its link is missing
join = Join
join-by-code = Join with a code
join-by-code-short = By code
audio-check = Sound check
devices-ready = Camera, microphone and loudspeaker ready
laptop-ready = Laptop plugged in: it can be shared in a meeting

## Booking, settings and what technicians need

book = Book
booking-title = Book this room
booking-free = This room is free
booking-until = until { $time }
booking-for = For how long, from now on?
booking-extend = Keep the room for longer
booking-full = There is no time left before the next meeting.
booking-waiting = Asking the calendar…
booking-minutes = { $minutes } min
booking-next = To the next
booking-release = Release the room
booking-check-in = We are here
booking-release-at = The room is released at { $time } unless somebody says that they are here.
booking-event = Booked at the panel
booking-booked = The room is booked until { $time }.
booking-extended = The room is yours until { $time }.
booking-released = The room is free again.
booking-released-unused = Nobody came: the room has been released.
booking-checked-in = Welcome: the room stays yours.
booking-no-calendar = This room has no calendar: it cannot be booked here.
booking-read-only = This room only reads its calendar: book from your own.
booking-unsure = Not booked: the agenda is too old to be sure that the room is free.
booking-taken = Not booked: somebody has the room then.
booking-offline = The calendar does not answer. The agenda will show whether it was booked.
booking-refused = The calendar’s server does not let this room book. Please tell your IT team.
booking-changed = Nothing was changed: somebody else has just changed this meeting.
booking-not-ours = Only those who made this meeting can end it.
booking-server = The calendar’s server did not take the booking. Please tell your IT team.
settings = Settings
settings-code-hint = Type the administrator code, then confirm.
settings-code-wrong = This is not the code.
settings-code-wait = { $minutes ->
    [one] Too many wrong codes. Try again in one minute.
   *[other] Too many wrong codes. Try again in { $minutes } minutes.
}
settings-code-checking = Checking the code…
settings-language = Language at start
settings-volume = Volume at start
settings-name = Name in meetings
settings-name-hint = Empty: the room’s own name
settings-appearance = Appearance at start
settings-contrast = High contrast
settings-large = Large text
settings-fixed = Set by your IT team
settings-change = Change
settings-take = Accept
restart = Restart
restart-title = Restart the room?
restart-words = Screens go dark, and nobody joins from here until the room has started again. What is set stays.
restart-meeting = A meeting has this room from { $time } on, and people may be on their way. Until the room has started again, nobody joins from here.
restart-now = Restart now
settings-room = Name of the room
settings-calendar-booking = Read and written: the room can be booked here
settings-calendar-reading = Only read: the room cannot be booked here
facts-title = For the technician
facts-version = Version
facts-room = Room
facts-network = Network
facts-no-network = None
facts-calendar = Calendar
facts-meetings = { $count ->
    [0] nothing ahead
    [one] 1 meeting ahead
   *[other] { $count } meetings ahead
}
facts-unread = never read
facts-camera = Camera
facts-microphone = Microphones
facts-loudspeaker = Loudspeaker
facts-display = Displays
facts-laptop = Laptop
facts-encoder = Encoder
facts-processor = Processor
facts-temperature = Temperature
facts-failure = Last failure
facts-call = Last meeting
facts-certificate = Certificate
facts-certificate-own = the room’s own
facts-certificate-by = verified by { $by }
facts-certificate-unverified = does not hold here
facts-certificate-ends = { $days ->
    [0] The room’s certificate ends today
    [one] The room’s certificate ends in { $days } day
   *[other] The room’s certificate ends in { $days } days
}
facts-certificate-over = The room’s certificate has ended
facts-certificate-unusable = the room’s key cannot be used
facts-works = works
facts-missing = not there
facts-failed = does not work
facts-no-signal = no picture
facts-protected = black picture
facts-figures = frozen { $freezes } × { $frozen } s, sound { $sound } s, lost { $frames }
facts-minutes = up { $count } min
facts-hours = up { $count } h
facts-days = up { $count } d
spoken-about = About this room
spoken-enter = Accept
spoken-start-softer = Softer at start
spoken-start-louder = Louder at start

## Typing a code

code-title = Which meeting?
code-example = For example abc-defg-hij
spoken-backspace = Delete
spoken-shift = Capital letter
spoken-volume-down = Volume down
spoken-volume-up = Volume up
key-space = Space
cancel = Cancel

## Before a call

time-of-day = { $hours }:{ $minutes }
day-open = Whole day
day-today = Today
day-tomorrow = Tomorrow
day-recent = Joined here
day-empty = Nothing is planned.
day-free = Free
day-free-until = Free until { $end }
day-more = { $count ->
    [one] and 1 more
   *[other] and { $count } more
}
recent-kept = This room forgets them after a day.
recent-clear = Clear the list
recent-today = Joined at { $time }
recent-yesterday = Joined yesterday at { $time }
meet-now = New meeting
meet-now-short = Meeting
step-entry = Entry
step-connection = Connection
step-media = Sound and picture
step-meeting = Meeting
invitation-title = { $name } invites you to a meeting
invitation-banner = { $name } invites you: { $what }
accept = Join
accept-and-leave = Leave and join
decline = Decline
notice-meeting-gone = This meeting is no longer in the agenda. Look again, please.
notice-tell-link = New meeting. Others join at { $link }
end-may-not-begin = This room may not begin new meetings
end-may-not-begin-advice = Create the meeting on your own computer, then join it here with its code.
spoken-earlier = Earlier
spoken-later = Later
spoken-language = Language

## Joining

joining = Joining
joining-asking = Asking the meeting to let us in…
joining-signalling = Connecting to the meeting…
joining-media = Connecting sound and picture…
lobby-title = Waiting to be let in
lobby-sentence = Somebody in the meeting has to let us in.
lobby-waited = { $minutes ->
    [0] We have just asked.
    [one] We have been waiting for one minute.
   *[other] We have been waiting for { $minutes } minutes.
}

## In the meeting

microphone = Microphone
microphone-on = On: people hear you
microphone-off = Off: nobody hears you
microphone-interrupted = Interrupted: reconnecting…
microphone-missing = No microphone connected
microphone-failed = Microphone not working
microphone-forbidden = The meeting does not allow it
camera = Camera
camera-on = On: people see you
camera-off = Off: nobody sees you
camera-interrupted = Interrupted: reconnecting…
camera-missing = No camera connected
camera-failed = Camera not working
camera-forbidden = The meeting does not allow it
share = Laptop
share-offered = Touch to share it
share-off = Not shared
share-starting = Starting…
share-stopping = Stopping…
share-on = Shared: people see it
share-interrupted = Interrupted: reconnecting…
share-no-signal = No picture: check the cable
share-protected = Its picture is black
share-forbidden = Not allowed here
turning-on = Turning on…
turning-off = Turning off…
volume = Volume
volume-percent = { $percent }%
loudspeaker-missing = No loudspeaker
loudspeaker-failed = Loudspeaker not working
layout-button = Layout
layout-title = Layout
layout-strip = Speaker and others
layout-speaker = Speaker only
layout-grid = Grid
layout-content-speaker = Content and speaker
layout-content = Content only
self-view = Own picture
captions = Captions
people-button = { $count ->
    [0] Nobody yet
    [one] 1 other
   *[other] { $count } others
}
hand-raise = Raise hand
hand-lower = Lower hand
leave = Leave
close = Close
recording = Recorded
transcription = Transcribed
recording-and-transcription = Recorded and transcribed
quality-poor = Weak connection
quality-lost = No connection
encrypted = End-to-end encrypted, shared key
encrypted-group = End-to-end encrypted, keys of this group alone
authentication-code = Authentication code
authentication-title = Code to compare
authentication-sentence = Read this code aloud; everyone must see the same one.
verified-count = { $verified } of { $count } verified
verified-by = verified by { $by }
not-verified = not verified
shared-key-only = shared key only
unreadable-not-encrypted = Not encrypted
unreadable-other-key = Encrypted with another key
unreadable-encrypted = Encrypted
unreadable-count = Encrypted otherwise: { $count }
somebody-waiting = Somebody is waiting in the lobby
elapsed-minutes = { $minutes } min
elapsed-hours = { $hours } h { $minutes } min
reconnecting = Connection lost. Reconnecting…
reconnecting-short = Reconnecting…
alone = Nobody else is here yet.
speaking-one = { $name } is speaking
speaking-two = { $first } and { $second } are speaking
speaking-many = Several people are speaking
people-title = { $count ->
    [0] Nobody else is here yet
    [one] 1 other person
   *[other] { $count } other people
}
people-more = { $count ->
    [one] and 1 more
   *[other] and { $count } more
}
people-first = Back to the first

## In the meeting: the others

more-button = More
more-title = More
chat = Chat
chat-empty = Nobody has written yet.
chat-forbidden = The meeting does not let this room write.
chat-us = This room
chat-reply = Reply
chat-unread = { $count } unread
more-unread = More ({ $count })
write-title = Write to everybody
write-hint = Your message
send = Send
microphone-heard-short = You are heard
microphone-muted-short = Not heard
reply-on-our-way = We are on our way.
reply-yes = Yes.
reply-no = No.
reply-repeat = Can you say that again, please?
reply-louder = We do not hear you well.
reply-back-soon = We will be back in five minutes.
reactions = Reactions
reaction-thumbs-up = Agree
reaction-thumbs-down = Disagree
reaction-clapping-hands = Applause
reaction-red-heart = Heart
reaction-face-with-tears-of-joy = Laughter
reaction-face-with-open-mouth = Surprise
reaction-party-popper = Celebrate
reaction-folded-hands = Thank you
spoken-caption-size-large = Large captions
connection = Connection
connection-unknown = The connection is not known yet
connection-unknown-advice = The meeting has not judged it yet.
evidence = Where sound and pictures go
connection-good = The connection is good
connection-good-advice = What sounds or looks bad comes from elsewhere.
connection-others = The others’ connection is weak
connection-others-advice = Yours is good. It concerns { $names }.
connection-busy = This room’s computer is at its limit
connection-busy-advice = The others see you smaller, or less often. Share nothing you do not need; if it lasts, tell your IT team.
connection-still = Pictures stand still now and then
connection-still-advice = The way to the meeting’s server is slow. Sound comes first. If it lasts, tell your IT team.
connection-poor = This room’s connection is weak
connection-poor-advice = Turn off your camera: the sound gets what is left. If it lasts, tell your IT team.
connection-lost = There is no connection
connection-lost-advice = The room tries again by itself. Check its network cable.
camera-turn = Turn the camera
camera-places = Places to come back to
camera-keep-which = Keep where it looks under which number?
notice-preset-kept = Kept under { $number }.
spoken-layout = Layout
spoken-participants = People
spoken-hand = Raise or lower the hand
spoken-more = More
spoken-leave = Leave
spoken-chat-turn = Earlier messages
spoken-write = Write a message
spoken-camera-up = Turn up
spoken-camera-left = Turn left
spoken-camera-centre = Look straight ahead
spoken-camera-right = Turn right
spoken-camera-down = Turn down
spoken-camera-nearer = Zoom in
spoken-camera-farther = Zoom out
spoken-camera-keep = Remember this view
person-more = What can be done with { $name }
spoken-back = Back
end-for-all = End for everybody
person-pin = Always show
person-unpin = No longer pinned
person-mute = Turn off microphone
person-muted = Microphone off
person-speaking = Microphone on
person-lower = Lower hand
person-remove = Remove…
hand-since = Hand { $place }, since { $time }
hand-up = Hand raised
mute-all = Turn off all microphones
admit = Let in
deny = Turn away
ask-remove = Remove { $name } from the meeting?
ask-remove-hint = They have to ask to come back.
ask-mute-all = Turn off everybody’s microphone?
ask-mute-all-hint = Each can turn theirs on again.
ask-end = End the meeting for everybody?
ask-end-hint = Everybody leaves at once. To leave alone, touch Leave.
confirm-remove = Remove
confirm-mute-all = Turn off
confirm-end = End
notice-refused-not-allowed = The meeting does not let this room do that.
notice-refused-gone = They are no longer there.
notice-refused-failed = The meeting’s server did not do it. Try again in a moment.
notice-may-not-write = The meeting does not let this room write.
notice-asks-to-come-in = { $name } asks to come in: open the list of people.
## Accessibility

accessibility = Accessibility
high-contrast = High contrast
high-contrast-hint = Black and white
large-text = Large text
large-text-hint = A quarter larger
screen-reader = Screen reader
screen-reader-hint = The panel speaks
screen-reader-missing = No voice is installed
captions-hint = Size and colour
captions-when = When there are any
back = Back
reader-on = Screen reader on. Touch to hear, touch again to activate. Touch an empty place twice for the whole page.
reader-off = Screen reader off.
reader-hint = Screen reader: touch to hear, touch again to activate
notice-no-voice = No voice is installed in this room. Ask your IT team.
hand-is-raised = hand raised
spoken-accessibility = Accessibility
spoken-button = { $what }, button
spoken-disabled = { $what }, unavailable
spoken-on = on
spoken-off = off
spoken-selected = selected
spoken-share-next = Another share
spoken-pinned = pinned to the display
spoken-speaking = speaking
spoken-muted = muted
spoken-sharing = sharing their screen
spoken-nothing-typed = nothing typed
spoken-key-minus = hyphen
spoken-key-dot = dot
spoken-key-colon = colon
spoken-key-slash = slash
spoken-caption-size-usual = Captions of normal size
spoken-caption-size-largest = Very large captions
spoken-caption-color-white = White captions on black
spoken-caption-color-yellow = Yellow captions on black
spoken-caption-color-black = Black captions on white

## After a failure

retry = Try again
home = Home
end-left = You have left the meeting
end-left-advice = The room is free for the next meeting.
end-room-not-found = This meeting does not exist
end-room-not-found-advice = Check the code with the person who invited you.
end-lobby-denied = The meeting did not let us in
end-lobby-denied-advice = Ask somebody in the meeting to accept this room, then try again.
end-lobby-timed-out = Nobody let us in
end-lobby-timed-out-advice = We waited ten minutes. Make sure that the meeting has started, then try again.
end-token-refused = The meeting refused our invitation
end-token-refused-advice = It may have expired. Ask for a new link, or join with the meeting’s code.
end-certificate-invalid = We cannot be sure whom we are talking to
end-certificate-invalid-advice = The server could not prove its identity, so we did not connect. Please tell your IT team.
end-server-unreachable = The meeting server does not answer
end-server-unreachable-advice = Check the room’s network connection, then try again.
end-captive-portal = This network wants somebody to sign in
end-captive-portal-advice = { $host ->
    [unknown] It answers instead of the meeting. Your IT team can have this room let through.
   *[other] Its page is { $host }. Your IT team can have this room let through.
}
end-proxy-unreachable = This network’s proxy does not answer
end-proxy-unreachable-advice = Without it this room does not get out of the network. Please tell your IT team.
end-proxy-refused = This network’s proxy refuses this room
end-proxy-refused-advice = Its account or its password is not right: your IT team can correct them.
end-proxy-forbids = This network’s proxy blocks this meeting
end-proxy-forbids-advice = It does not let this room reach the server. Please tell your IT team.
end-server-error = The meeting server has a problem
end-server-error-advice = Try again in a moment. If it persists, tell your IT team.
end-too-many-requests = Too many attempts
end-too-many-requests-advice = { $minutes ->
    [one] Please try again in one minute.
   *[other] Please try again in { $minutes } minutes.
}
end-media-unreachable = Sound and picture do not get through
end-media-unreachable-advice = A firewall may be blocking them. Please tell your IT team.
end-connection-lost = The connection was lost
end-connection-lost-advice = Check the room’s network connection, then try again.
end-removed = A host removed this room from the meeting
end-removed-advice = If this was a mistake, ask the host to let you back in.
end-meeting-ended = The meeting has ended
end-meeting-ended-advice = A host ended it for everybody.
end-joined-elsewhere = This room joined from somewhere else
end-joined-elsewhere-advice = The meeting continues there. Try again to bring it back here.
end-server-shutdown = The meeting server is restarting
end-server-shutdown-advice = Try again in a moment.
end-key-missing = This meeting is end-to-end encrypted
end-key-missing-advice = Join with its whole link or from the calendar: the code alone does not open it.
end-key-unexpected = This meeting is not encrypted
end-key-unexpected-advice = Its link says that it is. Ask whoever invited you for the right link.
end-outside-policy = The policy of this room does not allow this meeting’s servers
end-outside-policy-advice = Nothing may go where they are, or they do not show the right certificates. Please tell your IT team.
end-internal = Something went wrong in this room
end-internal-advice = Try again. If it happens again, please tell your IT team.

## The audio check

audio-title = Sound check
audio-title-microphone = Sound check: microphone { $number }
audio-running = Checking the sound
audio-running-sentence = The room plays a rising tone and listens. Please be quiet for six seconds.
audio-display = The result is on the panel.
audio-again = Check again
audio-noise = Noise in the quiet room
audio-loss = Echo softer than the sound by
audio-delay = Loudspeaker to microphone
audio-reverberation = Reverberation
audio-response = How the tone comes back
audio-decibels = { $value } dB
audio-milliseconds = { $value } ms
audio-good = The sound works
audio-good-advice = The microphone hears the loudspeaker well, and the room is quiet enough.
audio-no-loudspeaker = There is no loudspeaker
audio-no-loudspeaker-advice = Check its cable and its power, then check again.
audio-no-microphone = There is no microphone
audio-no-microphone-advice = Check its cable, then check again.
audio-silent = The microphone gives only silence
audio-silent-advice = Its own mute button is probably on. Press it, or try another cable.
audio-not-heard = The microphone does not hear the loudspeaker
audio-not-heard-advice = Check that the loudspeaker is on and turned up, and that both are in this room.
audio-clipped = The microphone is overdriven
audio-clipped-advice = Turn the loudspeaker down, move the microphone away from it, or lower the microphone’s gain.
audio-echo-loud = The loudspeaker is too loud for the microphone
audio-echo-loud-advice = Turn it down, or move the microphone away: people who speak at the same time will be cut off.
audio-echo-faint = The microphone hardly hears the loudspeaker
audio-echo-faint-advice = Turn the loudspeaker up. If it is loud in the room, the microphone’s gain is too low.
audio-late = The sound is under way for too long
audio-late-advice = A wireless link or a television adds delay. Connect the loudspeaker by cable.
audio-noisy = The room is noisy
audio-noisy-advice = Look for ventilation or a projector near the microphone, and move them apart.
audio-reverberant = The room reverberates
audio-reverberant-advice = Curtains, carpet or panels help. Until then, put the microphone nearer to people.

## Refusals: what the panel never offers, and the API may be asked for

refusal-in-no-meeting = The room is not in a meeting.
refusal-no-such-meeting = The agenda has no such meeting, or no longer.
refusal-already-checking = The sound is being checked already.
refusal-already-invited = Another invitation is being shown in this room.
refusal-already-asking = The panel is asking people here to accept something else first.
refusal-only-at-the-panel = Only somebody who reads it at the panel can accept this.
refusal-already-there = The room is in this meeting already.
refusal-camera-fixed = This room’s camera cannot be turned.
refusal-no-such-preset = No view is kept under this number.
refusal-in-meeting = The room is in a meeting, or on its way into one.
refusal-no-power-service = Nothing on this machine restarts it or switches it off for the room.

## What the policy of the room does not allow

forbidden-unreadable = This room’s policy cannot be read, so it joins nothing. Please tell your IT team.
forbidden-over = This room’s policy has run out, so it joins nothing. Please tell your IT team.
forbidden-host = This room’s policy does not allow meetings on { $host }.
forbidden-not-end-to-end = This room’s policy wants meetings there encrypted end to end. Ask for the whole link of one that is.
forbidden-end-to-end = This meeting is encrypted end to end, which this room’s policy does not allow there.
forbidden-transition-over = This room’s policy no longer allows meetings there: the time for it is over.
forbidden-acceptance = For meetings there somebody must agree first, and this room’s policy lets nobody at the panel do so.
forbidden-join = This room’s policy does not let people join meetings at the panel.
forbidden-begin = This room’s policy does not let people begin meetings. Join one that is prepared.
forbidden-share = This room’s policy does not allow sharing a laptop.
forbidden-chat = This room’s policy does not allow the chat.
forbidden-captions = This room’s policy does not allow captions.
forbidden-recorded = This meeting is recorded or transcribed, which this room’s policy does not allow: the room has left.
forbidden-radios = A radio of this room is on, so it joins nothing. Please tell your IT team.
forbidden-usb = A USB device is plugged in that is not on this room’s list. While it is there, the room joins nothing.
forbidden-remote-view = Somebody elsewhere can see this room’s screens, so it joins nothing. Please tell your IT team.
forbidden-relay = Nothing cuts this room’s microphone, so it joins nothing. Please tell your IT team.
forbidden-classified = This room is classified, and does nothing of this kind.

## Before a meeting crosses the border

acceptance-title = Please read before joining
acceptance-where = Goes to { $host }
acceptance-accept = Accept and join
acceptance-decline = Do not join
acceptance-display = The panel shows a sentence that somebody here has to accept first.

## Notices

notice-not-a-destination = This is not a meeting code. A code looks like abc-defg-hij.
notice-no-link = This meeting has no link. Ask whoever invited you for its code.
notice-no-platform = No platform is configured for new meetings. Ask your IT team.
notice-token-missing = This is the address of a server. Joining it also needs a token: ask your IT team.
notice-has-credentials = This link contains a user name or a password. Ask for one without.
notice-no-instance = This room needs the whole link, not only the code.
notice-not-encrypted = This link is not encrypted. Ask for one that begins with https.
notice-key-damaged = The link is not whole: its key, behind the #, has 48 digits.
notice-already-in-call = You are already in a meeting. Leave it first.
notice-muted-by-host = A host has turned off your microphone.
notice-camera-stopped-by-host = A host has turned off your camera.
notice-camera-unplugged = The camera has been unplugged. Nobody sees you.
notice-camera-failed = The camera does not work. Nobody sees you.
notice-camera-back = The camera is back.
notice-microphone-unplugged = The microphone has been unplugged. Nobody hears you.
notice-microphone-failed = The microphone does not work. Nobody hears you.
notice-microphone-back = The microphone is back.
notice-loudspeaker-unplugged = The loudspeaker has been unplugged. You hear nobody.
notice-loudspeaker-failed = The loudspeaker does not work. You hear nobody.
notice-loudspeaker-back = The loudspeaker is back.
notice-howling = Howling: another device in this room is in the meeting. Turn off its sound.
notice-cannot-decode = A picture or sound of this meeting comes in a format that this room does not know.
notice-may-not-speak = This meeting does not let you speak. Raise your hand to ask.
notice-may-not-show-camera = This meeting does not let you show your camera.
notice-may-not-share = This meeting does not let you share a laptop.
notice-content-unplugged = The laptop has been unplugged. It is no longer shared.
notice-content-no-signal = The laptop gives no picture, so it is no longer shared. Check its cable.
notice-content-protected = The laptop’s picture is black. Protected films cannot be shared.
notice-no-content = There is no laptop to share. Plug one in, and wake it up.
notice-share-stopped-by-host = A host has stopped what you shared.
notice-share-refused = The meeting did not accept what you share. Try again.
notice-group-keys-lost = Everybody who has the link can now hear and see this meeting: it has only the shared key.
notice-withheld = Nothing of this room is sent: not everybody in the meeting is verified.
notice-everybody-verified = Everybody is verified. You can turn on the microphone and the camera.
notice-meeting-near = A meeting has this room from { $time } on: it is not restarted now.
notice-restarting = The room restarts now.
notice-switching-off = The room switches off now.
notice-power-failed = That did not work. Please tell your IT team.
notice-came-back = After an interruption, the room is back in the meeting.
notice-recording-started = This meeting is now being recorded.
notice-chat = { $name }: { $text }
notice-reaction = { $emoji ->
    [thumbs-up] { $name } agrees: thumbs up
    [thumbs-down] { $name } disagrees: thumbs down
    [clapping-hands] { $name } applauds
    [red-heart] { $name } sends a heart
    [face-with-tears-of-joy] { $name } is laughing
    [face-with-open-mouth] { $name } is surprised
    [party-popper] { $name } is celebrating
    [folded-hands] { $name } says thank you
   *[other] { $name } reacts
}
somebody = Somebody

## The room display

display-sharing = { $name } is sharing their screen
display-still = Picture frozen
display-hint = Touch Join on the panel.
display-hint-code = Join with a code on the panel.
display-others = Others join with the code
display-support = Need help?
display-in-call = In the meeting
display-retry-hint = You can try again on the panel.

## A classified room

classified = Classified
classified-ready = Nothing is sent unless everybody is verified.
classified-withheld = Waiting until everybody is verified. Nothing is sent.
classified-verified = Everybody in the meeting is verified.
classified-radios = Joins nothing: a radio is on.
classified-usb = Joins nothing: a USB device is not on the list.
classified-remote-view = Joins nothing: its screens can be seen elsewhere.
classified-relay = Joins nothing: nothing cuts the microphone.
withheld = Not before all are verified
