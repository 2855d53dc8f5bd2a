// A guest in the meeting, with the official client: the door, the tiles, the buttons, the chat.
// #host=<session> is a host's page: who waits at the door is shown there, to be admitted or denied.
// #<passphrase> is an encrypted meeting's, and #host=<session>&passphrase=<passphrase> its host's; &clear=1 joins it
// without encrypting anything.
// ?auto=1&name=guest joins by itself and reports what it sees and hears; &adaptive=1 takes the layers that fit its
// tiles, and &shrink=1 makes the tiles small some seconds after the first picture in full size. &without=h264 is a
// browser that cannot decode H.264; &codec=vp9 publishes the camera in VP9; &say=<words> writes them into the chat
// every two seconds.
import { language, text } from './text.js'
import * as encryption from './encryption.js'
import { report, watchAudio, watchVideo } from './report.js'

const { Room, RoomEvent, Track, DisconnectReason } = LivekitClient
const parameters = new URLSearchParams(location.search)
const auto = parameters.has('auto')
const session = new URLSearchParams(location.hash.slice(1)).get('host')
const headers = { 'Content-Type': 'application/json', ...(session && { 'X-Sandbox-Session': session }) }
const slug = location.pathname.slice(1)
const $ = id => document.getElementById(id)
const POLL_MS = 1000, SAY_MS = 2000

const missing = parameters.get('without')
if (missing) {
  const { addTransceiver } = RTCPeerConnection.prototype
  const takes = codec => codec.mimeType.toLowerCase() !== `video/${missing}`
  RTCPeerConnection.prototype.addTransceiver = function (...args) {
    const transceiver = addTransceiver.apply(this, args)
    if (transceiver.receiver.track.kind === 'video') {
      transceiver.setCodecPreferences(RTCRtpReceiver.getCapabilities('video').codecs.filter(takes))
    }
    return transceiver
  }
}

document.documentElement.lang = language
for (const element of document.querySelectorAll('[data-text]')) element.textContent = text[element.dataset.text]
for (const element of document.querySelectorAll('[data-placeholder]')) element.placeholder = text[element.dataset.placeholder]
$('room').textContent = slug
document.title = `${slug} · Huis Clos`

function show(screen, notice = '', waiting = false) {
  document.body.dataset.screen = screen
  $('notice').textContent = notice
  $('notice').classList.toggle('waiting', waiting)
  document.querySelector('#join button').disabled = waiting
}

const pause = ms => new Promise(resolve => setTimeout(resolve, ms))

// The door: asks once a second until the host decides.
async function enter(username) {
  let told = false
  for (;;) {
    const answer = await fetch(`/api/v1.0/rooms/${slug}/request-entry/`, {
      method: 'POST', headers, body: JSON.stringify({ username })
    }).catch(() => null)
    if (answer?.ok) {
      const entry = await answer.json()
      if (entry.status === 'accepted') return entry
      if (entry.status === 'denied') throw new Error(text.denied)
      if (!told) report('lobby')
      told = true
      show('door', text.waiting, true)
    } else if (answer?.status === 404) {
      throw new Error(text.unknown)
    } else if (answer && answer.status < 500 && answer.status !== 429) {
      throw new Error(`${text.failed} (${answer.status})`)
    }
    // Waiting, or the platform is not well: it may be in a moment.
    const seconds = Number(answer?.headers.get('retry-after') ?? 0)
    await pause(Math.max(POLL_MS, seconds * 1000))
  }
}

