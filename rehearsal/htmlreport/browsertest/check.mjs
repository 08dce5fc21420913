// Opens each page in a directory in Chromium, and checks that it works for everybody: without errors or requests, at every
// width, in every color scheme and on paper, by keyboard, with assistive technology, and without JavaScript.
import fs from 'node:fs'
import path from 'node:path'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import chromium from '@sparticuz/chromium'
import puppeteer from 'puppeteer-core'

const [directory] = process.argv.slice(2)
const axe = fs.readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const failures = []
const fail = (page, what) => failures.push(`${page}: ${what}`)

// overflow returns the elements that are wider than the page and are not in an element that scrolls.
const overflow = () => {
  const width = document.documentElement.clientWidth
  if (document.documentElement.scrollWidth <= width) return []
  return [...document.querySelectorAll('body *')]
    .filter(e => e.getBoundingClientRect().right > width + 1 && !e.closest('.scroll'))
    .slice(0, 3).map(e => `${e.tagName}.${e.className.baseVal ?? e.className}`).concat(`the page is ${document.documentElement.scrollWidth} wide`)
}

// scrolls reports whether the picture does not fit into its frame.
const scrolls = () => {
  const frame = document.querySelector('figure .scroll')
  return frame && document.querySelector('.net').viewBox.baseVal.width < 2000 && frame.scrollWidth > frame.clientWidth
}

// wraps returns the badges, such as results, whose only word is broken.
const wraps = () => [...document.querySelectorAll('.badge')]
  .filter(e => e.checkVisibility() && !e.textContent.includes(' ') && e.clientHeight > 2 * parseFloat(getComputedStyle(e).fontSize)).slice(0, 3).map(e => `the badge "${e.textContent}" is broken`)

// overlaps returns pairs of boxes, or labels, of the picture that overlap, and texts that are wider than their boxes.
const overlaps = () => {
  const found = []
  const rects = list => [...list].map(e => [e, e.getBBox()])
  const cross = (a, b) => a.x < b.x + b.width - 1 && b.x < a.x + a.width - 1 && a.y < b.y + b.height - 1 && b.y < a.y + a.height - 1
  for (const selector of ['rect.box', 'rect.chip', 'text']) {
    const all = rects(document.querySelectorAll('.net ' + selector))
    for (let i = 0; i < all.length; i++) {
      for (let j = i + 1; j < all.length; j++) {
        if (cross(all[i][1], all[j][1])) found.push(`${selector} "${all[i][0].textContent}" and "${all[j][0].textContent}" overlap`)
      }
    }
  }
  const picture = document.querySelector('.net')?.viewBox.baseVal
  for (const [e, box] of rects(document.querySelectorAll('.net rect, .net text'))) {
    if (box.x < 0 || box.x + box.width > picture.width || box.y + box.height > picture.height) found.push(`"${e.textContent}" leaves the picture`)
  }
  return found
}

async function checkPage(browser, name) {
  const url = pathToFileURL(path.join(directory, name)).href
  const page = await browser.newPage()
  page.on('console', message => fail(name, `console: ${message.text()}`))
  page.on('pageerror', error => fail(name, `error: ${error.message}`))
  page.on('request', request => request.url() === url || request.url().startsWith('data:') || fail(name, `request: ${request.url()}`))
  page.on('dialog', dialog => { fail(name, `dialog: ${dialog.message()}`); dialog.dismiss() })
  await page.setViewport({ width: 1280, height: 900 })
  const start = performance.now()
  await page.goto(url)
  await page.evaluate(() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done))))
  const seconds = (performance.now() - start) / 1000
  if (seconds > 2) fail(name, `opens in ${seconds.toFixed(2)} s`)
  for (const width of [360, 1280, 2560]) {
    await page.setViewport({ width, height: 900 })
    for (const what of await page.evaluate(overflow)) fail(name, `at ${width} pixels: ${what}`)
    for (const what of await page.evaluate(wraps)) fail(name, `at ${width} pixels: ${what}`)
    if (width === 2560 && await page.evaluate(scrolls)) fail(name, 'the picture scrolls although there is room')
  }
  await page.setViewport({ width: 1280, height: 900 })
  for (const what of await page.evaluate(overlaps)) fail(name, what)
  await checkAccess(page, name)
  await checkKeyboard(page, name)
  await checkPaper(page, name)
  await page.close()
  await checkWithoutScript(browser, name, url)
  return seconds
}

