// The kiosk a room is measured against: a page with the official client, as rooms run one today.
// It does what it is told by /bench/next and answers to /bench/answer.
import { readMark } from '/page/report.js'

const { Room, RoomEvent, Track, VideoPresets } = LivekitClient
const parameters = new URLSearchParams(location.search)
const slug = parameters.get('slug'), rects = JSON.parse(parameters.get('rects')), own = JSON.parse(parameters.get('own'))
const CELLS_PER_WIDTH = 40, CELL_PX = 4
const epoch = () => performance.timeOrigin + performance.now()

const room = new Room({
  adaptiveStream: true,
  dynacast: true,
  videoCaptureDefaults: { resolution: VideoPresets.h720.resolution },
  publishDefaults: { simulcast: true, videoCodec: 'vp8', dtx: true, red: true }
})
const shown = new Map() // identity → { video, track }
let started, firstVideo, firstAudio

function place(element, { x, y, width, height }) {
  Object.assign(element.style, { left: `${x}px`, top: `${y}px`, width: `${width}px`, height: `${height}px` })
}

room.on(RoomEvent.TrackSubscribed, (track, _, participant) => {
  const element = track.attach()
  if (track.kind === Track.Kind.Audio) {
    element.addEventListener('playing', () => { firstAudio ??= epoch() }, { once: true })
    return document.body.append(element)
  }
  const rect = rects[shown.size % rects.length]
  place(element, rect)
  const name = document.createElement('span')
  name.textContent = participant.name
  Object.assign(name.style, { left: `${rect.x + 16}px`, top: `${rect.y + rect.height - 52}px` })
  document.body.append(element, name)
  shown.set(participant.identity, { video: element, track })
  element.requestVideoFrameCallback((_, { presentationTime }) => { firstVideo ??= performance.timeOrigin + presentationTime })
})
room.on(RoomEvent.TrackUnsubscribed, (track, _, participant) => {
  for (const element of track.detach()) element.remove()
  if (track.kind === Track.Kind.Video) shown.delete(participant.identity)
})
room.on(RoomEvent.LocalTrackPublished, publication => {
  if (publication.source !== Track.Source.Camera) return
  const element = publication.track.attach()
  element.muted = true
  place(element, own)
  element.style.zIndex = 1
  document.body.append(element)
})

async function received({ track }) {
  for (const stat of (await track.getRTCStatsReport()).values()) if (stat.type === 'inbound-rtp') return stat
}

async function snapshot() {
  const at = epoch(), tiles = []
  for (const [identity, tile] of shown) {
    const { totalVideoFrames, droppedVideoFrames } = tile.video.getVideoPlaybackQuality()
    const { freezeCount = 0 } = await received(tile) ?? {}
    tiles.push({ identity, frames: totalVideoFrames - droppedVideoFrames, freezes: freezeCount })
  }
  return { at, tiles }
}

/** For `seconds`: which picture of whom was handed to the compositor when. */
async function marks(seconds) {
  const seen = []
  let over = false
  for (const { video } of shown.values()) {
    const canvas = new OffscreenCanvas(14 * CELL_PX, 6 * CELL_PX)
    const context = canvas.getContext('2d', { willReadFrequently: true })
    const look = (_, { presentationTime }) => {
      if (over) return
      const cell = video.videoWidth / CELLS_PER_WIDTH
      context.drawImage(video, 0, 0, 14 * cell, 6 * cell, 0, 0, canvas.width, canvas.height)
      const { data } = context.getImageData(0, 0, canvas.width, canvas.height)
      const index = readMark(data, canvas.width, CELL_PX), who = readMark(data, canvas.width, CELL_PX, 2)
      if (index !== null && who !== null) seen.push([who, index, Math.round((performance.timeOrigin + presentationTime) * 1000)])
      video.requestVideoFrameCallback(look)
    }
    video.requestVideoFrameCallback(look)
  }
  await new Promise(resolve => setTimeout(resolve, seconds * 1000))
  over = true
  return seen
}

const orders = {
  async join() {
    started = epoch()
    const entry = await fetch(`/api/v1.0/rooms/${slug}/request-entry/`, {
      method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ username: 'Kiosk' })
    })
    const { livekit } = await entry.json()
    await room.connect(livekit.url, livekit.token)
    await Promise.all([room.localParticipant.setMicrophoneEnabled(true), room.localParticipant.setCameraEnabled(true)])
    return { started }
  },
  async first() {
    return { first_video_ms: firstVideo && firstVideo - started, first_audio_ms: firstAudio && firstAudio - started, shown: shown.size }
  },
  snapshot,
  async marks({ seconds }) { return { marks: await marks(seconds) } },
  async leave() { await room.disconnect(); return {} }
}

async function post(answer) {
  await fetch('/bench/answer', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(answer) })
}

for (;;) {
  const order = await (await fetch('/bench/next')).json()
  if (!order) continue
  try {
    await post({ ok: await orders[order.what](order) })
  } catch (error) {
    await post({ error: String(error?.stack ?? error) })
  }
}