// The host's side of the door: looks once a second, while in the meeting.
async function watchTheDoor() {
  const list = document.querySelector('#waiting ul'), path = `/api/v1.0/rooms/${slug}`
  const decide = (id, allow) => fetch(`${path}/enter/`, {
    method: 'POST', headers, body: JSON.stringify({ participant_id: id, allow_entry: allow })
  }).then(look).catch(() => {})
  const button = (label, name, id, allow) => {
    const button = document.createElement('button')
    button.className = name
    button.textContent = label
    button.onclick = () => decide(id, allow)
    return button
  }
  const look = async () => {
    const answer = await fetch(`${path}/waiting-participants/`, { headers }).catch(() => null)
    const waiting = answer?.ok ? (await answer.json()).participants : []
    const ids = waiting.map(({ id }) => id)
    // Somebody who still waits keeps the very buttons a finger may be on.
    for (const item of [...list.children]) if (!ids.includes(item.dataset.id)) item.remove()
    for (const { id, username } of waiting) {
      if ([...list.children].some(item => item.dataset.id === id)) continue
      const item = document.createElement('li'), name = document.createElement('b')
      item.dataset.id = id
      name.textContent = username
      item.append(name, button(text.admit, 'admit', id, true), button(text.deny, 'deny', id, false))
      list.append(item)
    }
    $('waiting').hidden = !list.children.length
  }
  while (document.body.dataset.screen === 'meeting') {
    await look()
    await pause(POLL_MS)
  }
}

let room, access
// What watches and tiles are there, by `identity source`.
const tiles = new Map(), watches = new Map()

async function join(username) {
  show('door', text.joining, true)
  try {
    await encryption.agree(slug, headers)
    access = await enter(username)
    // A test's tone and mark must arrive as they were sent, at full size.
    const raw = { echoCancellation: false, noiseSuppression: false, autoGainControl: false }
    const videoCodec = parameters.get('codec') ?? undefined
    room = new Room({
      adaptiveStream: !auto || parameters.has('adaptive'), dynacast: true,
      ...(auto && { audioCaptureDefaults: raw }), publishDefaults: { videoCodec, backupCodec: false },
      ...await encryption.options()
    })
    listen(room)
    await encryption.arm(room)
    await room.connect(access.livekit.url, access.livekit.token)
  } catch (error) {
    report('error', { message: String(error?.message ?? error) })
    return show('door', String(error?.message ?? error))
  }
  show('meeting')
  if (session) watchTheDoor()
  tile(room.localParticipant, 'camera')
  report('connected', { identity: room.localParticipant.identity })
  others()
  const device = (promise, sentence) => promise.catch(error => {
    say(sentence)
    report('error', { message: `${sentence}: ${error.message}` })
  })
  await Promise.all([
    device(room.localParticipant.setMicrophoneEnabled(true), text.noMicrophone),
    device(room.localParticipant.setCameraEnabled(true), text.noCamera)
  ])
  buttons()
  for (const words = parameters.get('say'); words && document.body.dataset.screen === 'meeting';) {
    await write(words)
    await pause(SAY_MS)
  }
}

function listen(room) {
  let reconnecting = false
  const lost = () => {
    if (!reconnecting) report('reconnecting')
    reconnecting = true
    say(text.reconnecting)
  }
  const muted = is => (publication, participant) => {
    report('muted', { from: participant.identity, kind: publication.kind, muted: is })
    refresh(participant)
    if (participant.isLocal) buttons()
  }
  room
    .on(RoomEvent.TrackSubscribed, (track, publication, participant) => attach(track, publication, participant))
    .on(RoomEvent.TrackUnsubscribed, (track, publication, participant) => detach(track, publication, participant))
    .on(RoomEvent.LocalTrackPublished, publication => {
      if (publication.source === Track.Source.Camera) picture(tile(room.localParticipant, 'camera'), publication.track)
      refresh(room.localParticipant)
    })
    .on(RoomEvent.TrackMuted, muted(true))
    .on(RoomEvent.TrackUnmuted, muted(false))
    .on(RoomEvent.ParticipantConnected, participant => { tile(participant, 'camera'); others() })
    .on(RoomEvent.ParticipantDisconnected, participant => { forget(participant); others() })
    .on(RoomEvent.ParticipantNameChanged, (_, participant) => refresh(participant))
    .on(RoomEvent.ParticipantAttributesChanged, (_, participant) => { refresh(participant); buttons() })
    .on(RoomEvent.ActiveSpeakersChanged, speakers => {
      const speaking = new Set(speakers.map(speaker => speaker.identity))
      for (const { box, participant } of tiles.values()) box.classList.toggle('speaking', speaking.has(participant.identity))
    })
    .on(RoomEvent.SignalReconnecting, lost)
    .on(RoomEvent.Reconnecting, lost)
    .on(RoomEvent.Reconnected, () => { reconnecting = false; say(''); report('reconnected'); others() })
    .on(RoomEvent.Disconnected, reason => left(reason))
    .on(RoomEvent.ParticipantEncryptionStatusChanged, (encrypted, participant) => {
      report('encryption', { from: participant?.identity ?? '', encrypted })
    })
    .on(RoomEvent.EncryptionError, (error, participant) => {
      report('encryption_error', { from: participant?.identity ?? '', message: String(error?.message ?? error) })
    })
    .on(RoomEvent.DataReceived, (payload, participant, _, topic) => {
      const text = new TextDecoder().decode(payload)
      report('data', { from: participant?.identity ?? '', topic: topic || null, text })
      if (topic !== 'lk-chat-topic') return
      try {
        const { message, ignoreLegacy } = JSON.parse(text)
        // Clients that send text streams send this too, for older ones.
        if (!ignoreLegacy) chat(participant, message)
      } catch { /* not a chat message */ }
    })
  room.registerTextStreamHandler('lk.chat', async (reader, { identity }) => {
    chat(room.getParticipantByIdentity(identity), await reader.readAll())
  })
}

