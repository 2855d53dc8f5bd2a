// The room window: the display as a stream of pictures, the panel as one after the other, touches and knobs as requests.
'use strict'

const TEXTS = {
  fr: { display: 'Écran de la salle', second_display: 'Second écran', panel: 'Tablette de la salle (cliquez pour toucher)', devices: 'Appareils', camera: 'Caméra', microphone: 'Micro', loudspeaker: 'Haut-parleur', content: 'Ordinateur', panel_device: 'Tablette', button: 'Boutons', light: 'Voyant', 'display-power': 'Marche de l’écran', lamp: 'Lampe de la touche micro', light_on: 'allumé', light_off: 'éteint', light_standby: 'en veille', light_idle: 'éteint', light_waiting: 'attente', light_live: 'les autres nous entendent', light_muted: 'personne ne nous entend', light_trouble: 'problème', 'light_classified-live': 'les autres nous entendent (classifié)', 'light_classified-muted': 'personne ne nous entend (classifié)', 'motion-sensor': 'Détecteur de mouvement', 'microphone-relay': 'Relais des micros', radio: 'Radio', 'usb-port': 'Port USB', light_out: 'débranché', join: 'Dernière connexion, après le toucher', guest: 'Ouvrir la page invité', gone: 'La salle ne répond plus.', live: 'En direct', token_ms: 'Jeton', signalling_ms: 'Signalisation', media_ms: 'Média', first_audio_ms: 'Premier son', first_video_ms: 'Première image' },
  en: { display: 'Room display', second_display: 'Second display', panel: 'Room panel (click to touch)', devices: 'Devices', camera: 'Camera', microphone: 'Microphone', loudspeaker: 'Loudspeaker', content: 'Laptop', panel_device: 'Panel', button: 'Buttons', light: 'Light', 'display-power': 'Display power', lamp: 'Lamp of the mute button', light_on: 'on', light_off: 'off', light_standby: 'standby', light_idle: 'off', light_waiting: 'waiting', light_live: 'others hear us', light_muted: 'nobody hears us', light_trouble: 'trouble', 'light_classified-live': 'others hear us (classified)', 'light_classified-muted': 'nobody hears us (classified)', 'motion-sensor': 'Motion sensor', 'microphone-relay': 'Microphone relay', radio: 'Radio', 'usb-port': 'USB port', light_out: 'unplugged', join: 'Last join, after the touch', guest: 'Open the guest page', gone: 'The room no longer answers.', live: 'Live', token_ms: 'Token', signalling_ms: 'Signalling', media_ms: 'Media', first_audio_ms: 'First sound', first_video_ms: 'First picture' },
  de: { display: 'Raumbildschirm', second_display: 'Zweiter Bildschirm', panel: 'Bedienfeld des Raums (zum Berühren klicken)', devices: 'Geräte', camera: 'Kamera', microphone: 'Mikrofon', loudspeaker: 'Lautsprecher', content: 'Laptop', panel_device: 'Bedienfeld', button: 'Tasten', light: 'Leuchte', 'display-power': 'Bildschirm ein/aus', lamp: 'Lampe der Stummtaste', light_on: 'ein', light_off: 'aus', light_standby: 'Ruhezustand', light_idle: 'aus', light_waiting: 'wartet', light_live: 'andere hören uns', light_muted: 'niemand hört uns', light_trouble: 'Störung', 'light_classified-live': 'andere hören uns (Verschlusssache)', 'light_classified-muted': 'niemand hört uns (Verschlusssache)', 'motion-sensor': 'Bewegungsmelder', 'microphone-relay': 'Mikrofonrelais', radio: 'Funk', 'usb-port': 'USB-Anschluss', light_out: 'ausgesteckt', join: 'Letzte Verbindung, nach der Berührung', guest: 'Gastseite öffnen', gone: 'Der Raum antwortet nicht mehr.', live: 'Live', token_ms: 'Token', signalling_ms: 'Signalisierung', media_ms: 'Medien', first_audio_ms: 'Erster Ton', first_video_ms: 'Erstes Bild' }
}
const language = ['fr', 'en', 'de'].find(l => (navigator.language || 'en').startsWith(l)) || 'en'
const text = TEXTS[language]
document.documentElement.lang = language
for (const element of document.querySelectorAll('[data-text]')) element.textContent = text[element.dataset.text]

const byId = id => document.getElementById(id)
const display = byId('display'), panel = byId('panel')
display.alt = text.display
panel.alt = text.panel

