import { convolution } from './convolution/tab.mjs'
import * as faces from './faces/slice.mjs'
import * as fixit from './fixit/slice.mjs'
import * as network from './network/slice.mjs'
import * as train from './train/slice.mjs'

/** The tabs in their order. The first is part of the page, the others are brought when they are opened.
 * @type {import('./types').Tab[]} */
export const TABS = [
  convolution,
  {
    name: 'network',
    title: 'Network',
    start: network.START,
    toLink: network.toLink,
    fromLink: network.fromLink,
    load: () => import('./network/tab.mjs'),
  },
  {
    name: 'fixit',
    title: 'Fix it',
    start: fixit.START,
    toLink: fixit.toLink,
    fromLink: fixit.fromLink,
    load: () => import('./fixit/tab.mjs'),
  },
  {
    name: 'train',
    title: 'Train',
    start: train.START,
    toLink: train.toLink,
    fromLink: train.fromLink,
    load: () => import('./train/tab.mjs'),
  },
  {
    name: 'faces',
    title: 'Faces',
    start: faces.START,
    toLink: faces.toLink,
    fromLink: faces.fromLink,
    load: () => import('./faces/tab.mjs'),
  },
]
