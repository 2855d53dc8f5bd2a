# What a policy answers in English.

## Verdicts

verdict-allowed = Yes: this room may join the meeting on { $host }.
verdict-allowed-after-acceptance = Yes, once somebody at the panel has accepted what follows: this room may join the meeting on { $host }.
verdict-refused = No: this room may not join the meeting on { $host }.
because-platform = The policy { $policy }, version { $version }, lists { $host } as { $kind }.
because-transition = The policy { $policy }, version { $version }, lists { $host } as { $kind } for a transition that ends after { $day }.

## Conditions

condition-must-be-encrypted = The meeting must be encrypted from end to end all the time; the room leaves when it is not.
condition-encrypted-if-offered = The meeting is encrypted from end to end if the platform offers it; people see when it is not.
condition-shown-as-not-encrypted = The meeting is not encrypted from end to end, and people see that.
condition-pinned-certificate = The server must show a certificate that the policy names.
condition-everybody-verified = Everybody in the meeting is verified; until then, and as soon as somebody is not, nothing of the room is sent.
condition-nothing-kept = It is a classified room: it keeps nothing of the meeting, neither a history nor the chat nor captions.
condition-nothing-around = No radio of the room is on, only listed USB devices are plugged in, and its screens cannot be seen elsewhere.

## Refusals

refusal-policy-over = The policy ended after { $day }; a newer one is needed.
refusal-host-not-listed = The policy does not mention { $host }, and what it does not mention is refused.
refusal-other-kind = The policy lists { $host } as { $listed }, and this meeting is { $asked }.
refusal-not-encrypted = Meetings there must be encrypted from end to end, and this one is not.
refusal-must-not-be-encrypted = Meetings there must not be encrypted from end to end, and this one is.
refusal-transition-over = The transition { $name } ended after { $day }.
refusal-role-may-not = The policy does not allow this to the role “{ $role }”: { $action }.
refusal-not-permitted = The policy does not allow this to anybody: { $permission }.
refusal-address = { $address } may not be contacted. { $why }

## Addresses

address-in = { $address } is in { $jurisdiction }.
address-unknown = { $address } is in no jurisdiction that the policy knows.
contact-allowed = { $purpose }: allowed by { $range }.
contact-nothing-listed = { $purpose }: refused, the policy lists no address for it.
contact-other-jurisdiction = { $purpose }: refused, { $jurisdiction } is not listed for it.
contact-not-listed = { $purpose }: refused, the address is in no range listed for it.
contact-outside-platform = { $purpose }: refused, the address is none of those listed for { $host }.

## Permissions

permission-yes = { $permission }: allowed.
permission-no = { $permission }: not allowed.
permission-recording = Recording
permission-transcription = Transcription
permission-captions = Captions
permission-chat = Chat
permission-sharing = Sharing a laptop
permission-people_counting = Counting people in the room

## Names

kind-visio = a Visio platform (La Suite Meet)
kind-livekit = a LiveKit server
kind-sip = a SIP gateway
purpose-media = Sound and pictures
purpose-signalling = Signalling
purpose-turn = Relays (TURN)
purpose-dns = Names (DNS)
purpose-ntp = Time (NTP)
purpose-updates = Updates
purpose-calendar = Calendar
purpose-control = Control API
role-participant = participant
role-room_user = room user
role-facilities = facilities
role-it = IT
role-security_officer = security officer
role-auditor = auditor
action-join = joining meetings
action-start = beginning a meeting
action-share = sharing a laptop
action-chat = the chat
action-captions = captions
action-record = recording
action-transcribe = having a meeting transcribed
action-moderate = moderating
action-book = booking the room
action-accept-transition = accepting that a meeting crosses the border
action-settings = changing settings
action-diagnostics = diagnostics
action-screenshots = pictures of the screens
action-restart = restarting the room
action-enrol = enrolling the room
action-update = installing updates
action-install-policy = installing a policy
action-read-log = reading the log
action-read-evidence = reading where meetings went

## Headings

heading-conditions = As long as:
heading-acceptance = To be accepted on the panel first:
heading-permissions = In meetings:
enforced-so-far = This is what the file says. Rooms obey it where they join, at every address and certificate of a meeting, and where they share, chat and caption. Where a sentence is to be accepted, their panels ask for it before every call.