function stream (image, path) {
  image.src = `${path}?${Date.now()}`
  image.onerror = () => setTimeout(() => stream(image, path), 1000)
}
stream(display, 'display.stream')

// What is on the second display changes with the content: a picture a second will do for looking on.
async function second () {
  try {
    const answer = await fetch('second-display.png')
    byId('second').hidden = answer.status !== 200
    if (answer.status === 204) return
    const image = byId('second-display'), before = image.src
    image.src = URL.createObjectURL(await answer.blob())
    await image.decode()
    if (before.startsWith('blob:')) URL.revokeObjectURL(before)
  } catch {}
  setTimeout(second, 1000)
}
byId('second-display').alt = text.second_display
second()

// The panel changes seldom: each request waits for another picture than the one shown.
async function follow (seen) {
  try {
    const answer = await fetch(`panel.png?seen=${seen}`)
    const number = answer.headers.get('etag').replaceAll('"', '')
    if (number !== seen) {
      const before = panel.src
      panel.src = URL.createObjectURL(await answer.blob())
      await panel.decode()
      if (before.startsWith('blob:')) URL.revokeObjectURL(before)
    }
    follow(number)
  } catch {
    setTimeout(() => follow(''), 1000)
  }
}
follow('')

const post = (path, body) => fetch(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })

// Touches, in panel pixels. One finger: the mouse.
let down = false
// One after the other: a finger lifted before it came down would touch nothing.
let touches = Promise.resolve()
function touch (kind, event) {
  const box = panel.getBoundingClientRect()
  const at = { kind, x: Math.round((event.clientX - box.left) * 1280 / box.width), y: Math.round((event.clientY - box.top) * 800 / box.height) }
  touches = touches.then(() => post('touch', at)).catch(() => {})
}
panel.addEventListener('pointerdown', event => { down = true; panel.setPointerCapture(event.pointerId); touch('down', event) })
panel.addEventListener('pointermove', event => { if (down) touch('move', event) })
panel.addEventListener('pointerup', event => { if (down) { down = false; touch('up', event) } })
panel.addEventListener('pointercancel', event => { if (down) { down = false; touch('up', event) } })

// The simulated devices and what can be done to them.
let drawnKnobs = ''
function drawKnobs (knobs) {
  const wanted = JSON.stringify(knobs)
  if (wanted === drawnKnobs) return
  drawnKnobs = wanted
  byId('knobs').replaceChildren(...knobs.map(device => {
    const row = document.createElement('div')
    const name = document.createElement('span')
    name.textContent = text[device.device === 'panel' ? 'panel_device' : device.device] || device.device
    row.append(name, ...device.knobs.map(knob => {
      const button = document.createElement('button')
      button.textContent = knob.label[language] || knob.name
      button.dataset.knob = knob.name
      button.setAttribute('aria-pressed', String(knob.on))
      button.onclick = () => post('knob', { device: device.device, knob: knob.name, on: !knob.on })
      return button
    }))
    return row
  }))
}

let gone = false
async function poll () {
  try {
    const state = await (await fetch('state')).json()
    // A stream that broke off ends without an error: the last picture would stay for ever.
    if (gone) stream(display, 'display.stream')
    gone = false
    byId('room').textContent = state.room
    document.title = `${state.room} · Huis Clos`
    byId('status').textContent = text.live
    byId('microphone').value = state.microphone_level
    byId('loudspeaker').value = state.loudspeaker_level
    const guest = byId('guest')
    guest.hidden = !state.guest_page
    if (state.guest_page) { guest.href = state.guest_page; guest.textContent = text.guest }
    drawKnobs(state.devices)
    const { light, mute_lamp: lamp, display: power } = state.fittings
    const shown = { light: light || 'out', lamp: lamp ? 'on' : 'off', 'display-power': power || 'out' }
    byId('fittings').hidden = lamp === null
    byId('fittings').replaceChildren(...Object.entries(shown).flatMap(([name, word]) => {
      const term = document.createElement('dt'); term.textContent = text[name]
      const value = document.createElement('dd'); value.textContent = text[`light_${word}`]; value.dataset.light = word
      return [term, value]
    }))
    byId('timeline').replaceChildren(...Object.entries(state.timeline).filter(([, ms]) => ms !== null).flatMap(([name, ms]) => {
      const term = document.createElement('dt'); term.textContent = text[name] || name
      const value = document.createElement('dd'); value.textContent = `${Math.round(ms)} ms`
      return [term, value]
    }))
  } catch {
    gone = true
    byId('status').textContent = text.gone
  }
  setTimeout(poll, 250)
}
poll()
