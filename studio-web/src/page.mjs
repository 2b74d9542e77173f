import { createApp } from './app/app.mjs'
import { served } from './host/served.mjs'
import { TABS } from './tabs.mjs'

/** The page of `kaiyan studio`: a server is behind it, and gives its other parts when they are asked for. */
const boot = JSON.parse(document.getElementById('kaiyan-boot')?.textContent ?? '{}')
createApp(/** @type {HTMLElement} */ (document.getElementById('kaiyan')), served(boot), TABS)