function others() {
  for (const participant of room.remoteParticipants.values()) tile(participant, 'camera')
  report('others', { count: room.remoteParticipants.size })
}

function left(reason) {
  for (const stop of watches.values()) stop()
  watches.clear()
  for (const { box } of tiles.values()) box.remove()
  tiles.clear()
  say('')
  report('disconnected', { reason: reason ?? null })
  show('door', reason === DisconnectReason.CLIENT_INITIATED ? text.left : text.over)
}

// Tiles.
function tile(participant, source) {
  const key = `${participant.identity} ${source}`
  if (!tiles.has(key)) {
    const box = document.createElement('div')
    box.className = 'tile'
    box.classList.toggle('self', Boolean(participant.isLocal))
    box.innerHTML = '<div class="initial"></div><div class="name"><b></b></div>'
    // The buttons' own drawings.
    for (const id of ['microphone', 'hand']) {
      const icon = $(id).querySelector('svg').cloneNode(true)
      icon.classList.add(id)
      box.querySelector('b').before(icon)
    }
    $('tiles').append(box)
    tiles.set(key, { box, participant, source })
    refresh(participant)
    arrange()
  }
  return tiles.get(key).box
}

function refresh(participant) {
  for (const { box, source } of [...tiles.values()].filter(tile => tile.participant.identity === participant.identity)) {
    const name = participant.name || participant.identity
    const suffix = source === 'screen' ? ` · ${text.screen}` : participant.isLocal ? ` (${text.you})` : ''
    box.querySelector('b').textContent = name + suffix
    box.querySelector('.initial').textContent = [...name.trim()][0]?.toUpperCase() ?? ''
    box.style.setProperty('--colour', participant.attributes.color || 'rgb(87 44 216)')
    box.classList.toggle('raised', source === 'camera' && Boolean(participant.attributes.handRaisedAt))
    box.classList.toggle('muted', source === 'camera' && !participant.isMicrophoneEnabled)
    const video = box.querySelector('video')
    if (video) video.hidden = source === 'camera' && !participant.isCameraEnabled
  }
}

function arrange() {
  // The guest's own picture floats above the others.
  const columns = Math.ceil(Math.sqrt(Math.max(1, tiles.size - 1)))
  $('tiles').style.gridTemplateColumns = `repeat(${columns}, minmax(0, 1fr))`
}

function picture(box, track) {
  box.querySelector('video')?.remove()
  const video = track.attach()
  video.muted = true
  box.prepend(video)
  return video
}

const sourceOf = publication => publication.source === Track.Source.ScreenShare ? 'screen' : 'camera'

