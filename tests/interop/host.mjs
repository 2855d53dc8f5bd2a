// A host in the meeting, in a browser: waits until the room asks to come in, denies it once, then admits it.
// Usage: node host.mjs HOST_URL SCREENSHOT.png
import { chromium } from 'playwright-core'

const [url, screenshot] = process.argv.slice(2)
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: [
    '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync', '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'
  ]
})
const over = new Promise(resolve => process.stdin.on('end', resolve).resume())
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, locale: 'fr-FR' })
  await page.goto(url, { waitUntil: 'domcontentloaded' })
  await page.locator('#name').fill('Grace Hopper')
  await page.getByRole('button', { name: 'Rejoindre' }).click()
  await page.waitForFunction(() => document.body.dataset.screen === 'meeting', undefined, { timeout: 20_000 })
  console.log('in the meeting')
  const waiting = page.locator('#waiting li', { hasText: 'Salle Turing' })
  await waiting.waitFor({ timeout: 30_000 })
  await page.screenshot({ path: screenshot })
  await waiting.getByRole('button', { name: 'Refuser' }).click()
  await waiting.waitFor({ state: 'detached', timeout: 10_000 })
  console.log('denied')
  await waiting.waitFor({ timeout: 30_000 })
  await waiting.getByRole('button', { name: 'Accepter' }).click()
  await page.locator('#waiting').waitFor({ state: 'hidden', timeout: 10_000 })
  console.log('admitted')
  // Stays until nobody listens any more.
  await over
} catch (error) {
  console.error(String(error))
  process.exitCode = 1
} finally {
  await browser.close()
}
