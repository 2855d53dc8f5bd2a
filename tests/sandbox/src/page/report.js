// What the page tells the sandbox: the events of src/guest.rs, in order, one POST each.

const parameters = new URLSearchParams(location.search)
const who = parameters.get('name') ?? ''
const REPEAT_MS = 2000
const LOOK_MS = 200

let last = Promise.resolve()

/** Reports an event, after those before it. Only a page that joined by itself reports. */
export function report(event, fields = {}) {
  if (!parameters.has('auto')) return
  const body = JSON.stringify({ at_ms: performance.timeOrigin + performance.now(), who, event, ...fields })
  const send = () => fetch('/guest/report', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body, keepalive: true })
  last = last.then(send).catch(() => {})
}

/** Says a value when it changes, and again every two seconds. */
function changes(differs, say) {
  let value, at = -Infinity
  return now => {
    if (value !== undefined && !differs(value, now) && performance.now() - at < REPEAT_MS) return
    value = now
    at = performance.now()
    say(now)
  }
}

// The mark of src/mark.rs: twelve cells, each a fortieth of the width, from one cell inside the corner.
const CELLS = 12, CELLS_PER_WIDTH = 40, CONTRAST_MIN = 80, CELL_PX = 16

/** The mark's number in RGBA pixels `cell` pixels to a cell, `top` cells further down than usual, or null. */
export function readMark(pixels, width, cell = CELL_PX, top = 0) {
  const means = Array.from({ length: CELLS }, (_, number) => {
    let sum = 0, count = 0
    for (let y = cell * (top + 1.25); y < cell * (top + 1.75); y++) {
      for (let x = cell * (number + 1.25); x < cell * (number + 1.75); x++) {
        const at = (y * width + x) * 4
        sum += 0.299 * pixels[at] + 0.587 * pixels[at + 1] + 0.114 * pixels[at + 2]
        count++
      }
    }
    return sum / count
  })
  const min = Math.min(...means), max = Math.max(...means)
  if (max - min <= CONTRAST_MIN) return null
  const bits = means.map(mean => mean > (min + max) / 2 ? 1 : 0)
  const ones = bits.slice(3, 11).reduce((sum, bit) => sum + bit, 0)
  if (bits[0] !== 1 || bits[1] !== 0 || bits[2] !== 1 || bits[11] !== ones % 2) return null
  return bits.slice(3, 11).reduce((id, bit) => id << 1 | bit, 0)
}

// The row of lines one pixel wide in a simulated laptop's picture (hal::mark): so many cells down, between margins.
const DETAIL_ROW = 15, DETAIL_MARGIN = 4

/** The mean difference between neighbours in that row, at the picture's own size. */
function readDetail(video, width) {
  const cell = Math.floor(width / CELLS_PER_WIDTH), count = width - 2 * DETAIL_MARGIN * cell
  const context = new OffscreenCanvas(count, 1).getContext('2d', { willReadFrequently: true })
  context.drawImage(video, DETAIL_MARGIN * cell, (DETAIL_ROW + 0.5) * cell, count, 1, 0, 0, count, 1)
  const { data } = context.getImageData(0, 0, count, 1)
  let sum = 0
  for (let x = 1; x < count; x++) sum += Math.abs(data[4 * x + 1] - data[4 * x - 3])
  return sum / (count - 1)
}

/** Watches a remote camera, or what somebody shares. Returns how to stop. */
export function watchVideo(video, from, shared = false) {
  const canvas = new OffscreenCanvas(CELLS_PER_WIDTH * CELL_PX, 3 * CELL_PX)
  const context = canvas.getContext('2d', { willReadFrequently: true })
  const say = changes((a, b) => a.id !== b.id || a.width !== b.width, mark => {
    if (shared) report('share', { from, ...mark, detail: readDetail(video, mark.width) })
    else report('mark', { from, ...mark })
  })
  let first = !shared
  const timer = setInterval(() => {
    const { videoWidth: width, videoHeight: height } = video
    const frames = video.getVideoPlaybackQuality().totalVideoFrames
    if (!width || !frames) return
    if (first) report('first_video', { from, width, height })
    first = false
    context.drawImage(video, 0, 0, width, 3 * width / CELLS_PER_WIDTH, 0, 0, canvas.width, canvas.height)
    const id = readMark(context.getImageData(0, 0, canvas.width, canvas.height).data, canvas.width)
    if (id !== null) say({ id, width, height, frames })
  }, LOOK_MS)
  return () => clearInterval(timer)
}

const SILENCE_RMS = 0.003
const TONE_CHANGE_HZ = 10
let audio

/** Watches a remote microphone, or the sound of what somebody shares. Returns how to stop. */
export function watchAudio(track, from, shared = false) {
  audio ??= new AudioContext({ sampleRate: 48000 })
  audio.resume().catch(() => {})
  const source = audio.createMediaStreamSource(new MediaStream([track]))
  const analyser = new AnalyserNode(audio, { fftSize: 4096, smoothingTimeConstant: 0 })
  source.connect(analyser)
  const wave = new Float32Array(analyser.fftSize), spectrum = new Float32Array(analyser.frequencyBinCount)
  const say = changes((a, b) => Math.abs(a - b) > TONE_CHANGE_HZ, hz => report(shared ? 'share_tone' : 'tone', { from, hz }))
  let first = !shared
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(wave)
    if (Math.sqrt(wave.reduce((sum, sample) => sum + sample * sample, 0) / wave.length) < SILENCE_RMS) return
    if (first) report('first_audio', { from })
    first = false
    analyser.getFloatFrequencyData(spectrum)
    let peak = 1
    for (let bin = 2; bin < spectrum.length - 1; bin++) if (spectrum[bin] > spectrum[peak]) peak = bin
    // Between bins: the top of the parabola through the peak and its neighbours.
    const [left, top, right] = spectrum.slice(peak - 1, peak + 2)
    const offset = (left - right) / (2 * (left - 2 * top + right)) || 0
    say((peak + offset) * audio.sampleRate / analyser.fftSize)
  }, LOOK_MS)
  return () => { clearInterval(timer); source.disconnect() }
}