function attach(track, publication, participant) {
  const from = participant.identity
  if (track.kind === Track.Kind.Video) {
    const video = picture(tile(participant, sourceOf(publication)), track)
    if (auto) watches.set(track.sid, watchVideo(video, from, publication.source === Track.Source.ScreenShare))
    if (parameters.has('shrink')) {
      // A busy machine takes longer than others until it shows the picture in its full size.
      const shrink = () => {
        if (video.videoWidth < publication.dimensions.width) return
        video.removeEventListener('timeupdate', shrink)
        setTimeout(() => { $('tiles').style.maxWidth = '200px' }, 2000)
      }
      video.addEventListener('timeupdate', shrink)
    }
  } else {
    // The element plays it; without one some browsers give analysers silence.
    document.body.append(track.attach())
    const shared = publication.source === Track.Source.ScreenShareAudio
    if (auto) watches.set(track.sid, watchAudio(track.mediaStreamTrack, from, shared))
  }
  refresh(participant)
}

function detach(track, publication, participant) {
  watches.get(track.sid)?.()
  watches.delete(track.sid)
  for (const element of track.detach()) element.remove()
  if (publication.source === Track.Source.ScreenShare) {
    report('share_ended', { from: participant.identity })
    forget(participant, 'screen')
  } else refresh(participant)
}

function forget(participant, source) {
  for (const [key, tile] of tiles) {
    if (tile.participant.identity !== participant.identity || (source && tile.source !== source)) continue
    tile.box.remove()
    tiles.delete(key)
  }
  arrange()
}

// Words.
function say(sentence) {
  $('banner').textContent = sentence
}

function chat(participant, message) {
  const item = document.createElement('li'), name = document.createElement('b')
  name.textContent = participant?.name || participant?.identity || ''
  item.append(name, message)
  $('messages').append(item)
  item.scrollIntoView()
  if (!participant?.isLocal) report('chat', { from: participant?.identity ?? '', text: message })
}

// Buttons.
function buttons() {
  const me = room.localParticipant
  const set = (id, on, label) => {
    $(id).setAttribute('aria-pressed', on)
    $(id).querySelector('span').textContent = label
    $(id).title = label
  }
  set('microphone', me.isMicrophoneEnabled, me.isMicrophoneEnabled ? text.mute : text.unmute)
  set('camera', me.isCameraEnabled, me.isCameraEnabled ? text.cameraOff : text.cameraOn)
  const raised = Boolean(me.attributes.handRaisedAt)
  set('hand', raised, raised ? text.lower : text.raise)
}

$('microphone').onclick = async () => {
  await room.localParticipant.setMicrophoneEnabled(!room.localParticipant.isMicrophoneEnabled).catch(() => say(text.noMicrophone))
  refresh(room.localParticipant)
  buttons()
}
$('camera').onclick = async () => {
  await room.localParticipant.setCameraEnabled(!room.localParticipant.isCameraEnabled).catch(() => say(text.noCamera))
  refresh(room.localParticipant)
  buttons()
}
$('hand').onclick = () => fetch(`/api/v1.0/rooms/${access.livekit.room}/toggle-hand/`, {
  method: 'POST',
  headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${access.livekit.token}` },
  body: JSON.stringify({ raised: !room.localParticipant.attributes.handRaisedAt })
})
$('leave').onclick = () => room.disconnect()

$('say').onsubmit = async event => {
  event.preventDefault()
  const message = $('line').value.trim()
  if (!message) return
  $('line').value = ''
  await write(message)
}

async function write(message) {
  const { id, timestamp } = await room.localParticipant.sendText(message, { topic: 'lk.chat' })
  const legacy = JSON.stringify({ id, timestamp, message, ignoreLegacy: true })
  await room.localParticipant.publishData(new TextEncoder().encode(legacy), { reliable: true, topic: 'lk-chat-topic' })
  chat(room.localParticipant, message)
}

$('join').onsubmit = event => {
  event.preventDefault()
  localStorage.setItem('name', $('name').value.trim())
  join($('name').value.trim())
}
$('name').value = parameters.get('name') ?? localStorage.getItem('name') ?? ''
if (auto) join($('name').value || 'guest')
