// The page's sentences: English, and French or German for those whose browser says so.

const english = {
  yourName: 'Your name', join: 'Join', leave: 'Leave', message: 'Write a message', you: 'you',
  joining: 'Joining…', waiting: 'You asked to come in. Somebody in the meeting will let you in.',
  denied: 'You were not let in.', left: 'You left the meeting.', over: 'The meeting ended for you.',
  unknown: 'There is no such meeting.',
  passphraseMissing: 'This meeting is encrypted. Use its whole link, with what is behind the #.',
  passphraseUnexpected: 'This meeting is not encrypted, but the link is of one that is.',
  failed: 'Joining failed.', reconnecting: 'Reconnecting…',
  atTheDoor: 'Waiting to come in', admit: 'Admit', deny: 'Deny',
  noCamera: 'No camera', noMicrophone: 'No microphone', screen: 'screen',
  mute: 'Mute', unmute: 'Unmute', cameraOff: 'Camera off', cameraOn: 'Camera on', raise: 'Raise hand', lower: 'Lower hand'
}

const french = {
  yourName: 'Votre nom', join: 'Rejoindre', leave: 'Quitter', message: 'Écrire un message', you: 'vous',
  joining: 'Connexion…', waiting: 'Vous avez demandé à entrer. Une personne de la réunion va vous ouvrir.',
  denied: 'On ne vous a pas laissé entrer.', left: 'Vous avez quitté la réunion.', over: 'La réunion est finie pour vous.',
  unknown: 'Cette réunion n’existe pas.',
  passphraseMissing: 'Cette réunion est chiffrée. Utilisez son lien complet, avec ce qui suit le #.',
  passphraseUnexpected: 'Cette réunion n’est pas chiffrée, mais le lien est celui d’une réunion qui l’est.',
  failed: 'Connexion impossible.', reconnecting: 'Reconnexion…',
  atTheDoor: 'En attente à la porte', admit: 'Accepter', deny: 'Refuser',
  noCamera: 'Pas de caméra', noMicrophone: 'Pas de micro', screen: 'écran',
  mute: 'Couper le micro', unmute: 'Activer le micro', cameraOff: 'Couper la caméra', cameraOn: 'Activer la caméra',
  raise: 'Lever la main', lower: 'Baisser la main'
}

const german = {
  yourName: 'Ihr Name', join: 'Teilnehmen', leave: 'Verlassen', message: 'Nachricht schreiben', you: 'Sie',
  joining: 'Verbinde…', waiting: 'Sie haben um Einlass gebeten. Jemand in der Besprechung lässt Sie ein.',
  denied: 'Sie wurden nicht eingelassen.', left: 'Sie haben die Besprechung verlassen.', over: 'Die Besprechung ist für Sie beendet.',
  unknown: 'Diese Besprechung gibt es nicht.',
  passphraseMissing: 'Diese Besprechung ist verschlüsselt. Öffnen Sie ihren ganzen Link, mit dem, was hinter dem # steht.',
  passphraseUnexpected: 'Diese Besprechung ist nicht verschlüsselt, der Link aber der einer verschlüsselten.',
  failed: 'Die Teilnahme ist nicht gelungen.', reconnecting: 'Verbinde erneut…',
  atTheDoor: 'Warten auf Einlass', admit: 'Einlassen', deny: 'Ablehnen',
  noCamera: 'Keine Kamera', noMicrophone: 'Kein Mikrofon', screen: 'Bildschirm',
  mute: 'Stummschalten', unmute: 'Mikrofon an', cameraOff: 'Kamera aus', cameraOn: 'Kamera an',
  raise: 'Hand heben', lower: 'Hand senken'
}

export const language = ['fr', 'de'].find(tag => navigator.language.toLowerCase().startsWith(tag)) ?? 'en'
export const text = { fr: french, de: german, en: english }[language]