// checkAccess runs axe in both color schemes, with everything open.
async function checkAccess(page, name) {
  const big = (await page.content()).length > 800_000
  // What the browser hides is not checked. axe takes minutes for pages with a thousand resources, so those stay closed.
  if (!big) await page.evaluate(() => document.querySelectorAll('details').forEach(d => { d.open = true }))
  await page.evaluate(axe)
  for (const scheme of ['light', 'dark']) {
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }])
    const { violations, passes } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }))
    if (passes.length < 10) fail(name, `axe ran only ${passes.length} rules`)
    for (const v of violations) fail(name, `axe (${scheme}): ${v.id}: ${v.nodes.length} times, for example ${v.nodes[0].html.slice(0, 200)} ${v.nodes[0].any[0]?.message ?? ''}`)
  }
}

// checkKeyboard presses Tab until the focus leaves the page, and compares what it reached with what can be used.
async function checkKeyboard(page, name) {
  const expected = await page.evaluate(() => {
    const list = [...document.querySelectorAll('a[href], summary, [tabindex="0"]')].filter(e => e.checkVisibility({ contentVisibilityAuto: true, visibilityProperty: true }))
    list.forEach((e, i) => { e.dataset.stop = i })
    document.activeElement.blur()
    return list.length
  })
  if (expected > 700) return // Each press takes milliseconds. The order is that of the document on every page.
  const reached = new Set()
  let invisible = 0
  for (let i = 0; i < expected + 3; i++) {
    await page.keyboard.press('Tab')
    const stop = await page.evaluate(() => {
      const e = document.activeElement
      const style = getComputedStyle(e)
      return [e.dataset?.stop ?? '', style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0]
    })
    if (stop[0] === '') break
    if (!stop[1]) invisible++
    reached.add(stop[0])
  }
  if (invisible > 0) fail(name, `${invisible} elements show no focus`)
  if (reached.size !== expected) fail(name, `the keyboard reaches ${reached.size} of ${expected} elements`)
  await page.evaluate(() => document.querySelector('.picks li:nth-child(2) a')?.focus())
  if (await page.$('.picks li:nth-child(2) a')) {
    await page.keyboard.press('Enter')
    const shown = await page.evaluate(() => {
      const opacity = e => Number(getComputedStyle(e).opacity)
      const parts = [...document.querySelectorAll('.net .i')]
      return [parts.filter(e => opacity(e) === 1).length, parts.filter(e => opacity(e) < 1).length, document.querySelectorAll('.chosen').length &&
        [...document.querySelectorAll('.chosen')].filter(e => e.checkVisibility()).length]
    })
    if (!shown[0] || !shown[1] || shown[2] !== 1) fail(name, `choosing a claim highlights ${shown[0]} parts, dims ${shown[1]} and explains ${shown[2]}`)
  }
}

// checkPaper prints the page, and checks that it is as wide as A4, and that the text of closed details is printed.
async function checkPaper(page, name) {
  await page.emulateMediaFeatures([])
  await page.emulateMediaType('print')
  await page.setViewport({ width: 720, height: 1000 })
  for (const what of [...await page.evaluate(overflow), ...await page.evaluate(wraps)]) fail(name, `on paper: ${what}`)
  if (await page.evaluate(() => document.querySelector('.legend')?.checkVisibility() === false)) fail(name, 'on paper, the picture has no legend')
  await page.evaluate(() => document.querySelectorAll('details').forEach(d => { d.open = false }))
  const missing = await page.evaluate(() => [...document.querySelectorAll('.hops ol')].filter(e => !e.checkVisibility()).length)
  if (missing > 0) fail(name, `on paper, ${missing} claims have no steps`)
  await page.emulateMediaType(null)
  const pdf = (await page.content()).length > 800_000 ? null : await page.pdf({ format: 'A4' })
  if (pdf && pdf.length < 10_000) fail(name, 'the printed page is empty')
}

// checkWithoutScript checks that the page contains the same text and elements without JavaScript.
async function checkWithoutScript(browser, name, url) {
  const counts = []
  for (const enabled of [true, false]) {
    const page = await browser.newPage()
    await page.setJavaScriptEnabled(enabled)
    await page.goto(url)
    counts.push(await page.evaluate(() => `${document.querySelectorAll('*').length} elements, ${document.body.textContent.length} characters`))
    await page.close()
  }
  if (counts[0] !== counts[1]) fail(name, `without JavaScript: ${counts[1]}, with it: ${counts[0]}`)
}

const browser = await puppeteer.launch({
  executablePath: process.env.CHROMIUM || await chromium.executablePath(), headless: 'shell', args: ['--no-sandbox', '--disable-gpu'],
})
try {
  console.log(await browser.version())
  const names = fs.readdirSync(directory).filter(name => name.endsWith('.html')).sort()
  if (names.length === 0) throw new Error(`${directory} has no pages`)
  for (const name of names) console.log(`${name.padEnd(16)} opens in ${(await checkPage(browser, name)).toFixed(2)} s`)
} finally {
  await browser.close()
}
for (const failure of failures) console.error(failure)
process.exitCode = failures.length > 0 ? 1 : 0
