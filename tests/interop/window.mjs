// A person at the room window: opens the page in a browser, sees both screens, touches Join with the mouse,
// pulls the simulated camera out and plugs it in again, leaves. Usage: node window.mjs WINDOW_URL SCREENSHOT.png
import { chromium } from 'playwright-core'

const [url, screenshot] = process.argv.slice(2)
const fail = message => { console.error(message); process.exitCode = 1 }

const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']
})
try {
  const page = await browser.newPage({ viewport: { width: 1440, height: 1750 }, locale: 'fr-FR' })
  const errors = []
  page.on('pageerror', error => errors.push(String(error)))
  page.on('console', message => { if (message.type() === 'error') errors.push(message.text()) })
  await page.goto(url, { waitUntil: 'domcontentloaded' })

  const state = () => page.evaluate(async () => (await fetch('state')).json())
  const until = async (what, holds) => {
    const end = Date.now() + 20_000
    for (;;) {
      const now = await state()
      if (holds(now)) return now
      if (Date.now() > end) throw new Error(`waited 20 s for ${what}; the room is at ${now.screen}`)
      await page.waitForTimeout(100)
    }
  }
  const touch = async name => {
    const target = (await until(name, s => s.targets.some(t => t.name === name))).targets.find(t => t.name === name)
    const box = await page.locator('#panel').boundingBox()
    await page.mouse.click(box.x + (target.x + target.width / 2) * box.width / 1280, box.y + (target.y + target.height / 2) * box.height / 800)
  }

  for (const id of ['panel', 'display']) {
    await page.waitForFunction(id => document.getElementById(id).naturalWidth > 0, id, { timeout: 20_000 })
  }
  const guest = await page.locator('#guest').getAttribute('href')
  if (guest !== (await state()).guest_page) fail(`the guest page is linked as ${guest}`)
  await touch('join')
  await until('the meeting', s => s.screen === 'in-call' && s.camera === 'on' && s.tiles.some(t => t.who === 'remote'))
  // The display is a stream: another picture comes by itself.
  const shown = () => page.evaluate(() => {
    const image = document.getElementById('display'), canvas = document.createElement('canvas')
    canvas.width = image.naturalWidth
    canvas.height = image.naturalHeight
    canvas.getContext('2d').drawImage(image, 0, 0)
    return canvas.toDataURL()
  })
  const first = await shown()
  for (const end = Date.now() + 10_000; await shown() === first;) {
    if (Date.now() > end) throw new Error('the display on the page stands still')
    await page.waitForTimeout(100)
  }
  const pull = page.getByRole('button', { name: 'Débrancher' }).first()
  await pull.waitFor({ timeout: 20_000 })
  await pull.click()
  await page.waitForFunction(() => document.querySelector('#knobs button[aria-pressed=true]'), undefined, { timeout: 20_000 })
  const without = await until('the camera missing', s => s.camera === 'missing')
  if (without.screen !== 'in-call') fail('the meeting ended when the camera was pulled out')
  await page.locator('#knobs button[aria-pressed=true]').first().click()
  await until('the camera back', s => s.camera === 'on')
  await page.screenshot({ path: screenshot })
  await touch('leave')
  await until('home', s => s.screen === 'home')
  if (errors.length) fail(`errors on the page: ${errors.join('; ')}`)
} catch (error) {
  fail(String(error))
} finally {
  await browser.close()
}
