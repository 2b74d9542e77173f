import type { App } from '../types'
import type { Field, Look, Opened, Pixel, Slice } from './types'
import type { Look as Theme } from '../stage/look.mjs'
import type { Seen, Session } from './session.mjs'

/** All that a view of the tab is drawn from, and what it may change. */
export interface Context {
  app: App
  slice: Slice
  session: Session
  seen: Seen
  network: Opened
  look: Look
  /** The second picture's look, where there is one. */
  other: Look | null
  /** The pixel in focus; null where all layers are shown. */
  pixel: Pixel | null
  theme: Theme
  change(changes: Partial<Slice>): void
  fieldOf(pixel: Pixel): Field | null
  /** What the fields of a layer are known to be; null before Python said so. */
  edgesOf(layer: number): import('./types').Edges | null
  /** Takes a picture from a file into a place of the slice. */
  file(which: 'picture' | 'second', file: Blob, title: string): void
  /** What was refused of a file, by its place. */
  fileErrors: Record<'picture' | 'second', import('../types').Refusal | null>
}
