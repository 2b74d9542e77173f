import type { App } from '../types'
import type { Task } from '../network/types'
import type { Face, FaceSlice, Found, Person, Photograph, Who } from './types'
import type { Session } from './session.mjs'

/** All that a view of the tab is drawn from, and what it may do. */
export interface FaceContext {
  app: App
  slice: FaceSlice
  session: Session
  change(changes: Partial<FaceSlice>): void
  /** The photograph that is shown, and what is known of it. */
  photo: Photograph | null
  found: Task<Found> | null
  who: Task<Who> | null
  people: Task<{ path: string; people: Person[] }> | null
  /** The face that is looked at. */
  face: Face | null
  take(file: Blob, title: string): void
  name(face: Face, name: string, consent: string): Promise<boolean>
  remove(name: string): void
  save(): void
}
