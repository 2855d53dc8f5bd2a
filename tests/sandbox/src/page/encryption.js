// End-to-end encryption as La Suite Meet's own page proposes it (its pull request 1337): the passphrase is behind the
// hash of the link, 48 hexadecimal digits, and whoever has no such link does not join an encrypted meeting.
import { text } from './text.js'

const fragment = location.hash.slice(1)
const isPassphrase = words => /^[0-9a-f]{48}$/.test(words)
const given = isPassphrase(fragment) ? fragment : new URLSearchParams(fragment).get('passphrase')
// A client that heeds nothing of this, for tests of what others make of it.
const heedless = new URLSearchParams(location.search).has('clear')
const passphrase = !heedless && given && isPassphrase(given) ? given : null

/** Ends in an error where link and platform are not of one mind; platforms that know of no encryption say nothing. */
export async function agree(slug, headers) {
  if (heedless) return
  const answer = await fetch(`/api/v1.0/rooms/${slug}/`, { headers }).catch(() => null)
  const mode = answer?.ok ? (await answer.json()).encryption_mode : undefined
  if (mode === 'basic' && !passphrase) throw new Error(text.passphraseMissing)
  if (mode === 'none' && given) throw new Error(text.passphraseUnexpected)
}

/** The options of a room that encrypts, data packets too; none where the link says nothing of it. */
export async function options() {
  if (!passphrase) return {}
  const keyProvider = new LivekitClient.ExternalE2EEKeyProvider()
  // As text: a key from bytes would be another.
  await keyProvider.setKey(passphrase)
  return { encryption: { keyProvider, worker: new Worker('/page/livekit-client.e2ee.worker.js') } }
}

/** To be called before connecting, so that nothing is ever sent in the clear. */
export async function arm(room) {
  if (passphrase) await room.setE2EEEnabled(true)
}
